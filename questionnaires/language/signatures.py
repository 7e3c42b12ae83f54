"""The functions of the routing language: how many arguments they take and of which kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from questionnaires.language.errors import gettext_noop

Need: TypeAlias = Literal["any", "reference", "pattern", "format"]
MANY = 100


@dataclass(frozen=True, slots=True)
class Signature:
    """A function's name in the tree, the least and most arguments, and what kind each has to be (the last one
    repeats).
    """

    name: str
    minimum: int
    maximum: int
    needs: tuple[Need, ...] = ("any",)
    takes_parent: bool = False

    def need(self, place: int) -> Need:
        """The kind of the argument in this place (from 0)."""
        return self.needs[min(place, len(self.needs) - 1)]

    @property
    def expected(self) -> str:
        """The number of arguments in words, for messages."""
        if self.minimum == self.maximum:
            return f"{self.minimum} argument{'' if self.minimum == 1 else 's'}"
        if self.maximum == MANY:
            return f"at least {self.minimum} argument{'' if self.minimum == 1 else 's'}"
        return f"{self.minimum} to {self.maximum} arguments"


def _signature(
    name: str, minimum: int, maximum: int | None = None, *needs: Need, takes_parent: bool = False
) -> Signature:
    return Signature(name, minimum, minimum if maximum is None else maximum, needs or ("any",), takes_parent)


_ALL = (
    # truth
    _signature("true", 0),
    _signature("false", 0),
    _signature("not", 1),
    _signature("boolean", 1),
    _signature("boolean-from-string", 1),
    _signature("if", 3),
    _signature("coalesce", 2, MANY),
    _signature("once", 1),
    _signature("missing", 1, 1, "reference"),
    # selects
    _signature("selected", 2),
    _signature("selected-at", 2),
    _signature("count-selected", 1),
    _signature("jr:choice-name", 2, 2, "any", "reference"),
    # text
    _signature("string", 1),
    _signature("concat", 1, MANY),
    _signature("join", 2, MANY),
    _signature("string-length", 1),
    _signature("substr", 2, 3),
    _signature("substring-before", 2),
    _signature("substring-after", 2),
    _signature("contains", 2),
    _signature("starts-with", 2),
    _signature("ends-with", 2),
    _signature("normalize-space", 1),
    _signature("translate", 3),
    _signature("regex", 2, 2, "any", "pattern"),
    # numbers
    _signature("number", 1),
    _signature("int", 1),
    _signature("round", 1, 2),
    _signature("floor", 1),
    _signature("ceiling", 1),
    _signature("abs", 1),
    _signature("pow", 2),
    _signature("sqrt", 1),
    _signature("min", 1, MANY),
    _signature("max", 1, MANY),
    _signature("sum", 1, MANY),
    # loops
    _signature("count", 1),
    _signature("count-non-empty", 1),
    _signature("position", 0, 1, "reference", takes_parent=True),
    _signature("indexed-repeat", 3, 7, "reference", "reference", "any", "reference", "any", "reference", "any"),
    # dates
    _signature("today", 0),
    _signature("now", 0),
    _signature("date", 1),
    _signature("decimal-date-time", 1),
    _signature("format-date", 2, 2, "any", "format"),
)

SIGNATURES: Mapping[str, Signature] = {
    **{signature.name: signature for signature in _ALL},
    # Other spellings in use: SurveyCTO's index(), OpenRosa's date-time names.
    "index": _signature("position", 0, 1, "reference", takes_parent=True),
    "format-date-time": _signature("format-date", 2, 2, "any", "format"),
}

_NOT_REPEATABLE = gettext_noop("it gives another result each time, so that an interview could not be replayed.")
_OTHER_FILES = gettext_noop("data from other files are not available. Put them into a choice list.")
_NO_DEVICE = gettext_noop("there is no device to ask.")
_NOT_EXACT = gettext_noop("its last digit is not the same in every browser.")

# Functions that authors know from elsewhere, and why they are not here.
UNSUPPORTED: Mapping[str, str] = {
    "random": _NOT_REPEATABLE,
    "uuid": _NOT_REPEATABLE,
    "pulldata": _OTHER_FILES,
    "instance": _OTHER_FILES,
    "current": gettext_noop("write ${name} for the value of a question."),
    "last": gettext_noop("write count(${name of the loop}) for the number of rounds."),
    "device-info": _NO_DEVICE,
    "phone-call-log": _NO_DEVICE,
    "choice-label": gettext_noop("write jr:choice-name(code, '${name}')."),
    "date-time": gettext_noop("write date(…) for the day."),
    **dict.fromkeys(("exp", "log", "log10", "sin", "cos", "tan", "asin", "acos", "atan", "atan2"), _NOT_EXACT),
}
