"""Excel workbooks: the data twice (codes, labels) and what the columns mean.

Cells are written one row at a time, so that memory does not grow with the number of interviews. Texts are written as
texts, also those that begin
with `=`: an answer is never a formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter

from exports.dataset import Dataset, Variable

CODES, LABELS, VARIABLES = "Codes", "Labels", "Variables"


def write_xlsx(dataset: Dataset, table: pd.DataFrame, path: Path, *, language: str) -> None:
    """Sheets `Codes`, `Labels` (values in words, in `language`) and `Variables`."""
    book = Workbook(write_only=True)
    names = [variable.name for variable in dataset.variables]
    columns = [_cells(variable, table[variable.name]) for variable in dataset.variables]
    add_sheet(book, CODES, names, zip(*columns, strict=True))
    worded = [_words(dataset, v, cells, language) for v, cells in zip(dataset.variables, columns, strict=True)]
    add_sheet(book, LABELS, names, zip(*worded, strict=True))
    rows = ((v.name, dataset.text(v.label, language), v.origin, v.kind) for v in dataset.variables)
    add_sheet(book, VARIABLES, ("name", "label", "origin", "type"), rows, widths=(24, 80, 28, 12))
    book.save(path)


def add_sheet(
    book: Workbook,
    title: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Any]],
    widths: Sequence[int] = (),
) -> None:
    """Add a sheet with a frozen bold header. `widths` are in characters."""
    sheet: Any = book.create_sheet(title)  # the stubs don't know the write-only worksheet
    sheet.freeze_panes = "A2"
    for index, width in enumerate(widths):
        sheet.column_dimensions[get_column_letter(index + 1)].width = width
    sheet.append([_head(sheet, text) for text in header])
    for row in rows:
        sheet.append([_safe(sheet, value) for value in row])


def _head(sheet: Any, text: str) -> Any:
    cell = WriteOnlyCell(sheet, value=text)
    cell.font = Font(bold=True)
    cell.alignment = Alignment(vertical="top")
    return cell


def _safe(sheet: Any, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    value = ILLEGAL_CHARACTERS_RE.sub("", value)
    if not value.startswith("="):
        return value
    cell = WriteOnlyCell(sheet, value=value)
    cell.data_type = "s"
    return cell


def _cells(variable: Variable, column: pd.Series) -> list[Any]:
    """A column as Excel has it: whole numbers as integers, "not asked" as an empty cell."""
    if variable.kind == "numeric":
        return [None if v != v else int(v) if variable.decimals == 0 else v for v in column.tolist()]
    if variable.kind == "datetime":
        return [None if pd.isna(v) else v.to_pydatetime() for v in column]
    return [v or None for v in column.tolist()]


def _words(dataset: Dataset, variable: Variable, cells: list[Any], language: str) -> list[Any]:
    labels: Mapping[Any, str] = {v.value: dataset.text(v.label, language) for v in variable.values}
    return [labels.get(cell, cell) for cell in cells]
