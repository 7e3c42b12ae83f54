"""Regular expressions of regex(): the subset on which Python and JavaScript agree, brought into one spelling that
both read alike.

What differs between the two (Unicode classes behind \\d and \\w, the line end before `$`, what `.` leaves out,
look-behind, named groups, back references, inline flags, possessive quantifiers) is either spelled out or refused
here, so that the tree carries a pattern with one meaning. Always a match of the whole text, as in XLSForm. Python
uses it with re.ASCII and fullmatch, JavaScript with the flag u between `^(?:` and `)$`.
"""

from __future__ import annotations

import re

from questionnaires.language.errors import gettext_noop

_SHORTHANDS = {"d": "0-9", "w": "A-Za-z0-9_", "s": " \\t\\n\\r\\f\\v"}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v"}
_QUANTIFIER = re.compile(r"[*+?]|\{[0-9]+(?:,[0-9]*)?\}")
_MAX_REPEAT = 1000

_NOTHING_TO_REPEAT = gettext_noop(
    "there is nothing to repeat; write a backslash before the sign to mean the sign itself."
)
_BARE_BRACKET = gettext_noop("write a backslash before this bracket to mean the bracket itself.")
_BAD_RANGE = gettext_noop("the range in brackets is the wrong way round, or not between two characters.")
_BAD_NUMBERS = gettext_noop("the numbers of a repetition are too large or the wrong way round.")
_NESTED = gettext_noop("a repetition inside a repetition can take for ever on a long text; write it with a single one.")
# From this count on, a repetition of varying length counts as unlimited for the rule against nesting.
_MANY = 20


class PatternError(ValueError):
    """The pattern is refused; `place` is the 0-based offset in it, `reason` a sentence marked for translation."""

    def __init__(self, place: int, reason: str) -> None:
        self.place = place
        self.reason = reason
        super().__init__(f"{reason} (character {place + 1})")


def canonical_pattern(pattern: str) -> str:
    """The pattern in the spelling that both engines read alike. Raises PatternError."""
    translator = _Translator(pattern)
    result = translator.alternatives(level=0)
    if translator.at < len(pattern):
        raise PatternError(translator.at, gettext_noop("there is a closing parenthesis without an opening one."))
    return result


def _literal(character: str) -> str:
    if character.isalnum() or character == "_" or ord(character) > 127:
        return character
    return f"\\x{ord(character):02x}"


class _Translator:
    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        # Long repetitions seen so far: one inside another makes matching take exponential time in both engines.
        self.long_repetitions = 0

    def peek(self) -> str:
        return self.pattern[self.at : self.at + 1]

    def alternatives(self, level: int) -> str:
        if level > 20:
            raise PatternError(self.at, gettext_noop("groups are nested too deeply."))
        branches = [self.sequence(level)]
        while self.peek() == "|":
            self.at += 1
            branches.append(self.sequence(level))
        return "|".join(branches)

    def sequence(self, level: int) -> str:
        parts = []
        while self.at < len(self.pattern) and self.peek() not in "|)":
            before = self.long_repetitions
            atom, repeatable = self.atom(level)
            parts.append(atom + self.quantifier(repeatable, nests=self.long_repetitions > before))
        return "".join(parts)

    def quantifier(self, repeatable: bool, nests: bool) -> str:
        found = _QUANTIFIER.match(self.pattern, self.at)
        if not found:
            return ""
        if not repeatable:
            raise PatternError(self.at, gettext_noop("this can't be repeated."))
        sign = found.group()
        if self.is_long(sign):
            if nests:
                raise PatternError(self.at, _NESTED)
            self.long_repetitions += 1
        self.at = found.end()
        if self.peek() == "?":  # lazy: makes no difference to a match of the whole text
            self.at += 1
        if _QUANTIFIER.match(self.pattern, self.at):
            raise PatternError(self.at, gettext_noop("a repetition of a repetition needs parentheses."))
        return sign

    def is_long(self, sign: str) -> bool:
        """Whether the repetition is unlimited, or nearly so."""
        if not sign.startswith("{"):
            return sign != "?"
        least, comma, most = sign.strip("{}").partition(",")
        bounds = [int(least), int(most or least)]
        if max(bounds) > _MAX_REPEAT or bounds != sorted(bounds):
            raise PatternError(self.at, _BAD_NUMBERS)
        return comma != "" and (not most or bounds[1] - bounds[0] >= _MANY)

    def atom(self, level: int) -> tuple[str, bool]:
        start, character = self.at, self.peek()
        self.at += 1
        if character == "(":
            return self.group(start, level)
        if character == "[":
            return self.character_class(start), True
        if character == "\\":
            return self.escape(start)
        if character == ".":
            return "[^\\n\\r]", True
        if character == "^":
            return "^", False
        if character == "$":
            return "(?![\\s\\S])", False
        if character in "*+?{":
            raise PatternError(start, _NOTHING_TO_REPEAT)
        if character in "]}":
            raise PatternError(start, _BARE_BRACKET)
        return _literal(character), True

    def group(self, start: int, level: int) -> tuple[str, bool]:
        opening, repeatable = "(?:", True
        if self.peek() == "?":
            kind = self.pattern[self.at : self.at + 2]
            if kind in ("?=", "?!"):
                opening, repeatable = "(" + kind, False
            elif kind != "?:":
                raise PatternError(start, gettext_noop("only (…), (?:…), (?=…) and (?!…) groups are supported."))
            self.at += 2
        inner = self.alternatives(level + 1)
        if self.peek() != ")":
            raise PatternError(start, gettext_noop("the parenthesis is not closed."))
        self.at += 1
        return f"{opening}{inner})", repeatable

    def escape(self, start: int) -> tuple[str, bool]:
        character = self.peek()
        self.at += 1
        if character.lower() in _SHORTHANDS and character:
            sign = "^" if character.isupper() else ""
            return f"[{sign}{_SHORTHANDS[character.lower()]}]", True
        if character in ("b", "B"):
            return "\\" + character, False
        return _literal(self.escaped_character(start, character)), True

    def escaped_character(self, start: int, character: str) -> str:
        """The character that an escape stands for, where it stands for a single one."""
        if character in _CONTROLS:
            return _CONTROLS[character]
        if character in ("u", "x"):
            width = 4 if character == "u" else 2
            digits = self.pattern[self.at : self.at + width]
            if not re.fullmatch(f"[0-9A-Fa-f]{{{width}}}", digits) or 0xD800 <= int(digits, 16) <= 0xDFFF:
                raise PatternError(start, gettext_noop("\\u needs four hexadecimal digits, \\x two."))
            self.at += width
            return chr(int(digits, 16))
        if not character or character.isalnum() or character == "_" or ord(character) > 127:
            raise PatternError(start, gettext_noop("this escape is not supported."))
        return character

    def character_class(self, start: int) -> str:
        negated = self.peek() == "^"
        if negated:
            self.at += 1
        parts: list[str] = []
        while self.peek() != "]":
            if self.at >= len(self.pattern):
                raise PatternError(start, gettext_noop("the bracket is not closed."))
            parts.append(self.class_member())
        self.at += 1
        if not parts:
            raise PatternError(start, gettext_noop("the brackets are empty."))
        return f"[{'^' if negated else ''}{''.join(parts)}]"

    def class_member(self) -> str:
        start = self.at
        first = self.class_character()
        if len(first) > 1:
            return first
        if self.peek() != "-" or self.pattern[self.at + 1 : self.at + 2] in ("", "]"):
            return _literal(first)
        self.at += 1
        last = self.class_character()
        if len(last) > 1 or ord(last) < ord(first):
            raise PatternError(start, _BAD_RANGE)
        return f"{_literal(first)}-{_literal(last)}"

    def class_character(self) -> str:
        """One character of a class, or (longer than one character) the spelled-out shorthand."""
        start, character = self.at, self.peek()
        self.at += 1
        if character == "[":
            raise PatternError(start, gettext_noop("write a backslash before a bracket inside brackets."))
        if character != "\\":
            return character
        escaped = self.peek()
        self.at += 1
        if escaped in _SHORTHANDS:
            return _SHORTHANDS[escaped]
        return self.escaped_character(start, escaped)
