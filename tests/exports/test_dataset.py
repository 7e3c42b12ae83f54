"""The dataset definition: which variables there are, and what an answer becomes in a file."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.dataset import Record, define_dataset
from exports.table import build_table, content_hash
from questionnaires.script import Script
from tests.exports.scripts import FRAMES, POPULATIONS, make_record, small_dataset, small_script
from tests.questionnaires.scripts import make_script

ITEMS = [
    "age", "friendly", "turn_to_1", "turn_to_2", "home", "visited_KG", "visited_TJ", "why_c01", "why_c02", "why_c201",
    "group",
]  # fmt: skip


def cell(record: Record, name: str) -> Any:
    value = build_table(small_dataset(), [record])[name].tolist()[0]
    return None if isinstance(value, float) and math.isnan(value) else value


def test_each_item_has_its_variables_in_the_order_of_the_questionnaire() -> None:
    names = [variable.name for variable in small_dataset().variables]
    assert names[-len(ITEMS) :] == ITEMS


def test_verbatims_come_only_when_asked_for() -> None:
    assert "why" not in [variable.name for variable in small_dataset().variables]
    assert "why" in [variable.name for variable in small_dataset(with_verbatims=True).variables]


@pytest.mark.parametrize(
    ("answers", "name", "value"),
    [
        ({"age": 34}, "age", 34),
        ({"age": {"missing": "refused"}}, "age", -99),
        ({}, "age", None),
        ({"friendly": "2"}, "friendly", 2),
        ({"friendly": {"missing": "dk"}}, "friendly", 8),
        ({"turn_to": ["2"]}, "turn_to_1", 0),
        ({"turn_to": ["2"]}, "turn_to_2", 1),
        ({"turn_to": {"missing": "dk"}}, "turn_to_2", 8),
        ({}, "turn_to_2", None),
        ({"home": "KG"}, "home", "KG"),
        ({"home": {"missing": "refused"}}, "home", "9"),
        ({}, "home", ""),
        ({"visited__TJ": "1"}, "visited_TJ", 1),
        ({"visited__TJ": "1"}, "visited_KG", None),
        ({"group": "2"}, "group", 2),
    ],
)
def test_what_an_answer_becomes(answers: dict[str, Any], name: str, value: Any) -> None:
    assert cell(make_record(**answers), name) == value


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        ([1], [1, 0, 1]),
        # A net counts people, not mentions.
        ([1, 2], [1, 1, 1]),
        ([], [0, 0, 0]),
        (None, [None, None, None]),
    ],
)
def test_codes_of_open_answers_and_their_nets(codes: list[int] | None, expected: list[Any]) -> None:
    record = make_record(why="границы", codes={} if codes is None else {"why": codes})
    assert [cell(record, name) for name in ("why_c01", "why_c02", "why_c201")] == expected


def test_an_open_question_that_was_refused_is_user_missing_in_all_its_codes() -> None:
    assert cell(make_record(why={"missing": "refused"}), "why_c201") == 9


def test_versions_are_united_and_the_newest_gives_the_order() -> None:
    old = make_script([{"name": "gone", "type": "integer"}, {"name": "age", "type": "integer"}])
    dataset = define_dataset([Script.load(old), Script.load(small_script())], FRAMES, POPULATIONS)
    names = [variable.name for variable in dataset.variables]
    assert names.index("age") < names.index("gone")
    assert names.count("age") == 1


def test_names_are_ascii_unique_and_short_whatever_the_items_are_called() -> None:
    called = ("with", "x" * 100, "x" * 101, "a-b", "a.b", "Age")
    items = [{"name": name, "type": "integer"} for name in called]
    dataset = define_dataset([Script.load(make_script(items))], {}, POPULATIONS)
    names = [variable.name for variable in dataset.variables]
    assert all(name.isascii() and len(name) <= 64 and name[0].isalpha() for name in names)
    assert len({name.upper() for name in names}) == len(names)
    assert "v_with" in names
    assert len([v for v in dataset.variables if v.origin in called]) == len(called)


def test_a_dataset_without_a_script_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one script"):
        define_dataset([], {}, [])


@given(st.lists(st.integers(min_value=1, max_value=9999), max_size=20))
def test_the_variable_list_does_not_depend_on_the_data(numbers: list[int]) -> None:
    records = [make_record(number) for number in numbers]
    dataset = small_dataset()
    table = build_table(dataset, records)
    assert list(table.columns) == [variable.name for variable in dataset.variables]
    assert len(table) == len(records)
    assert content_hash(dataset, table) == content_hash(small_dataset(), build_table(small_dataset(), records))


def test_the_hash_changes_with_one_cell() -> None:
    dataset = small_dataset()
    one, other = (build_table(dataset, [make_record(friendly=code)]) for code in ("1", "2"))
    assert content_hash(dataset, one) != content_hash(dataset, other)
