"""What the tests ask of Python's engine, in the same shape as trace.js asks the browser's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from questionnaires import flow
from questionnaires.language import evaluate, to_boolean, to_number, to_stored, to_string
from questionnaires.language.dates import civil_from_days, date_text, days_from_civil
from questionnaires.script import Script


def plain(value: Any) -> Any:
    """A value as JSON can carry it."""
    if isinstance(value, float) and value != value:
        return {"nan": True}
    return [plain(member) for member in value] if isinstance(value, list) else value


def expressions(cases: list[list[Any]]) -> list[Any]:
    return [plain(evaluate(tree, answers, now=now)) for tree, answers, now in cases]


def conversions(trees: list[Any]) -> list[Any]:
    values = [evaluate(tree, {}) for tree in trees]
    return [[to_string(value), plain(to_number(value)), to_boolean(value), to_stored(value)] for value in values]


def dates(days: list[int]) -> list[Any]:
    return [[list(civil_from_days(day)), days_from_civil(*civil_from_days(day)), date_text(float(day))] for day in days]


def flow_trace(script: Script, entries: list[Mapping[str, Any]], context: Mapping[str, Any], trees: list[Any]) -> Any:
    begun = flow.Context(**context)
    state = flow.start(script, begun)
    steps = []
    for entry in entries:
        applied = flow.apply(state, entry)
        refusal = applied.refusal
        shown = refusal and {"code": refusal.code, "key": refusal.key, "problems": list(refusal.problems)}
        steps.append([{"refusal": shown, "checkpoints": list(applied.checkpoints)}, position(state)])
    again = flow.restore(script, flow.snapshot(state), begun)
    keys = [None, *flow.answerable_keys(state)]
    return {
        "begin": position(flow.start(script, begun)),
        "steps": steps,
        "end": summary(state),
        "again": summary(again),
        "values": [[plain(flow.evaluate(state, tree, key)) for key in keys] for tree in trees],
    }


def position(state: flow.State) -> dict[str, Any]:
    done = flow.progress(state)
    return {
        "current": state.current.key if state.current else None,
        "frontier": state.frontier.key if state.frontier else None,
        "complete": state.complete,
        "ended": state.ended,
        "route": flow.answerable_keys(state),
        "progress": {"answered": done.answered, "total": done.total, "percent": done.percent},
        "status": state.status,
        "language": state.language,
        "calculated": dict(state.calculated),
    }


def summary(state: flow.State) -> dict[str, Any]:
    return {
        **position(state),
        "snapshot": flow.snapshot(state),
        "document": flow.document(state),
        "strata": flow.values_by_role(state, "stratum"),
        "screened": flow.checkpoint_reached(state, "screener"),
        "steps": [step_summary(state, step) for step in state.route],
    }


def step_summary(state: flow.State, step: flow.Step) -> dict[str, Any]:
    wrong: list[Any] = [None, {}, {"missing": "dk"}, "1", 1, 2.5, ["1", "2"], "2021-02-29", True]
    return {
        "key": step.key,
        "loops": [
            {"name": loop.name, "key": loop.key, "position": loop.position, "count": loop.count} for loop in step.loops
        ],
        "grid": step.grid,
        "heading": flow.heading(state, step, state.language),
        "label": flow.render_text(state, step.item.label, state.language, step),
        "shown": flow.show_value(state, step.key, state.language),
        "options": [option.code for option in flow.options(state, step.key)],
        "missing": [
            [answer.kind, answer.code, text] for answer, text in flow.missing_answers(state, step.key, state.language)
        ],
        "initial": flow.initial_answer(state, step.key),
        "problems": [flow.check_answer(state, step.key, value) for value in wrong],
    }
