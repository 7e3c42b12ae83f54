from __future__ import annotations

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from studies.errors import InvalidInput


def check_fields(instance: models.Model, *, constraints: bool = True) -> None:
    """Check a model's fields (turning text into what they hold) and its constraints before it is written.

    Raises InvalidInput with the fields at fault. Without `constraints` a service can say in its own words what they
    would refuse.
    """
    try:
        instance.full_clean(validate_constraints=constraints)
    except ValidationError as error:
        raise InvalidInput(
            "invalid",
            _("Some of the input is not right."),
            {_name(field): texts for field, texts in error.message_dict.items()},
        ) from error


def _name(field: str) -> str:
    return "" if field == NON_FIELD_ERRORS else field
