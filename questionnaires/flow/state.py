"""The state of one interview, and the walk that finds its route. state.js does the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from questionnaires.flow.answers import Answer, answer_of_value, canonical_answer, value_of_answer
from questionnaires.flow.program import Again, Ask, Begin, Compute, Frame, Instruction, Program, loop_keys, program_of
from questionnaires.language.values import Scalar, Value, missing_kind, to_boolean, to_stored
from questionnaires.script import Item, Loop, Option, Script

_ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class Context:
    """What an interview begins with: the wall clock in the zone of the population (`2021-08-19T14:05:00`) and the
    language.

    today() and now() of the questionnaire give this moment, so that a replay years later takes the same route.
    `preset` has the values that the case brings, by the names of items of type `preset`.
    """

    now: str
    language: str
    preset: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoopStep:
    """Where a step stands in a loop: the loop's name, the key, its place (from 1) and the number of keys."""

    name: str
    key: str
    position: int
    count: int


@dataclass(frozen=True, slots=True)
class Step:
    """One question on the route.

    `key` is the answer's key (`attitude@KG`), `loops` the loops around it, outermost first, `grid` the name of the
    grid group around it, or None. `frames` is for expressions.
    """

    key: str
    item: Item
    loops: tuple[LoopStep, ...]
    grid: str | None
    frames: tuple[Frame, ...] = field(repr=False, compare=False)


class Environment:
    """What expressions see: values by key of what is on the route so far, and the place in the loops."""

    __slots__ = ("frames", "language", "missing", "now", "preset", "properties", "rounds", "self_value", "values")

    def __init__(self, now: str, language: str, preset: Mapping[str, str]) -> None:
        self.now = now
        self.language = language
        self.preset = preset
        self.values: dict[str, Value] = {}
        self.missing: dict[str, str] = {}
        # Keys on the route by name, for what stands in loops: node-sets are read from here.
        self.rounds: dict[str, list[str]] = {}
        self.frames: list[Frame] = []
        self.self_value: Scalar = ""
        self.properties: Mapping[str, str] = {}

    def at(self, frames: tuple[Frame, ...]) -> Environment:
        """The same values, seen from another place in the loops."""
        view = Environment(self.now, self.language, self.preset)
        view.values, view.missing, view.rounds, view.frames = self.values, self.missing, self.rounds, list(frames)
        return view


class Walk:
    """A walk along the program with these answers. It stands at `step` (the first question without an answer) or at
    the end.
    """

    __slots__ = (
        "answers",
        "calculated",
        "checkpoints",
        "done",
        "ended",
        "env",
        "pc",
        "program",
        "route",
        "script",
        "step",
        "until",
    )

    def __init__(
        self, script: Script, answers: Mapping[str, Answer], context: Context, language: str, until: str | None = None
    ) -> None:
        self.script = script
        self.program: Program = program_of(script)
        self.answers = answers
        self.env = Environment(context.now, language, context.preset)
        self.pc = 0
        self.route: list[Step] = []
        self.calculated: dict[str, Any] = {}
        self.checkpoints: list[str] = []
        self.done = 0
        self.ended = ""
        self.step: Step | None = None
        self.until = until
        self.advance()

    def advance(self) -> None:
        """Go on until a question has no (valid) answer, or the key `until` is reached, or the end."""
        steps, env = self.program.steps, self.env
        self.step = None
        while self.pc < len(steps):
            step = steps[self.pc]
            if step.relevant is not None and not to_boolean(step.relevant(env)):
                self.pc = step.skip_to
            elif isinstance(step, Ask):
                if not self.pass_question(step):
                    return
            elif isinstance(step, Compute):
                self.compute(step)
            elif isinstance(step, Begin):
                self.begin_loop(step)
            elif isinstance(step, Again):
                self.end_round(step)
            else:
                self.pc += 1

    def pass_question(self, ask: Ask) -> bool:
        """Put the question on the route; go past it if it has an answer that can stand."""
        step = self.new_step(ask)
        self.route.append(step)
        answer = self.answers.get(step.key, _ABSENT)
        if answer is _ABSENT or step.key == self.until or problems_here(self.script, ask, answer, self.env):
            self.step = step
            return False
        self.record(ask, step.key, answer)
        return True

    def new_step(self, ask: Ask) -> Step:
        frames = self.env.frames
        if not frames:
            return Step(ask.item.name, ask.item, (), ask.grid, ())
        loops = tuple(
            LoopStep(name, frame.keys[frame.index], frame.index + 1, len(frame.keys))
            for name, frame in zip(ask.item.loops, frames, strict=True)
        )
        return Step(ask.item.name + frames[-1].suffix, ask.item, loops, ask.grid, tuple(frames))

    def record(self, ask: Ask, key: str, answer: Answer) -> None:
        """Let expressions see the answer, and go past its question."""
        self.remember(ask.item, key, value_of_answer(ask.item, answer))
        kind = missing_kind(answer)
        if kind:
            self.env.missing[key] = kind
        self.done += ask.weight
        self.ended = ask.item.ends
        self.pc = len(self.program.steps) if self.ended else self.pc + 1

    def remember(self, item: Item | Loop, key: str, value: Value) -> None:
        self.env.values[key] = value
        if self.env.frames:
            self.env.rounds.setdefault(item.name, []).append(key)
        if isinstance(item, Item) and item.checkpoint and item.checkpoint not in self.checkpoints:
            self.checkpoints.append(item.checkpoint)

    def compute(self, step: Compute) -> None:
        frames = self.env.frames
        key = step.item.name + frames[-1].suffix if frames else step.item.name
        value = step.calculation(self.env)
        if isinstance(value, list):
            value = str(to_stored(value))
        self.calculated[key] = to_stored(value)
        self.remember(step.item, key, value)
        self.pc += 1

    def begin_loop(self, begin: Begin) -> None:
        keys = loop_keys(begin.keys(self.env), begin.counts)
        if not keys:
            self.pc = begin.skip_to
            return
        self.enter_round(begin, keys, 0)
        self.pc += 1

    def enter_round(self, step: Instruction, keys: tuple[str, ...], index: int) -> None:
        frames = self.env.frames
        suffix = f"{frames[-1].suffix if frames else ''}@{keys[index]}"
        frames.append(Frame(keys, index, suffix))
        if isinstance(step.node, Loop):
            self.remember(step.node, step.node.name + suffix, keys[index])

    def end_round(self, again: Again) -> None:
        frame = self.env.frames.pop()
        if frame.index + 1 < len(frame.keys):
            self.enter_round(again, frame.keys, frame.index + 1)
            self.pc = again.body
        else:
            self.pc += 1

    def ahead(self) -> int:
        """Estimated weight of what is still to be asked: the question here, those behind it, and the rounds of the
        loops around.
        """
        if self.step is None:
            return 0
        here = self.program.steps[self.pc]
        weight = here.ahead + self.program.asks[self.step.item.name].weight
        loops = {step.node.name: step for step in self.program.steps[self.pc :] if isinstance(step, Again)}
        # Innermost last: an outer round also repeats the inner loop, at least once.
        for name, frame in zip(self.step.item.loops, self.env.frames, strict=True):
            weight += (len(frame.keys) - frame.index - 1) * loops[name].weight
        return weight


def problems_here(script: Script, ask: Ask, answer: Answer, env: Environment) -> list[str]:
    """What is wrong with a canonical answer at this place of the route:
    its option is not offered, the constraint fails.
    """
    if ask.item.read_only and answer != initial_here(script, ask, env) and answer is not True:
        return ["read_only"]
    if answer is None or isinstance(answer, (dict, bool)):
        return []
    if ask.choice_filter is not None:
        offered = {option.code for option in options_here(script, ask, env)}
        chosen = answer if isinstance(answer, list) else [answer]
        if not offered.issuperset(chosen):
            return ["not_offered"]
    if ask.constraint is not None:
        env.self_value = value_of_answer(ask.item, answer)
        fine = to_boolean(ask.constraint(env))
        env.self_value = ""
        if not fine:
            return ["constraint"]
    return []


def options_here(script: Script, ask: Ask, env: Environment) -> list[Option]:
    """The options that the filter offers at this place; missing answers are not among them."""
    if ask.item.choices is None:
        return []
    options = [option for option in script.choices[ask.item.choices] if option.missing is None]
    if ask.choice_filter is None:
        return options
    offered = []
    for option in options:
        env.properties = {**option.props, "name": option.code}
        if to_boolean(ask.choice_filter(env)):
            offered.append(option)
    env.properties = {}
    return offered


def initial_here(script: Script, ask: Ask, env: Environment) -> Answer:
    """The default or calculation of the item at this place, None where it gives no possible answer."""
    if ask.initial is None:
        return None
    answer, _ = canonical_answer(script, ask.item, answer_of_value(ask.item, ask.initial(env)))
    return answer


class State:
    """One interview in progress. Changed only by `apply`.

    Attributes:
        script, context: what it was made from.
        answers: all answers ever given, by key, in canonical form; also those that are off the route now.
        language: language of the screen.
        status: `running`, `paused` or `stopped`.
    """

    __slots__ = ("answers", "context", "cursor", "language", "places", "script", "status", "walk")

    def __init__(self, script: Script, context: Context, answers: dict[str, Answer], language: str) -> None:
        self.script = script
        self.context = context
        self.answers = answers
        self.language = language
        self.status = "running"
        self.walk_again()
        self.cursor = len(self.walk.route) - 1 if self.walk.step else len(self.walk.route)

    def walk_again(self) -> None:
        """Find the route anew, from the first question."""
        self.walk = Walk(self.script, self.answers, self.context, self.language)
        self.places: dict[str, int] = {step.key: place for place, step in enumerate(self.walk.route)}

    def go_on(self) -> None:
        """The question at the frontier got its answer: walk on from there."""
        known = len(self.walk.route)
        self.walk.advance()
        for place in range(known, len(self.walk.route)):
            self.places[self.walk.route[place].key] = place

    @property
    def route(self) -> list[Step]:
        """The steps from the first to the first unanswered one (which is included), in order."""
        return self.walk.route

    @property
    def current(self) -> Step | None:
        """The step on the screen; None at the end of the questionnaire."""
        return self.walk.route[self.cursor] if self.cursor < len(self.walk.route) else None

    @property
    def frontier(self) -> Step | None:
        """The first step without an answer, None when the questionnaire is complete."""
        return self.walk.step

    @property
    def complete(self) -> bool:
        """Whether every question on the route is answered."""
        return self.walk.step is None

    @property
    def ended(self) -> str:
        """The disposition code with which a note ended the interview early; empty where none did."""
        return self.walk.ended

    @property
    def calculated(self) -> Mapping[str, Any]:
        """The value of each calculate on the route, by key (string, integer, decimal string or boolean)."""
        return self.walk.calculated

    def step(self, key: str) -> Step | None:
        """The step with this key, if it is on the route."""
        place = self.places.get(key)
        return None if place is None else self.walk.route[place]

    def standpoint(self, key: str) -> Environment:
        """What expressions see where the key stands: what comes before it on the route, not what comes after."""
        if self.walk.step is not None and self.walk.step.key == key:
            return self.walk.env
        return Walk(self.script, self.answers, self.context, self.language, until=key).env

    def evaluator_scope(self, key: str | None) -> tuple[tuple[str, ...], Environment]:
        """The loops and the environment for an expression at the key, or outside of all loops."""
        step = self.step(key) if key is not None else None
        if step is None:
            return (), self.walk.env.at(())
        return step.item.loops, self.walk.env.at(step.frames)
