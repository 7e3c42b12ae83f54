"""Expressions: are they written right, and does what they refer to have a value at that point of the interview.

An interview goes forward only: what comes later reads as not asked (docs/script.md, Walking).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from questionnaires.checks.index import FormIndex, Place, close_to
from questionnaires.checks.lists import list_of
from questionnaires.form import SELECT_TYPES
from questionnaires.language import ExpressionError, Tree, parse, properties, references
from questionnaires.language.tree import children
from questionnaires.problems import Problem

#: Functions that take all rounds of a loop; others would silently use the first.
_TAKE_ROUNDS = frozenset(
    {"concat", "join", "selected", "min", "max", "sum", "count", "count-non-empty", "indexed-repeat", "position"}
)
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_NUMBER = re.compile(r"-?\d+(\.\d+)?\Z")
_CALL = re.compile(r"[a-z][a-z:-]*\s*\(.*\)\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Written:
    """An expression of a node, where it was written, and its tree (None where it can't be parsed)."""

    place: Place
    key: str
    text: str
    tree: Tree | None
    error: ExpressionError | None = None


def expressions_of(place: Place) -> Iterator[tuple[str, str]]:
    """The expressions of a node as (column, text). A default that is a plain value is none."""
    node = place.node
    if node["relevant"]:
        yield "relevant", node["relevant"]
    if node["kind"] == "loop":
        if node["over"]:
            yield "loop_over", node["over"]
        if node["count"]:
            yield "repeat_count", node["count"]
    elif node["kind"] == "item":
        if node["choice_filter"] and node["type"] in SELECT_TYPES:
            yield "choice_filter", node["choice_filter"]
        if node["constraint"] and node["type"] not in ("note", "calculate", "preset"):
            yield "constraint", node["constraint"]
        if node["calculation"]:
            yield "calculation", node["calculation"]
        if node["default"] and default_is_expression(node["default"]):
            yield "default", node["default"]


def default_is_expression(text: str) -> bool:
    """Whether a default is computed: it refers to a question or calls a function. `yes` and `5` are plain values."""
    return "${" in text or bool(_CALL.match(text.strip()))


def default_literal(type_name: str, text: str) -> Tree:
    """The tree of a default that is a plain value."""
    if type_name in ("integer", "decimal") and _NUMBER.match(text):
        return ["neg", ["num", text[1:]]] if text.startswith("-") else ["num", text]
    return ["str", text]


def parse_written(key: str, text: str) -> Tree:
    """Parse an expression as its column demands. Raises ExpressionError."""
    return parse(text, in_filter=key == "choice_filter", allow_self=key == "constraint")


def check_expressions(index: FormIndex) -> list[Problem]:
    """Problems of all expressions."""
    return _Checker(index).problems()


class _Checker:
    def __init__(self, index: FormIndex) -> None:
        self.index = index
        self.written = [self.read(place, key, text) for place in index.places for key, text in expressions_of(place)]
        self.needs = {
            written.place.node["name"]: references(written.tree)
            for written in self.written
            if written.key == "calculation" and written.tree is not None
        }

    @staticmethod
    def read(place: Place, key: str, text: str) -> Written:
        try:
            return Written(place, key, text, parse_written(key, text))
        except ExpressionError as error:
            return Written(place, key, text, None, error)

    def problems(self) -> list[Problem]:
        found: list[Problem] = []
        for written in self.written:
            if written.tree is None:
                found += self.broken(written)
            else:
                found += self.values(written, written.tree)
                found += self.codes(written, written.tree)
                found += self.columns(written, written.tree)
        return found

    def report(self, written: Written, code: str, name: str = "", /, **params: object) -> Problem:
        at = written.text.find(f"${{{name}}}") + 1 if name else 0
        if name and not at:
            match = re.search(r"\$\{\s*" + re.escape(name), written.text)
            at = match.start() + 1 if match else 0
        length = len(name) + 3 if at else 0
        return self.index.problem(
            code,
            "survey",
            written.place.node["row"],
            written.key,
            name=name,
            expression=written.text,
            at=at,
            length=length,
            **params,
        )

    def broken(self, written: Written) -> Iterator[Problem]:
        error = written.error
        if error is not None:
            yield self.index.problem(
                "expression",
                "survey",
                written.place.node["row"],
                written.key,
                error=error.code,
                expression=written.text,
                at=error.position + 1,
                length=error.length,
                details=error.params,
            )

    def values(self, written: Written, tree: Tree) -> Iterator[Problem]:
        """Whether what is referred to has one value here."""
        seen: set[tuple[str, str]] = set()
        for name, use in _uses(tree, "single"):
            if (name, use) in seen:
                continue
            seen.add((name, use))
            target = self.index.named.get(name)
            if target is None:
                yield self.unknown(written, name)
            elif target.node["kind"] == "group":
                yield self.report(written, "reference_to_group", name)
            else:
                yield from self.order(written, target, name, use)
                yield from self.rounds(written, target, name, use)

    def unknown(self, written: Written, name: str) -> Problem:
        left_out = self.index.form["left_out"].get(name)
        if left_out:
            return self.report(written, "reference_left_out", name, type=left_out["type"], first=left_out["row"])
        return self.report(written, "reference_unknown", name, meant=self.index.close_name(name))

    def order(self, written: Written, target: Place, name: str, use: str) -> Iterator[Problem]:
        here = written.place
        if target.node is here.node:
            # In its own constraint a question is the value being checked; a loop is its own key inside only.
            if written.key != "constraint":
                yield self.report(written, "reference_to_itself", name)
        elif target.order > here.order and use != "indexed":
            if written.key == "calculation" and self.leads_back(name, here.node["name"]):
                yield self.report(written, "calculation_cycle", name, own=here.node["name"])
            else:
                yield self.report(written, "reference_to_later", name, later=target.node["row"])

    def leads_back(self, name: str, goal: str) -> bool:
        """Whether the calculation `name` needs `goal`, directly or through others."""
        pending, seen = [name], set()
        while pending:
            current = pending.pop()
            if current == goal:
                return True
            if current not in seen:
                seen.add(current)
                pending += self.needs.get(current, [])
        return False

    def rounds(self, written: Written, target: Place, name: str, use: str) -> Iterator[Problem]:
        here = written.place
        if target.chain == here.loops[: len(target.chain)] or target.node is here.node or use in ("rounds", "indexed"):
            return
        loop = next(loop for depth, loop in enumerate(target.chain) if here.loops[depth : depth + 1] != (loop,))
        yield self.report(written, "loop_compared" if use == "compared" else "loop_as_single", name, loop=loop)

    def codes(self, written: Written, tree: Tree) -> Iterator[Problem]:
        """Comparisons with codes that the choice list does not have: never true, mostly misspelt."""
        for name, code in _compared(tree):
            target = self.index.named.get(name)
            codes = self.index.codes.get(list_of(target.node)) if target else None
            if codes and code and code not in codes:
                yield self.report(written, "compared_with_unknown_code", name, code=code, meant=close_to(code, codes))

    def columns(self, written: Written, tree: Tree) -> Iterator[Problem]:
        """Bare names in a choice filter."""
        known = {key[6:] for key in self.index.form["columns"].get("choices", {}) if key.startswith("prop::")}
        for name in properties(tree):
            if name not in known and name != "name":
                yield self.report(written, "filter_column_unknown", column=name, meant=close_to(name, known))


def _uses(tree: Tree, use: str) -> Iterator[tuple[str, str]]:
    """Each reference with how it is used: `single`, `compared`, `rounds` (all rounds of a loop) or `indexed`."""
    kind = tree[0]
    if kind == "ref":
        yield tree[1], use
        return
    for child in children(tree):
        inside = "single"
        if kind == "op" and tree[1] in _COMPARISONS:
            inside = "compared"
        elif kind == "call" and tree[1] == "indexed-repeat":
            inside = "indexed"
        elif kind == "call" and tree[1] in _TAKE_ROUNDS:
            inside = "rounds"
        yield from _uses(child, inside)


def _compared(tree: Tree) -> Iterator[tuple[str, str]]:
    """(question, code) for `${q} = 'code'` and `selected(${q}, 'code')`, anywhere in the tree."""
    pair: list[Tree] = []
    if (tree[0] == "op" and tree[1] in ("=", "!=")) or (tree[0] == "call" and tree[1] == "selected"):
        pair = [tree[2], tree[3]]
    if pair and pair[1][0] == "ref":
        pair.reverse()
    if pair and pair[0][0] == "ref" and pair[1][0] in ("str", "num"):
        yield pair[0][1], pair[1][1]
    for child in children(tree):
        yield from _compared(child)
