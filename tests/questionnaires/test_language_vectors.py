"""The shared expression vectors, run by both engines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from questionnaires.language import parse
from tests.questionnaires import browser_engine, trace

VECTORS = json.loads((Path(__file__).parent / "vectors" / "expressions.json").read_text())
CASES = [
    pytest.param(text, expected, id=f"{topic}: {text}")
    for topic, cases in VECTORS["topics"].items()
    for text, expected in cases
]


def same(actual: Any, expected: Any) -> bool:
    """Equal and of the same kind: True is not 1."""
    return actual == expected and isinstance(actual, bool) == isinstance(expected, bool)


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_both_engines_give_the_value_of_the_vector(text: str, expected: Any) -> None:
    case = [[parse(text), VECTORS["answers"], VECTORS["now"]]]
    (python,) = trace.expressions(case)
    (browser,) = browser_engine.call("expressions", case)
    assert same(python, expected)
    assert same(browser, expected)


def test_there_are_enough_vectors() -> None:
    assert len(CASES) >= 150
