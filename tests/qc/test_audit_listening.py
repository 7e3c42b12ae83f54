"""What was heard, questions on the timeline, answers compared, points, blind answers. Without a database."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qc.blind import blind_keys, hide_answers, references
from qc.listening import (
    GAP_MS,
    INAUDIBLE,
    SECTIONS,
    Act,
    Mark,
    answers_agree,
    heard_ms,
    merge_stretches,
    question_marks,
    score_of,
)
from questionnaires.flow import Context, walk
from questionnaires.script import Script
from tests.questionnaires.scripts import make_script

SEED = bytes(32)
stretches = st.lists(st.tuples(st.integers(-500, 12_000), st.integers(-500, 12_000)), max_size=30)

# --- stretches -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "merged"),
    [
        ([], []),
        ([(0, 5000), (5000, 8000)], [(0, 8000)]),
        ([(5000, 8000), (0, 5100)], [(0, 8000)]),
        ([(0, 1000), (1200, 2000)], [(0, 2000)]),  # the gap of a player's clock
        ([(0, 1000), (3000, 4000)], [(0, 1000), (3000, 4000)]),
        ([(0, 9000), (2000, 3000)], [(0, 9000)]),
        ([(-100, 500), (9900, 20_000)], [(0, 500), (9900, 10_000)]),
        ([(700, 700), (900, 800)], []),
    ],
)
def test_stretches_are_merged_and_cut_to_the_recording(given, merged):
    assert merge_stretches(given, end_ms=10_000) == merged


@given(stretches, stretches)
def test_merging_is_the_same_in_parts_and_never_loses_or_invents_time(some, more):
    at_once = merge_stretches([*some, *more], end_ms=10_000)
    in_parts = merge_stretches([*merge_stretches(some, end_ms=10_000), *more], end_ms=10_000)
    assert at_once == in_parts
    assert merge_stretches(at_once, end_ms=10_000) == at_once
    covered = set()
    for start, end in [*some, *more]:
        covered |= set(range(max(0, start), min(end, 10_000)))
    heard = set()
    for start, end in at_once:
        heard |= set(range(start, end))
    assert covered <= heard
    assert len(heard) == heard_ms(at_once) <= 10_000
    assert all(after[0] - before[1] > GAP_MS for before, after in itertools.pairwise(at_once))


# --- marks -----------------------------------------------------------------------------------------------


def marks(*acts):
    return [(mark.key, mark.sitting, mark.from_ms, mark.to_ms) for mark in question_marks(Act(*each) for each in acts)]


def test_a_question_appears_when_the_one_before_is_answered():
    assert marks(
        (1, "answer", "consent", 8000),
        (1, "answer", "age", 15_000),
        (1, "note", "", 16_000),
        (1, "language", "", 17_000),
        (1, "answer", "gender", 20_000),
    ) == [("consent", 1, 0, 8000), ("age", 1, 8000, 15_000), ("gender", 1, 15_000, 20_000)]


def test_going_back_gives_a_question_a_second_mark():
    assert marks(
        (1, "answer", "a", 5000),
        (1, "answer", "b", 9000),
        (1, "back", "a", 12_000),
        (1, "answer", "a", 14_000),
        (1, "jump", "", 15_000),
        (1, "answer", "c", 18_000),
    ) == [("a", 1, 0, 5000), ("b", 1, 5000, 9000), ("a", 1, 12_000, 14_000), ("c", 1, 15_000, 18_000)]


def test_a_pause_belongs_to_no_question():
    assert marks(
        (1, "answer", "a", 5000),
        (1, "pause", "", 6000),
        (1, "resume", "", 60_000),
        (1, "answer", "b", 66_000),
    ) == [("a", 1, 0, 5000), ("b", 1, 60_000, 66_000)]


def test_a_second_sitting_begins_where_the_first_had_stopped():
    assert marks(
        (1, "answer", "a", 5000),
        (1, "stop", "", 7000),
        (2, "answer", "b", 12_000),
        (2, "answer", "c", 13_500),
    ) == [("a", 1, 0, 5000), ("b", 2, 0, 5000), ("c", 2, 5000, 6500)]


def test_a_clock_that_runs_backwards_gives_no_negative_time():
    assert marks((1, "answer", "a", 5000), (1, "answer", "b", 4000)) == [("a", 1, 0, 5000), ("b", 1, 5000, 5000)]


def test_each_mark_keeps_the_language_it_was_read_in():
    (mark,) = question_marks([Act(1, "answer", "a", 5000, "kk")])
    assert mark == Mark("a", 1, 0, 5000, "kk")


@given(
    st.lists(
        st.tuples(
            st.integers(1, 3),
            st.sampled_from(["answer", "back", "jump", "language", "note", "pause", "resume", "stop"]),
            st.sampled_from("abc"),
            st.integers(0, 10_000),
        )
    )
)
def test_any_journal_gives_marks_in_order(acts):
    found = question_marks(Act(*each) for each in sorted(acts, key=lambda each: each[0]))
    assert len(found) == sum(kind == "answer" for _, kind, *_ in acts)
    for mark in found:
        assert 0 <= mark.from_ms <= mark.to_ms
    for before, after in itertools.pairwise(found):
        assert before.sitting != after.sitting or before.to_ms <= after.from_ms


# --- comparing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entered", "heard", "agrees"),
    [
        ("1", "1", True),
        ("1", "2", False),
        (34, 34, True),
        (34, 43, False),
        (1, True, False),
        (["1", "3"], ["3", "1"], True),
        (["1", "3"], ["1"], False),
        ({"missing": "dk"}, {"missing": "dk"}, True),
        ({"missing": "dk"}, {"missing": "refused"}, False),
        ({"missing": "dk"}, "8", False),
        (None, None, True),
        (None, "1", False),
        ("Сосед  наш", "сосед наш", True),
        ("1", INAUDIBLE, None),
        (None, INAUDIBLE, None),
    ],
)
def test_what_agrees(entered, heard, agrees):
    assert answers_agree(entered, heard) is agrees


# --- points ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("points", "score"),
    [
        ([2] * 7, 100),
        ([0] * 7, 0),
        ([None] * 7, None),
        ([2, 1, 2, None, None, None, None], 83),  # 5 of 6
        ([1, None, None, None, None, None, None], 50),
        ([2, 2, 2, 2, 1, 2, 2], 93),  # 13 of 14 = 92.86
        ([1, 0, 0, 0, None, None, None], 13),  # 1 of 8 = 12.5
    ],
)
def test_the_score(points, score):
    assert score_of(dict(zip(SECTIONS, points, strict=True))) == score


# --- blind answers ---------------------------------------------------------------------------------------

CHOICES = {"yes_no": ["1", "2"], "gender": ["1", "2"]}


def script_state(answers, extra=()):
    document = make_script(
        [
            {"name": "consent", "type": "select_one", "choices": "yes_no", "role": "consent"},
            {"name": "age", "type": "integer", "role": "screener"},
            {
                "name": "age_group",
                "type": "calculate",
                "calculation": "if(${age} >= 30, '2', '1')",
                "role": "stratum",
            },
            {"name": "gender", "type": "select_one", "choices": "gender", "role": "stratum"},
            *({"name": f"q{number}", "type": "select_one", "choices": "yes_no"} for number in range(1, 11)),
            {"name": "why", "type": "text"},
            *extra,
        ],
        CHOICES,
    )
    return walk(Script.load(document), answers, Context("2021-08-24T15:00:00", "en"))


ANSWERS = {"consent": "1", "age": 34, "gender": "2", "why": "because"} | {f"q{n}": "1" for n in range(1, 11)}


def test_blind_are_the_questions_behind_the_strata_and_four_picked_ones():
    state = script_state(ANSWERS)
    keys = blind_keys(state, seed=SEED, interview=1)
    assert keys[:2] == ["age", "gender"]
    assert len(keys) == 6
    assert all(key.startswith("q") for key in keys[2:])
    assert keys == [step.key for step in state.route if step.key in keys]
    assert keys == blind_keys(script_state(ANSWERS), seed=SEED, interview=1)


def test_which_ones_are_picked_depends_on_seed_and_interview():
    state = script_state(ANSWERS)
    picks = {tuple(blind_keys(state, seed=SEED, interview=number)) for number in range(50)}
    assert len(picks) > 30
    asked = {key for pick in picks for key in pick}
    assert asked == {"age", "gender"} | {f"q{n}" for n in range(1, 11)}
    assert blind_keys(state, seed=bytes([1]) * 32, interview=1) != blind_keys(state, seed=SEED, interview=1)


def test_only_what_was_answered_can_be_blind():
    answers = {"consent": "1", "age": 34, "gender": "2", "q1": "1", "q2": {"missing": "dk"}}
    assert blind_keys(script_state({"consent": "1"}), seed=SEED, interview=1) == []
    assert blind_keys(script_state(answers), seed=SEED, interview=1)[:3] == ["age", "gender", "q1"]


def test_what_is_asked_before_the_checkpoint_is_not_picked():
    """Its answers are the same in every complete interview."""
    gate = {"name": "gate", "type": "select_one", "choices": "yes_no", "checkpoint": "screener"}
    behind = {"name": "behind", "type": "select_one", "choices": "yes_no"}
    state = script_state({**ANSWERS, "gate": "1", "behind": "2"}, (gate, behind))
    assert blind_keys(state, seed=SEED, interview=1) == ["age", "gender", "behind"]


def test_references_of_an_expression():
    tree = ["call", "if", ["op", ">=", ["ref", "age"], ["num", "30"]], ["str", "ref"], ["ref", "band"]]
    assert list(references(tree)) == ["age", "band"]


def test_a_later_question_does_not_tell_a_hidden_answer():
    texts = {"en": "You said ${q1}, and ${q10}."}
    assert hide_answers(texts, {"q1": 1}) == {"en": "You said …, and ${q10}."}
    assert hide_answers(texts, {}) == texts
