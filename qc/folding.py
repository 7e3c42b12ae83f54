"""Texts folded for search and grouping. Pure.

The same word reaches a coder in many spellings: composed or decomposed letters, five kinds of apostrophe, ў typed as у,
Uzbek in Latin or in Cyrillic letters. Folding makes them one; the verbatim itself is kept as typed.
"""

from __future__ import annotations

import re
import unicodedata

#: Letters that a keyboard without them leaves as their nearest Russian letter, and signs that are left out.
_NEAREST = str.maketrans(
    {"ў": "у", "қ": "к", "ғ": "г", "ҳ": "х", "ә": "а", "ң": "н", "ө": "о", "ұ": "у", "ү": "у", "һ": "х", "і": "и"}
    | {"ё": "е", "э": "е", "ъ": None, "ь": None}
)
#: Uzbek Latin by the letters of its Cyrillic alphabet, longest first. The apostrophe of oʻ and gʻ is gone by then.
_LATIN = (
    ("sh", "ш"), ("ch", "ч"), ("yo", "е"), ("yu", "ю"), ("ya", "я"), ("ts", "ц"),
    ("a", "а"), ("b", "б"), ("d", "д"), ("e", "е"), ("f", "ф"), ("g", "г"), ("h", "х"), ("i", "и"), ("j", "ж"),
    ("k", "к"), ("l", "л"), ("m", "м"), ("n", "н"), ("o", "о"), ("p", "п"), ("q", "к"), ("r", "р"), ("s", "с"),
    ("t", "т"), ("u", "у"), ("v", "в"), ("x", "х"), ("y", "й"), ("z", "з"), ("c", "к"), ("w", "в"),
)  # fmt: skip
_APOSTROPHES = re.compile("[\u02bb\u02bc\u2018\u2019\u0060\u00b4']")
_O_WITH_SIGN = re.compile("o[\u02bb\u02bc\u2018\u2019\u0060\u00b4']")
_NOT_A_WORD = re.compile(r"[^\w]+")


def fold(text: str, language: str) -> str:
    """The text as search and grouping see it: lower case, one spelling, words parted by single spaces.

    Uzbek in Latin letters is folded to the same text as Uzbek in Cyrillic ones.
    """
    folded = unicodedata.normalize("NFC", text).lower()
    if language == "uz":
        folded = _O_WITH_SIGN.sub("у", folded)
    folded = _APOSTROPHES.sub("", folded).translate(_NEAREST)
    if language == "uz":
        for latin, cyrillic in _LATIN:
            folded = folded.replace(latin, cyrillic)
    return " ".join(_NOT_A_WORD.sub(" ", folded).split())
