"""Workbooks for tests, written row by row."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from questionnaires.checks import check_form
from questionnaires.form import Form
from questionnaires.messages import sentence
from questionnaires.problems import Problem
from questionnaires.xlsform import read_workbook

PROJECT = Path(__file__).parents[2]
REFERENCE = PROJECT / "examples" / "reference-study" / "questionnaire.xlsx"
#: XLSForms of other people; they are not part of the project.
OTHERS = sorted((PROJECT.parent / "shared" / "xlsforms").glob("*.xlsx"))

Row = Mapping[str, Any]
SETTINGS: Row = {"form_title": "A form", "default_language": "English (en)"}
YES_NO = (
    {"list_name": "yes_no", "name": "1", "label::English (en)": "Yes"},
    {"list_name": "yes_no", "name": "2", "label::English (en)": "No"},
)


def workbook(
    survey: Sequence[Row], choices: Sequence[Row] = YES_NO, settings: Row = SETTINGS, **sheets: Sequence[Row]
) -> bytes:
    """A workbook with these rows; the columns of a sheet are the keys of its rows, in order of appearance."""
    book = Workbook()
    book.remove(book.active)
    for title, rows in {"survey": survey, "choices": choices, "settings": [settings], **sheets}.items():
        sheet = book.create_sheet(title)
        header = list(dict.fromkeys(key for row in rows for key in row))
        sheet.append(header)
        for row in rows:
            sheet.append([row.get(key) for key in header])
    return saved(book)


def saved(book: Workbook) -> bytes:
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def q(type_name: str, name: str, label: str = "?", **columns: Any) -> dict[str, Any]:
    """A row of the sheet survey. Columns: `relevant="..."`, `dala__missing="none"`."""
    row: dict[str, Any] = {"type": type_name, "name": name, "label::English (en)": label}
    return row | {key.replace("__", "::"): value for key, value in columns.items()}


def form_of(survey: Sequence[Row], choices: Sequence[Row] = YES_NO, settings: Row = SETTINGS) -> Form:
    return read_workbook(workbook(survey, choices, settings))


def reading_problems(form: Form, code: str = "") -> list[Problem]:
    """What the import has found."""
    found = [Problem.from_json(document) for document in form["problems"]]
    return [problem for problem in found if code in ("", problem.code)]


def problems_of(survey: Sequence[Row], choices: Sequence[Row] = YES_NO, settings: Row = SETTINGS) -> dict[str, Problem]:
    """All problems of a form by code (the first of each), without the warnings that every small form has."""
    form = form_of(survey, choices, settings)
    found: dict[str, Problem] = {}
    for problem in [*reading_problems(form), *check_form(form)]:
        assert "{" not in sentence(problem).replace("${", "")
        if problem.code not in ("no_consent", "no_checkpoint", "list_unused"):
            found.setdefault(problem.code, problem)
    return found
