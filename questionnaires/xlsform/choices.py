"""The sheet `choices`: lists of options."""

from __future__ import annotations

from questionnaires.form import ColumnPlace, OptionRow
from questionnaires.problems import Problem
from questionnaires.xlsform.columns import CHOICES, Columns, not_understood
from questionnaires.xlsform.values import MISSING_KINDS, CellReader
from questionnaires.xlsform.workbook import SheetRow

#: Columns of other tools in the sheet choices; every other column is a property that filters can use.
_NOT_PROPERTIES = ("media", "image", "audio", "video", "big-image")


def read_choices(columns: Columns) -> tuple[dict[str, list[OptionRow]], list[Problem]]:
    """The choice lists by name, in the order of the sheet."""
    reader = CellReader(columns)
    lists: dict[str, list[OptionRow]] = {}
    problems = [
        *columns.problems,
        *(
            Problem("column_missing", "choices", columns.sheet.header_row, params={"name": header})
            for key, header in (("list_name", "list_name"), ("code", "name"))
            if key not in columns.known
        ),
    ]
    for row in columns.sheet.rows:
        name = columns.text(row, "list_name")
        option = _option(reader, columns, row)
        if not name:
            if option["code"] or option["label"]:
                problems.append(columns.problem("option_without_list", row.number, "list_name", code=option["code"]))
            continue
        if not option["code"]:
            problems.append(columns.problem("option_without_code", row.number, "code", list=name))
            continue
        lists.setdefault(name, []).append(option)
    return lists, problems + reader.problems + _unknown(columns)


def _option(reader: CellReader, columns: Columns, row: SheetRow) -> OptionRow:
    return {
        "row": row.number,
        "code": columns.text(row, "code"),
        "label": columns.texts(row, "label"),
        "short": columns.texts(row, "short"),
        "missing": reader.word(row, "missing", MISSING_KINDS),
        "exclusive": reader.yes(row, "exclusive", otherwise=False),
        "read_out": reader.yes(row, "read_out", otherwise=True),
        "other": reader.yes(row, "other", otherwise=False),
        "props": {
            column.header: row.cells[column.index]
            for column in columns.others
            if _is_property(column.key) and column.index < len(row.cells) and row.cells[column.index]
        },
    }


def property_places(columns: Columns) -> dict[str, ColumnPlace]:
    """The columns that choice filters can use, as `prop::name`."""
    return {
        f"prop::{column.header}": {"header": column.header, "letter": columns.sheet.letter(column.index)}
        for column in columns.others
        if _is_property(column.key)
    }


def _is_property(base: str) -> bool:
    return not base.startswith(("dala:", "label", "hint")) and base.split(":")[0] not in _NOT_PROPERTIES


def _unknown(columns: Columns) -> list[Problem]:
    properties = frozenset(column.key for column in columns.others if _is_property(column.key))
    return not_understood(columns, CHOICES, leave=properties)
