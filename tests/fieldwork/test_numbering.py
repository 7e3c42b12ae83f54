"""Numbering plans, frames and draws, without a database."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from datetime import date
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldwork import numbering
from fieldwork.numbering import Frame, NumberError, Problem, Range, drawing_order, normalise_number, read_ranges

HEADER = (
    "country_code,prefix,operator_or_area,type,subscriber_digits,time_zone,valid_from,valid_to,in_population_rdd,source"
)


def make_range(prefix: str = "701", digits: int = 7, **fields: object) -> Range:
    return Range(
        **{"country_code": "7", "operator": "Kcell", "kind": "mobile", **fields},
        prefix=prefix,
        subscriber_digits=digits,
    )  # type: ignore[arg-type]


def csv(*rows: str, header: str = HEADER) -> bytes:
    return "\n".join([header, *rows]).encode()


# --- reading ---------------------------------------------------------------------------------------------


def test_a_plan_is_read_with_its_dates_and_zones() -> None:
    ranges, problems = read_ranges(
        csv(
            "7,701,Kcell,mobile,7,,,,yes,libphonenumber",
            "7,727,Almaty,landline,7,Asia/Almaty,1999-01-01,2030-12-31,no,",
        )
    )
    assert problems == []
    assert ranges == [
        make_range(source="libphonenumber"),
        make_range(
            "727",
            operator="Almaty",
            kind="landline",
            time_zone="Asia/Almaty",
            valid_from=date(1999, 1, 1),
            valid_to=date(2030, 12, 31),
            in_population_draw=False,
        ),
    ]


@pytest.mark.parametrize(
    "content", [csv("7,701,Kcell,mobile,7,,,,yes,"), csv("7,701,Kcell,mobile,7,,,,yes,").replace(b",", b";")]
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_files_of_excel_are_read(content: bytes, mark: bytes) -> None:
    assert read_ranges(mark + content) == ([make_range()], [])


def test_every_bad_cell_is_named_by_line_and_column() -> None:
    _, problems = read_ranges(
        csv(
            "7,701,Kcell,mobile,7,,,,yes,",
            "seven,70x,,mobile,many,Asia/Atlantis,1.8.2021,,perhaps,",
            "7,702,Kcell,mobile,7,,2021-02-01,2021-01-01,yes,",
            "7,703,Kcell,mobile,7",
            "7,7011,Kcell,mobile,6,,,,yes,",
            "998,90,Beeline,mobile,7,,,,yes,",
            "7,70500,Beeline,mobile,10,,,,yes,",
        ),
        calling_code=7,
    )
    assert {(problem.line, problem.column, problem.code) for problem in problems} == {
        (3, "country_code", "not_digits"),
        (3, "prefix", "not_digits"),
        (3, "operator_or_area", "empty"),
        (3, "subscriber_digits", "not_whole_number"),
        (3, "time_zone", "no_such_zone"),
        (3, "valid_from", "not_a_date"),
        (3, "in_population_rdd", "not_known"),
        (4, "valid_to", "ends_before_start"),
        (5, "", "cell_count"),
        (6, "prefix", "overlaps_line"),
        (7, "country_code", "other_country"),
        (8, "subscriber_digits", "too_long"),
    }
    assert Problem(6, "prefix", "overlaps_line", "2") in problems


def test_a_prefix_that_changed_hands_is_two_ranges_one_after_the_other() -> None:
    rows = ("7,701,Kcell,mobile,7,,,2021-12-31,yes,", "7,701,T2,mobile,7,,2022-01-01,,yes,")
    ranges, problems = read_ranges(csv(*rows))
    assert problems == []
    assert [found.operator for found in numbering.ranges_of_draw(ranges, date(2021, 12, 31))] == ["Kcell"]
    assert [found.operator for found in numbering.ranges_of_draw(ranges, date(2022, 1, 1))] == ["T2"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", Problem(1, "country_code", "column_missing")),
        (csv(), Problem(1, "", "no_rows")),
        (csv("7,701,\xff\xfe,mobile,7,,,,yes,").decode().encode("latin-1"), Problem(2, "", "not_utf8")),
        (csv("7,701,Kcell\0,mobile,7,,,,yes,"), Problem(2, "", "not_text")),
        (csv("7,1", header="age,prefix,prefix"), Problem(1, "prefix", "column_twice")),
    ],
)
def test_a_file_that_is_no_plan_says_why(content: bytes, problem: Problem) -> None:
    assert problem in read_ranges(content)[1]


def test_population_tables_are_read_and_repetitions_named() -> None:
    counts, problems = numbering.read_person_counts(b"age,sex,persons\n18,male,10\n18,F,12\n18,m,11\n19,x,1\n-1,m,1\n")
    assert [(count.age, count.gender, count.persons) for count in counts] == [(18, "male", 11), (18, "female", 12)]
    assert problems == [
        Problem(4, "age", "repeats_line", "2"),
        Problem(5, "sex", "not_known", "x"),
        Problem(6, "age", "not_whole_number", "-1"),
    ]


def test_phonenumbers_agrees_with_a_mobile_range_and_contradicts_a_wrong_one() -> None:
    assert not numbering.second_opinion("7", "701", 7).contradicts("mobile")
    assert numbering.second_opinion("7", "701", 7).valid_percent == 100
    assert numbering.second_opinion("7", "727", 7).contradicts("mobile")
    assert numbering.second_opinion("7", "790", 7).contradicts("mobile/other")


# --- frame and draw --------------------------------------------------------------------------------------


def test_the_frame_counts_through_its_ranges_in_order_whatever_order_they_are_given_in() -> None:
    ranges = [make_range("702", 1), make_range("701", 2)]
    frame = Frame(ranges)
    numbers = frame.numbers_at(np.arange(frame.size))
    assert frame.size == 110
    assert numbers[:3] == ["+770100", "+770101", "+770102"]
    assert numbers[99:101] == ["+770199", "+77020"]
    assert len(set(numbers)) == 110
    assert Frame(reversed(ranges)).numbers_at(np.arange(frame.size)) == numbers


def take(size: int, seed: int, count: int) -> list[int]:
    taken: list[int] = []
    for chunk in drawing_order(size, seed):
        taken += chunk.tolist()
        if len(taken) >= count:
            break
    return taken[:count]


@given(st.integers(1, 3000), st.integers(0, 2**63 - 1))
def test_a_small_frame_is_put_in_order_whole(size: int, seed: int) -> None:
    assert sorted(take(size, seed, size)) == list(range(size))
    assert take(size, seed, size) == take(size, seed, size)


@settings(max_examples=10, deadline=None)
@given(st.integers(numbering.WHOLE_FRAME + 1, 10**12), st.integers(0, 2**63 - 1))
def test_a_large_frame_is_drawn_without_repetition_and_the_same_again(size: int, seed: int) -> None:
    drawn = next(drawing_order(size, seed))
    assert len(set(drawn.tolist())) == len(drawn)
    assert drawn.min() >= 0
    assert drawn.max() < size
    assert (drawn == next(drawing_order(size, seed))).all()


def test_a_larger_sample_begins_with_the_smaller_one_over_chunks_and_without_repetition() -> None:
    size = numbering.WHOLE_FRAME + 1
    chunks = list(islice(drawing_order(size, 7), 8))
    drawn = np.concatenate(chunks)
    assert len(chunks) == 8
    # 8 x 262,144 draws from 8.4 million meet what was drawn before more than 200,000 times.
    assert len(np.unique(drawn)) == len(drawn) < 8 * numbering.CHUNK - 200_000


def test_another_seed_draws_other_numbers() -> None:
    assert take(130_000_000, 1, 100) != take(130_000_000, 2, 100)


def test_the_sequence_of_a_seed_never_changes() -> None:
    """Numbers drawn in 2021 have to be drawn again by whoever checks the sample later."""
    assert take(130_000_000, 20210819, 5) == LARGE_FRAME_DRAW
    assert take(1000, 20210819, 5) == SMALL_FRAME_DRAW


LARGE_FRAME_DRAW = [16526851, 83958889, 101875980, 102438761, 5367262]
SMALL_FRAME_DRAW = [183, 129, 968, 789, 542]


def test_all_parts_of_the_frame_have_the_same_chance() -> None:
    """13 ranges of 10 million: 262,144 numbers, 20,165 expected in each; 5 standard deviations are 682."""
    drawn = next(drawing_order(130_000_000, 11))
    counts = Counter((drawn // 10_000_000).tolist())
    assert set(counts) == set(range(13))
    assert all(abs(count - len(drawn) / 13) < 682 for count in counts.values())


def test_the_digest_is_hmac_sha256_of_the_number() -> None:
    """RFC 4231, test case 2, so that another program with the key finds the same digest."""
    assert numbering.number_digest("what do ya want for nothing?", b"Jefe").hex() == (
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )
    assert numbering.number_digest("+77011234567", b"a") != numbering.number_digest("+77011234567", b"b")
    assert len(hmac.digest(b"a", b"b", hashlib.sha256)) == 32


# --- numbers that people write ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("+7 701 123-45-67", "KZ", "+77011234567"),
        ("8 (701) 123 45 67", "KZ", "+77011234567"),
        ("7011234567", "KZ", "+77011234567"),
        ("77011234567", "KZ", "+77011234567"),
        ("0077011234567", "KZ", "+77011234567"),
        ("90 123 45 67", "UZ", "+998901234567"),
        ("998901234567", "UZ", "+998901234567"),
        ("+998\u00a090\u2011123\u201145\u201167", "UZ", "+998901234567"),
        ("+996 555 123456", "KG", "+996555123456"),
    ],
)
def test_numbers_as_people_write_them(text: str, country: str, number: str) -> None:
    assert normalise_number(text, country) == number
    assert normalise_number(number, country) == number


@pytest.mark.parametrize(
    ("text", "country", "code"),
    [
        ("", "KZ", "empty"),
        ("7.70712E+09", "KZ", "rounded"),
        ("7,70712E+09", "KZ", "rounded"),
        ("+7 916 123 45 67", "KZ", "country"),
        ("8 916 123 45 67", "KZ", "country"),
        ("+7 701 123 45 67", "UZ", "country"),
        ("12345", "UZ", "length"),
        ("+7 701 123 45 678", "KZ", "length"),
        ("call 701", "KZ", "characters"),
        ("+996 5", "KG", "length"),
        ("+998901234567", "KG", "country"),
    ],
)
def test_what_is_no_number_says_why(text: str, country: str, code: str) -> None:
    with pytest.raises(NumberError) as caught:
        normalise_number(text, country)
    assert caught.value.code == code


@given(st.integers(0, 9_999_999), st.sampled_from(["+7{}{}", "8 {} {}", "8-({})-{}", "{}{}", "7{}{}"]))
def test_every_way_of_writing_leads_to_the_same_number(subscriber: int, form: str) -> None:
    assert normalise_number(form.format("701", f"{subscriber:07d}"), "KZ") == f"+7701{subscriber:07d}"
