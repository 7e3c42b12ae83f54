"""Words of an outline: what types, rules and roles are called."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

register = template.Library()

_TYPES: Mapping[str, Promise] = {
    "select_one": _("one answer"),
    "select_multiple": _("several answers"),
    "integer": _("whole number"),
    "decimal": _("number"),
    "text": _("text"),
    "date": _("date"),
    "note": pgettext_lazy("type of a question", "note"),
    "calculate": _("calculated"),
    "preset": _("given by the case"),
    "group": _("section"),
    "grid": _("grid"),
    "loop": _("loop"),
}
_RULES: Mapping[str, Promise] = {
    "relevant": _("only if"),
    "over": _("for each of"),
    "count": _("times"),
    "filter": _("offered if"),
    "constraint": _("accepted if"),
    "calculation": _("is"),
    "default": _("begins with"),
}
_MISSING: Mapping[str, Promise] = {"dk": _("don't know"), "refused": _("refused"), "na": _("not applicable")}
_ROLES: Mapping[str, Promise] = {
    "screener": _("screener"),
    "stratum": _("stratum"),
    "consent": _("consent"),
    "language": _("language of the interview"),
}
_KINDS: Mapping[str, Promise] = {"error": _("error"), "unfinished": _("to finish"), "warning": _("warning")}
_TONES = {"error": "bad", "unfinished": "warn", "warning": "info"}


@register.filter
def type_name(value: str) -> str:
    """What a type of item or node is called."""
    return str(_TYPES.get(value, value))


@register.filter
def rule_name(value: str) -> str:
    """The words before an expression that say what it decides."""
    return str(_RULES.get(value, value))


@register.filter
def missing_name(value: str) -> str:
    """A kind of missing answer."""
    return str(_MISSING.get(value, value))


@register.filter
def role_name(value: str) -> str:
    """A role of an item."""
    return str(_ROLES.get(value, value))


@register.filter
def problem_kind(value: str) -> str:
    """How grave a problem is, in a word."""
    return str(_KINDS.get(value, value))


@register.filter
def problem_tone(value: str) -> str:
    """The tone of the badge for it."""
    return _TONES.get(value, "plain")
