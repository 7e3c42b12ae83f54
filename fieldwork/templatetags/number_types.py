"""What the types of telephone numbers are called: those of numbering plans and those of the library phonenumbers."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

register = template.Library()

#: A plan may say other types too; they are shown as its table has them.
NUMBER_TYPES: Mapping[str, Promise] = {
    "mobile": _("mobile"),
    "landline": _("landline"),
    "landline and some mobile": _("landline and some mobile"),
    "mobile and landline": _("mobile and landline"),
    "corporate or fixed wireless": _("corporate or fixed wireless"),
    "voip": _("internet telephony"),
    "fixed line": _("landline"),
    "fixed line or mobile": _("mobile and landline"),
    "unknown": _("unknown type"),
}


@register.filter
def number_type(value: str) -> str:
    """The type of a number or range in words."""
    return str(NUMBER_TYPES.get(value, value))
