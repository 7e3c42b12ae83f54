"""Names of items, groups and loops: present, usable, used once."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from questionnaires.checks.index import FormIndex
from questionnaires.problems import Problem

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_ALLOWED = re.compile(r"[A-Za-z0-9_.-]")
#: SPSS takes 64 bytes; loops add the key of the round.
MAX_NAME = 60
#: Letters of other scripts that look like Latin ones.
_LOOKALIKES = dict(zip("аеорсухіјѕԁһԛԝАВЕКМНОРСТУХІЈЅҮ", "aeopcyxijsdhqwABEKMHOPCTYXIJSY", strict=True))


def check_names(index: FormIndex) -> list[Problem]:
    """Problems of all names."""
    problems: list[Problem] = []
    first: dict[str, int] = {}
    folded: dict[str, str] = {}
    for place in index.places:
        node = place.node
        name, row = node["name"], node["row"]
        if not name:
            problems.append(index.problem("name_missing", "survey", row, "name"))
            continue
        problems += _spelling(index, name, row)
        if name in first:
            problems.append(index.problem("name_twice", "survey", row, "name", name=name, first=first[name]))
            continue
        first[name] = row
        other = folded.setdefault(name.lower(), name)
        if other != name:
            problems.append(
                index.problem("names_differ_by_case", "survey", row, "name", name=name, other=other, first=first[other])
            )
    return problems


def _spelling(index: FormIndex, name: str, row: int) -> Iterator[Problem]:
    foreign = [(at, letter) for at, letter in enumerate(name, 1) if not letter.isascii() and letter.isalpha()]
    if foreign and any(letter.isascii() and letter.isalpha() for letter in name):
        yield index.problem(
            "name_foreign_letters",
            "survey",
            row,
            "name",
            name=name,
            letters=[
                {"at": at, "letter": letter, "script": _script(letter), "latin": _LOOKALIKES.get(letter, "")}
                for at, letter in foreign
            ],
        )
    elif not _NAME.match(name):
        at = next((at for at, sign in enumerate(name, 1) if not _ALLOWED.match(sign)), 1)
        yield index.problem("name_invalid", "survey", row, "name", name=name, at=at, sign=name[at - 1])
    elif len(name) > MAX_NAME:
        yield index.problem("name_too_long", "survey", row, "name", name=name, limit=MAX_NAME)


def _script(letter: str) -> str:
    """The script of a letter, as Unicode names it: `Cyrillic`."""
    return unicodedata.name(letter, "unknown").partition(" ")[0].title()
