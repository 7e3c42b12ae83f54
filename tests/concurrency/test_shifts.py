"""A shift in which everything happens at once: interviewers, a supervisor who takes cases away, lapsing leases, windows
that come back late. Whatever the order, what the database says at the end fits together."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Lock

import pytest
from django.db import connections

from fieldwork.models import CallAttempt, Case, Interview, QuotaCell
from fieldwork.services.calls import (
    close_case,
    expire_leases,
    record_outcome,
    release_case,
    renew_lease,
    take_next_case,
)
from fieldwork.services.interviews import (
    accept_entries,
    begin_interview,
    complete_interview,
    reach_checkpoint,
    reject_interview,
)
from studies.access import StudyAccess, study_access
from studies.errors import DomainError
from studies.models.study import Role
from tests.concurrency.test_next_case import at_once
from tests.factories import NOW, make_case, make_member, make_quota, make_study
from tests.fieldwork.calls_data import entries, entry, loaded, publish

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]

INTERVIEWERS, CALLS = 8, 6
OUTCOMES = ("3.13", "3.12", "2.112", "2.12", "2.11", "2.35", "4.31", "2.332")


class Shift:
    """One study, one clock for everybody, and what its people do. Faults are raised, refusals are not."""

    def __init__(self) -> None:
        self.study = make_study()
        publish(self.study)
        population = self.study.populations.get()
        make_quota(population, [("young", "${age_group} = '1'", 5), ("old", "${age_group} = '2'", 5)])
        make_quota(population, [("men", "${gender} = '1'", 6), ("women", "${gender} = '2'", 6)])
        for _ in range(INTERVIEWERS * CALLS * 2):
            make_case(population)
        self.accesses = [
            study_access(make_member(self.study, converts_refusals=place % 2 == 0).user, self.study.code)
            for place in range(INTERVIEWERS)
        ]
        self.supervisor = make_member(self.study, Role.SUPERVISOR).user
        self.passed = timedelta()
        self.lock = Lock()

    def now(self) -> datetime:
        with self.lock:
            self.passed += timedelta(seconds=2)
            return NOW + self.passed

    def interviewer(self, access: StudyAccess, chance: random.Random) -> None:
        for _ in range(CALLS):
            attempt = dare(take_next_case, access=access, now=self.now())
            if not isinstance(attempt, CallAttempt):
                continue
            interview = dare(begin_interview, attempt=attempt, language="ru", now=self.now())
            for _ in range(chance.randint(4, 12)):
                if isinstance(interview, Interview) and chance.random() < 0.9:
                    self.talk(interview, chance)
                else:
                    dare(renew_lease, attempt=attempt, now=self.now())
            if chance.random() < 0.8:
                dare(record_outcome, attempt=attempt, disposition=chance.choice(OUTCOMES), now=self.now())

    def talk(self, interview: Interview, chance: random.Random) -> None:
        found, act = loaded(interview), chance.random()
        if act < 0.5:
            answers = [
                ("gender", chance.choice("12")),
                ("age", chance.choice([15, 25, 25, 40, 40])),
                ("informed", "1"),
                ("army", "2"),
                ("first", "x"),
                ("visited", ["KG"]),
                ("last", "—"),
            ]
            said = entries(answers[: chance.choice([2, 7, 7])], found.last_seq + 1)
            dare(accept_entries, interview=found, epoch=interview.epoch, entries=said, now=self.now())
        elif act < 0.8:
            dare(reach_checkpoint, interview=found, epoch=interview.epoch, name="screener", now=self.now())
        else:
            dare(complete_interview, interview=found, epoch=interview.epoch, now=self.now())

    def supervise(self, chance: random.Random) -> None:
        for _ in range(CALLS * 6):
            now, act = self.now(), chance.random()
            held = Case.objects.filter(status=Case.Status.HELD).order_by("?").first()
            waiting = Case.objects.filter(status=Case.Status.OPEN, due_at__gt=now).order_by("?").first()
            complete = Interview.objects.filter(status=Interview.Status.COMPLETED).order_by("?").first()
            if act < 0.3:
                expire_leases(now=now + timedelta(minutes=chance.choice([0, 16])))
            elif act < 0.6 and held:
                dare(release_case, case=held, actor=self.supervisor, now=now)
            elif act < 0.7 and waiting:
                dare(close_case, case=waiting, actor=self.supervisor, reason="tidying", now=now)
            elif act < 0.8 and complete:
                dare(reject_interview, interview=complete, actor=self.supervisor, reason="faked", now=now)
            elif waiting:
                Case.objects.filter(pk=waiting.pk, status=Case.Status.OPEN).update(due_at=now)

    def come_back_late(self, chance: random.Random) -> None:
        """Windows of earlier calls that wake up and say what they had to say."""
        for _ in range(CALLS * 6):
            attempt = CallAttempt.objects.order_by("?").first()
            interview = Interview.objects.select_related("case", "attempt").order_by("?").first()
            if attempt is not None and chance.random() < 0.5:
                dare(renew_lease, attempt=attempt, now=self.now())
                dare(record_outcome, attempt=attempt, disposition="3.13", now=self.now())
            elif interview is not None:
                late = [entry(interview.last_seq + 1, item="age", value=40)]
                dare(accept_entries, interview=interview, epoch=interview.epoch, entries=late, now=self.now())


def dare(act: Callable[..., object], **what: object) -> object:
    """Do it; a refusal is part of the day."""
    try:
        return act(**what)
    except DomainError as refusal:
        return refusal


@pytest.mark.parametrize("seed", [1, 2])
def test_whatever_happens_in_a_shift_what_is_stored_fits_together(seed):
    shift = Shift()
    works = [
        lambda access=access, place=place: shift.interviewer(access, random.Random(seed * 100 + place))
        for place, access in enumerate(shift.accesses)
    ]
    works += [lambda: shift.supervise(random.Random(seed)), lambda: shift.come_back_late(random.Random(-seed))]
    at_once(works)
    connections.close_all()
    assert Interview.objects.filter(status=Interview.Status.COMPLETED).exists()
    check_all()
    # Nobody comes back: what is still in hand lapses, and whoever heard that the quota is full is counted so.
    expire_leases(now=NOW + timedelta(days=1))
    assert not Case.objects.filter(status=Case.Status.HELD).exists()
    check_all()
    for cell in QuotaCell.objects.all():
        assert cell.seats.filter(status="complete").count() <= cell.target or came_back(cell), cell


def check_all() -> None:
    for case in Case.objects.filter(attempts__gt=0):
        check_case(case)
    for interview in Interview.objects.select_related("case", "attempt"):
        check_interview(interview)


def check_case(case: Case) -> None:
    attempts = list(case.call_attempts.order_by("number"))
    assert [attempt.number for attempt in attempts] == list(range(1, case.attempts + 1))
    running = [attempt for attempt in attempts if attempt.ended_at is None]
    assert [attempt.number for attempt in running] == ([case.attempts] if case.status == "held" else [])
    assert [attempt.interviewer_id for attempt in running] == ([case.held_by_id] if case.status == "held" else [])


def check_interview(interview: Interview) -> None:
    case = interview.case
    live = list(interview.seats.exclude(status="released").select_related("cell"))
    numbers = interview.journal.order_by("seq").values_list("seq", flat=True)
    assert list(numbers) == list(range(1, interview.last_seq + 1))
    if interview.status == "running":
        assert case.status == "held"
    elif interview.status == "suspended":
        assert (case.status == "closed", live) == (False, [])
    elif interview.status == "quota_full" and case.status == "held":
        # The interviewer is just saying good-bye.
        assert (interview.attempt.number, interview.attempt.ended_at) == (case.attempts, None)
    else:
        assert case.status == "closed", interview.status
    if interview.status == "completed" and interview.rejected_at is None:
        fits = {"1": "young", "2": "old"}[interview.calculated["age_group"]]
        assert {seat.cell.name for seat in live} == {fits, {"1": "men", "2": "women"}[interview.answers["gender"]]}
        assert ({seat.status for seat in live}, case.final_disposition) == ({"complete"}, "1.1")
    elif interview.status != "running":
        assert live == []


def came_back(cell: QuotaCell) -> bool:
    """Whether an interview lost its seat to a lapse on the way: then its complete may be one too many (seats.py)."""
    complete = cell.seats.filter(status="complete").values("interview")
    return Interview.objects.filter(pk__in=complete, seats__release_reason="lease_expired").exists()
