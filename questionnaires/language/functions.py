"""The functions of the routing language that need only their arguments. functions.js does the same;
change both or neither.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from questionnaires.language.dates import date_text, format_moment
from questionnaires.language.values import (
    NAN,
    Value,
    finite,
    first,
    round_half_up,
    to_boolean,
    to_number,
    to_scalars,
    to_string,
    words,
)

_SPACES = re.compile(r"[ \t\r\n]+")
_MAX_POWER = 1000
_MAX_PLACES = 30


def _selected(value: Value, code: Value) -> bool:
    wanted = to_string(code).strip(" \t\r\n")
    return any(_has_code(to_string(member), wanted) for member in to_scalars(value))


def _has_code(text: str, wanted: str) -> bool:
    # selected(${q}, '') is an idiom for "nothing was answered".
    return wanted in words(text) if wanted else not words(text)


def _selected_at(value: Value, place: Value) -> str:
    codes, index = words(to_string(value)), to_number(place)
    if index != index or not 0 <= index < len(codes):
        return ""
    return codes[int(index)]


def _count_selected(value: Value) -> float:
    return float(len(words(to_string(value))))


def _concat(*values: Value) -> str:
    return "".join(to_string(member) for value in values for member in to_scalars(value))


def _join(separator: Value, *values: Value) -> str:
    parts = [to_string(member) for value in values for member in to_scalars(value)]
    return to_string(separator).join(part for part in parts if part)


def _substr(value: Value, start: Value, end: Value | None = None) -> str:
    text, begin = to_string(value), to_number(start)
    finish = float(len(text)) if end is None else to_number(end)
    if begin != begin or finish != finish:
        return ""
    return text[_clamp(begin, len(text)) : _clamp(finish, len(text))]


def _clamp(place: float, length: int) -> int:
    """A place in a text of this length; negative places count from the end."""
    whole = math.trunc(max(-1e9, min(1e9, place)))
    return max(0, whole + length) if whole < 0 else min(whole, length)


def _substring_before(value: Value, part: Value) -> str:
    before, found, _ = _partition(to_string(value), to_string(part))
    return before if found else ""


def _substring_after(value: Value, part: Value) -> str:
    return _partition(to_string(value), to_string(part))[2]


def _partition(text: str, part: str) -> tuple[str, bool, str]:
    at = text.find(part)
    return (text[:at], True, text[at + len(part) :]) if at >= 0 else ("", False, "")


def _normalize_space(value: Value) -> str:
    return _SPACES.sub(" ", to_string(value).strip(" \t\r\n"))


def _translate(value: Value, old: Value, new: Value) -> str:
    old_text, new_text = to_string(old), to_string(new)
    table: dict[str, str] = {}
    for place, character in enumerate(old_text):
        table.setdefault(character, new_text[place : place + 1])
    return "".join(table.get(character, character) for character in to_string(value))


@lru_cache(maxsize=1024)
def _compiled_pattern(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.ASCII)


def _regex(value: Value, pattern: Value) -> bool:
    return _compiled_pattern(to_string(pattern)).fullmatch(to_string(value)) is not None


def _boolean_from_string(value: Value) -> bool:
    return to_string(value) in ("true", "1")


def _int(value: Value) -> float:
    number = to_number(value)
    return number if number != number else finite(float(math.trunc(number)))


def _floor(value: Value) -> float:
    number = to_number(value)
    return number if number != number else finite(float(math.floor(number)))


def _ceiling(value: Value) -> float:
    number = to_number(value)
    return number if number != number else finite(float(math.ceil(number)))


def _round(value: Value, places: Value = 0.0) -> float:
    digits = to_number(places)
    if digits != digits:
        return NAN
    return round_half_up(to_number(value), math.trunc(max(-_MAX_PLACES, min(_MAX_PLACES, digits))))


def _pow(value: Value, exponent: Value) -> float:
    # Whole exponents by squaring: the power functions of the two languages differ in the last digit.
    base, power = to_number(value), to_number(exponent)
    if base != base or power != power or power != math.trunc(power) or abs(power) > _MAX_POWER:
        return NAN
    result, factor, left = 1.0, base, int(abs(power))
    while left:
        if left % 2:
            result = finite(result * factor)
        factor = finite(factor * factor)
        left //= 2
    if power < 0:
        return finite(1.0 / result) if result != 0 else NAN
    return result


def _sqrt(value: Value) -> float:
    number = to_number(value)
    return math.sqrt(number) if number >= 0 else NAN


def _numbers(values: tuple[Value, ...]) -> list[float]:
    """All members that are numbers: unanswered questions do not count."""
    numbers = [to_number(member) for value in values for member in to_scalars(value)]
    return [number for number in numbers if number == number]


def _min(*values: Value) -> float:
    return min(_numbers(values), default=NAN)


def _max(*values: Value) -> float:
    return max(_numbers(values), default=NAN)


def _sum(*values: Value) -> float:
    total = 0.0
    for number in _numbers(values):
        total = finite(total + number)
    return total


def _count(value: Value) -> float:
    return float(len(to_scalars(value)))


def _count_non_empty(value: Value) -> float:
    return float(sum(to_string(member) != "" for member in to_scalars(value)))


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "true": lambda: True,
    "false": lambda: False,
    "not": lambda value: not to_boolean(value),
    "boolean": to_boolean,
    "boolean-from-string": _boolean_from_string,
    "once": first,
    "selected": _selected,
    "selected-at": _selected_at,
    "count-selected": _count_selected,
    "string": to_string,
    "concat": _concat,
    "join": _join,
    "string-length": lambda value: float(len(to_string(value))),
    "substr": _substr,
    "substring-before": _substring_before,
    "substring-after": _substring_after,
    "contains": lambda value, part: to_string(part) in to_string(value),
    "starts-with": lambda value, part: to_string(value).startswith(to_string(part)),
    "ends-with": lambda value, part: to_string(value).endswith(to_string(part)),
    "normalize-space": _normalize_space,
    "translate": _translate,
    "regex": _regex,
    "number": to_number,
    "int": _int,
    "round": _round,
    "floor": _floor,
    "ceiling": _ceiling,
    "abs": lambda value: abs(to_number(value)),
    "pow": _pow,
    "sqrt": _sqrt,
    "min": _min,
    "max": _max,
    "sum": _sum,
    "count": _count,
    "count-non-empty": _count_non_empty,
    "date": lambda value: date_text(to_number(value)),
    "decimal-date-time": to_number,
    "format-date": lambda value, pattern: format_moment(to_number(value), to_string(pattern)),
}
