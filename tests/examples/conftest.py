"""The reference study, read once for a file of tests."""

from __future__ import annotations

from typing import Any

import pytest

from questionnaires.compile import compile_form
from questionnaires.xlsform import read_workbook
from tests.examples.reference import FOLDER, Items, load, nodes_of


@pytest.fixture(scope="module")
def form() -> Any:
    return read_workbook((FOLDER / "questionnaire.xlsx").read_bytes())


@pytest.fixture(scope="module")
def script(form: Any) -> dict[str, Any]:
    compiled = compile_form(form)
    assert compiled.script is not None, compiled.problems
    assert compiled.problems == []
    return compiled.script


@pytest.fixture(scope="module")
def items(script: dict[str, Any]) -> Items:
    return {item["name"]: item for item in nodes_of(script["children"]) if item["kind"] == "item"}


@pytest.fixture(scope="module")
def model() -> dict[str, Any]:
    return load("respondents.json")["populations"]


@pytest.fixture(scope="module")
def frames() -> Items:
    return {item: frame for frame in load("code_frames.json")["frames"] for item in frame["items"]}
