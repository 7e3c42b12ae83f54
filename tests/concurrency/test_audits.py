"""Auditors who reach for the same audits, draws that run at the same time, verdicts given twice."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections

from fieldwork.models import Seat
from qc.listening import SECTIONS
from qc.models import Audit, AuditDraw, FollowUp
from qc.selectors.certificate import verify_draws
from qc.services.audits import (
    claim_audit,
    create_audit_plan,
    draw_audits,
    judge_audit,
    reenter_answer,
    save_listening,
)
from studies.access import study_access
from studies.errors import Conflict
from studies.models.study import Role
from tests.factories import NOW, make_member, make_quota, make_study
from tests.qc.makers import make_completed, make_recording

THREADS = 8
SHEET = dict.fromkeys(SECTIONS, 1)

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def at_once(works: list[Callable[[], object]]) -> list[object]:
    """Run all at the same moment, each on a thread and a connection of its own; gives results and refusals."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], object]) -> object:
        try:
            barrier.wait()
            return work()
        except Conflict as refusal:
            return refusal
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


@pytest.fixture
def study():
    return make_study()


def make_audits(study, number):
    interviewer = make_member(study).user
    population = study.populations.get()
    audits = []
    for place in range(number):
        interview = make_completed(population, interviewer)
        make_recording(interview)
        audits.append(
            Audit.objects.create(interview=interview, kind="random", created_at=NOW + timedelta(minutes=place))
        )
    return audits


def auditors(study, number=THREADS):
    return [study_access(make_member(study, Role.SUPERVISOR).user, study.code) for _ in range(number)]


def test_no_audit_is_handed_out_twice(study):
    make_audits(study, 40)
    accesses = auditors(study)

    def shift(access) -> list[int]:
        """Take audits and judge them until there are none."""
        heard = []
        while True:
            try:
                audit = claim_audit(access=access, now=NOW)
            except Conflict:
                return heard
            heard.append(audit.pk)
            judge_audit(audit=audit, actor=access.user, verdict="accept", sheet=SHEET, comment="", now=NOW)

    shifts = at_once([lambda access=access: shift(access) for access in accesses])
    heard = [audit for each in shifts for audit in each]
    assert sorted(heard) == sorted(Audit.objects.values_list("pk", flat=True))
    assert len(set(heard)) == 40


def test_one_auditor_who_asks_in_eight_windows_gets_one_audit(study):
    make_audits(study, THREADS)
    (access,) = auditors(study, 1)
    results = at_once([lambda: claim_audit(access=access, now=NOW)] * THREADS)
    assert len({result.pk for result in results}) == 1
    assert Audit.objects.filter(status="claimed").count() == 1


def test_one_audit_for_eight_auditors(study):
    (audit,) = make_audits(study, 1)
    results = at_once([lambda access=access: claim_audit(access=access, now=NOW) for access in auditors(study)])
    assert sum(result == audit for result in results) == 1
    assert {result.code for result in results if isinstance(result, Conflict)} == {"no_audit"}
    audit.refresh_from_db()
    assert audit.status == "claimed"


def test_eight_auditors_and_eight_audits_find_each_other(study):
    audits = make_audits(study, THREADS)
    results = at_once([lambda access=access: claim_audit(access=access, now=NOW) for access in auditors(study)])
    assert {result.pk for result in results} == {audit.pk for audit in audits}


def test_one_verdict_counts(study):
    (audit,) = make_audits(study, 1)
    cell = make_quota(study.populations.get()).cells.get()
    Seat.objects.create(cell=cell, interview=audit.interview, status="complete", taken_at=NOW)
    (access,) = auditors(study, 1)
    claim_audit(access=access, now=NOW)

    def judge(verdict):
        return judge_audit(audit=audit, actor=access.user, verdict=verdict, sheet=SHEET, comment="heard", now=NOW)

    results = at_once([lambda verdict=verdict: judge(verdict) for verdict in ("reject", "recontact") * 4])
    refusals = [result for result in results if isinstance(result, Conflict)]
    assert len(refusals) == THREADS - 1
    assert {refusal.code for refusal in refusals} == {"already_judged"}
    audit.refresh_from_db()
    assert FollowUp.objects.get().kind == {"reject": "interviewer", "recontact": "recontact"}[audit.verdict]
    assert Seat.objects.get().status == {"reject": "released", "recontact": "complete"}[audit.verdict]


def test_draws_at_the_same_time_make_one_sequence(study):
    plan = create_audit_plan(study=study, actor=None, now=NOW, seed=bytes(32))
    population = study.populations.get()
    for interviewer in [make_member(study).user for _ in range(4)]:
        for _ in range(13):
            make_completed(population, interviewer)
    counts = at_once([lambda: draw_audits(study=study, now=NOW)] * THREADS)
    assert sorted(counts) == [0] * (THREADS - 1) + [52]
    assert AuditDraw.objects.count() == 52
    assert Audit.objects.count() == AuditDraw.objects.filter(selected=True).count()
    assert verify_draws(plan) == []


def test_what_is_heard_in_two_tabs_adds_up_and_no_answer_is_entered_twice(study):
    create_audit_plan(study=study, actor=None, now=NOW, seed=bytes(32))
    (audit,) = make_audits(study, 1)
    (access,) = auditors(study, 1)
    claim_audit(access=access, now=NOW)
    recording = audit.interview.attempt.recordings.get()

    def hear(place):
        return save_listening(
            audit=audit,
            recording=recording,
            stretches=[[place * 10_000, place * 10_000 + 6000]],
            actor=access.user,
            now=NOW + timedelta(minutes=5),
        )

    at_once([lambda place=place: hear(place) for place in range(THREADS)])
    audit.refresh_from_db()
    assert audit.heard_ms == THREADS * 6000

    def enter():
        return reenter_answer(audit=audit, actor=access.user, key="gender", value="1", now=NOW)

    results = at_once([enter] * THREADS)
    assert results.count(False) == 1
    assert sum(isinstance(result, Conflict) for result in results) == THREADS - 1
