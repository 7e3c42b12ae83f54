"""Interviews with the reference questionnaire: who is let in, and that the model's respondents get to the end."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from typing import Any

import pytest

from questionnaires import flow
from questionnaires.script import Script
from tests.examples.reference import LANGUAGES, POPULATIONS, rows_of

OPENING: dict[str, Any] = {"interview_language": "2", "introduction": True, "consent": "1", "convenient": "1"}
MISSING = {"missing": "refused"}


def standing(script: dict[str, Any], population: str, **answers: Any) -> flow.State:
    """The interview after these answers; the opening is that of somebody who takes part."""
    context = flow.Context(now="2021-08-19T14:05:00", language="ru", preset={"population": population})
    return flow.walk(Script.load(script), {**OPENING, **answers}, context)


@pytest.mark.parametrize(
    ("answers", "end"),
    [
        ({"consent": "2"}, "end_no_consent"),
        ({"convenient": "3"}, "end_inconvenient"),
        ({"age": 17, "gender": "1"}, "end_under_18"),
        ({"age": MISSING, "age_band": "0", "gender": "2"}, "end_under_18"),
        ({"age": MISSING, "age_band": MISSING, "gender": "2"}, "end_age_unknown"),
    ],
)
def test_who_can_not_be_interviewed_hears_a_goodbye_and_nothing_else(
    answers: dict[str, Any], end: str, script: dict[str, Any]
) -> None:
    at_the_end = standing(script, "KZ", **answers)
    assert at_the_end.current is not None
    assert at_the_end.current.key == end
    assert standing(script, "KZ", **answers, **{end: True}).current is None


@pytest.mark.parametrize(("age", "group"), [(18, "1"), (29, "1"), (30, "2"), (59, "4"), (60, "5"), (99, "5")])
def test_age_gives_the_age_group_of_the_quota(age: int, group: str, script: dict[str, Any]) -> None:
    assert flow.value_on_route(standing(script, "UZ", age=age, gender="1"), "age_group") == group
    told = standing(script, "UZ", age=MISSING, age_band=group, gender="1")
    assert flow.value_on_route(told, "age_group") == group


def draw(row: Mapping[str, int], chance: random.Random) -> str:
    return chance.choices(list(row), list(row.values()))[0]


def answer_to(state: flow.State, person: Mapping[str, Any], chance: random.Random) -> Any:
    """What a respondent of the model says to the question at hand."""
    assert state.current is not None
    key, item = state.current.key, state.current.item
    if item.type == "note":
        return True
    if key == "age":
        return 35
    if key == "gender":
        return "2"
    if key in person["open"]:
        said = draw(person["open"][key], chance)
        return {"missing": said} if said in ("dk", "refused") else "xyz"
    said = draw(chance.choice(rows_of((person["profile"] | person["answers"])[key])), chance)
    if said in ("dk", "refused"):
        return {"missing": said}
    return said.split() if item.type == "select_multiple" else int(said) if item.type == "integer" else said


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("population", POPULATIONS)
def test_model_can_be_interviewed_from_beginning_to_end_in_every_language(
    population: str, seed: int, script: dict[str, Any], model: dict[str, Any]
) -> None:
    chance = random.Random(seed)
    state = standing(script, population)
    while state.current is not None:
        step = state.current
        for language in LANGUAGES:
            shown = flow.render_text(state, step.item.label, language, step)
            assert shown.strip(), (step.key, language)
            assert not re.search(r"\$\{|  |^:", shown), (step.key, language, shown)
        said = answer_to(state, model[population], chance)
        applied = flow.apply(state, {"kind": "answer", "item": step.key, "value": said})
        assert applied.refusal is None, (step.key, said, applied.refusal)
    assert flow.checkpoint_reached(state, "screener")
    assert flow.value_on_route(state, "closing") is True
