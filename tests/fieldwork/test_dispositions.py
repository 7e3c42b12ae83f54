"""The code table, and which outcome of a case's calls is its final disposition."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fieldwork.dispositions import (
    ELIGIBLE_GROUPS,
    UNKNOWN_GROUPS,
    TableError,
    disposition_table,
    final_disposition,
    read_table,
)

TABLE = disposition_table()
RECORDABLE = [code for code, disposition in TABLE.items() if disposition.recordable]
UNANSWERED = [code for code in RECORDABLE if TABLE[code].group in {"NC", "UH", "UO"}]
REFUSALS = [code for code in RECORDABLE if TABLE[code].group == "R"]

outcomes = st.lists(st.sampled_from([*RECORDABLE, "4.80"]), max_size=8)
flags = st.fixed_dictionaries({"ever_eligible": st.booleans(), "exhausted": st.booleans()})


def group(code: str) -> str:
    return TABLE[code].group


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        ([], "3.11"),
        (["3.13"], "3.13"),
        (["3.13", "3.12"], "3.12"),
        (["2.112", "3.13", "3.13"], "2.112"),
        (["2.111", "2.112"], "2.112"),
        (["2.112", "1.1"], "1.1"),
        (["2.20", "3.13"], "2.20"),
        (["2.20", "2.35", "2.20"], "2.35"),
        (["3.13", "4.31"], "4.31"),
        (["4.33", "3.13"], "3.13"),
        (["3.13", "4.33"], "3.13"),
        (["4.33", "4.33"], "4.33"),
        (["2.20", "4.32"], "2.20"),
        (["2.31"], "2.31"),
        # The screener takes back what was assumed of the person.
        (["2.112", "4.70"], "4.70"),
        (["2.112", "4.80"], "4.80"),
        (["4.80", "2.112"], "2.112"),
    ],
)
def test_final_disposition_of_a_case(calls, expected):
    assert final_disposition(calls) == expected


@pytest.mark.parametrize(
    ("calls", "eligible", "expected"),
    [
        (["3.13"] * 7, False, "3.90"),
        (["3.13"] * 7, True, "2.30"),
        (["2.20", *["3.13"] * 6], False, "2.30"),
        (["3.21", "2.35", *["3.13"] * 5], False, "2.30"),
        (["2.112", *["3.13"] * 6], False, "2.112"),
        (["2.12", *["3.13"] * 6], True, "2.12"),
        (["4.33"] * 7, False, "4.33"),
    ],
)
def test_used_up_attempts(calls, eligible, expected):
    assert final_disposition(calls, ever_eligible=eligible, exhausted=True) == expected


def test_enough_answers_make_a_broken_off_interview_a_partial():
    assert final_disposition(["2.12", "3.13"], ever_eligible=True, enough_answered=True) == "1.2"
    assert final_disposition(["2.12", "1.1"], ever_eligible=True, enough_answered=True) == "1.1"


@given(outcomes, flags)
def test_eligible_never_goes_back_to_unknown(calls, how):
    before = final_disposition(calls, **how)
    assume(group(before) in ELIGIBLE_GROUPS)
    for unanswered in UNANSWERED:
        assert group(final_disposition([*calls, unanswered], **how)) in ELIGIBLE_GROUPS


@given(outcomes, st.sampled_from(REFUSALS), st.lists(st.sampled_from(UNANSWERED), max_size=6), flags)
def test_a_refusal_outranks_later_non_contact(calls, refusal, unanswered, how):
    assert final_disposition([*calls, refusal, *unanswered], **how) == refusal


@given(outcomes, flags, st.booleans())
def test_an_interview_outranks_everything(calls, how, enough):
    assert final_disposition([*calls, "1.1"], enough_answered=enough, **how) == "1.1"
    assert final_disposition(["1.1", *calls], enough_answered=enough, **how) == "1.1"


@given(outcomes, st.booleans())
def test_used_up_attempts_are_never_left_with_a_temporary_unknown(calls, eligible):
    assume(calls)
    code = final_disposition(calls, ever_eligible=eligible, exhausted=True)
    assert group(code) not in UNKNOWN_GROUPS or code == "3.90"


@given(outcomes, flags)
def test_the_disposition_is_one_of_the_outcomes_or_a_rule_of_the_system(calls, how):
    code = final_disposition(calls, **how)
    assert code in calls or code in {"2.30", "3.90", "3.11"}
    if not any(group(call) in ELIGIBLE_GROUPS for call in calls) and not how["ever_eligible"]:
        assert group(code) not in ELIGIBLE_GROUPS


def test_the_table_has_what_the_system_gives_by_itself():
    for code, expected in {
        "1.1": "I",
        "1.2": "P",
        "2.12": "R",
        "2.30": "O",
        "3.11": "UH",
        "3.90": "UO",
        "4.70": "NE",
        "4.80": "NE",
    }.items():
        assert group(code) == expected


def test_every_code_has_its_label_in_four_languages():
    for disposition in TABLE.values():
        assert all(disposition.labels[language] for language in ("en", "ru", "kk", "uz"))
        assert disposition.label("de") == disposition.labels["en"]


def test_interviewers_choose_neither_headings_nor_what_the_system_gives():
    assert not {"1.1", "1.2", "3.11", "4.80", "2.10", "2.30", "3.10"} & set(RECORDABLE)
    assert {"2.11", "2.112", "2.12", "3.12", "3.13", "4.31", "4.70"} <= set(RECORDABLE)


def test_time_is_agreed_only_with_somebody_who_was_reached():
    assert TABLE["2.35"].takes_appointment
    assert TABLE["3.21"].takes_appointment
    assert not any(TABLE[code].takes_appointment for code in ("3.13", "2.11", "2.112", "4.31"))


@given(outcomes, flags)
def test_a_rejected_interview_is_an_eligible_case_without_one(calls, how):
    code = final_disposition([*calls, "1.1"], **how, rejected=True)
    assert (code, group(code)) == ("2.36", "O")


HEAD = "edition,code,group,label_en,label_ru,label_kk,label_uz,handling,delay_minutes,contact,source"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("8,1.1,I,a,a,a,a,final,,yes,x", "line 2: edition '8'"),
        ("9,1.1,X,a,a,a,a,final,,yes,x", "unknown group 'X'"),
        ("9,1.1,I,a,a,a,a,sleep,,yes,x", "handling 'sleep'"),
        ("9,1.1,I,a,a,a,a,final,,yes,x\n9,1.1,I,a,a,a,a,final,,yes,x", "line 3: code 1.1 stands there twice"),
    ],
)
def test_a_broken_table_says_where(row, reason):
    with pytest.raises(TableError, match=reason):
        read_table([HEAD, *row.split("\n")], "9")
