"""Both engines hold the reference study's interviews alike: its real questionnaire, in all its languages."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from questionnaires import flow
from questionnaires.script import Item, Script
from tests.questionnaires import browser_engine, trace
from tests.questionnaires.scripts import answer

OPENING = {"consent": "1", "convenient": "1"}


def anything(state: flow.State, item: Item, key: str, chance: random.Random) -> Any:
    """An answer that the question may get, true or not; mostly one that lets the interview go on."""
    if key in OPENING and chance.random() < 0.97:
        return OPENING[key]
    if item.missing and chance.random() < 0.15:
        return {"missing": chance.choice(item.missing).kind}
    offered = [option.code for option in flow.options(state, key)]
    if item.type == "select_one":
        return chance.choice(offered)
    if item.type == "select_multiple":
        return chance.sample(offered, chance.randint(1, min(3, len(offered))))
    return {"note": True, "integer": chance.randint(17, 99), "date": "1987-03-05"}.get(item.type, "Тоғыз ўн 90")


def held(script: Script, context: flow.Context, chance: random.Random) -> list[dict[str, Any]]:
    """A journal that goes to the end, with changes of language and second thoughts on the way."""
    state = flow.start(script, context)
    entries: list[dict[str, Any]] = []
    while state.current is not None and len(entries) < 250:
        entry = answer(state.current.key, anything(state, state.current.item, state.current.key, chance))
        if chance.random() < 0.08:
            step = chance.choice(state.route)
            second_thought = answer(step.key, anything(state, step.item, step.key, chance))
            language = {"kind": "language", "language": chance.choice(script.languages)}
            entry = chance.choice([{"kind": "back"}, {"kind": "jump"}, language, second_thought])
        entries.append(entry)
        flow.apply(state, entry)
    return entries


@pytest.mark.parametrize("seed", range(5))
def test_an_interview_of_the_reference_study_is_the_same_in_both_engines(seed: int, script: dict[str, Any]) -> None:
    chance = random.Random(seed)
    context = {"now": "2021-08-19T14:05:00", "language": "ru", "preset": {"population": "KZ" if seed % 2 else "UZ"}}
    entries = held(Script.load(script), flow.Context(**context), chance)  # type: ignore[arg-type]
    python = trace.flow_trace(Script.load(script), entries, context, [])
    assert browser_engine.call("flow", script, entries, context, []) == json.loads(json.dumps(python))
    assert python["end"]["complete"]
