from __future__ import annotations

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from studies.errors import InvalidInput


def check_fields(instance: models.Model) -> None:
    """Check a model's fields and constraints before it is written. Raises InvalidInput with the fields at fault."""
    try:
        instance.full_clean()
    except ValidationError as error:
        raise InvalidInput(
            "invalid",
            _("Some of the input is not right."),
            {_name(field): texts for field, texts in error.message_dict.items()},
        ) from error


def _name(field: str) -> str:
    return "" if field == NON_FIELD_ERRORS else field
