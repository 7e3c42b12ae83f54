"""docs/language.md names every function, and its examples can be parsed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from questionnaires.language import parse
from questionnaires.language.signatures import SIGNATURES

REFERENCE = (Path(__file__).parents[2] / "docs" / "language.md").read_text()
EXAMPLES = sorted(
    {
        example
        for example in re.findall(r"`([^`]+)`", REFERENCE)
        if ("${" in example or re.match(r"[\w:-]+\(", example)) and "…" not in example
    }
    # Named because they are not there.
    - {"random()", "uuid()", "pulldata()", "instance()"}
)


@pytest.mark.parametrize("name", sorted(SIGNATURES))
def test_the_reference_names_the_function(name: str) -> None:
    assert f"`{name}(" in REFERENCE


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_of_the_reference_can_be_parsed(example: str) -> None:
    if example == "regex()":
        return
    assert parse(example, in_filter=True)
