"""The shared flow vectors: a short questionnaire, journal entries, and what comes out; run by both engines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from questionnaires.script import Script
from tests.questionnaires import browser_engine, trace
from tests.questionnaires.scripts import answer, make_script

VECTORS = json.loads((Path(__file__).parent / "vectors" / "flow.json").read_text())
CONTEXT = {"now": "2021-08-19T14:05:30", "language": "en", "preset": {"population": "KZ"}}


def in_python(document: Any, entries: list[Any]) -> Any:
    # Through JSON, so that both sides give lists and not tuples.
    return json.loads(json.dumps(trace.flow_trace(Script.load(document), entries, CONTEXT, [])))


def in_the_browser(document: Any, entries: list[Any]) -> Any:
    return browser_engine.call("flow", document, entries, CONTEXT, [])


def seen(result: Any, what: str) -> Any:
    """The part of a trace that a vector speaks about."""
    end = result["end"]
    by_step = {"labels": "label", "options": "options", "missing": "missing", "initial": "initial"}
    by_step |= {"headings": "heading", "grids": "grid"}
    if what in by_step:
        return {step["key"]: step[by_step[what]] for step in end["steps"]}
    if what == "refusals":
        refusals = [(place, step[0]["refusal"]) for place, step in enumerate(result["steps"])]
        return [[place, refusal["code"], refusal["problems"]] for place, refusal in refusals if refusal]
    if what == "checkpoints":
        reached = [[place, step[0]["checkpoints"]] for place, step in enumerate(result["steps"])]
        return [step for step in reached if step[1]]
    if what in ("answers", "off_route"):
        return end["document"][what]
    return end["progress"]["percent"] if what == "percent" else end[what]


@pytest.mark.parametrize("engine", [in_python, in_the_browser])
@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_the_interview_takes_the_route_of_the_vector(vector: Any, engine: Any) -> None:
    document = make_script(vector["children"], vector.get("choices"))
    entries = [answer(*entry) if isinstance(entry, list) else entry for entry in vector["entries"]]
    result = engine(document, entries)
    expected = {"refusals": []} | vector["expect"]
    for what, value in expected.items():
        found = seen(result, what)
        if isinstance(value, dict) and what not in ("answers", "calculated", "strata", "progress"):
            found = {key: found.get(key) for key in value}
        assert json.dumps(found, sort_keys=True) == json.dumps(value, sort_keys=True), what


def test_there_are_enough_vectors() -> None:
    assert len(VECTORS) >= 25
