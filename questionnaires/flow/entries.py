"""Journal entries applied to an interview, one by one. entries.js does the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from questionnaires.flow.answers import Answer, canonical_answer
from questionnaires.flow.program import program_of
from questionnaires.flow.state import Context, State, problems_here
from questionnaires.script import UNASKED_TYPES, Item, Script

KINDS = ("answer", "back", "jump", "language", "note", "pause", "resume", "stop")
_ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why an entry was not applied.

    code: `unknown_kind`, `unknown_item`, `not_on_route`, `invalid_answer` (then `problems` has the codes of
    check_answer), `unknown_language`, `nothing_before` (back at the first question), `paused`, `stopped`.
    """

    code: str
    key: str | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What an entry did: the refusal or None, and the checkpoints that it reached."""

    refusal: Refusal | None
    checkpoints: tuple[str, ...] = ()


def start(script: Script, context: Context) -> State:
    """A new interview, standing at its first question."""
    return State(script, context, {}, context.language)


def walk(script: Script, answers: Mapping[str, Answer], context: Context) -> State:
    """The state that these answers lead to, standing at the first unanswered question.

    An answer that is not valid (unknown item, wrong type) is left out; one that can't stand at its place (an option
    that the filter does not offer) is kept, but its question counts as unanswered.
    """
    return State(script, context, _canonical_answers(script, answers), context.language)


def _canonical_answers(script: Script, answers: Mapping[str, Answer]) -> dict[str, Answer]:
    canonical = {}
    for key, value in answers.items():
        item = _item_of(script, key)
        if item is not None:
            answer, problems = canonical_answer(script, item, value)
            if not problems:
                canonical[key] = answer
    return canonical


def _item_of(script: Script, key: object) -> Item | None:
    node = script.nodes.get(key.partition("@")[0]) if isinstance(key, str) else None
    return node if isinstance(node, Item) else None


def check_answer(state: State, key: str, value: Answer) -> list[str]:
    """Problems of a would-be answer, empty when it is fine.

    `unknown_item`, `not_on_route`, `required`, `constraint`, `wrong_type`, `unknown_option`, `not_offered`,
    `exclusive`, `not_a_number`, `not_an_integer`, `too_many_digits`, `not_a_date`, `too_long`,
    `missing_not_allowed`, `read_only`, `calculated`.
    """
    return _checked(state, key, value)[1]


def _checked(state: State, key: object, value: Answer) -> tuple[Answer, list[str]]:
    item = _item_of(state.script, key)
    if item is None or not isinstance(key, str):
        return None, ["unknown_item"]
    if item.type in UNASKED_TYPES:
        return None, ["calculated"]
    if key not in state.places:
        return None, ["not_on_route"]
    answer, problems = canonical_answer(state.script, item, value)
    if not problems:
        ask = program_of(state.script).asks[item.name]
        problems = problems_here(state.script, ask, answer, state.standpoint(key))
    return answer, problems


def apply(state: State, entry: Mapping[str, Any]) -> Applied:
    """Apply one journal entry (`kind`, `item`, `value`, `language`). A refused entry changes nothing.

    answer: `item` is the key, on the route; the question after it becomes current. back: to `item`, or to the
    question before. jump: to `item` on the route, or to the first unanswered question. language: to `language`.
    note: nothing changes. pause, stop: only `resume` (and notes, and the language) are taken after them; `resume` is
    always taken.
    """
    kind = entry.get("kind")
    handler = _HANDLERS.get(kind) if isinstance(kind, str) else None
    if handler is None:
        return Applied(Refusal("unknown_kind"))
    if state.status != "running" and kind in ("answer", "back", "jump"):
        return Applied(Refusal(state.status))
    before = state.walk.checkpoints
    known = len(before)
    refusal = handler(state, entry)
    after = state.walk.checkpoints
    reached = after[known:] if after is before else [name for name in after if name not in before]
    return Applied(refusal, tuple(reached))


def _answer(state: State, entry: Mapping[str, Any]) -> Refusal | None:
    key = entry.get("item")
    answer, problems = _checked(state, key, entry.get("value"))
    shown = key if isinstance(key, str) else None
    if problems in (["unknown_item"], ["not_on_route"]):
        return Refusal(problems[0], shown)
    if problems or not isinstance(key, str):
        return Refusal("invalid_answer", shown, tuple(problems))
    place = state.places[key]
    frontier = state.walk.step
    if frontier is not None and frontier.key == key:
        state.answers[key] = answer
        state.walk.record(program_of(state.script).asks[frontier.item.name], key, answer)
        state.go_on()
    elif state.answers[key] != answer:
        state.answers[key] = answer
        state.walk_again()
    state.cursor = place + 1
    return None


def _back(state: State, entry: Mapping[str, Any]) -> Refusal | None:
    if entry.get("item") is not None:
        return _jump(state, entry)
    if state.cursor == 0:
        return Refusal("nothing_before")
    state.cursor -= 1
    return None


def _jump(state: State, entry: Mapping[str, Any]) -> Refusal | None:
    key = entry.get("item")
    if key is None:
        state.cursor = len(state.route) - 1 if state.frontier else len(state.route)
        return None
    if _item_of(state.script, key) is None:
        return Refusal("unknown_item", key if isinstance(key, str) else None)
    if key not in state.places:
        return Refusal("not_on_route", key)
    state.cursor = state.places[key]
    return None


def _language(state: State, entry: Mapping[str, Any]) -> Refusal | None:
    language = entry.get("language")
    if not isinstance(language, str) or language not in state.script.languages:
        return Refusal("unknown_language")
    set_language(state, language)
    return None


def set_language(state: State, language: str) -> None:
    """Switch the language of the screen. Where expressions use labels of options, the route is found anew."""
    here = state.current
    state.language = state.walk.env.language = language
    if program_of(state.script).uses_language:
        state.walk_again()
        place = state.places.get(here.key) if here else None
        end = len(state.route) - 1 if state.frontier else len(state.route)
        state.cursor = end if place is None else place


def _note(state: State, entry: Mapping[str, Any]) -> Refusal | None:
    return None


def _pause(state: State, entry: Mapping[str, Any]) -> Refusal | None:
    if state.status == "stopped":
        return Refusal("stopped")
    state.status = "paused"
    return None


def _resume(state: State, entry: Mapping[str, Any]) -> Refusal | None:
    state.status = "running"
    return None


def _stop(state: State, entry: Mapping[str, Any]) -> Refusal | None:
    state.status = "stopped"
    return None


_HANDLERS: Mapping[str, Callable[[State, Mapping[str, Any]], Refusal | None]] = {
    "answer": _answer,
    "back": _back,
    "jump": _jump,
    "language": _language,
    "note": _note,
    "pause": _pause,
    "resume": _resume,
    "stop": _stop,
}


def replay(
    script: Script, entries: Iterable[Mapping[str, Any]], context: Context
) -> tuple[State, list[tuple[int, Refusal]]]:
    """Apply a whole journal to a new interview; gives the state and the refused entries (place in `entries` from 0,
    refusal).
    """
    state = start(script, context)
    refusals = []
    for place, entry in enumerate(entries):
        refusal = apply(state, entry).refusal
        if refusal is not None:
            refusals.append((place, refusal))
    return state, refusals


def snapshot(state: State) -> dict[str, Any]:
    """What has to be stored to go on later: answers, key on the screen, language, status. JSON without floats."""
    return {
        "answers": dict(state.answers),
        "current": state.current.key if state.current else None,
        "language": state.language,
        "status": state.status,
    }


def restore(script: Script, stored: Mapping[str, Any], context: Context) -> State:
    """The state that `snapshot` described."""
    state = State(script, context, _canonical_answers(script, stored["answers"]), stored["language"])
    state.cursor = state.places.get(stored["current"], state.cursor)
    state.status = stored["status"]
    return state
