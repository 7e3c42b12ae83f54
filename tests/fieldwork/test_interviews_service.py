"""Interviews from the first entry to the last, and every way in which they break off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fieldwork.models import Case, Interview, JournalEntry, Seat
from fieldwork.selectors.interviews import accepted_interviews, languages_used, sittings_of
from fieldwork.selectors.outcomes import outcome_reports
from fieldwork.services.calls import LEASE, expire_leases, record_outcome, renew_lease
from fieldwork.services.interview_state import context_of
from fieldwork.services.interviews import (
    begin_interview,
    complete_interview,
    open_checkpoints,
    reach_checkpoint,
    reject_interview,
)
from questionnaires import flow
from questionnaires.selectors.versions import load_script
from studies.errors import Conflict, InvalidInput
from studies.models import ActivityLog, Population
from studies.models.study import Role
from tests.factories import NOW, make_case, make_member, make_quota, make_study, make_version
from tests.fieldwork.calls_data import (
    ANSWERS,
    SCREENER,
    begin,
    entries,
    entry,
    loaded,
    publish,
    say,
    send,
    take,
)
from tests.questionnaires.scripts import make_script

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
CELLS = (("young", "${age_group} = '1'", 1), ("old", "${age_group} = '2'", 1))


@pytest.fixture
def study():
    study = make_study()
    publish(study)
    return study


@pytest.fixture
def population(study):
    return study.populations.get()


@pytest.fixture
def member(study):
    return make_member(study)


@pytest.fixture
def case(population):
    return make_case(population)


@pytest.fixture
def interview(case, member):
    return begin(member)


def checkpoint(interview, **more):
    found = loaded(interview)
    return reach_checkpoint(interview=found, epoch=found.epoch, name="screener", now=NOW, **more)


def complete(interview, now=NOW):
    found = loaded(interview)
    return complete_interview(interview=found, epoch=found.epoch, now=now)


def hold(interview, answers=ANSWERS):
    """An interview to its end."""
    say(interview, SCREENER)
    assert checkpoint(interview).decision == "go_on"
    say(interview, answers[2:])
    return complete(interview)


def lapse_after_screener(interview):
    """The interviewer passes the checkpoint and gives no sign of life any more. Returns when the case is taken back."""
    say(interview, SCREENER)
    checkpoint(interview)
    later = NOW + LEASE + MINUTE
    expire_leases(now=later)
    return later


def fill(population, member):
    """Somebody else's complete in the cell of the young."""
    make_case(population)
    hold(begin(member))


def refusal(error):
    return error.value.code


# --- beginning -------------------------------------------------------------------------------------------


def test_an_interview_begins_with_what_the_case_brings(case, member):
    interview = begin(member, language="kk")
    assert (interview.status, interview.epoch, interview.last_seq) == ("running", 1, 0)
    assert (interview.preset, interview.language) == ({"population": "KZ"}, "kk")
    context = context_of(interview)
    assert (context.now, context.language, context.preset) == ("2021-08-24T15:00:00", "kk", {"population": "KZ"})


def test_a_reload_goes_on_in_a_new_epoch(interview, member):
    say(interview, SCREENER)
    again = begin(member)
    assert (again.pk, again.epoch, again.last_seq) == (interview.pk, 2, 2)
    assert again.answers == dict(SCREENER)


def test_an_unknown_language_is_refused(case, member):
    with pytest.raises(InvalidInput):
        begin(member, language="uz")


def test_without_a_published_questionnaire_nothing_begins(member, case, study):
    study.questionnaires.all().delete()
    with pytest.raises(Conflict) as error:
        begin(member)
    assert refusal(error) == "no_questionnaire"


def test_an_ended_call_begins_nothing(interview, member):
    record_outcome(attempt=interview.attempt, disposition="3.21", now=NOW)
    with pytest.raises(Conflict) as error:
        begin_interview(attempt=interview.attempt, language="ru", now=NOW)
    assert refusal(error) == "call_ended"


# --- the journal -----------------------------------------------------------------------------------------


def test_answers_arrive_in_document_and_journal(interview):
    assert send(interview, *entries(SCREENER)).last_seq == 2
    stored = loaded(interview)
    assert stored.answers == {"gender": "2", "age": 25}
    assert (stored.current, stored.last_seq, stored.elapsed_ms) == ("informed", 2, 20_000)
    rows = JournalEntry.objects.order_by("seq").values_list("seq", "item", "value", "refusal")
    assert list(rows) == [(1, "gender", "2", None), (2, "age", 25, None)]


def test_a_repeated_batch_is_stored_once(interview):
    batch = entries(SCREENER)
    send(interview, *batch)
    assert send(interview, *batch).last_seq == 2
    assert send(interview, *batch, entry(3, item="informed", value="1")).last_seq == 3
    assert JournalEntry.objects.count() == 3


def test_another_entry_under_a_used_number_is_shown_as_an_error(interview):
    send(interview, *entries(SCREENER))
    with pytest.raises(Conflict) as error:
        send(interview, entry(2, item="age", value=52))
    assert refusal(error) == "seq_conflict"
    with pytest.raises(Conflict):
        send(interview, entry(3, item="informed", value="1"), entry(3, item="informed", value="2"))
    assert loaded(interview).answers == dict(SCREENER)


def test_behind_a_gap_nothing_is_taken(interview):
    batch = entries(ANSWERS)
    assert send(interview, *batch[:2], *batch[3:]).last_seq == 2
    assert send(interview, *batch[2:]).last_seq == 6


def test_entries_may_come_in_any_order_within_a_batch(interview):
    assert send(interview, *reversed(entries(ANSWERS))).last_seq == 6
    assert loaded(interview).answers == dict(ANSWERS)


def test_what_the_routing_refuses_is_kept_and_changes_nothing(interview):
    send(interview, *entries(SCREENER))
    answer = send(
        interview,
        entry(3, item="army", value="1"),
        entry(4, item="informed", value="7"),
        entry(5, item="informed", value="2"),
    )
    assert [(one.seq, one.code, one.problems) for one in answer.refusals] == [
        (3, "not_on_route", ()),
        (4, "invalid_answer", ("unknown_option",)),
    ]
    assert answer.last_seq == 5
    assert loaded(interview).answers == {**dict(SCREENER), "informed": "2"}
    assert JournalEntry.objects.get(seq=4).value == "7"


def test_refusals_are_told_again_when_the_answer_was_lost(interview):
    bad = entry(1, item="informed", value="1")
    assert send(interview, bad).refusals == send(interview, bad).refusals != ()


def test_an_older_window_is_told_that_it_was_taken_over(interview, member):
    send(interview, *entries(SCREENER))
    begin(member)
    with pytest.raises(Conflict) as error:
        send(interview, entry(3, item="informed", value="1"), epoch=1)
    assert refusal(error) == "taken_over"


def test_text_is_cleaned_at_the_edge(interview):
    say(interview, [*SCREENER, ("informed", "1")])
    send(interview, entry(4, item="first", value="и\u0306\0 сум"))
    assert loaded(interview).answers["first"] == "й сум"


def test_a_float_is_no_answer(interview):
    answer = send(interview, entry(1, item="gender", value="2"), entry(2, item="age", value=25.5))
    assert [one.seq for one in answer.refusals] == [2]
    assert JournalEntry.objects.get(seq=2).value == "25.5"


def test_language_back_and_notes_are_journalled(interview):
    say(interview, SCREENER)
    send(
        interview,
        entry(3, "language", language="kk"),
        entry(4, "back"),
        entry(5, "note", "age", "the child answers"),
        entry(6, "jump"),
    )
    stored = loaded(interview)
    assert (stored.language, stored.current) == ("kk", "informed")
    assert languages_used(stored) == ["ru", "kk"]


def test_the_clock_leaves_pauses_out(interview):
    send(
        interview,
        entry(1, item="gender", value="2", elapsed_ms=10_000),
        entry(2, "pause", elapsed_ms=20_000),
        entry(3, "resume", elapsed_ms=80_000),
        entry(4, item="age", value=25, elapsed_ms=85_000),
    )
    stored = loaded(interview)
    assert (stored.elapsed_ms, stored.duration_ms) == (85_000, 25_000)


def test_the_number_of_queries_does_not_depend_on_the_batch(interview, member):
    counts = []
    for size in (1, 5):
        found = loaded(interview)
        batch = [entry(found.last_seq + 1 + n, "note", value=f"note {n}") for n in range(size)]
        with CaptureQueriesContext(connection) as queries:
            send(interview, *batch)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    # Opening a savepoint and closing it, reading the interview twice, one insert, one update.
    assert counts[0] <= 7


def test_each_batch_renews_a_lease_that_is_getting_short(interview):
    later = NOW + 10 * MINUTE
    say(interview, SCREENER, now=later)
    assert loaded(interview).case.lease_until == later + LEASE


@given(st.data())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_document_is_what_a_replay_of_the_journal_gives(data):
    """Whatever is sent, in whatever batches: stored answers, language and question equal those of one replay."""
    study = make_study()
    publish(study)
    make_case(study.populations.get())
    interview = begin(make_member(study))
    acts = data.draw(
        st.lists(
            st.one_of(
                st.sampled_from(ANSWERS).map(lambda pair: {"kind": "answer", "item": pair[0], "value": pair[1]}),
                st.sampled_from([("gender", "1"), ("age", 15), ("army", "2"), ("informed", {"missing": "dk"})]).map(
                    lambda pair: {"kind": "answer", "item": pair[0], "value": pair[1]}
                ),
                st.sampled_from(["back", "jump", "note", "pause", "resume"]).map(lambda kind: {"kind": kind}),
                st.sampled_from(["ru", "kk", "uz"]).map(lambda code: {"kind": "language", "language": code}),
            ),
            max_size=25,
        )
    )
    batch = [entry(seq, **act) for seq, act in enumerate(acts, 1)]
    while batch:
        size = data.draw(st.integers(1, len(batch)))
        send(interview, *batch[:size])
        batch = batch[size:]
    stored = loaded(interview)
    journal = [
        {"kind": row.kind, "item": row.item or None, "value": row.value, "language": row.language}
        for row in JournalEntry.objects.filter(interview=interview).order_by("seq")
    ]
    state, refusals = flow.replay(load_script(stored.version), journal, context_of(stored))
    assert stored.answers == state.answers
    assert stored.current == (state.current.key if state.current else "")
    assert (stored.language, stored.flow_status) == (state.language, state.status)
    refused = JournalEntry.objects.filter(interview=interview, refusal__isnull=False)
    assert sorted(refused.values_list("seq", flat=True)) == [place + 1 for place, _ in refusals]


# --- checkpoint ------------------------------------------------------------------------------------------


def test_the_screener_takes_a_seat(population, interview):
    make_quota(population, CELLS)
    say(interview, SCREENER)
    decision = checkpoint(interview)
    assert (decision.decision, decision.cell.name) == ("go_on", "young")
    stored = loaded(interview)
    assert (stored.cell.name, stored.checkpoints) == ("young", {"screener": "open"})
    assert Case.objects.get().ever_eligible
    assert checkpoint(interview).cell == decision.cell
    assert Seat.objects.get().status == "held"


def test_a_checkpoint_before_its_questions_is_refused(interview):
    say(interview, SCREENER[:1])
    with pytest.raises(Conflict) as error:
        checkpoint(interview)
    assert refusal(error) == "checkpoint_not_reached"


def test_a_full_cell_ends_the_interview_with_its_screener_kept(study, population, member):
    make_quota(population, CELLS)
    fill(population, member)
    case = make_case(population)
    interview = begin(member)
    say(interview, SCREENER)
    decision = checkpoint(interview)
    assert (decision.decision, decision.cell.name) == ("quota_full", "young")
    assert checkpoint(interview).decision == "quota_full"
    complete(interview)
    stored = loaded(interview)
    case.refresh_from_db()
    assert (stored.status, stored.answers, stored.calculated["age_group"]) == ("quota_full", dict(SCREENER), "1")
    assert (case.status, case.final_disposition) == ("closed", "4.80")
    assert stored.attempt.disposition == "4.80"


def test_a_quota_full_interview_is_recorded_so_whatever_the_outcome_says(population, member):
    make_quota(population, CELLS)
    fill(population, member)
    make_case(population)
    interview = begin(member)
    say(interview, SCREENER)
    checkpoint(interview)
    assert record_outcome(attempt=interview.attempt, disposition="2.112", now=NOW).final_disposition == "4.80"


def test_a_quota_full_interview_is_closed_even_when_the_interviewer_vanishes(population, member):
    make_quota(population, CELLS)
    fill(population, member)
    case = make_case(population)
    interview = begin(member)
    lapse_after_screener(interview)
    case.refresh_from_db()
    assert (case.status, case.final_disposition) == ("closed", "4.80")


def test_what_is_said_after_the_quota_was_full_is_kept_aside(population, member):
    make_quota(population, CELLS)
    fill(population, member)
    make_case(population)
    interview = begin(member)
    say(interview, SCREENER)
    checkpoint(interview)
    answer = say(interview, [("informed", "1")])
    assert [one.code for one in answer.refusals] == ["ended"]
    assert loaded(interview).answers == dict(SCREENER)


def test_a_screener_answer_that_is_changed_has_to_be_decided_again(population, interview):
    make_quota(population, CELLS)
    say(interview, SCREENER)
    checkpoint(interview)
    say(interview, [("informed", "1"), ("informed", "2")])
    assert open_checkpoints(loaded(interview)) == {"screener": "open"}
    say(interview, [("age", 52)])
    assert open_checkpoints(loaded(interview)) == {"screener": None}
    assert checkpoint(interview).cell.name == "old"
    live = Seat.objects.exclude(status="released")
    assert [seat.cell.name for seat in live] == ["old"]


@pytest.mark.parametrize("rule", ["wait", "go_on"])
def test_a_complete_counts_in_the_cell_of_its_last_answers(population, interview, rule):
    Population.objects.update(checkpoint_rule=rule)
    make_quota(population, CELLS)
    say(interview, SCREENER)
    checkpoint(interview)
    say(interview, [("age", 52), *ANSWERS[2:]])
    done = complete(interview)
    assert (done.status, done.cell.name) == ("completed", "old")
    assert [seat.cell.name for seat in Seat.objects.filter(status="complete")] == ["old"]
    assert not Seat.objects.filter(status="held").exists()


def test_nobody_comes_past_a_full_cell_by_not_asking(population, member):
    make_quota(population, CELLS)
    fill(population, member)
    make_case(population)
    interview = begin(member)
    say(interview, ANSWERS)
    done = complete(interview)
    assert (done.status, done.case.final_disposition, done.attempt.disposition) == ("quota_full", "4.80", "4.80")
    assert done.answers == dict(ANSWERS)
    assert Seat.objects.filter(status="complete").count() == 1


def test_where_interviews_may_go_on_without_the_server_a_full_cell_takes_them(population, member):
    Population.objects.update(checkpoint_rule="go_on")
    make_quota(population, CELLS)
    fill(population, member)
    make_case(population)
    interview = begin(member)
    say(interview, ANSWERS)
    assert complete(interview).status == "completed"
    assert ActivityLog.objects.get(action="quota.exceeded").data == {"cell": "young", "complete": 2, "target": 1}


# --- the end ---------------------------------------------------------------------------------------------


def test_a_complete_interview_closes_call_and_case_and_keeps_its_seat(population, interview, case):
    make_quota(population, CELLS)
    done = hold(interview)
    case.refresh_from_db()
    assert (done.status, done.ended_at, done.answers) == ("completed", NOW, dict(ANSWERS))
    assert done.calculated == {"population": "KZ", "age_group": "1"}
    assert (done.duration_ms, done.off_route) == (60_000, [])
    assert (case.status, case.final_disposition, case.held_by) == ("closed", "1.1", None)
    assert (done.attempt.disposition, Seat.objects.get().status) == ("1.1", "complete")
    assert complete(interview).status == "completed"


def test_an_interview_with_an_open_question_is_not_complete(interview):
    say(interview, SCREENER)
    with pytest.raises(Conflict) as error:
        complete(interview)
    assert refusal(error) == "not_at_end"
    assert error.value.fields == {"current": "informed"}


def test_answers_that_fell_off_the_route_are_marked(interview):
    say(interview, [("gender", "1"), ("age", 25), ("informed", "1"), ("army", "3")])
    say(interview, [("gender", "2"), *ANSWERS[3:]])
    done = complete(interview)
    assert (done.answers["army"], done.off_route) == ("3", ["army"])


def test_a_note_that_ends_the_interview_gives_the_outcome(interview, case):
    say(interview, [("gender", "2"), ("age", 16), ("too_young", True)])
    done = complete(interview)
    case.refresh_from_db()
    assert (done.status, done.answers["age"]) == ("screened_out", 16)
    assert (case.status, case.final_disposition) == ("closed", "4.70")


def test_a_seat_that_could_not_be_taken_in_time_is_taken_at_the_end(population, interview):
    make_quota(population, CELLS)
    say(interview, ANSWERS)
    done = complete(interview)
    assert (done.status, done.cell.name, Seat.objects.get().status) == ("completed", "young", "complete")


def test_after_the_end_nothing_is_added(interview):
    hold(interview)
    with pytest.raises(Conflict) as error:
        say(interview, [("last", "x")])
    assert refusal(error) == "interview_ended"
    assert send(interview, *entries(SCREENER)).last_seq == 6


def test_a_call_whose_lease_lapsed_can_still_be_completed(interview, case):
    say(interview, ANSWERS)
    expire_leases(now=NOW + LEASE + MINUTE)
    assert complete(interview, NOW + LEASE + MINUTE).status == "completed"
    case.refresh_from_db()
    assert (case.final_disposition, case.attempts) == ("1.1", 1)


# --- breaking off ----------------------------------------------------------------------------------------


def test_a_break_off_is_gone_on_with_by_whoever_gets_the_case(study, population, interview):
    make_quota(population, CELLS)
    send(interview, entry(1, "language", language="kk"))
    say(interview, SCREENER)
    checkpoint(interview)
    say(interview, [("informed", "1")])
    case = record_outcome(attempt=interview.attempt, disposition="2.12", note="bad line", now=NOW)
    stored = loaded(interview)
    assert (stored.status, stored.checkpoints, case.language) == ("suspended", {}, "kk")
    assert (case.status, case.queue, Seat.objects.get().status) == ("open", Case.Queue.CALLBACK, "released")
    other = make_member(study)
    again = begin(other, NOW + DAY)
    assert (again.pk, again.status, again.current, again.language) == (interview.pk, "running", "first", "kk")
    assert again.interviewer == other.user
    assert checkpoint(again).decision == "go_on"
    say(again, ANSWERS[3:])
    assert complete(again, NOW + DAY).status == "completed"
    assert [(one.attempt, one.from_ms, one.to_ms) for one in sittings_of(again)] == [
        (1, 10_000, 40_000),
        (2, 50_000, 70_000),
    ]


def test_somebody_who_had_no_time_is_asked_again(study, case, member):
    gate = {"name": "convenient", "type": "select_one", "choices": "yesno", "required": True}
    later = {"name": "later", "type": "note", "relevant": "${convenient} = '2'", "ends": "2.35"}
    script = make_script([gate, later, {"name": "why", "type": "text"}], {"yesno": ["1", "2"]}, languages=("ru", "kk"))
    make_version(study, script, published_at=NOW + DAY)
    interview = begin(member)
    say(interview, [("convenient", "2"), ("later", True)])
    assert complete(interview).status == "suspended"
    case.refresh_from_db()
    assert (case.status, case.queue, case.last_disposition) == ("open", Case.Queue.CALLBACK, "2.35")
    again = begin(member, NOW + DAY)
    assert again.current == "convenient"
    say(again, [("convenient", "1"), ("why", "so")])
    assert complete(again, NOW + DAY).status == "completed"
    assert loaded(again).off_route == ["later"]


def test_a_refusal_in_mid_interview_is_a_break_off_that_goes_to_a_converter(interview, member):
    say(interview, SCREENER)
    checkpoint(interview)
    case = record_outcome(attempt=interview.attempt, disposition="2.112", now=NOW)
    assert (case.last_disposition, case.disposition) == ("2.12", "2.12")
    assert (case.needs_converter, case.not_for, case.due_at) == (True, member.user, NOW + 7 * DAY)


def test_a_refusal_before_the_screener_stays_a_refusal(interview):
    say(interview, SCREENER[:1])
    case = record_outcome(attempt=interview.attempt, disposition="2.112", now=NOW)
    assert (case.last_disposition, loaded(interview).status) == ("2.112", "suspended")


def test_a_final_refusal_early_in_the_interview_ends_it(interview):
    say(interview, SCREENER)
    checkpoint(interview)
    case = record_outcome(attempt=interview.attempt, disposition="2.11", now=NOW)
    stored = loaded(interview)
    assert (case.final_disposition, stored.status, stored.ended_at) == ("2.12", "break_off", NOW)
    assert stored.calculated["age_group"] == "1"


def test_a_final_break_off_with_enough_answered_is_a_partial(interview):
    say(interview, SCREENER)
    checkpoint(interview)
    say(interview, ANSWERS[2:5])
    case = record_outcome(attempt=interview.attempt, disposition="2.11", now=NOW)
    assert (case.final_disposition, loaded(interview).status) == ("1.2", "partial")


def test_a_lapsed_lease_suspends_the_interview_and_calls_back_at_once(study, population, interview, member):
    make_quota(population, CELLS)
    later = lapse_after_screener(interview)
    case = Case.objects.get()
    assert (loaded(interview).status, Seat.objects.get().status) == ("suspended", "released")
    assert (case.queue, case.due_at, case.reserved_for) == (Case.Queue.CALLBACK, later, member.user)
    assert take(member, later).number == 2


def test_entries_that_were_on_their_way_arrive_after_the_lease(interview):
    expire_leases(now=NOW + LEASE + MINUTE)
    assert say(interview, ANSWERS, now=NOW + LEASE + MINUTE).last_seq == 6
    assert loaded(interview).answers == dict(ANSWERS)


def test_after_a_long_time_without_network_the_interview_goes_on(interview):
    say(interview, SCREENER)
    later = NOW + LEASE + MINUTE
    expire_leases(now=later)
    renew_lease(attempt=interview.attempt, now=later)
    assert loaded(interview).status == "running"
    assert checkpoint(interview).decision == "go_on"


def test_whoever_comes_back_after_a_lapse_sits_down_in_the_cell_again(study, population, interview):
    make_quota(population, CELLS)
    later = lapse_after_screener(interview)
    assert Seat.objects.get().status == "released"
    renew_lease(attempt=interview.attempt, now=later)
    assert Seat.objects.filter(status="held").count() == 1
    say(interview, ANSWERS[2:], now=later)
    assert complete(interview, later).status == "completed"
    assert not ActivityLog.objects.filter(action="quota.exceeded").exists()


def test_a_lapse_throws_nothing_away_even_if_the_cell_is_filled_meanwhile(study, population, interview):
    make_quota(population, CELLS)
    later = lapse_after_screener(interview)
    fill(population, make_member(study))
    renew_lease(attempt=interview.attempt, now=later)
    say(interview, ANSWERS[2:], now=later)
    assert complete(interview, later).status == "completed"
    assert ActivityLog.objects.get(action="quota.exceeded").data["complete"] == 2


def test_a_resumed_interview_has_to_pass_the_checkpoint_again(study, population, interview):
    make_quota(population, CELLS)
    later = lapse_after_screener(interview)
    fill(population, make_member(study))
    again = begin(interview.attempt.interviewer.memberships.get(), later)
    assert again.pk == interview.pk
    assert open_checkpoints(again) == {"screener": None}
    assert checkpoint(again).decision == "quota_full"


def test_a_break_off_that_is_not_gone_on_with_ends_with_its_case(interview, member):
    say(interview, SCREENER)
    checkpoint(interview)
    record_outcome(attempt=interview.attempt, disposition="2.12", now=NOW)
    case = record_outcome(attempt=take(member, NOW + DAY), disposition="4.31", now=NOW + DAY)
    stored = loaded(interview)
    assert (case.status, case.final_disposition) == ("closed", "2.12")
    assert (stored.status, stored.ended_at, stored.calculated["age_group"]) == ("break_off", NOW + DAY, "1")


def test_an_interview_that_lapsed_and_was_never_gone_on_with_is_a_break_off(study, population, interview):
    population.max_attempts = 1
    population.save()
    lapse_after_screener(interview)
    again = take(make_member(study), NOW + DAY)
    case = record_outcome(attempt=again, disposition="3.13", now=NOW + DAY)
    stored = loaded(interview)
    assert (case.final_disposition, stored.status, stored.ended_at) == ("2.30", "break_off", NOW + DAY)
    assert stored.calculated["age_group"] == "1"
    with pytest.raises(Conflict) as error:
        say(interview, [("informed", "1")])
    assert refusal(error) == "interview_ended"


# --- after the interview ---------------------------------------------------------------------------------


def test_a_rejected_interview_gives_its_seat_back_and_leaves_the_data(study, population, interview):
    make_quota(population, CELLS)
    done = hold(interview)
    auditor = make_member(study, Role.SUPERVISOR).user
    assert list(accepted_interviews(study)) == [done]
    reject_interview(interview=done, reason="made up", actor=auditor, now=NOW + DAY)
    stored = Interview.objects.get()
    assert (stored.rejected_at, stored.rejection_reason) == (NOW + DAY, "made up")
    assert (Seat.objects.get().status, Seat.objects.get().release_reason) == ("released", "rejected")
    assert not accepted_interviews(study).exists()
    case = Case.objects.get()
    assert (case.status, case.disposition, case.final_disposition) == ("closed", "2.36", "2.36")
    assert done.attempt.disposition == "1.1"
    report = outcome_reports(study)[0]
    assert (report.groups["I"], report.groups["O"], report.rates[0][0].value) == (0, 1, 0)
    reject_interview(interview=done, reason="again", actor=auditor, now=NOW + 2 * DAY)
    assert ActivityLog.objects.get(action="interview.rejected").data == {"reason": "made up"}


def test_only_what_is_in_the_data_can_be_rejected(interview):
    with pytest.raises(Conflict):
        reject_interview(interview=interview, reason="x", actor=None, now=NOW)


def test_partials_count_where_they_are_asked_for(study, population, interview):
    say(interview, SCREENER)
    checkpoint(interview)
    say(interview, ANSWERS[2:5])
    record_outcome(attempt=interview.attempt, disposition="2.11", now=NOW)
    assert not accepted_interviews(study).exists()
    assert accepted_interviews(study, [population], include_partials=True).get() == interview
    assert not accepted_interviews(study, [], include_partials=True).exists()
