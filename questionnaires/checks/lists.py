"""Choice lists: their codes, and whether the lists that the survey names are there."""

from __future__ import annotations

from collections.abc import Iterator

from questionnaires.checks.index import FormIndex, close_to
from questionnaires.form import SELECT_TYPES, NodeRow, OptionRow
from questionnaires.problems import Problem


def check_lists(index: FormIndex) -> list[Problem]:
    """Problems of the sheet choices, and of the lists that items and loops use."""
    problems: list[Problem] = []
    for name, options in index.form["choices"].items():
        problems += _codes(index, name, options)
    used: set[str] = set()
    for place in index.places:
        name = list_of(place.node)
        if not name:
            continue
        used.add(name)
        if name not in index.form["choices"]:
            key = "type" if place.node["kind"] == "item" and place.node["type"] in SELECT_TYPES else "choices"
            meant = close_to(name, index.form["choices"])
            problems.append(index.problem("list_unknown", "survey", place.node["row"], key, list=name, meant=meant))
    # A list that or_other was added to is used through its copy.
    used |= {name.removesuffix("_or_other") for name in used}
    for name, options in index.form["choices"].items():
        if name not in used:
            problems.append(
                index.problem("list_unused", "choices", options[0]["row"], "list_name", list=name, count=len(options))
            )
    return problems


def list_of(node: NodeRow) -> str:
    """The choice list that an item or loop uses, or ""."""
    return "" if node["kind"] == "group" else node["choices"]


def _codes(index: FormIndex, name: str, options: list[OptionRow]) -> Iterator[Problem]:
    first: dict[str, int] = {}
    kinds: dict[str, str] = {}
    for option in options:
        code, row = option["code"], option["row"]
        if code in first:
            yield index.problem("code_twice", "choices", row, "code", list=name, code=code, first=first[code])
        first.setdefault(code, row)
        # A multiple answer is its codes parted by spaces, and the key of an answer in a loop has an @.
        if any(sign.isspace() or sign == "@" for sign in code):
            yield index.problem("code_invalid", "choices", row, "code", list=name, code=code)
        kind = option["missing"]
        if kind and kind in kinds:
            yield index.problem("missing_kind_twice", "choices", row, "missing", list=name, kind=kind, code=kinds[kind])
        elif kind:
            kinds[kind] = code
