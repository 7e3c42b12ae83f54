"""Taking audits, listening, entering blind, and verdicts with their consequences."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fieldwork.models import Seat
from qc.listening import INAUDIBLE, SECTIONS
from qc.models import Audit, Correction, FollowUp
from qc.services.audits import (
    claim_audit,
    create_audit_plan,
    draw_audits,
    judge_audit,
    order_audit,
    reenter_answer,
    return_audit,
    return_forgotten,
    save_listening,
)
from qc.services.follow_ups import settle_follow_up
from studies.access import study_access
from studies.errors import Conflict, InvalidInput
from studies.models import ActivityLog
from studies.models.study import Role
from tests.factories import NOW, make_attempt, make_member, make_quota, make_study
from tests.qc.makers import ANSWERS, add_journal, make_completed, make_recording

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
SHEET = dict.fromkeys(SECTIONS, 2)


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def population(study):
    return study.populations.get()


@pytest.fixture
def interviewer(study):
    return make_member(study).user


@pytest.fixture
def auditor(study):
    return make_member(study, Role.SUPERVISOR).user


def make_audit(interview, *, sound=True, minutes=0, **fields):
    if sound:
        make_recording(interview)
    return Audit.objects.create(
        interview=interview, **{"kind": "random", "created_at": NOW + minutes * MINUTE, **fields}
    )


def claim(user, study, audit=None, now=NOW):
    return claim_audit(access=study_access(user, study.code), audit=audit, now=now)


@pytest.fixture
def audit(study, population, interviewer, auditor):
    """An audit that the auditor has taken, with answers to be entered blind."""
    create_audit_plan(study=study, actor=None, now=NOW, seed=bytes(32))
    waiting = make_audit(make_completed(population, interviewer, journal=True))
    return claim(auditor, study, waiting)


def enter_all(audit, auditor, **otherwise):
    """Enter what the interviewer entered, but for the given answers."""
    for key in audit.blind:
        reenter_answer(audit=audit, actor=auditor, key=key, value=otherwise.get(key, ANSWERS[key]), now=NOW)


def judge(audit, auditor, verdict="accept", **fields):
    comment = "" if verdict == "accept" else "heard it twice"
    defaults = {"sheet": SHEET, "comment": comment, "now": NOW + 30 * MINUTE}
    return judge_audit(audit=audit, actor=auditor, verdict=verdict, **{**defaults, **fields})


# --- taking ----------------------------------------------------------------------------------------------


def test_the_next_audit_is_the_one_that_has_waited_longest(study, population, interviewer, auditor):
    late = make_audit(make_completed(population, interviewer), minutes=5)
    early = make_audit(make_completed(population, interviewer), minutes=1)
    assert claim(auditor, study) == early
    other = make_member(study, Role.SUPERVISOR).user
    assert claim(other, study) == late
    with pytest.raises(Conflict) as caught:
        claim(make_member(study, Role.LEAD).user, study)
    assert caught.value.code == "no_audit"


def test_who_asks_again_gets_the_one_in_hand(study, audit, population, interviewer, auditor):
    make_audit(make_completed(population, interviewer))
    assert claim(auditor, study) == audit
    assert claim(auditor, study, audit) == audit


def test_nobody_hears_an_interview_they_took_part_in(study, population, interviewer, auditor):
    make_member(study, Role.SUPERVISOR, user=interviewer)
    own = make_audit(make_completed(population, interviewer))
    by_another = make_completed(population, auditor)
    make_attempt(by_another.case, interviewer)  # the first sitting was theirs
    shared = make_audit(by_another)
    with pytest.raises(Conflict):
        claim(interviewer, study)
    for audit in (own, shared):
        with pytest.raises(Conflict):
            claim(interviewer, study, audit)
    assert claim(auditor, study) == own


def test_an_audit_without_sound_is_not_handed_out(study, population, interviewer, auditor):
    silent = make_audit(make_completed(population, interviewer), sound=False)
    make_recording(silent.interview, status="uploaded", duration_ms=None)
    with pytest.raises(Conflict):
        claim(auditor, study)
    # A recording of an earlier call of the case, in which nobody was interviewed, is no sound of the interview.
    make_recording(silent.interview, attempt=make_attempt(silent.interview.case, interviewer))
    with pytest.raises(Conflict):
        claim(auditor, study, silent)


def test_the_recording_of_an_earlier_sitting_is_part_of_the_interview(study, population, interviewer, auditor):
    interview = make_completed(population, interviewer)
    first = make_attempt(interview.case, interviewer)
    add_journal(interview)
    interview.journal.filter(seq__lte=3).update(attempt=first)
    waiting = make_audit(interview, sound=False)
    make_recording(interview, attempt=first, duration_ms=60_000)
    make_recording(interview, duration_ms=40_000)
    claimed = claim(auditor, study)
    assert claimed == waiting
    assert claimed.sound_ms == 100_000


def test_audits_of_other_studies_are_not_handed_out(study, interviewer, auditor):
    elsewhere = make_audit(make_completed(make_study().populations.get(), interviewer))
    for wanted in (None, elsewhere):
        with pytest.raises(Conflict):
            claim(auditor, study, wanted)


def test_what_is_blind_is_chosen_when_it_is_taken(audit):
    assert audit.blind[:2] == ["age", "gender"]
    assert set(audit.blind) <= set(ANSWERS)
    assert "consent" not in audit.blind
    assert len(audit.blind) == 6


def test_a_returned_audit_begins_anew_with_somebody_else(study, audit, auditor):
    recording = audit.interview.attempt.recordings.get()
    save_listening(audit=audit, recording=recording, stretches=[[0, 5000]], actor=auditor, now=NOW + MINUTE)
    enter_all(audit, auditor)
    return_audit(audit=audit, actor=auditor, now=NOW + MINUTE)
    other = make_member(study, Role.SUPERVISOR).user
    again = claim(other, study, now=NOW + 2 * MINUTE)
    assert again == audit
    assert (again.heard, again.heard_ms, again.reentered, again.compared) == ({}, 0, {}, {})
    assert ActivityLog.objects.get(action="audit.returned").data["heard_ms"] == 5000
    with pytest.raises(Conflict):
        judge(audit, auditor)
    return_audit(audit=again, actor=other, now=NOW)
    with pytest.raises(Conflict):
        return_audit(audit=again, actor=other, now=NOW)


def test_forgotten_audits_come_back(study, audit, auditor):
    assert return_forgotten(now=NOW + timedelta(hours=23)) == 0
    assert return_forgotten(now=NOW + timedelta(hours=25)) == 1
    audit.refresh_from_db()
    assert audit.status == "open"


# --- ordered audits --------------------------------------------------------------------------------------


def test_an_ordered_audit_comes_on_top_of_the_draw(study, population, interviewer, auditor):
    interview = make_completed(population, interviewer)
    ordered = order_audit(interview=interview, reason="23 minutes of silence", actor=auditor, now=NOW)
    assert (ordered.kind, ordered.status) == ("targeted", "open")
    with pytest.raises(Conflict):
        order_audit(interview=interview, reason="again", actor=auditor, now=NOW)
    create_audit_plan(study=study, actor=None, now=NOW, seed=bytes(32), block_size=2, drawn_per_block=2)
    draw_audits(study=study, now=NOW)
    assert sorted(interview.audits.values_list("kind", flat=True)) == ["random", "targeted"]


def test_an_order_needs_a_reason_and_an_ended_interview(population, interviewer, auditor):
    with pytest.raises(InvalidInput):
        order_audit(interview=make_completed(population, interviewer), reason="  ", actor=auditor, now=NOW)
    running = make_completed(population, interviewer, status="running")
    with pytest.raises(InvalidInput):
        order_audit(interview=running, reason="why", actor=auditor, now=NOW)


# --- listening -------------------------------------------------------------------------------------------


def hear(audit, auditor, *stretches, minutes=5, recording=None):
    recording = recording or audit.interview.attempt.recordings.get()
    return save_listening(
        audit=audit, recording=recording, stretches=list(stretches), actor=auditor, now=NOW + minutes * MINUTE
    )


def test_what_was_heard_adds_up_and_counts_once(audit, auditor):
    hear(audit, auditor, [0, 10_000])
    hear(audit, auditor, [5000, 20_000], [60_000, 61_000])
    after = hear(audit, auditor, [5000, 20_000])
    recording = audit.interview.attempt.recordings.get()
    assert after.heard == {str(recording.uid): [[0, 20_000], [60_000, 61_000]]}
    assert after.heard_ms == 21_000


def test_more_than_time_has_passed_cannot_have_been_heard(audit, auditor):
    with pytest.raises(InvalidInput) as caught:
        hear(audit, auditor, [0, 90_000], minutes=0.5)
    assert caught.value.code == "too_much_heard"
    assert hear(audit, auditor, [0, 90_000], minutes=0.7).heard_ms == 90_000  # at double speed


@pytest.mark.parametrize("stretches", [[[0]], [[0, 1, 2]], [[0.5, 2]], [["0", "1"]], [[True, 5]], [[0, 2**50]]])
def test_nonsense_is_refused(audit, auditor, stretches):
    with pytest.raises(InvalidInput):
        hear(audit, auditor, *stretches)


def test_only_the_auditor_and_only_this_interview(study, population, interviewer, audit, auditor):
    with pytest.raises(Conflict):
        hear(audit, make_member(study, Role.SUPERVISOR).user, [0, 1000])
    another = make_recording(make_completed(population, interviewer))
    with pytest.raises(InvalidInput):
        hear(audit, auditor, [0, 1000], recording=another)


# --- entering blind --------------------------------------------------------------------------------------


def enter(audit, auditor, key, value):
    agrees = reenter_answer(audit=audit, actor=auditor, key=key, value=value, now=NOW)
    audit.refresh_from_db()
    return agrees


@pytest.mark.parametrize(
    ("key", "value", "agrees"),
    [
        ("age", 34, True),
        ("age", 43, False),
        ("age", {"missing": "refused"}, False),
        ("gender", "2", True),
        ("languages", ["ru", "kk"], True),
        ("languages", ["ru"], False),
        ("gender", INAUDIBLE, None),
        ("why", "соседи", True),
    ],
)
def test_what_was_heard_is_compared_with_what_was_entered(audit, auditor, key, value, agrees):
    assert enter(audit, auditor, key, value) is agrees
    assert audit.compared == {key: agrees}


def test_the_first_entry_counts(audit, auditor):
    enter(audit, auditor, "gender", "1")
    with pytest.raises(Conflict):
        enter(audit, auditor, "gender", "2")
    assert audit.reentered == {"gender": "1"}


@pytest.mark.parametrize(
    ("key", "value"), [("gender", "3"), ("age", "thirty"), ("gender", 2), ("nobody", "1"), ("intro", True)]
)
def test_what_is_no_answer_is_refused(audit, auditor, key, value):
    with pytest.raises(InvalidInput) as caught:
        enter(audit, auditor, key, value)
    assert key in caught.value.fields
    assert Audit.objects.get().reentered == {}


# --- verdicts --------------------------------------------------------------------------------------------


def test_accepting_ends_the_audit_and_nothing_follows(audit, auditor):
    enter_all(audit, auditor)
    done = judge(audit, auditor)
    assert (done.status, done.verdict, done.score, done.judged_at) == ("done", "accept", 100, NOW + 30 * MINUTE)
    assert not Correction.objects.exists()
    assert not FollowUp.objects.exists()
    assert ActivityLog.objects.get(action="audit.judged").data["verdict"] == "accept"


def test_judged_once(audit, auditor):
    enter_all(audit, auditor)
    judge(audit, auditor)
    for verdict in ("accept", "reject"):
        with pytest.raises(Conflict) as caught:
            judge(audit, auditor, verdict)
        assert caught.value.code == "already_judged"
    audit.refresh_from_db()
    assert audit.verdict == "accept"
    with pytest.raises(Conflict):
        hear(audit, auditor, [0, 1000])
    with pytest.raises(Conflict):
        enter(audit, auditor, "why", "x")


def test_only_who_has_it_judges(study, audit, auditor):
    with pytest.raises(Conflict):
        judge(audit, make_member(study, Role.SUPERVISOR).user, "reject")


@pytest.mark.parametrize(
    ("verdict", "fields", "problem"),
    [
        ("", {}, "verdict"),
        ("perfect", {}, "verdict"),
        ("reject", {"comment": "  "}, "comment"),
        ("recontact", {"comment": ""}, "comment"),
        ("reject", {"sheet": {**SHEET, "pace": 3}}, "pace"),
        ("reject", {"sheet": {name: 2 for name in SECTIONS if name != "closing"}}, "closing"),
        ("accept", {}, "reentered"),
        ("correct", {"confirmed": []}, "confirmed"),
        ("correct", {"confirmed": ["age"]}, "confirmed"),  # not a mismatch
    ],
)
def test_what_is_missing_is_named(audit, auditor, verdict, fields, problem):
    with pytest.raises(InvalidInput) as caught:
        judge(audit, auditor, verdict, **fields)
    assert problem in caught.value.fields
    audit.refresh_from_db()
    assert audit.status == "claimed"


def test_a_section_that_could_not_be_judged_does_not_count(audit, auditor):
    enter_all(audit, auditor)
    done = judge(audit, auditor, sheet={**SHEET, "probing": None, "pace": 0})
    assert done.score == 83  # 10 of 12
    assert done.sheet["probing"] is None


def test_correcting_writes_the_confirmed_mismatches_beside_the_raw_answers(audit, auditor):
    enter_all(audit, auditor, gender="1", age=35)
    judge(audit, auditor, "correct", confirmed=["gender"], comment="a man's voice")
    correction = Correction.objects.get()
    assert (correction.key, correction.old, correction.new) == ("gender", "2", "1")
    assert (correction.reason, correction.made_by, correction.audit) == ("a man's voice", auditor, audit)
    audit.interview.refresh_from_db()
    assert audit.interview.answers["gender"] == "2"  # the raw answer stays


def test_answers_may_come_with_the_verdict(audit, auditor):
    heard = {key: ANSWERS[key] for key in audit.blind} | {"why": "Торговля"}
    judge(audit, auditor, "correct", reentered=heard, confirmed=["why"], comment="another word")
    assert Correction.objects.get().new == "Торговля"


def test_calling_again_opens_a_follow_up(audit, auditor, study):
    judge(audit, auditor, "recontact", comment="which district?")
    follow_up = FollowUp.objects.get()
    assert (follow_up.kind, follow_up.text, follow_up.study) == ("recontact", "which district?", study)
    audit.interview.refresh_from_db()
    assert audit.interview.rejected_at is None


def test_rejecting_gives_the_seat_back_and_takes_the_interview_out(audit, auditor, population, interviewer, study):
    cell = make_quota(population).cells.get()
    interview = audit.interview
    Seat.objects.create(cell=cell, interview=interview, status="complete", taken_at=NOW)
    judge(audit, auditor, "reject", comment="the voice is the interviewer's")
    interview.refresh_from_db()
    assert interview.rejected_at == NOW + 30 * MINUTE
    assert interview.rejection_reason == "the voice is the interviewer's"
    assert Seat.objects.get().status == "released"
    assert FollowUp.objects.get().kind == "interviewer"
    actions = set(ActivityLog.objects.values_list("action", flat=True))
    assert {"audit.judged", "interview.rejected", "follow_up.opened"} <= actions


def test_a_verdict_and_its_consequences_stand_or_fall_together(audit, auditor):
    interview = audit.interview
    interview.status = "suspended"  # cannot be rejected
    interview.save()
    with pytest.raises(Conflict):
        judge(audit, auditor, "reject")
    audit.refresh_from_db()
    assert audit.status == "claimed"
    assert not FollowUp.objects.exists()
    assert not ActivityLog.objects.filter(action="audit.judged").exists()


# --- follow-ups ------------------------------------------------------------------------------------------


def test_a_follow_up_is_settled_once_with_what_was_done(audit, auditor):
    judge(audit, auditor, "recontact")
    follow_up = FollowUp.objects.get()
    with pytest.raises(InvalidInput):
        settle_follow_up(follow_up=follow_up, outcome=" ", actor=auditor, now=NOW)
    settle_follow_up(follow_up=follow_up, outcome="called, all correct", actor=auditor, now=NOW)
    follow_up.refresh_from_db()
    assert (follow_up.outcome, follow_up.settled_by, follow_up.settled_at) == ("called, all correct", auditor, NOW)
    with pytest.raises(Conflict):
        settle_follow_up(follow_up=follow_up, outcome="again", actor=auditor, now=NOW)
