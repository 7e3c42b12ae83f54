"""Walking a questionnaire: route, checks, journal entries, texts. Pure; mirrored in static/questionnaires/engine/flow.js.

    script = Script.load(document)
    state = start(script, Context(now="2021-08-19T14:05:00", language="ru"))
    state.current.key                                   # "consent": the question on the screen
    applied = apply(state, {"kind": "answer", "item": "consent", "value": "1"})
    applied.refusal                                     # None, or why the entry was refused
    render_text(state, state.current.item.label, state.language, state.current)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from questionnaires.script import Item, MissingAnswer, Option, Script, Texts, Tree

Answer: TypeAlias = Any
"""A JSON value as in docs/script.md: code, list of codes, integer, decimal string, text, date, true, {"missing": kind} or None (left empty)."""


@dataclass(frozen=True, slots=True)
class Context:
    """What an interview begins with: the wall clock in the zone of the population (`2021-08-19T14:05:00`) and the language.

    today() and now() of the questionnaire give this moment, so that a replay years later takes the same route."""

    now: str
    language: str


@dataclass(frozen=True, slots=True)
class LoopStep:
    """Where a step stands in a loop: the loop's name, the key, its place (from 1) and the number of keys."""

    name: str
    key: str
    position: int
    count: int


@dataclass(frozen=True, slots=True)
class Step:
    """One question on the route. `key` is the answer's key (`attitude@KG`); `grid` the name of the grid group around it, or None."""

    key: str
    item: Item
    loops: tuple[LoopStep, ...]
    grid: str | None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an entry was not applied.

    code: `unknown_item`, `not_on_route`, `invalid_answer` (then `problems` has the codes of check_answer), `unknown_language`,
    `unknown_kind`, `nothing_before` (back at the first question), `paused`, `stopped`, `not_paused`.
    """

    code: str
    key: str | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What an entry did: the refusal or None, and the checkpoints that it reached."""

    refusal: Refusal | None
    checkpoints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Progress:
    """Weights of what is answered on the route and of what is estimated to come; `percent` is 0 to 100, 100 only when complete."""

    answered: int
    total: int
    percent: int


class State:
    """One interview in progress. Changed only by `apply`.

    Attributes:
        script, context.
        answers: all answers ever given, by key, in canonical form; also those that are off the route now.
        calculated: value of each calculate on the route, by key (string, integer, decimal string or boolean).
        route: the steps from the first to the first unanswered one (which is included), in order.
        current: the step on the screen; None when the interview is at its end and nobody went back.
        frontier: the first step without an answer, None when the questionnaire is complete.
        complete: whether every question on the route is answered.
        language: language of the screen.
        status: `running`, `paused` or `stopped`.
    """


def start(script: Script, context: Context) -> State:
    """A new interview, standing at its first question."""
    ...


def walk(script: Script, answers: Mapping[str, Answer], context: Context) -> State:
    """The state that these answers lead to, standing at the first unanswered question. Answers that are no longer valid where
    they stand (an option that the filter does not offer any more) count as not given."""
    ...


def apply(state: State, entry: Mapping[str, Any]) -> Applied:
    """Apply one journal entry (`kind`, `item`, `value`, `language`). A refused entry changes nothing.

    answer: `item` is the key, on the route; the next question becomes current. back: to `item`, or to the question before.
    jump: to `item` on the route, or to the first unanswered one. language: `language`. note, pause, resume, stop."""
    ...


def replay(script: Script, entries: Iterable[Mapping[str, Any]], context: Context) -> tuple[State, list[tuple[int, Refusal]]]:
    """Apply a whole journal to a new interview; gives the state and the refused entries (index in `entries`, refusal)."""
    ...


def snapshot(state: State) -> dict[str, Any]:
    """What has to be stored to go on later: answers, key on the screen, language, status. JSON without floats."""
    ...


def restore(script: Script, stored: Mapping[str, Any], context: Context) -> State:
    """The state that `snapshot` described."""
    ...


def answerable_keys(state: State) -> list[str]:
    """Keys that an answer may be given to now: the route, answered steps and the first unanswered one."""
    ...


def check_answer(state: State, key: str, value: Answer) -> list[str]:
    """Problems of a would-be answer, empty when it is fine: `unknown_item`, `not_on_route`, `required`, `constraint`, `wrong_type`,
    `unknown_option`, `not_offered`, `exclusive`, `not_a_number`, `not_an_integer`, `too_many_digits`, `not_a_date`, `too_long`,
    `missing_not_allowed`, `read_only`, `calculated`."""
    ...


def options(state: State, key: str) -> list[Option]:
    """Options that a select offers where it stands on the route (filtered; without those that are missing answers)."""
    ...


def missing_answers(state: State, key: str, language: str) -> list[tuple[MissingAnswer, str]]:
    """The missing answers that the item takes, each with its text in the language."""
    ...


def initial_answer(state: State, key: str) -> Answer:
    """What the screen shows before an answer: the answer that is there, else the default or calculation of the item, else None."""
    ...


def off_route(state: State) -> list[str]:
    """Keys of answers that are not on the route (any more), sorted."""
    ...


def document(state: State) -> dict[str, Any]:
    """The interview's document: `{"answers": {...}, "calculated": {...}, "off_route": [...]}`."""
    ...


def values_by_role(state: State, role: str) -> dict[str, Answer]:
    """Answers and calculated values on the route of the items with this role (for quotas: `stratum`)."""
    ...


def progress(state: State) -> Progress:
    """How far the interview is."""
    ...


def checkpoint_reached(state: State, name: str) -> bool:
    """Whether the checkpoint's item has been answered on the route."""
    ...


def evaluate(state: State, tree: Tree, key: str | None = None) -> Any:
    """Value of an expression over the answers on the route, at the end of the route, or where `key` stands (for its loop)."""
    ...


def render_text(state: State, texts: Texts, language: str, step: Step | None = None) -> str:
    """A text in the language with `${name}` replaced by the answer (label of the option, in that language). Not HTML-escaped."""
    ...


def heading(state: State, step: Step, language: str) -> list[str]:
    """Labels of the groups and loop keys around a step, outermost first ("Attitudes", "Tajikistan")."""
    ...
