"""What is wrong with a form, beyond what its workbook shows: names, references, texts, design. No Django in here."""

from __future__ import annotations

from questionnaires.checks.design import check_design
from questionnaires.checks.index import FormIndex
from questionnaires.checks.lists import check_lists
from questionnaires.checks.names import check_names
from questionnaires.checks.references import check_expressions
from questionnaires.checks.texts import Completeness, check_texts, completeness
from questionnaires.form import Form
from questionnaires.problems import Problem

__all__ = ["Completeness", "check_form", "completeness"]


def check_form(form: Form) -> list[Problem]:
    """All problems of a form, in the order of its rows within each check."""
    index = FormIndex(form)
    return [
        *check_names(index),
        *check_lists(index),
        *check_expressions(index),
        *check_design(index),
        *check_texts(index),
    ]
