"""A Script as a flat list of instructions with compiled expressions: made once per Script, walked by many interviews.

program.js does the same. Walking a list with a counter, instead of recursing through the nodes, lets a walk stop at
the question on the screen and go on from there when its answer comes, without looking at what lies before.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from questionnaires.language.evaluation import Evaluator, compile_tree
from questionnaires.language.tree import functions
from questionnaires.language.values import NAN, Value, to_number, to_scalars, to_string, words
from questionnaires.script import Expression, Group, Item, Loop, Node, Script, Tree

MAX_ROUNDS = 200
# What a question counts for in the progress: one that is always asked, and one that hangs on a condition.
SURE, POSSIBLE = 2, 1


@dataclass(frozen=True, slots=True)
class Frame:
    """A loop that is being walked: its keys, the present one, and what this adds to the keys of answers
    (`@outer@inner`).
    """

    keys: tuple[str, ...]
    index: int
    suffix: str


@dataclass(slots=True)
class Instruction:
    """One step of the program. `skip_to` is where the walk goes on when `relevant` is false."""

    node: Node
    relevant: Evaluator | None
    skip_to: int = 0
    ahead: int = 0  # weight of the questions behind this one, the present rounds of loops counted once


@dataclass(slots=True)
class Enter(Instruction):
    """Begin of a group."""


@dataclass(slots=True)
class Begin(Instruction):
    """Begin of a loop; `keys` gives what it goes over, `count` whether that is a number."""

    keys: Evaluator = field(kw_only=True)
    counts: bool = False


@dataclass(slots=True)
class Again(Instruction):
    """End of a loop's round: back to `body` while there are keys left. `weight` is that of one round."""

    body: int = 0
    weight: int = 0


@dataclass(slots=True)
class Ask(Instruction):
    """A question or note."""

    item: Item = field(kw_only=True)
    weight: int = SURE
    choice_filter: Evaluator | None = None
    constraint: Evaluator | None = None
    initial: Evaluator | None = None
    grid: str | None = None


@dataclass(slots=True)
class Compute(Instruction):
    """A calculation."""

    item: Item = field(kw_only=True)
    calculation: Evaluator = field(kw_only=True)


@dataclass(slots=True)
class Program:
    """The instructions; where each item is asked; whether expressions look at the language of the screen."""

    steps: list[Instruction]
    asks: Mapping[str, Ask]
    uses_language: bool


def program_of(script: Script) -> Program:
    """The program of a Script, compiled at the first call and kept with it."""
    program: Program | None = script.derived.get("program")
    if program is None:
        program = script.derived["program"] = _Compiler(script).program()
    return program


def compile_expression(script: Script, tree: Tree, chain: tuple[str, ...], own: str | None = None) -> Evaluator:
    """Compile an expression that stands inside the loops `chain`; `own` is the item whose value is being checked."""
    return compile_tree(tree, ScriptScope(script, chain, own))


def loop_keys(value: Value, counts: bool) -> tuple[str, ...]:
    """The keys of a loop: the parts of `over`, each once, or 1 to the count. At most MAX_ROUNDS."""
    if counts:
        number = to_number(value)
        rounds = min(MAX_ROUNDS, int(number)) if number >= 1 else 0
        return tuple(str(key) for key in range(1, rounds + 1))
    keys = [key for member in to_scalars(value) for key in words(to_string(member)) if "@" not in key]
    return tuple(dict.fromkeys(keys))[:MAX_ROUNDS]


class ScriptScope:
    """Resolves names from a place inside the loops `chain`:
    the same round where the loops are shared, else all rounds.
    """

    def __init__(self, script: Script, chain: tuple[str, ...], own: str | None = None) -> None:
        self.script = script
        self.chain = chain
        self.own = own

    def shared(self, name: str) -> tuple[int, bool]:
        """How many loops this place shares with `name`, and whether those are all the loops around it."""
        node = self.script.nodes[name]
        loops = (*node.loops, name) if isinstance(node, Loop) else node.loops
        count = 0
        while count < min(len(loops), len(self.chain)) and loops[count] == self.chain[count]:
            count += 1
        return count, count == len(loops)

    def keys_of(self, name: str) -> Callable[[Any], list[str]] | None:
        """A function that gives the keys that `${name}` means; None for what has no value (unknown, group)."""
        node = self.script.nodes.get(name)
        if node is None or isinstance(node, Group):
            return None
        count, single = self.shared(name)
        if single:
            return (lambda env: [name + env.frames[count - 1].suffix]) if count else (lambda env: [name])

        def rounds(env: Any) -> list[str]:
            prefix = (name + env.frames[count - 1].suffix if count else name) + "@"
            return [key for key in env.rounds.get(name, ()) if key.startswith(prefix)]

        return rounds

    def reference(self, name: str) -> Evaluator:
        """See language.evaluation.Scope."""
        if name == self.own:
            return lambda env: env.self_value
        keys_of = self.keys_of(name)
        if keys_of is None:
            return lambda env: ""
        count, single = self.shared(name)
        if not single:
            return lambda env: [env.values[key] for key in keys_of(env)]
        if count:
            return lambda env: env.values.get(name + env.frames[count - 1].suffix, "")
        return lambda env: env.values.get(name, "")

    def missing(self, name: str) -> Evaluator:
        """See language.evaluation.Scope."""
        keys_of = self.keys_of(name)
        if keys_of is None:
            return lambda env: ""
        return lambda env: next((env.missing.get(key, "") for key in keys_of(env)), "")

    def position(self, name: str | None) -> Evaluator:
        """See language.evaluation.Scope."""
        if name is None and self.chain:
            return lambda env: float(env.frames[-1].index + 1)
        if name not in self.chain:
            return lambda env: NAN
        depth = self.chain.index(name)
        return lambda env: float(env.frames[depth].index + 1)

    def indexed(self, name: str, places: list[tuple[str, Evaluator]]) -> Evaluator:
        """See language.evaluation.Scope."""
        node = self.script.nodes.get(name)
        if node is None or isinstance(node, Group):
            return lambda env: ""
        loops = (*node.loops, name) if isinstance(node, Loop) else node.loops
        given = dict(places)
        common, _ = self.shared(name)

        def value(env: Any) -> Value:
            suffix = ""
            for depth, loop in enumerate(loops):
                if loop in given:
                    key = _key_at(env, loop, suffix, given[loop](env))
                elif depth < common:
                    key = env.frames[depth].keys[env.frames[depth].index]
                else:
                    return ""
                suffix += "@" + key
            found: Value = env.values.get(name + suffix, "")
            return found

        return value

    def choice_name(self, code: Evaluator, name: str) -> Evaluator:
        """See language.evaluation.Scope."""
        script, node = self.script, self.script.nodes.get(name)
        list_name = None if node is None or isinstance(node, Group) else node.choices
        return lambda env: label_of_codes(script, list_name, to_string(code(env)), env.language)


def _key_at(env: Any, loop: str, suffix: str, place: Value) -> str:
    """The key of a round: a number is its place from 1, text is the key itself."""
    if isinstance(place, list):
        place = place[0] if place else ""
    if not isinstance(place, float):
        return to_string(place)
    prefix = loop + suffix + "@"
    keys = [key for key in env.rounds.get(loop, ()) if key.startswith(prefix)]
    if place != place or place != int(place) or not 1 <= place <= len(keys):
        return ""
    return str(keys[int(place) - 1][len(prefix) :])


def label_of_codes(script: Script, list_name: str | None, text: str, language: str) -> str:
    """The label of a code, or the labels of several codes parted by spaces, with commas between;
    unknown codes as they are.
    """
    if list_name is None or script.option(list_name, text):
        return script.option_label(list_name, text, language)
    return ", ".join(script.option_label(list_name, code, language) for code in words(text))


def _nothing(env: Any) -> Value:
    return ""


def _preset(name: str) -> Evaluator:
    return lambda env: str(env.preset.get(name, ""))


class _Compiler:
    def __init__(self, script: Script) -> None:
        self.script = script
        self.steps: list[Instruction] = []
        self.asks: dict[str, Ask] = {}
        self.uses_language = False

    def program(self) -> Program:
        for node in self.script.children:
            self.add(node, (), conditional=False, grid=None)
        self.weigh()
        return Program(self.steps, self.asks, self.uses_language)

    def compile(
        self, expression: Expression | None, chain: tuple[str, ...], own: str | None = None
    ) -> Evaluator | None:
        if expression is None:
            return None
        self.uses_language = self.uses_language or "jr:choice-name" in functions(expression.tree)
        return compile_expression(self.script, expression.tree, chain, own)

    def add(self, node: Node, chain: tuple[str, ...], conditional: bool, grid: str | None) -> None:
        relevant = self.compile(node.relevant, chain)
        conditional = conditional or relevant is not None
        if isinstance(node, Item):
            self.add_item(node, relevant, chain, conditional, grid)
        elif isinstance(node, Group):
            enter = Enter(node, relevant)
            self.steps.append(enter)
            is_grid = node.appearance.split()[:1] in (["grid"], ["table-list"])
            for child in node.children:
                self.add(child, chain, conditional, node.name if is_grid else grid)
            enter.skip_to = len(self.steps)
        else:
            self.add_loop(node, relevant, chain, conditional)

    def add_loop(self, node: Loop, relevant: Evaluator | None, chain: tuple[str, ...], conditional: bool) -> None:
        keys = self.compile(node.over or node.count, chain)
        assert keys is not None  # noqa: S101 - Script.load refuses a loop without either
        begin = Begin(node, relevant, keys=keys, counts=node.over is None)
        self.steps.append(begin)
        body = len(self.steps)
        for child in node.children:
            self.add(child, (*chain, node.name), conditional, None)
        self.steps.append(Again(node, None, body=body))
        begin.skip_to = len(self.steps)

    def add_item(
        self, item: Item, relevant: Evaluator | None, chain: tuple[str, ...], conditional: bool, grid: str | None
    ) -> None:
        step: Compute | Ask
        if item.type == "preset":
            step = Compute(item, relevant, item=item, calculation=_preset(item.name))
        elif item.type == "calculate":
            calculation = self.compile(item.calculation or item.default, chain)
            step = Compute(item, relevant, item=item, calculation=calculation or _nothing)
        else:
            step = self.asks[item.name] = Ask(
                item,
                relevant,
                item=item,
                weight=POSSIBLE if conditional else SURE,
                choice_filter=self.compile(item.choice_filter, chain),
                constraint=self.compile(item.constraint, chain, own=item.name),
                initial=self.compile(item.calculation or item.default, chain),
                grid=grid,
            )
        step.skip_to = len(self.steps) + 1
        self.steps.append(step)

    def weigh(self) -> None:
        """Count what lies behind each instruction, for the progress: one round for each loop that has not begun."""
        ahead = 0
        ends: list[int] = []
        for step in reversed(self.steps):
            step.ahead = ahead
            if isinstance(step, Again):
                ends.append(ahead)
            elif isinstance(step, Ask):
                ahead += step.weight
            elif isinstance(step, Begin):
                again = self.steps[step.skip_to - 1]
                assert isinstance(again, Again)  # noqa: S101 - add_loop put it there
                again.weight = ahead - ends.pop()
