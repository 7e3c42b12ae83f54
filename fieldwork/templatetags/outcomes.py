from __future__ import annotations

from fractions import Fraction

from django import template
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

register = template.Library()

GROUPS: dict[str, Promise] = {
    "I": gettext_lazy("complete interview"),
    "P": gettext_lazy("partial interview"),
    "R": gettext_lazy("refusal and break-off"),
    "NC": gettext_lazy("non-contact, known eligible"),
    "O": gettext_lazy("other, known eligible"),
    "UH": gettext_lazy("unknown if a working personal number"),
    "UO": gettext_lazy("reached, eligibility unknown"),
    "NE": gettext_lazy("not eligible"),
}


@register.filter
def rate(value: Fraction | None, decimals: int = 2) -> str:
    """A rate as a percentage, rounded half up from the exact fraction; `not defined` where it is 0/0."""
    if value is None:
        return _("not defined")
    scale = 10**decimals
    rounded = (value * 100 * scale + Fraction(1, 2)).__floor__()
    whole, part = divmod(rounded, scale)
    return f"{number_format(f'{whole}.{part:0{decimals}}', decimals)}\u00a0%"


@register.filter
def group_meaning(group: str) -> Promise | str:
    """What a group of dispositions stands for."""
    return GROUPS.get(group, group)
