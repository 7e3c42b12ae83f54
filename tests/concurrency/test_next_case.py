"""Sixteen interviewers who reach for cases at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from fieldwork.models import CallAttempt, Case
from fieldwork.services.calls import expire_leases, record_outcome, renew_lease, take_next_case
from studies.access import StudyAccess, study_access
from studies.errors import Conflict
from tests.factories import NOW, make_case, make_member, make_study

THREADS = 16

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


def make_interviewers(study, number: int) -> list[StudyAccess]:
    return [study_access(make_member(study).user, study.code) for _ in range(number)]


def test_no_case_is_handed_out_twice():
    study = make_study(populations=("KZ", "UZ"))
    for population in study.populations.all():
        for place in range(60):
            queue = Case.Queue.values[place % 4]
            make_case(population, queue=queue, due_until=NOW)
    accesses = make_interviewers(study, THREADS)

    def shift(access: StudyAccess) -> list[int]:
        served = []
        while True:
            try:
                attempt = take_next_case(access=access, now=NOW)
            except Conflict:
                return served
            served.append(attempt.case_id)
            record_outcome(attempt=attempt, disposition="4.31", now=NOW)

    shifts = at_once([lambda access=access: shift(access) for access in accesses])
    # The very last cases can be missed while a colleague, who looks at two populations, has one of each locked.
    served = [case for one in shifts for case in one] + shift(accesses[0])
    assert len(served) == len(set(served)) == 120
    assert set(CallAttempt.objects.values_list("case").distinct().values_list("number", flat=True)) == {1}


def test_cases_that_are_fewer_than_hands_go_to_as_many():
    study = make_study()
    for _ in range(5):
        make_case(study.populations.get())
    accesses = make_interviewers(study, THREADS)
    results = at_once([lambda access=access: take_next_case(access=access, now=NOW) for access in accesses])
    taken = [one for one in results if isinstance(one, CallAttempt)]
    assert len({attempt.case_id for attempt in taken}) == len(taken) == 5
    assert all(one.code == "no_case" for one in results if isinstance(one, Conflict))
    held = Case.objects.filter(status="held")
    assert sorted(held.values_list("held_by", flat=True)) == sorted(attempt.interviewer_id for attempt in taken)


def test_one_interviewer_who_asks_in_sixteen_windows_gets_one_case():
    study = make_study()
    for _ in range(THREADS):
        make_case(study.populations.get())
    (access,) = make_interviewers(study, 1)
    results = at_once([lambda: take_next_case(access=access, now=NOW)] * THREADS)
    assert len({attempt.pk for attempt in results}) == 1
    assert CallAttempt.objects.count() == 1
    assert Case.objects.filter(status="held").count() == 1


def test_one_outcome_is_recorded_of_many_that_are_sent_at_once():
    study = make_study()
    make_case(study.populations.get())
    (access,) = make_interviewers(study, 1)
    attempt = take_next_case(access=access, now=NOW)
    codes = ["3.13", "4.31"] * (THREADS // 2)
    results = at_once([lambda code=code: record_outcome(attempt=attempt, disposition=code, now=NOW) for code in codes])
    attempt.refresh_from_db()
    accepted = {code for code, result in zip(codes, results, strict=True) if isinstance(result, Case)}
    assert accepted == {attempt.disposition}
    assert Case.objects.get().last_disposition == attempt.disposition


def test_a_lease_that_lapses_while_it_is_renewed_ends_one_way_or_the_other():
    study = make_study()
    cases = [make_case(study.populations.get()) for _ in range(8)]
    attempts = [take_next_case(access=access, now=NOW) for access in make_interviewers(study, len(cases))]
    Case.objects.update(lease_until=NOW.replace(year=2020))
    renewals = [lambda attempt=attempt: renew_lease(attempt=attempt, now=NOW) for attempt in attempts]
    at_once([*renewals, *[lambda: expire_leases(now=NOW)] * 8])
    for attempt in attempts:
        attempt.refresh_from_db()
        case = attempt.case
        assert (case.status == "held") == (attempt.ended_at is None) == (not attempt.expired)
        assert case.held_by_id == (attempt.interviewer_id if case.status == "held" else None)
