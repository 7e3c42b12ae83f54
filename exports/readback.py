"""Reads written files back and compares them with what was meant to be written. Pure.

A release is offered only when every file carries the same cells, labels and missing values as the table it was made
from.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat
from openpyxl import load_workbook

from exports.dataset import Dataset, Variable
from exports.labels import LabelBook
from exports.writers.sav import missing_values, value_labels
from exports.writers.xlsx import CODES


class ReadBackError(Exception):
    """A written file does not say what it should: names the file, the variable and, where there is one, the row."""


def check_sav(dataset: Dataset, table: pd.DataFrame, path: Path, *, language: str) -> None:
    """Compare cells, variable labels, value labels, user-missing values and multiple response sets.

    Raises ReadBackError.
    """
    frame, meta = pyreadstat.read_sav(str(path), user_missing=True)
    if list(frame.columns) != list(table.columns):
        raise ReadBackError(f"{path.name}: the variables differ")
    labels = LabelBook()
    wanted = value_labels(dataset, language, labels)
    for variable in dataset.variables:
        name = variable.name
        _same_column(path, variable, table[name].tolist(), frame[name].tolist())
        text = labels.variable_label(name, dataset.text(variable.label, language))
        if (meta.column_names_to_labels[name] or "") != text:
            raise ReadBackError(f"{path.name}: label of {name}")
        if meta.variable_value_labels.get(name, {}) != wanted.get(name, {}):
            raise ReadBackError(f"{path.name}: value labels of {name}")
        ranges: list[Any] = list(meta.missing_ranges.get(name, []))
        found = sorted(str(_whole(r["lo"])) for r in ranges)
        if found != sorted(str(v) for v in missing_values(variable)):
            raise ReadBackError(f"{path.name}: missing values of {name}")
    if sorted(meta.mr_sets or {}) != sorted(s.name for s in dataset.sets):
        raise ReadBackError(f"{path.name}: multiple response sets")


def check_xlsx(dataset: Dataset, table: pd.DataFrame, path: Path) -> None:
    """Compare the cells of the sheet of codes. Raises ReadBackError."""
    sheet = load_workbook(path, read_only=True)[CODES]
    # Trailing empty cells are not in the file.
    rows = sheet.iter_rows(values_only=True, max_col=len(table.columns))
    if list(next(rows)) != list(table.columns):
        raise ReadBackError(f"{path.name}: the variables differ")
    columns: list[list[Any]] = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in table.columns]
    for variable, column in zip(dataset.variables, columns, strict=True):
        _same_column(path, variable, table[variable.name].tolist(), column)


def _same_column(path: Path, variable: Variable, meant: list[Any], found: list[Any]) -> None:
    if len(meant) != len(found):
        raise ReadBackError(f"{path.name}: {len(found)} rows instead of {len(meant)}")
    for row, (a, b) in enumerate(zip(meant, found, strict=True), 1):
        if _empty(a) and _empty(b):
            continue
        if a != b:
            raise ReadBackError(f"{path.name}: {variable.name} in row {row}")


def _empty(value: Any) -> bool:
    return value is None or value == "" or value is pd.NaT or value != value


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
