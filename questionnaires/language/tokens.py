"""Cutting an expression into tokens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from questionnaires.language.errors import ExpressionError

TokenKind: TypeAlias = Literal[
    "number", "string", "reference", "name", "operator", "open", "close", "comma", "self", "parent", "end"
]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the text: `value` is the content (a string without its quotes, a reference without `${}`)."""

    kind: TokenKind
    value: str
    position: int
    length: int


# A no-break space comes along when people paste from a word processor; it is a space to everybody who reads the cell.
_SPACE = re.compile(r"[ \t\r\n\u00a0]+")
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")
_NAME = re.compile(r"[^\W\d][\w.-]*(?::[^\W\d][\w.-]*)?")
_REFERENCE_NAME = re.compile(r"[^\W\d][\w.-]*\Z")
_PARENT = re.compile(r"\.\.(?:/\.\.)*")
_OPERATORS = frozenset({"!=", "<=", ">=", "=", "<", ">", "+", "-", "*"})
_SIGNS: Mapping[str, TokenKind] = {"(": "open", ")": "close", ",": "comma"}
# In this order: a number may begin with the point that alone means "this question's value".
_PATTERNS: tuple[tuple[TokenKind, re.Pattern[str]], ...] = (
    ("number", _NUMBER),
    ("parent", _PARENT),
    ("self", re.compile(r"\.")),
    ("name", _NAME),
)

_CURLY = "‘’‚‛“”„‟«»`´"
_INSTEAD = {
    "==": "=",
    "<>": "!=",
    "≠": "!=",
    "≤": "<=",
    "≥": ">=",
    "=<": "<=",
    "=>": ">=",
    "&&": "and",
    "&": "and",
    "||": "or",
    "|": "or",
    "!": "not(…)",
    "–": "-",
    "—": "-",
    "−": "-",
    "×": "*",
    "÷": "div",
    "%": "mod",
    ";": ",",
}


def tokenize(text: str) -> list[Token]:
    """All tokens of `text`, the last one of kind `end`. Raises ExpressionError."""
    tokens: list[Token] = []
    at = 0
    while True:
        space = _SPACE.match(text, at)
        if space:
            at = space.end()
        if at >= len(text):
            tokens.append(Token("end", "", len(text), 0))
            return tokens
        token = _token_at(text, at)
        tokens.append(token)
        at += token.length


def _token_at(text: str, at: int) -> Token:
    character = text[at]
    if character in "'\"":
        return _string(text, at)
    if text.startswith("${", at):
        return _reference(text, at)
    if character in _SIGNS:
        return Token(_SIGNS[character], character, at, 1)
    for kind, pattern in _PATTERNS:
        found = pattern.match(text, at)
        if found:
            return Token(kind, found.group(), at, len(found.group()))
    return _operator(text, at)


def _operator(text: str, at: int) -> Token:
    for width in (2, 1):
        operator = text[at : at + width]
        if operator in _OPERATORS:
            return Token("operator", operator, at, width)
        if operator in _INSTEAD:
            raise ExpressionError(
                "bad_operator", position=at, length=width, text=text, found=operator, instead=_INSTEAD[operator]
            )
    raise _bad_character(text, at)


def _string(text: str, at: int) -> Token:
    end = text.find(text[at], at + 1)
    if end < 0:
        raise ExpressionError("unclosed_string", position=at, length=len(text) - at, text=text)
    return Token("string", text[at + 1 : end], at, end + 1 - at)


def _reference(text: str, at: int) -> Token:
    end = text.find("}", at)
    if end < 0:
        raise ExpressionError("unclosed_reference", position=at, length=len(text) - at, text=text)
    name = text[at + 2 : end].strip(" \t\r\n\u00a0")
    if not _REFERENCE_NAME.match(name):
        raise ExpressionError("bad_reference", position=at, length=end + 1 - at, text=text, found=text[at : end + 1])
    return Token("reference", name, at, end + 1 - at)


def _bad_character(text: str, at: int) -> ExpressionError:
    character = text[at]
    if character in _CURLY:
        return ExpressionError("curly_quote", position=at, length=1, text=text, found=character)
    if character in "/@[":
        end = at
        while end < len(text) and not text[end].isspace() and text[end] not in "(),=<>":
            end += 1
        return ExpressionError("path", position=at, length=end - at, text=text, found=text[at:end])
    return ExpressionError("bad_character", position=at, length=1, text=text, found=character)
