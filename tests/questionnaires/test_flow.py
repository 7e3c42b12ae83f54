"""What holds for every interview, beyond the shared vectors."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import HealthCheck, given, settings

from questionnaires import flow
from questionnaires.language import parse
from questionnaires.script import Script
from tests.questionnaires.scripts import answer, make_script
from tests.questionnaires.strategies import journal, scripts
from tests.questionnaires.test_engines_agree import MOVES

CONTEXT = flow.Context("2021-08-19T14:05:30", "en", {"p": "KZ", "unknown": "x"})
some = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def make_state(children: list[dict[str, Any]], choices: Any = None) -> flow.State:
    return flow.start(Script.load(make_script(children, choices)), CONTEXT)


def give(state: flow.State, key: str, value: Any) -> flow.Refusal | None:
    return flow.apply(state, answer(key, value)).refusal


@some
@given(scripts(), MOVES)
def test_going_step_by_step_leads_where_a_walk_from_the_beginning_leads(document: Any, moves: Any) -> None:
    script = Script.load(document)
    state = flow.start(script, CONTEXT)
    for entry in journal(document, moves):
        flow.apply(state, entry)
        # Labels of options, where expressions use them, follow the language of the screen.
        walked = flow.walk(script, state.answers, flow.Context(CONTEXT.now, state.language, CONTEXT.preset))
        assert flow.answerable_keys(walked) == flow.answerable_keys(state)
        assert walked.calculated == state.calculated
        assert (walked.frontier, walked.complete) == (state.frontier, state.complete)
        assert flow.progress(walked) == flow.progress(state)


@some
@given(scripts(), MOVES)
def test_a_refused_entry_changes_nothing_and_an_accepted_answer_stands(document: Any, moves: Any) -> None:
    state = flow.start(Script.load(document), CONTEXT)
    for entry in journal(document, moves):
        before = json.dumps([flow.snapshot(state), flow.document(state)])
        fine = entry["kind"] != "answer" or not flow.check_answer(state, entry["item"], entry["value"])
        refusal = flow.apply(state, entry).refusal
        if refusal:
            assert json.dumps([flow.snapshot(state), flow.document(state)]) == before
        elif entry["kind"] == "answer":
            assert fine
            assert flow.check_answer(state, entry["item"], state.answers[entry["item"]]) == []


@some
@given(scripts(), MOVES)
def test_what_is_stored_has_no_floats_and_leads_back_to_the_same_place(document: Any, moves: Any) -> None:
    def refuse(text: str) -> Any:
        raise AssertionError(f"a float was stored: {text}")

    script = Script.load(document)
    state, _ = flow.replay(script, journal(document, moves), CONTEXT)
    stored = json.dumps([flow.snapshot(state), flow.document(state)])
    snapshot, _ = json.loads(stored, parse_float=refuse)
    again = flow.restore(script, snapshot, CONTEXT)
    assert json.dumps([flow.snapshot(again), flow.document(again)]) == stored
    assert again.current == state.current


def test_a_forward_answer_goes_on_from_where_the_walk_stands() -> None:
    state = make_state([{"name": f"q{number}", "type": "integer"} for number in range(5)])
    walk = state.walk
    for number in range(5):
        assert give(state, f"q{number}", 1) is None
    assert state.walk is walk, "no answer made the walk begin anew"
    assert give(state, "q2", 1) is None
    assert state.walk is walk, "neither did the same answer again"
    assert give(state, "q2", 2) is None
    assert state.walk is not walk


def test_replay_gives_the_refused_entries_with_their_places() -> None:
    script = Script.load(make_script([{"name": "a", "type": "integer"}, {"name": "b", "type": "integer"}]))
    state, refusals = flow.replay(script, [answer("b", 1), answer("a", "x"), answer("a", 1)], CONTEXT)
    assert refusals == [
        (0, flow.Refusal("not_on_route", "b")),
        (1, flow.Refusal("invalid_answer", "a", ("not_a_number",))),
    ]
    assert state.answers == {"a": 1}


def test_answers_to_start_from_are_brought_into_form_and_impossible_ones_left_out() -> None:
    script = Script.load(
        make_script(
            [
                {"name": "a", "type": "decimal"},
                {"name": "b", "type": "select_multiple", "choices": "l"},
                {"name": "c"} | {"type": "date"},
            ],
            {"l": ["1", "2"]},
        )
    )
    state = flow.walk(script, {"a": "02.50", "b": ["2", "1"], "c": "soon", "zz": 1}, CONTEXT)
    assert state.answers == {"a": "2.5", "b": ["1", "2"]}
    assert state.current is not None
    assert state.current.key == "c"


def test_an_expression_over_an_interview_sees_the_loop_of_its_key() -> None:
    state = make_state([{"name": "l", "over": "'a b'", "children": [{"name": "x", "type": "integer"}]}])
    assert [give(state, "x@a", 3), give(state, "x@b", 4)] == [None, None]
    tree = parse("sum(${x}) + position(${l})")
    assert flow.evaluate(state, tree, "x@b") == 6.0
    assert flow.evaluate(state, parse("sum(${x})")) == 7.0


def test_a_check_sees_what_comes_before_the_question_not_what_comes_after() -> None:
    state = make_state(
        [
            {"name": "a", "type": "integer", "constraint": ". > ${b} or ${b} = ''"},
            {"name": "b", "type": "integer"},
        ]
    )
    assert give(state, "a", 1) is None
    assert give(state, "b", 9) is None
    assert flow.check_answer(state, "a", 2) == []


def test_very_long_text_is_refused_by_its_characters() -> None:
    state = make_state([{"name": "t", "type": "text"}])
    assert flow.check_answer(state, "t", "😀" * 10_000) == []
    assert flow.check_answer(state, "t", "a" * 10_001) == ["too_long"]


def test_halves_of_characters_and_nul_never_reach_the_database() -> None:
    state = make_state([{"name": "t", "type": "text"}])
    assert give(state, "t", "a\ud83d\0b") is None
    assert state.answers == {"t": "a\ufffdb"}


def test_a_count_of_rounds_has_a_limit() -> None:
    state = make_state(
        [
            {"name": "n", "type": "integer"},
            {"name": "l", "count": "${n}", "children": [{"name": "x", "type": "calculate"}]},
        ]
    )
    assert give(state, "n", 10**15) is None
    assert len(state.calculated) == 200
