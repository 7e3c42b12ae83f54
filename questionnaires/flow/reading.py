"""What screens, quotas and exports read from an interview's state. reading.js does the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from questionnaires.flow.answers import Answer
from questionnaires.flow.program import compile_expression, program_of
from questionnaires.flow.state import State, initial_here, options_here
from questionnaires.language.values import Value
from questionnaires.script import MissingAnswer, Option, Tree


@dataclass(frozen=True, slots=True)
class Progress:
    """Weights of what is answered on the route and of what is estimated in all;
    `percent` is 0 to 99, and 100 when complete.
    """

    answered: int
    total: int
    percent: int


def answerable_keys(state: State) -> list[str]:
    """Keys that an answer may be given to now: the route, answered steps and the first unanswered one."""
    return [step.key for step in state.route]


def options(state: State, key: str) -> list[Option]:
    """Options that a select offers where it stands on the route (filtered; without those that are missing answers)."""
    item = state.script.item(key)
    if item.choices is None:
        return []
    if item.choice_filter is None:
        return [option for option in state.script.choices[item.choices] if option.missing is None]
    return options_here(state.script, program_of(state.script).asks[item.name], state.standpoint(key))


def missing_answers(state: State, key: str, language: str) -> list[tuple[MissingAnswer, str]]:
    """The missing answers that the item takes, each with its text in the language."""
    item = state.script.item(key)
    return [(answer, state.script.missing_label(item, answer.kind, language)) for answer in item.missing]


def initial_answer(state: State, key: str) -> Answer:
    """What the screen shows in the field: the answer that is there, else the default or calculation of the item,
    else None.
    """
    if key in state.answers:
        return state.answers[key]
    ask = program_of(state.script).asks.get(key.partition("@")[0])
    if ask is None or ask.initial is None or key not in state.places:
        return None
    return initial_here(state.script, ask, state.standpoint(key))


def off_route(state: State) -> list[str]:
    """Keys of answers that are not on the route (any more), sorted."""
    return sorted(key for key in state.answers if key not in state.places)


def document(state: State) -> dict[str, Any]:
    """The interview's document: `{"answers": {...}, "calculated": {...}, "off_route":
    [...]}`, answers in the order of the route.
    """
    on_route = {step.key: state.answers[step.key] for step in state.route if step.key in state.answers}
    aside = off_route(state)
    return {
        "answers": on_route | {key: state.answers[key] for key in aside},
        "calculated": dict(state.calculated),
        "off_route": aside,
    }


def value_on_route(state: State, key: str) -> Answer:
    """The answer or calculated value under the key if it is on the route, else None."""
    if key in state.calculated:
        return state.calculated[key]
    return state.answers.get(key) if key in state.walk.env.values else None


def values_by_role(state: State, role: str) -> dict[str, Answer]:
    """Answers and calculated values on the route of the items with this role, by item (for quotas: `stratum`).

    Not inside loops.
    """
    names = [item.name for item in state.script.items() if item.role == role]
    return {name: value_on_route(state, name) for name in names if name in state.walk.env.values}


def progress(state: State) -> Progress:
    """How far the interview is, by what is answered on the route and an estimate of what is to come.

    A question behind a condition counts half; a loop that has not begun counts as one round.
    """
    answered = state.walk.done
    total = answered + state.walk.ahead()
    return Progress(answered, total, 100 if state.complete else min(99, 100 * answered // total))


def checkpoint_reached(state: State, name: str) -> bool:
    """Whether the checkpoint's item has been answered on the route."""
    return name in state.walk.checkpoints


def evaluate(state: State, tree: Tree, key: str | None = None) -> Value:
    """Value of an expression over all answers on the route:
    outside of all loops, or from inside the loops around `key`.
    """
    chain, env = state.evaluator_scope(key)
    return compile_expression(state.script, tree, chain)(env)
