"""Labels within the byte limits of SPSS. Pure.

SPSS keeps 256 bytes of a variable's label and 120 bytes of a value's: 60 Cyrillic letters. Writers that know no
better cut in silence
(and in the middle of a letter); here every cut is made between letters and reported.
"""

from __future__ import annotations

from dataclasses import dataclass

VARIABLE_LABEL_BYTES = 256
VALUE_LABEL_BYTES = 120
ELLIPSIS = "…"


@dataclass(frozen=True, slots=True)
class Cut:
    """A label that had to be shortened: of which variable (and value), the whole text and what the file carries."""

    variable: str
    value: str
    full: str
    kept: str


def shorten(text: str, limit: int) -> str:
    """The longest beginning of `text` that fits into `limit` bytes of UTF-8, with an ellipsis where something was
    cut.
    """
    if len(text.encode()) <= limit:
        return text
    room = limit - len(ELLIPSIS.encode())
    return text.encode()[:room].decode(errors="ignore").rstrip() + ELLIPSIS


class LabelBook:
    """Shortens labels and remembers every cut."""

    def __init__(self) -> None:
        self.cuts: list[Cut] = []

    def variable_label(self, variable: str, text: str) -> str:
        return self._fit(variable, "", text, VARIABLE_LABEL_BYTES)

    def value_label(self, variable: str, value: object, text: str) -> str:
        return self._fit(variable, str(value), text, VALUE_LABEL_BYTES)

    def _fit(self, variable: str, value: str, text: str, limit: int) -> str:
        text = text.strip()  # SPSS drops white space at the ends
        kept = shorten(text, limit)
        if kept != text:
            self.cuts.append(Cut(variable, value, text, kept))
        return kept
