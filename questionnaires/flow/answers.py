"""Answers by themselves: their canonical form, what is wrong with them, how expressions read them.

answers.js does the same.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any, TypeAlias

from questionnaires.language.dates import is_date
from questionnaires.language.values import (
    LARGEST_INTEGER,
    WHITESPACE,
    Scalar,
    Value,
    to_number,
    to_scalars,
    to_stored,
    to_string,
    words,
)
from questionnaires.script import UNASKED_TYPES, Item, Option, Script

Answer: TypeAlias = Any
"""A JSON value as in docs/script.md: code, list of codes, integer, decimal string, text, date, true, {"missing":
kind} or None.
"""

MAX_TEXT = 10_000
# A double keeps 15 significant digits of every decimal.
MAX_DIGITS = 15

_DECIMAL = re.compile(r"(-?)([0-9]{1,40})(?:\.([0-9]{0,40}))?")
_SURROGATES = re.compile("[\ud800-\udfff]")


def canonical_answer(script: Script, item: Item, value: Answer) -> tuple[Answer, list[str]]:
    """The answer in the one form in which it is stored, and the problems it has by itself (not those of the place on
    the route).

    Codes of a multiple answer come into the order of the options; an option that is a missing answer becomes that
    missing answer; text is NFC without NUL; decimals lose needless zeros; what is empty is None.
    """
    if item.type in UNASKED_TYPES:
        return None, ["calculated"]
    if isinstance(value, dict):
        return _missing(script, item, value)
    if item.type == "note":
        return (True, []) if value is True else (None, ["wrong_type"])
    if value is None or value == "" or value == []:
        return None, ["required"] if item.required and not item.read_only else []
    return _CANONICAL[item.type](script, item, value)


def _missing(script: Script, item: Item, value: dict[str, Any]) -> tuple[Answer, list[str]]:
    kind = value.get("missing")
    if len(value) != 1 or not isinstance(kind, str):
        return None, ["wrong_type"]
    if kind in {answer.kind for answer in item.missing} or (
        item.choices is not None
        and item.type in ("select_one", "select_multiple")
        and any(option.missing == kind for option in script.choices[item.choices])
    ):
        return {"missing": kind}, []
    return None, ["missing_not_allowed"]


def _select_one(script: Script, item: Item, value: Answer) -> tuple[Answer, list[str]]:
    if not isinstance(value, str):
        return None, ["wrong_type"]
    option = script.option(item.choices, value)
    if option is None:
        return None, ["unknown_option"]
    return ({"missing": option.missing}, []) if option.missing else (value, [])


def _select_multiple(script: Script, item: Item, value: Answer) -> tuple[Answer, list[str]]:
    if not isinstance(value, list) or not all(isinstance(code, str) for code in value):
        return None, ["wrong_type"]
    codes = set(value)
    chosen: list[Option] = [option for option in script.choices[item.choices or ""] if option.code in codes]
    if len(chosen) < len(codes):
        return None, ["unknown_option"]
    if len(chosen) > 1 and any(option.exclusive or option.missing for option in chosen):
        return None, ["exclusive"]
    if chosen[0].missing:
        return {"missing": chosen[0].missing}, []
    return [option.code for option in chosen], []


def _integer(script: Script, item: Item, value: Answer) -> tuple[Answer, list[str]]:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None, ["not_a_number"]
    if value != value or abs(value) > LARGEST_INTEGER or value != int(value):
        return None, ["not_an_integer"]
    return int(value), []


def _decimal(script: Script, item: Item, value: Answer) -> tuple[Answer, list[str]]:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and value == value and abs(value) < 1e40:
        value = str(int(value)) if value == int(value) else None
    found = _DECIMAL.fullmatch(value) if isinstance(value, str) else None
    if not found:
        return None, ["not_a_number"]
    whole, fraction = found[2].lstrip("0"), (found[3] or "").rstrip("0")
    if len((whole + fraction).lstrip("0")) > MAX_DIGITS:
        return None, ["too_many_digits"]
    text = (whole or "0") + (f".{fraction}" if fraction else "")
    return (text if text == "0" else found[1] + text), []


def _text(script: Script, item: Item, value: Answer) -> tuple[Answer, list[str]]:
    if not isinstance(value, str):
        return None, ["wrong_type"]
    text = clean_text(value)
    if not text.strip(WHITESPACE):
        return None, ["required"] if item.required else []
    return (text, []) if len(text) <= MAX_TEXT else (None, ["too_long"])


def clean_text(text: str) -> str:
    """NFC, without NUL (PostgreSQL's jsonb refuses it) and without halves of surrogate pairs (nothing can encode
    them).
    """
    return unicodedata.normalize("NFC", _SURROGATES.sub("\ufffd", text.replace("\0", "")))


def _date(script: Script, item: Item, value: Answer) -> tuple[Answer, list[str]]:
    if isinstance(value, str) and is_date(value):
        return value, []
    return None, ["not_a_date"]


_CANONICAL = {
    "select_one": _select_one,
    "select_multiple": _select_multiple,
    "integer": _integer,
    "decimal": _decimal,
    "text": _text,
    "date": _date,
}


def value_of_answer(item: Item, answer: Answer) -> Scalar:
    """A canonical answer as expressions read it: '' for missing, empty and notes; numbers as numbers;
    codes parted by spaces.
    """
    if answer is None or isinstance(answer, (dict, bool)):
        return ""
    if isinstance(answer, list):
        return " ".join(answer)
    if item.type in ("integer", "decimal"):
        return float(answer)
    return str(answer)


def answer_of_value(item: Item, value: Value) -> Answer:
    """A computed value (default, calculation) in the form in which the item takes answers; None when it is empty."""
    if item.type == "note":
        return None
    if item.type == "select_multiple":
        return [code for member in to_scalars(value) for code in words(to_string(member))]
    if item.type == "integer":
        number = to_stored(to_number(value))
        return number if number != "" else None
    if item.type == "decimal":
        return str(to_stored(to_number(value)))
    return to_string(value)
