"""A form as people read it: one line for each group, loop and item, with texts in one or two languages. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from questionnaires.compile import missing_codes
from questionnaires.form import (
    QUESTION_TYPES,
    SELECT_TYPES,
    Form,
    GroupRow,
    ItemRow,
    LoopRow,
    OptionRow,
    Texts,
    is_grid,
    missing_kinds,
    nodes_of,
)
from questionnaires.problems import Problem

#: Of longer lists only so many options are shown; lists of towns have thousands.
MAX_OPTIONS = 300
#: Lists longer than this are folded.
FOLDED = 12


@dataclass(frozen=True, slots=True)
class OptionLine:
    """An option in one language."""

    code: str
    label: str
    lacks: bool
    missing: str
    other: bool
    exclusive: bool
    read_out: bool


@dataclass(frozen=True, slots=True)
class TextColumn:
    """What a line says in one language; `lacks` where the label is missing in it."""

    language: str
    label: str
    lacks: bool
    instruction: str
    hint: str
    constraint_message: str
    options: tuple[OptionLine, ...]
    more_options: int

    @property
    def folded(self) -> bool:
        """Whether the list is long enough to be folded."""
        return len(self.options) + self.more_options > FOLDED

    @property
    def option_count(self) -> int:
        """How many options the list has."""
        return len(self.options) + self.more_options


@dataclass(frozen=True, slots=True)
class Rule:
    """An expression and what it decides: relevant, over, count, filter, constraint, calculation or default."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """One group, loop or item. `number` counts the questions; 0 for everything else."""

    kind: str
    depth: int
    row: int
    name: str
    type: str
    number: int
    list_name: str
    texts: tuple[TextColumn, ...]
    rules: tuple[Rule, ...]
    missing: tuple[tuple[str, str], ...]
    required: bool
    read_only: bool
    read_out: bool
    role: str
    checkpoint: str
    ends: str
    other_for: str
    exported: bool
    errors: int
    warnings: int

    @property
    def has_texts(self) -> bool:
        """Whether there is anything to read in the columns of texts."""
        return any(text.label or text.lacks or text.instruction or text.hint or text.options for text in self.texts)

    @property
    def is_question(self) -> bool:
        """Whether an answer is taken here."""
        return self.number > 0


@dataclass(frozen=True, slots=True)
class Size:
    """How large a form is."""

    questions: int
    notes: int
    calculations: int
    loops: int
    groups: int
    lists: int
    options: int


def outline(form: Form, languages: Sequence[str], problems: Iterable[Problem] = ()) -> list[Line]:
    """The lines of a form with texts in `languages` (one or two), and how many problems each row has."""
    at_fault: Counter[tuple[int, str]] = Counter(
        (problem.row, problem.severity) for problem in problems if problem.sheet == "survey"
    )
    lines: list[Line] = []
    number = 0
    for node, around in nodes_of(form):
        faults = (at_fault[(node["row"], "error")], at_fault[(node["row"], "warning")])
        if node["kind"] == "item":
            asked = node["type"] in QUESTION_TYPES
            number += asked
            lines.append(_item(form, node, len(around), number if asked else 0, languages, faults))
        else:
            lines.append(_container(form, node, len(around), languages, faults))
    return lines


def size_of(form: Form) -> Size:
    """Count the parts of a form."""
    nodes = [node for node, _ in nodes_of(form)]
    types = Counter(node["type"] for node in nodes if node["kind"] == "item")
    return Size(
        questions=sum(types[name] for name in QUESTION_TYPES),
        notes=types["note"],
        calculations=types["calculate"],
        loops=sum(node["kind"] == "loop" for node in nodes),
        groups=sum(node["kind"] == "group" for node in nodes),
        lists=len(form["choices"]),
        options=sum(len(options) for options in form["choices"].values()),
    )


def _container(
    form: Form, node: GroupRow | LoopRow, depth: int, languages: Sequence[str], faults: tuple[int, int]
) -> Line:
    rules = [Rule("relevant", node["relevant"])]
    type_name: str = node["kind"]
    list_name = ""
    if node["kind"] == "loop":
        rules += [Rule("over", node["over"]), Rule("count", node["count"])]
        list_name = node["choices"]
    elif is_grid(node):
        type_name = "grid"
    return Line(
        kind=node["kind"],
        depth=depth,
        row=node["row"],
        name=node["name"],
        type=type_name,
        number=0,
        list_name=list_name,
        texts=tuple(_plain_text(node["label"], language) for language in languages),
        rules=tuple(rule for rule in rules if rule.text),
        missing=(),
        required=False,
        read_only=False,
        read_out=False,
        role="",
        checkpoint="",
        ends="",
        other_for="",
        exported=True,
        errors=faults[0],
        warnings=faults[1],
    )


def _plain_text(label: Texts, language: str) -> TextColumn:
    text = label.get(language, "")
    return TextColumn(language, text, bool(label) and not text, "", "", "", (), 0)


def _item(
    form: Form, item: ItemRow, depth: int, number: int, languages: Sequence[str], faults: tuple[int, int]
) -> Line:
    select = item["type"] in SELECT_TYPES
    options = form["choices"].get(item["choices"], []) if select else []
    rules = (
        Rule("relevant", item["relevant"]),
        Rule("filter", item["choice_filter"]),
        Rule("constraint", item["constraint"]),
        Rule("calculation", item["calculation"]),
        Rule("default", item["default"]),
    )
    codes = missing_codes(item["type"], missing_kinds(form, item), options)
    return Line(
        kind="item",
        depth=depth,
        row=item["row"],
        name=item["name"],
        type=item["type"],
        number=number,
        list_name=item["choices"],
        texts=tuple(_texts(item, options, language) for language in languages),
        rules=tuple(rule for rule in rules if rule.text),
        missing=tuple((answer["kind"], answer["code"]) for answer in codes),
        required=item["required"],
        read_only=item["read_only"],
        read_out=item["read_out"],
        role=item["role"],
        checkpoint=item["checkpoint"],
        ends=item["ends"],
        other_for=item["other_for"],
        exported=item["exported"],
        errors=faults[0],
        warnings=faults[1],
    )


def _texts(item: ItemRow, options: Sequence[OptionRow], language: str) -> TextColumn:
    shown = item["type"] in (*QUESTION_TYPES, "note")
    text = item["label"].get(language, "")
    return TextColumn(
        language=language,
        label=text,
        lacks=not text and (shown or bool(item["label"])),
        instruction=item["instruction"].get(language, ""),
        hint=item["hint"].get(language, ""),
        constraint_message=item["constraint_message"].get(language, ""),
        options=tuple(_option(option, language) for option in options[:MAX_OPTIONS]),
        more_options=max(0, len(options) - MAX_OPTIONS),
    )


def _option(option: OptionRow, language: str) -> OptionLine:
    label = option["label"].get(language, "")
    return OptionLine(
        code=option["code"],
        label=label,
        lacks=not label,
        missing=option["missing"],
        other=option["other"],
        exclusive=option["exclusive"],
        read_out=option["read_out"],
    )
