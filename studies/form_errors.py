from __future__ import annotations

from collections.abc import Iterable

from django.forms import BaseForm
from django.utils.functional import Promise

from studies.errors import DomainError


def show_error(form: BaseForm, error: DomainError) -> None:
    """Put a service's error beside the fields it names, or above the form where it names none of this form's."""
    named = False
    for name, texts in error.fields.items():
        for text in _texts(texts):
            if name in form.fields:
                form.add_error(name, text)
                named = True
            elif not name:
                form.add_error(None, text)
                named = True
    if not named:
        form.add_error(None, str(error.message))


def _texts(value: object) -> list[str]:
    if isinstance(value, str | Promise) or not isinstance(value, Iterable):
        return [str(value)]
    return [str(text) for text in value]
