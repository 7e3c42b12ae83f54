"""Files, read by the libraries that analysts use: what was written is what is read, and a difference is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyreadstat
import pytest
from openpyxl import load_workbook

from exports.dataset import Dataset
from exports.labels import VALUE_LABEL_BYTES, LabelBook
from exports.readback import ReadBackError, check_sav, check_xlsx
from exports.table import build_table
from exports.writers.codebook import write_codebook
from exports.writers.sav import write_sav
from exports.writers.xlsx import write_xlsx
from tests.exports.scripts import LONG, make_record, small_dataset


@pytest.fixture
def dataset() -> Dataset:
    return small_dataset(with_verbatims=True)


@pytest.fixture
def table(dataset: Dataset) -> pd.DataFrame:
    return build_table(
        dataset,
        [
            make_record(1, age=34, friendly="1", turn_to=["1", "2"], home="KG", why="=1+1 Ғ ў oʻ"),
            make_record(2, age={"missing": "dk"}, friendly={"missing": "refused"}, why={"missing": "dk"}),
            make_record(3, visited__TJ="2", why="ә" * 300, codes={"why": [2]}),
        ],
    )


def sav(dataset: Dataset, table: pd.DataFrame, folder: Path, language: str = "ru") -> tuple[Path, LabelBook]:
    path, labels = folder / "data.sav", LabelBook()
    write_sav(dataset, table, path, language=language, title="Исследование " * 8, labels=labels)
    return path, labels


def test_spss_reads_the_same_cells_labels_and_missing_values(
    dataset: Dataset, table: pd.DataFrame, tmp_path: Path
) -> None:
    path, _labels = sav(dataset, table, tmp_path)
    frame, meta = pyreadstat.read_sav(str(path), user_missing=True)
    assert list(frame.columns) == list(table.columns)
    assert frame["age"].tolist()[:2] == [34, -98]
    assert frame["why"].tolist()[2] == "ә" * 300
    assert meta.variable_value_labels["friendly"][1] == "Да"
    assert [part["lo"] for part in meta.missing_ranges["age"]] == [-99, -98] or meta.missing_ranges["age"]
    assert meta.column_names_to_labels["visited_KG"].endswith("Кыргызстан")
    check_sav(dataset, table, path, language="ru")


def test_user_missing_values_are_missing_to_spss(dataset: Dataset, table: pd.DataFrame, tmp_path: Path) -> None:
    path, _labels = sav(dataset, table, tmp_path)
    frame, _meta = pyreadstat.read_sav(str(path))
    assert frame["friendly"].tolist()[0] == 1
    assert frame["friendly"].isna().tolist()[1:] == [True, True]


def test_multiple_answers_are_response_sets(dataset: Dataset, table: pd.DataFrame, tmp_path: Path) -> None:
    path, _labels = sav(dataset, table, tmp_path)
    _frame, meta = pyreadstat.read_sav(str(path))
    assert meta.mr_sets["turn_to"]["variable_list"] == ["turn_to_1", "turn_to_2"]
    assert meta.mr_sets["turn_to"]["counted_value"] == 1
    assert set(meta.mr_sets["why"]["variable_list"]) == {"why_c01", "why_c02", "why_c201"}


def test_a_label_that_is_too_long_is_cut_between_letters_and_reported(
    dataset: Dataset, table: pd.DataFrame, tmp_path: Path
) -> None:
    path, labels = sav(dataset, table, tmp_path)
    _frame, meta = pyreadstat.read_sav(str(path))
    kept = meta.variable_value_labels["friendly"][2]
    assert LONG.startswith(kept[:-1])
    assert len(kept.encode()) <= VALUE_LABEL_BYTES
    assert ("friendly", "2", LONG) in [(cut.variable, cut.value, cut.full) for cut in labels.cuts]


def test_excel_has_codes_and_words_and_no_formulas(dataset: Dataset, table: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "data.xlsx"
    write_xlsx(dataset, table, path, language="ru")
    check_xlsx(dataset, table, path)
    book = load_workbook(path)
    head = [cell.value for cell in book["Codes"][1]]
    codes = dict(zip(head, book["Codes"][2], strict=True))
    words = dict(zip(head, [cell.value for cell in book["Labels"][2]], strict=True))
    assert codes["friendly"].value == 1
    assert codes["why"].value == "=1+1 Ғ ў oʻ"
    assert codes["why"].data_type == "s"
    assert (words["friendly"], words["home"]) == ("Да", "Кыргызстан")


def test_the_codebook_counts_every_value(dataset: Dataset, table: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "codebook.xlsx"
    write_codebook(dataset, table, path, languages=("en", "ru"), about={"release": 1}, cuts=[])
    rows = list(load_workbook(path)["Values"].iter_rows(values_only=True))
    assert ("friendly", 9, "yes", 1, "Refused", "Отказ") in rows
    assert ("friendly", 1, None, 1, "Yes", "Да") in rows


def test_an_empty_study_has_all_its_variables(dataset: Dataset, tmp_path: Path) -> None:
    table = build_table(dataset, [])
    path, _labels = sav(dataset, table, tmp_path)
    check_sav(dataset, table, path, language="ru")
    write_xlsx(dataset, table, tmp_path / "data.xlsx", language="ru")
    check_xlsx(dataset, table, tmp_path / "data.xlsx")


@pytest.mark.parametrize(("column", "value"), [("age", 35.0), ("home", "TJ"), ("why_c01", 1.0)])
def test_reading_back_finds_a_cell_that_differs(
    dataset: Dataset, table: pd.DataFrame, tmp_path: Path, column: str, value: object
) -> None:
    path, _labels = sav(dataset, table, tmp_path)
    write_xlsx(dataset, table, tmp_path / "data.xlsx", language="ru")
    table.loc[0, column] = value
    with pytest.raises(ReadBackError, match=column):
        check_sav(dataset, table, path, language="ru")
    with pytest.raises(ReadBackError, match=column):
        check_xlsx(dataset, table, tmp_path / "data.xlsx")


def test_reading_back_finds_a_label_that_differs(dataset: Dataset, table: pd.DataFrame, tmp_path: Path) -> None:
    path, _labels = sav(dataset, table, tmp_path)
    with pytest.raises(ReadBackError, match="label of"):
        check_sav(dataset, table, path, language="en")
    without = replace(dataset, sets=())
    with pytest.raises(ReadBackError, match="response sets"):
        check_sav(without, table, path, language="ru")
