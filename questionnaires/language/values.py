"""Values of the routing language and their conversions. values.js does the same, step by step; change both or neither.

A value is a string, a number (IEEE double, never infinite; NaN stands for "no number"), a boolean, or a node-set:
the list of values that an item of a loop has, read from outside the loop.
"""

from __future__ import annotations

import math
import re
from typing import Any, TypeAlias

from questionnaires.language.dates import moment_of

Scalar: TypeAlias = str | float | bool
Value: TypeAlias = Scalar | list[Scalar]

NAN = math.nan
WHITESPACE = " \t\r\n"
# Integers up to here are exact in a double.
LARGEST_INTEGER = 2**53 - 1

_WORD = re.compile(r"[^ \t\r\n]+")
_NUMBER = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")


def finite(number: float) -> float:
    """The number, with infinities as NaN and minus zero as zero, so that nothing can tell the engines apart."""
    return number + 0.0 if math.isfinite(number) else NAN


def first(value: Value) -> Scalar:
    """A scalar as it is; of a node-set the first value, or the empty string."""
    if isinstance(value, list):
        return value[0] if value else ""
    return value


def to_number(value: Value) -> float:
    """As a number: a date is its day since 1970-01-01 (with the time as a fraction), a boolean 1 or 0, other text
    NaN.
    """
    scalar = first(value)
    if isinstance(scalar, float):
        return scalar
    if isinstance(scalar, bool):
        return 1.0 if scalar else 0.0
    text = scalar.strip(WHITESPACE)
    if _NUMBER.fullmatch(text):
        return finite(float(text))
    moment = moment_of(text)
    return NAN if moment is None else moment


def to_string(value: Value) -> str:
    """As text: numbers without exponent and without needless zeros, NaN as the empty string."""
    scalar = first(value)
    if isinstance(scalar, str):
        return scalar
    if isinstance(scalar, bool):
        return "true" if scalar else "false"
    return number_text(scalar)


def to_boolean(value: Value) -> bool:
    """As a boolean: a number is true unless 0 or NaN, text unless empty, a node-set unless without members."""
    if isinstance(value, bool):
        return value
    if isinstance(value, float):
        return value == value and value != 0
    return len(value) > 0


def to_scalars(value: Value) -> list[Scalar]:
    """The members of a node-set; a scalar is its only member."""
    return value if isinstance(value, list) else [value]


def digits_of(number: float) -> tuple[str, int]:
    """The shortest decimal digits that read back as the positive number, and the place of the point.

    (digits, point) means 0.digits times ten to the power of point: 12.5 is ("125", 2). Python's repr and
    JavaScript's toString agree on these digits, which is what makes texts and rounding equal in both.
    """
    mantissa, _, exponent = repr(number).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = whole + fraction
    point = len(whole) + int(exponent or 0)
    stripped = digits.lstrip("0")
    point -= len(digits) - len(stripped)
    return stripped.rstrip("0") or "0", point


def decimal_text(digits: str, point: int) -> str:
    """Digits and point (see digits_of) written out without an exponent."""
    if point <= 0:
        return "0." + "0" * -point + digits
    if point >= len(digits):
        return digits + "0" * (point - len(digits))
    return f"{digits[:point]}.{digits[point:]}"


def number_text(number: float) -> str:
    """The number as text: `1` for 1.0, `0.1`, never an exponent; the empty string for NaN."""
    if number != number:
        return ""
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    size = abs(number)
    if size <= LARGEST_INTEGER and size == int(size):
        return sign + str(int(size))
    return sign + decimal_text(*digits_of(size))


def round_half_up(number: float, places: int) -> float:
    """Rounded to `places` decimals (negative: tens, hundreds), a half upwards as in XPath: 2.5 to 3, -2.5 to -2.

    It works on the decimal digits that a reader sees, so that 1.005 becomes 1.01 although the double is a hair below.
    """
    if number != number or number == 0:
        return number
    digits, point = digits_of(abs(number))
    kept = point + places
    if kept >= len(digits):
        return number
    if kept < 0:
        return 0.0
    up = digits[kept] > "5" or (digits[kept] == "5" and (number > 0 or len(digits) > kept + 1))
    head = int(digits[:kept] or "0") + (1 if up else 0)
    if head == 0:
        return 0.0
    text = str(head)
    rounded = float(decimal_text(text, len(text) - places))
    return finite(-rounded if number < 0 else rounded)


def equals(left: Value, right: Value) -> bool:
    """`=`: between node-sets whether any two members are equal;
    else as booleans, as numbers, or as text, whichever comes first.
    """
    if isinstance(left, list) or isinstance(right, list):
        return any(equals(a, b) for a in to_scalars(left) for b in to_scalars(right))
    if isinstance(left, bool) or isinstance(right, bool):
        return to_boolean(left) == to_boolean(right)
    if isinstance(left, float) or isinstance(right, float):
        return to_number(left) == to_number(right)
    return left == right


def differs(left: Value, right: Value) -> bool:
    """`!=`: between node-sets whether any two members differ. With NaN it is true."""
    if isinstance(left, list) or isinstance(right, list):
        return any(differs(a, b) for a in to_scalars(left) for b in to_scalars(right))
    return not equals(left, right)


def words(text: str) -> list[str]:
    """The parts of a text between whitespace: the codes of a select_multiple."""
    return _WORD.findall(text)


def from_answer(answer: Any) -> Scalar:
    """An answer as stored (docs/script.md) as a value: missing and empty ones as '', a list of codes as text parted
    by spaces.

    Decimal strings stay text here; with the Script at hand, `flow` reads them as numbers.
    """
    if answer is None or isinstance(answer, dict):
        return ""
    if isinstance(answer, bool):
        return answer
    if isinstance(answer, (int, float)):
        return finite(float(answer))
    if isinstance(answer, (list, tuple)):
        return " ".join(answer)
    return str(answer)


def to_stored(value: Value) -> str | int | bool:
    """A computed value as it is kept in documents: integers as such, other numbers as decimal strings, NaN as ''."""
    if isinstance(value, list):
        return " ".join(filter(None, map(to_string, value)))
    if isinstance(value, float):
        if value == value and abs(value) <= LARGEST_INTEGER and value == int(value):
            return int(value)
        return number_text(value)
    return value


def missing_kind(answer: Any) -> str:
    """`dk`, `refused` or `na` for a missing answer, else the empty string."""
    return str(answer.get("missing", "")) if isinstance(answer, dict) else ""
