"""A form with its nodes by name and place, made once for all checks."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

from questionnaires.form import Form, NodeRow, loops_of, nodes_of
from questionnaires.problems import Problem


@dataclass(frozen=True, slots=True)
class Place:
    """A node and where it stands: its number in the order of the questionnaire, the loops and all nodes around it."""

    node: NodeRow
    order: int
    loops: tuple[str, ...]
    around: tuple[str, ...]

    @property
    def chain(self) -> tuple[str, ...]:
        """The loops whose rounds a value under this name belongs to (a loop's name is the key of its own round)."""
        return (*self.loops, self.node["name"]) if self.node["kind"] == "loop" else self.loops


class FormIndex:
    """`places` has every node in order; `named` the first node of each name."""

    def __init__(self, form: Form) -> None:
        self.form = form
        self.places: list[Place] = []
        self.named: dict[str, Place] = {}
        for order, (node, around) in enumerate(nodes_of(form)):
            place = Place(node, order, loops_of(around), tuple(outer["name"] for outer in around))
            self.places.append(place)
            if node["name"]:
                self.named.setdefault(node["name"], place)
        self.codes = {
            name: frozenset(option["code"] for option in options) for name, options in form["choices"].items()
        }

    def problem(
        self, code: str, sheet: str, row: int, key: str = "", language: str = "", /, **params: object
    ) -> Problem:
        """A problem of this form; header and letter of the column are looked up by its key (and language)."""
        columns = self.form["columns"].get(sheet, {})
        place = columns.get(f"{key}::{language}") if language else None
        place = place or columns.get(key) or {"header": key, "letter": ""}
        if language:
            params["language"] = language
        return Problem(code, sheet, row, place["header"], place["letter"], params)

    def close_name(self, wrong: str) -> str:
        """A name that was perhaps meant, or ""."""
        return close_to(wrong, self.named)


def close_to(wrong: str, known: Iterable[str]) -> str:
    """The known word most like `wrong`, or "" where none is."""
    close = difflib.get_close_matches(wrong, list(known), n=1, cutoff=0.7)
    return close[0] if close else ""
