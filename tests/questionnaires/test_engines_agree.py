"""Python and the browser must give the same route, values, texts and refusals for whatever is thrown at them.

Set DALA_ENGINE_EXAMPLES to look at more examples than usual (the default takes a few seconds).
"""

from __future__ import annotations

import json
import os
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from questionnaires.language import parse, to_number, to_string
from questionnaires.language.values import round_half_up
from questionnaires.script import Script
from tests.questionnaires import browser_engine, trace
from tests.questionnaires.strategies import ANSWERS, NAMES, journal, scripts, text_of, texts, trees

EXAMPLES = int(os.environ.get("DALA_ENGINE_EXAMPLES", "100"))
CONTEXT = {"now": "2021-08-19T14:05:30", "language": "en", "preset": {"p": "KZ", "unknown": "x"}}
some = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))


def through_json(value: Any) -> Any:
    return json.loads(json.dumps(value))


@some
@given(st.lists(trees(NAMES), min_size=1, max_size=20), st.dictionaries(st.sampled_from(NAMES), ANSWERS))
def test_expressions_have_the_same_value(generated: list[Any], answers: dict[str, Any]) -> None:
    cases = [[parse(text_of(tree)), answers, CONTEXT["now"]] for tree in generated]
    assert browser_engine.call("expressions", cases) == through_json(trace.expressions(cases))


@some
@given(st.lists(texts, min_size=1, max_size=30))
def test_texts_convert_to_the_same_numbers(values: list[str]) -> None:
    generated: list[Any] = [["str", value] for value in values]
    assert browser_engine.call("conversions", generated) == through_json(trace.conversions(generated))


@some
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=30), st.integers(-4, 8))
@example([1e21, 1e-7, 123456789012345680000.0, 5e-324, 1.7976931348623157e308, 0.1 + 0.2, 2.0**53, 2.0**53 + 2], 2)
def test_numbers_have_the_same_text_and_round_the_same(numbers: list[float], places: int) -> None:
    written = [to_string(number) for number in numbers]
    assert [to_number(text) for text in written] == numbers, "a number's text reads back as the number"
    generated: list[Any] = [
        ["num", text] if number >= 0 else ["neg", ["num", text[1:]]]
        for number, text in zip(numbers, written, strict=True)
    ]
    digits = ["num", str(places)] if places >= 0 else ["neg", ["num", str(-places)]]
    generated += [["call", "round", tree, digits] for tree in generated]
    result = browser_engine.call("conversions", generated)
    assert result == through_json(trace.conversions(generated))
    assert [row[0] for row in result] == written + [to_string(round_half_up(number, places)) for number in numbers]


@some
@given(st.lists(st.integers(-719162, 2932896), min_size=1, max_size=50))
def test_days_of_the_calendar_are_the_same(days: list[int]) -> None:
    assert browser_engine.call("dates", days) == through_json(trace.dates(days))


MOVES = st.lists(st.tuples(st.integers(0, 25), st.integers(0, 7)), min_size=12, max_size=40)


@some
@given(scripts(), MOVES, st.lists(trees(NAMES, ["l1"], ["b"]), max_size=3))
def test_interviews_take_the_same_route(
    document: dict[str, Any], moves: list[tuple[int, int]], looks: list[Any]
) -> None:
    entries = journal(document, moves)
    parsed = [parse(text_of(tree)) for tree in looks]
    python = trace.flow_trace(Script.load(document), entries, CONTEXT, parsed)
    browser = browser_engine.call("flow", document, entries, CONTEXT, parsed)
    assert browser == through_json(python)
