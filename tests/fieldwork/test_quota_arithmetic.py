"""Sharing out places and the precision of what is reached, without a database."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldwork.quota_arithmetic import (
    AgeGroup,
    AgeGroupError,
    design_effect,
    largest_remainder,
    least_filled,
    margin_of_error,
    numbers_needed,
    read_age_groups,
    sample_size,
)

DATA = Path(__file__).parent / "data"
#: Of the reference study, computed from UN World Population Prospects 2019 by somebody else.
CELLS = json.loads((DATA / "quota_cells_n800.json").read_text())
GROUPS = ("18-29", "30-39", "40-49", "50-59", "60+")


@pytest.mark.parametrize("country", ["KZ", "UZ"])
def test_cells_of_the_reference_study(country: str) -> None:
    persons: dict[str, int] = defaultdict(int)
    with (DATA / f"population_{country.lower()}_2021_wpp2019.csv").open() as file:
        for row in csv.DictReader(file):
            for group in read_age_groups(GROUPS):
                if group.has(int(row["age"])):
                    persons[f"{row['sex'][0].upper()}_{group.name}"] += int(row["persons"])
    places = largest_remainder(list(persons.values()), 800)
    assert dict(zip(persons, places, strict=True)) == CELLS[country]


def test_largest_remainder_of_the_balance_package() -> None:
    """`_hare_niemeyer_allocation({"a": .2, "b": .8}, 5)` of facebookresearch/balance gives a, b, b, b, b."""
    assert largest_remainder([2, 8], 5) == [1, 4]


def test_equal_remainders_go_to_the_larger_weight_then_to_the_earlier_place() -> None:
    assert largest_remainder([1, 1, 1], 2) == [1, 1, 0]
    assert largest_remainder([1, 3], 2) == [0, 2]


@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=40).filter(any), st.integers(0, 5000))
def test_all_places_are_shared_out_and_nobody_is_off_by_one_place(weights: list[int], total: int) -> None:
    places = largest_remainder(weights, total)
    assert sum(places) == total
    for weight, got in zip(weights, places, strict=True):
        assert abs(got - Fraction(weight * total, sum(weights))) < 1


@pytest.mark.parametrize(("weights", "total"), [([], 1), ([0, 0], 1), ([1, -1, 2], 1), ([1], -1)])
def test_what_cannot_be_shared_out(weights: list[int], total: int) -> None:
    with pytest.raises(ValueError, match="negative"):
        largest_remainder(weights, total)


@pytest.mark.parametrize(
    ("population", "expected"),
    [
        (None, 0.03464759560874194),
        (12_686_782, 0.03464650455716734),
        (22_605_456, 0.03464698328588632),
        (5000, 0.031758221886051506),
    ],
)
def test_the_margin_that_is_quoted_for_800_interviews(population: int | None, expected: float) -> None:
    assert margin_of_error(800, population=population) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("n", "effect", "percent"),
    [(800, 1.2, 3.796), (800, 1.5, 4.243), (800, 1.65, 4.451), (800, 2, 4.900), (1500, 1, 2.530), (1600, 1, 2.450)],
)
def test_margins_with_a_design_effect_and_for_other_sizes(n: int, effect: float, percent: float) -> None:
    """The margins of 1,500 are those of the Central Asia Barometer; all were published rounded."""
    assert 100 * margin_of_error(n, design_effect=effect) == pytest.approx(percent, abs=1e-3)


def test_a_census_has_no_margin_and_nobody_has_no_answer() -> None:
    assert margin_of_error(100, population=100) == 0
    with pytest.raises(ValueError, match="at least 1"):
        margin_of_error(0)


@pytest.mark.parametrize(("margin", "population", "n"), [(0.035, None, 784), (0.03, None, 1068), (0.035, 5000, 678)])
def test_sample_sizes(margin: float, population: int | None, n: int) -> None:
    assert sample_size(margin, population=population) == n


def test_design_effect_of_the_api_sample_raked() -> None:
    """R survey 4.5, rakecheck: apiclus1 by school type and target, Kish 1.051657."""
    cells = [(39.839236, 12), (29.870675, 132), (67.125529, 3), (50.329401, 11), (49.069072, 8), (36.791025, 17)]
    weights = [weight for weight, count in cells for _ in range(count)]
    assert design_effect(weights) == pytest.approx(1.0516566957628695, abs=1e-7)
    assert design_effect([2, 2, 2]) == 1
    with pytest.raises(ValueError, match="zero"):
        design_effect([])


def test_age_groups_as_people_write_them() -> None:
    assert read_age_groups(["18\u201329", " 30 - 39", "40+"]) == [
        AgeGroup(18, 29),
        AgeGroup(30, 39),
        AgeGroup(40, None),
    ]


@pytest.mark.parametrize(
    ("names", "code"),
    [
        ([], "none"),
        (["young"], "unreadable"),
        (["29-18"], "unreadable"),
        (["18-29", "29-39"], "not_in_order"),
        (["18-29", "31-39"], "not_in_order"),
        (["18+", "30-39"], "not_in_order"),
    ],
)
def test_age_groups_that_leave_a_gap_or_overlap_are_refused(names: list[str], code: str) -> None:
    with pytest.raises(AgeGroupError) as caught:
        read_age_groups(names)
    assert caught.value.code == code


def test_numbers_needed() -> None:
    assert numbers_needed(open_places=100, completes=3, numbers_used=1000) == 33_334
    assert numbers_needed(open_places=0, completes=0, numbers_used=0) == 0
    assert numbers_needed(open_places=5, completes=0, numbers_used=4000) is None


def test_the_least_filled_cell_is_next() -> None:
    assert least_filled({1: (5, 10), 2: (9, 20), 3: (1, 2)}) == 2
    assert least_filled({1: (0, 10), 2: (0, 20)}) == 2
    assert least_filled({2: (1, 10), 1: (1, 10)}) == 1
