"""Evaluation: a tree is compiled once into a Python closure, which is then called with an environment.

language.js does the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from questionnaires.language.functions import FUNCTIONS
from questionnaires.language.tree import Tree
from questionnaires.language.values import (
    NAN,
    Scalar,
    Value,
    differs,
    equals,
    finite,
    from_answer,
    missing_kind,
    to_boolean,
    to_number,
    to_string,
)


class Environment(Protocol):
    """What an expression can see while it is evaluated."""

    now: str
    self_value: Scalar
    properties: Mapping[str, str]


Evaluator: TypeAlias = Callable[[Any], Value]


class Scope(Protocol):
    """Resolves names at compile time, from the place where the expression stands."""

    def reference(self, name: str) -> Evaluator:
        """Reads the value of `${name}`."""

    def missing(self, name: str) -> Evaluator:
        """Reads the kind of missing answer of `${name}`."""

    def position(self, name: str | None) -> Evaluator:
        """Reads the place (from 1) in the loop `name`, or in the innermost loop."""

    def indexed(self, name: str, places: list[tuple[str, Evaluator]]) -> Evaluator:
        """Reads an item in the rounds given by pairs of loop name and place or key."""

    def choice_name(self, code: Evaluator, name: str) -> Evaluator:
        """Reads the label of a code of the choice list of `name`."""


def compile_tree(tree: Tree, scope: Scope) -> Evaluator:
    """The closure that evaluates the tree in an environment. It never fails on values:
    what makes no sense is NaN, '' or false.
    """
    kind = tree[0]
    if kind in ("str", "num"):
        constant: Value = str(tree[1]) if kind == "str" else finite(float(tree[1]))
        return lambda env: constant
    if kind == "ref":
        return scope.reference(tree[1])
    if kind == "self":
        return lambda env: env.self_value
    if kind == "prop":
        name = tree[1]
        return lambda env: env.properties.get(name, "")
    if kind == "neg":
        operand = compile_tree(tree[1], scope)
        return lambda env: finite(-to_number(operand(env)))
    if kind == "op":
        return _compile_operation(tree, scope)
    if kind == "call":
        return _compile_call(tree, scope)
    raise ValueError(f"unknown node of a syntax tree: {kind!r}")


def _compile_operation(tree: Tree, scope: Scope) -> Evaluator:
    operator = tree[1]
    left, right = compile_tree(tree[2], scope), compile_tree(tree[3], scope)
    if operator == "and":
        return lambda env: to_boolean(left(env)) and to_boolean(right(env))
    if operator == "or":
        return lambda env: to_boolean(left(env)) or to_boolean(right(env))
    if operator == "=":
        return lambda env: equals(left(env), right(env))
    if operator == "!=":
        return lambda env: differs(left(env), right(env))
    if operator in _RELATIONS:
        compare = _RELATIONS[operator]
        return lambda env: _related(left(env), right(env), compare)
    calculate = _ARITHMETIC[operator]
    return lambda env: calculate(to_number(left(env)), to_number(right(env)))


def _related(left: Value, right: Value, compare: Callable[[float, float], bool]) -> bool:
    if isinstance(left, list) or isinstance(right, list):
        lefts = left if isinstance(left, list) else [left]
        rights = right if isinstance(right, list) else [right]
        return any(compare(to_number(a), to_number(b)) for a in lefts for b in rights)
    return compare(to_number(left), to_number(right))


def _divide(left: float, right: float) -> float:
    return finite(left / right) if right != 0 else NAN


def _remainder(left: float, right: float) -> float:
    # The sign is that of the dividend, as in XPath and in JavaScript.
    return finite(math.fmod(left, right)) if right != 0 else NAN


_RELATIONS: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": lambda a, b: finite(a + b),
    "-": lambda a, b: finite(a - b),
    "*": lambda a, b: finite(a * b),
    "div": _divide,
    "mod": _remainder,
}


def _compile_call(tree: Tree, scope: Scope) -> Evaluator:
    name, arguments = tree[1], tree[2:]
    if name == "missing":
        return scope.missing(arguments[0][1])
    if name == "position":
        return scope.position(arguments[0][1] if arguments else None)
    if name == "indexed-repeat":
        pairs = [
            (arguments[place][1], compile_tree(arguments[place + 1], scope))
            for place in range(1, len(arguments) - 1, 2)
        ]
        return scope.indexed(arguments[0][1], pairs)
    compiled = [compile_tree(argument, scope) for argument in arguments]
    if name == "jr:choice-name":
        return scope.choice_name(compiled[0], arguments[1][1])
    if name == "if":
        condition, then, otherwise = compiled
        return lambda env: then(env) if to_boolean(condition(env)) else otherwise(env)
    if name == "coalesce":
        return lambda env: _coalesce(compiled, env)
    if name in ("today", "now"):
        length = 10 if name == "today" else 19
        return lambda env: env.now[:length]
    function = FUNCTIONS[name]
    if len(compiled) == 1:
        only = compiled[0]
        return lambda env: function(only(env))
    if len(compiled) == 2:
        first, second = compiled
        return lambda env: function(first(env), second(env))
    return lambda env: function(*[argument(env) for argument in compiled])


def _coalesce(candidates: list[Evaluator], env: Environment) -> Value:
    value: Value = ""
    for candidate in candidates:
        value = candidate(env)
        if to_string(value) != "":
            return value
    return value


@dataclass(slots=True)
class PlainEnvironment:
    """Answers by name, for expressions that stand outside of a questionnaire (quota conditions, rules, filters)."""

    answers: Mapping[str, Any]
    now: str = ""
    self_value: Scalar = ""
    properties: Mapping[str, str] = field(default_factory=dict)


class _PlainScope:
    """Names are keys of the mapping; there are no loops and no choice lists."""

    def reference(self, name: str) -> Evaluator:
        return lambda env: from_answer(env.answers.get(name))

    def missing(self, name: str) -> Evaluator:
        return lambda env: missing_kind(env.answers.get(name))

    def position(self, name: str | None) -> Evaluator:
        return lambda env: NAN

    def indexed(self, name: str, places: list[tuple[str, Evaluator]]) -> Evaluator:
        return lambda env: ""

    def choice_name(self, code: Evaluator, name: str) -> Evaluator:
        return lambda env: to_string(code(env))


def evaluate(tree: Tree, answers: Mapping[str, Any], *, now: str = "", self_value: Scalar = "") -> Value:
    """The value of an expression over answers by name (as stored, see docs/script.md), without a questionnaire.

    For an expression over a whole interview with its loops, `flow.evaluate`.
    """
    return compile_plain(tree)(PlainEnvironment(answers, now, self_value))


def compile_plain(tree: Tree) -> Evaluator:
    """The closure of `evaluate`, to be called with a PlainEnvironment: for one expression over many interviews."""
    return compile_tree(tree, _PlainScope())
