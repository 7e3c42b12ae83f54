"""A form compiled to a Script (docs/script.md): the one document that interviews run on. Pure.

compiled = compile_form(form)
compiled.script         # None where something stands in the way
compiled.problems
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from questionnaires.checks import check_form
from questionnaires.checks.references import default_is_expression, default_literal, parse_written
from questionnaires.form import (
    Form,
    GroupRow,
    ItemRow,
    LoopRow,
    NodeRow,
    OptionRow,
    Texts,
    is_grid,
    items_of,
    missing_kinds,
)
from questionnaires.language import properties
from questionnaires.problems import Problem, in_order
from questionnaires.script import FORMAT

#: What the codes of missing answers lack to the next power of ten: 8 and 98, 9 and 99, 7 and 97.
_BELOW = {"na": 3, "dk": 2, "refused": 1}
_NUMBERS = ("integer", "decimal")


@dataclass(frozen=True, slots=True)
class Compiled:
    """The Script as JSON, or None; and all problems, also those that are no obstacle."""

    script: dict[str, Any] | None
    problems: list[Problem]


def compile_form(form: Form) -> Compiled:
    """Check a form and compile it where nothing stands in the way. The problems include those of its reading."""
    problems = in_order([*map(Problem.from_json, form["problems"]), *check_form(form)])
    if any(problem.blocks for problem in problems):
        return Compiled(None, problems)
    return Compiled(_Compiler(form).script(), problems)


def missing_codes(type_name: str, kinds: Iterable[str], options: Sequence[OptionRow] = ()) -> list[dict[str, str]]:
    """The codes that stand for missing answers of an item, in typing and in data files.

    A kind that the choice list has as an option keeps that option's code. Otherwise 8 (don't know), 9 (refused) and
    7 (not applicable) where all options have one digit and leave these free, else 98, 99, 97 (998, 999, 997 ...).
    On numbers they are negative, since a positive one could be an answer.
    """
    own = {option["missing"]: option["code"] for option in options if option["missing"]}
    wanted = [kind for kind in ("dk", "refused", "na") if kind in kinds]
    if type_name in _NUMBERS:
        return [{"kind": kind, "code": f"-{100 - _BELOW[kind]}"} for kind in wanted]
    codes = {option["code"] for option in options}
    # Options that are words can't be told by digits; texts and dates have no options: two digits for both.
    width = max((len(code) for code in codes if code.isdecimal()), default=2)
    if not all(code.isdecimal() for code in codes):
        width = max(width, 2)
    # 8 and 9 have to be free even for an item that takes one of them: a kind has one code wherever the list is used.
    needed = {"dk", "refused", *wanted} if any(kind not in own for kind in wanted) else set()
    while any(str(10**width - _BELOW[kind]) in codes for kind in needed - own.keys()):
        width += 1
    return [{"kind": kind, "code": own.get(kind, str(10**width - _BELOW[kind]))} for kind in wanted]


class _Compiler:
    def __init__(self, form: Form) -> None:
        self.form = form
        # XLSForm lets a choice filter use `name` for the option's code: then it becomes a property like the others.
        self.filtered_by_name = {
            item["choices"]
            for item in items_of(form)
            if item["choice_filter"] and "name" in properties(parse_written("choice_filter", item["choice_filter"]))
        }

    def script(self) -> dict[str, Any]:
        form = self.form
        languages = [language["code"] for language in form["languages"]]
        return {
            "format": FORMAT,
            "title": dict(form["title"]),
            "languages": languages,
            "default_language": form["default_language"],
            "missing_texts": {kind: _in(texts, languages) for kind, texts in form["missing_texts"].items()},
            "choices": {
                name: [self.option(name, option) for option in options]
                for name, options in form["choices"].items()
                if name in self.used_lists()
            },
            "children": [self.node(node) for node in form["children"]],
        }

    def used_lists(self) -> set[str]:
        used: set[str] = set()
        pending: list[NodeRow] = list(self.form["children"])
        while pending:
            node = pending.pop()
            if node["kind"] != "group":
                used.add(node["choices"])
            if node["kind"] != "item":
                pending += node["children"]
        return used

    def option(self, list_name: str, option: OptionRow) -> dict[str, Any]:
        props = dict(option["props"])
        if list_name in self.filtered_by_name:
            props.setdefault("name", option["code"])
        return {
            "code": option["code"],
            "label": dict(option["label"]),
            "short": dict(option["short"]),
            "missing": option["missing"] or None,
            "exclusive": option["exclusive"],
            "read_out": option["read_out"] and not option["missing"],
            "other": option["other"],
            "props": props,
        }

    def node(self, node: NodeRow) -> dict[str, Any]:
        if node["kind"] == "item":
            return self.item(node)
        return self.group(node) if node["kind"] == "group" else self.loop(node)

    def group(self, group: GroupRow) -> dict[str, Any]:
        return {
            "kind": "group",
            "name": group["name"],
            "label": dict(group["label"]),
            "relevant": _expression("relevant", group["relevant"]),
            "appearance": "grid" if is_grid(group) else "",
            "children": [self.node(child) for child in group["children"]],
        }

    def loop(self, loop: LoopRow) -> dict[str, Any]:
        return {
            "kind": "loop",
            "name": loop["name"],
            "label": dict(loop["label"]),
            "relevant": _expression("relevant", loop["relevant"]),
            "over": _expression("loop_over", loop["over"]),
            "count": _expression("repeat_count", loop["count"]),
            "choices": loop["choices"] or None,
            "children": [self.node(child) for child in loop["children"]],
        }

    def item(self, item: ItemRow) -> dict[str, Any]:
        options = self.form["choices"].get(item["choices"], [])
        select = item["type"] in ("select_one", "select_multiple")
        asked = item["type"] not in ("note", "calculate", "preset")
        return {
            "kind": "item",
            "name": item["name"],
            "type": item["type"],
            "label": dict(item["label"]),
            "hint": dict(item["hint"]),
            "instruction": dict(item["instruction"]),
            "short": dict(item["short"]),
            "choices": item["choices"] or None,
            "choice_filter": _expression("choice_filter", item["choice_filter"]) if select else None,
            "relevant": _expression("relevant", item["relevant"]),
            "required": item["required"],
            "read_only": item["read_only"],
            "constraint": _expression("constraint", item["constraint"]) if asked else None,
            "constraint_message": dict(item["constraint_message"]),
            "calculation": _expression("calculation", item["calculation"]),
            "default": _default(item),
            "missing": missing_codes(item["type"], missing_kinds(self.form, item), options if select else ()),
            "read_out": item["read_out"],
            "role": item["role"],
            "checkpoint": item["checkpoint"],
            "ends": item["ends"] if item["type"] == "note" else "",
            "other_for": item["other_for"] or None,
            "exported": item["exported"] and item["type"] != "note",
            "appearance": item["appearance"],
        }


def _expression(key: str, text: str) -> dict[str, Any] | None:
    """An expression as written and as a tree; the checks have made sure that it can be parsed."""
    return {"text": text, "tree": parse_written(key, text)} if text else None


def _default(item: ItemRow) -> dict[str, Any] | None:
    text = item["default"]
    if not text:
        return None
    if default_is_expression(text):
        return _expression("default", text)
    return {"text": text, "tree": default_literal(item["type"], text)}


def _in(texts: Texts, languages: list[str]) -> Texts:
    return {language: texts[language] for language in languages if language in texts}
