"""The form of a questionnaire version: what was written, in normal form, before it is compiled (docs/project-lead.md).

A form is JSON. Expressions are texts as written; texts for people are by language code; every row knows its row in
the workbook, so that a problem can name it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias, TypedDict

FORMAT = 1
Texts: TypeAlias = dict[str, str]

QUESTION_TYPES = ("select_one", "select_multiple", "integer", "decimal", "text", "date")
SELECT_TYPES = ("select_one", "select_multiple")


class LanguageRow(TypedDict):
    """A language of the form: its code and the name that its columns carry."""

    code: str
    name: str


class OptionRow(TypedDict):
    """A row of the sheet `choices`."""

    row: int
    code: str
    label: Texts
    short: Texts
    missing: str
    exclusive: bool
    read_out: bool
    other: bool
    props: dict[str, str]


class ItemRow(TypedDict):
    """A question, note, calculation or preset. `missing` is None where the form's default applies."""

    kind: Literal["item"]
    row: int
    name: str
    type: str
    label: Texts
    hint: Texts
    instruction: Texts
    short: Texts
    constraint_message: Texts
    choices: str
    choice_filter: str
    relevant: str
    constraint: str
    calculation: str
    default: str
    required: bool
    read_only: bool
    missing: list[str] | None
    read_out: bool
    role: str
    checkpoint: str
    ends: str
    other_for: str
    exported: bool
    appearance: str


class GroupRow(TypedDict):
    """A group and what stands in it."""

    kind: Literal["group"]
    row: int
    name: str
    label: Texts
    relevant: str
    appearance: str
    children: list[NodeRow]


class LoopRow(TypedDict):
    """A repeat: over keys, or a number of times."""

    kind: Literal["loop"]
    row: int
    name: str
    label: Texts
    relevant: str
    appearance: str
    over: str
    count: str
    choices: str
    children: list[NodeRow]


NodeRow: TypeAlias = ItemRow | GroupRow | LoopRow


class ColumnPlace(TypedDict):
    """Where the workbook has a column: its header as written and its letter."""

    header: str
    letter: str


class LeftOut(TypedDict):
    """A row that was not taken over, for those who refer to its name."""

    row: int
    type: str


class Form(TypedDict):
    """The whole form."""

    format: int
    title: Texts
    form_id: str
    form_version: str
    languages: list[LanguageRow]
    default_language: str
    missing: list[str]
    missing_texts: dict[str, Texts]
    choices: dict[str, list[OptionRow]]
    children: list[NodeRow]
    columns: dict[str, dict[str, ColumnPlace]]
    left_out: dict[str, LeftOut]
    #: What the workbook had and the form could not take (problems as JSON); the rest is found by questionnaires/checks.
    problems: list[dict[str, Any]]


def nodes_of(form: Form) -> Iterator[tuple[NodeRow, tuple[GroupRow | LoopRow, ...]]]:
    """Every node in the order of the questionnaire, with the groups and loops around it, outermost first."""
    yield from _below(form["children"], ())


def _below(
    children: list[NodeRow], around: tuple[GroupRow | LoopRow, ...]
) -> Iterator[tuple[NodeRow, tuple[GroupRow | LoopRow, ...]]]:
    for node in children:
        yield node, around
        if node["kind"] != "item":
            yield from _below(node["children"], (*around, node))


def items_of(form: Form) -> Iterator[ItemRow]:
    """Every item in the order of the questionnaire."""
    for node, _ in nodes_of(form):
        if node["kind"] == "item":
            yield node


def loops_of(around: tuple[GroupRow | LoopRow, ...]) -> tuple[str, ...]:
    """The names of the loops among the groups and loops around a node."""
    return tuple(node["name"] for node in around if node["kind"] == "loop")


def is_grid(group: GroupRow) -> bool:
    """Whether a group is shown as one table: `table-list` is XLSForm's word for it."""
    return group["appearance"].split()[:1] in (["grid"], ["table-list"])


def missing_kinds(form: Form, item: ItemRow) -> list[str]:
    """The kinds of missing answer that an item takes: its own, else the form's; notes and the like take none.

    Kinds that the choice list has as an option (`dala::missing` in the sheet choices) come on top.
    """
    if item["type"] not in QUESTION_TYPES:
        return []
    kinds = form["missing"] if item["missing"] is None else item["missing"]
    in_list = {option["missing"] for option in form["choices"].get(item["choices"], []) if option["missing"]}
    return [kind for kind in ("dk", "refused", "na") if kind in kinds or kind in in_list]
