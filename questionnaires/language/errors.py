"""Errors of the routing language: a code and parameters for translation, a position for the editor."""

from __future__ import annotations

from collections.abc import Mapping


def gettext_noop(message: str) -> str:
    """Mark a message for the translation catalogs; this package itself knows nothing of Django."""
    return message


MESSAGES: Mapping[str, str] = {
    "empty": gettext_noop("The expression is empty."),
    "unexpected_end": gettext_noop("Something is missing at the end: a value, a question or a function was expected."),
    "unexpected": gettext_noop("“{found}” at position {at} is not expected here."),
    "operator_expected": gettext_noop(
        "An operator (such as and, or, =, +) is missing before “{found}” at position {at}."
    ),
    "unclosed_parenthesis": gettext_noop("The parenthesis opened at position {at} is not closed."),
    "unopened_parenthesis": gettext_noop("The closing parenthesis at position {at} has no opening one."),
    "unclosed_string": gettext_noop("The quotation mark at position {at} has no closing one."),
    "unclosed_reference": gettext_noop("“${{” at position {at} is not closed by “}}”."),
    "bad_reference": gettext_noop(
        "“{found}” at position {at} is not a question's name: letters, digits, “_”, “-” and “.” only."
    ),
    "curly_quote": gettext_noop(
        "“{found}” at position {at} is a typographic quotation mark. Use a straight one: ' or \"."
    ),
    "bad_operator": gettext_noop("“{found}” at position {at} is not an operator here. Write {instead}."),
    "bad_character": gettext_noop("The character “{found}” at position {at} has no meaning here."),
    "path": gettext_noop(
        "Paths such as “{found}” at position {at} are not supported. Refer to a question as ${{name}}."
    ),
    "unknown_name": gettext_noop("There is no question called “{found}” (position {at}).{hint}"),
    "bare_name": gettext_noop(
        "“{found}” at position {at} is neither a function nor a question. "
        "Write ${{{found}}} for a question, '{found}' for a text."
    ),
    "null": gettext_noop("“null” at position {at} is not known. An empty value is written ''."),
    "unknown_column": gettext_noop("The choice list has no column called “{found}” (position {at}).{hint}"),
    "unknown_function": gettext_noop("There is no function called “{found}” (position {at}).{hint}"),
    "unsupported_function": gettext_noop("The function {found}() at position {at} can't be used: {reason}"),
    "argument_count": gettext_noop("{found}() at position {at} takes {expected}, but has {given}."),
    "reference_needed": gettext_noop(
        "{found}() at position {at} needs a question, written as ${{name}}, in place {place}."
    ),
    "literal_needed": gettext_noop("{found}() at position {at} needs a text in quotation marks in place {place}."),
    "parent_misplaced": gettext_noop("“..” at position {at} can be used in position(..) only."),
    "self_misplaced": gettext_noop("“.” (this question's value) at position {at} has no meaning in this column."),
    "bad_pattern": gettext_noop(
        "The pattern of regex() is not valid or not supported, at its character {place}: {reason}"
    ),
    "bad_format": gettext_noop(
        "The date format at position {at} has an unknown sign “{found}”. Known: %Y %y %m %n %d %e %H %h %M %S %3."
    ),
    "too_deep": gettext_noop("The expression is nested too deeply. Split it with a calculate."),
    "too_long": gettext_noop("The expression is longer than {limit} characters. Split it with a calculate."),
}


class ExpressionError(ValueError):
    """An expression can't be parsed.

    Attributes:
        code: key of MESSAGES.
        position: 0-based offset in `text` where the trouble is; `length` characters belong to it (at least 1, for
        underlining). text: the whole expression.
        params: what the message is filled with (`at` is the position counted from 1).
    """

    def __init__(self, code: str, *, position: int, length: int, text: str, **params: str | int) -> None:
        self.code = code
        self.position = position
        self.length = max(1, length)
        self.text = text
        self.params: dict[str, str | int] = {"at": position + 1, "hint": "", **params}
        super().__init__(MESSAGES[code].format(**self.params))
