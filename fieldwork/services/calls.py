"""Handing cases out and taking them back.

Locking. A case belongs to at most one interviewer, and an interviewer holds at most one case: two unique constraints
say so, and these locks keep anybody from running into them.

1. The interviewer's own row comes first, so that a double click asks once.
2. Then a waiting case, by FOR UPDATE SKIP LOCKED: nobody waits for a colleague who is just being served.
3. Everything else about a case (outcome, lease, interview) locks the case, then its interview, then quota cells: always
   in this order.

A lapsed lease is collected by `expire_leases`; until then its holder goes on undisturbed.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fieldwork.call_rules import LEASE
from fieldwork.models import CallAttempt, Case, Interview
from fieldwork.selectors.cases import lapsed_cases
from fieldwork.selectors.desks import FIRST_DUE, Desk, desk_of, why_nothing
from fieldwork.services.interview_state import open_state, screener_values
from fieldwork.services.outcomes import (
    AppointmentRequest,
    close_without_call,
    lapse_attempt,
    lock_case,
    lock_interview_of,
    record_outcome,
)
from fieldwork.services.quotas import renew_seats, take_seat
from studies.access import StudyAccess
from studies.errors import Conflict, InvalidInput
from studies.models import Study, User
from studies.services.activity import log_activity

__all__ = [
    "AppointmentRequest",
    "close_case",
    "expire_lease",
    "expire_leases",
    "extend_lease",
    "record_outcome",
    "release_case",
    "renew_lease",
    "take_next_case",
]

#: Entries and heartbeats renew a lease only when this much of it is left, so that most of them write nothing.
RENEW_BELOW = LEASE * 2 / 3


@transaction.atomic
def take_next_case(*, access: StudyAccess, now: datetime) -> CallAttempt:
    """Give the interviewer the case that is to be called next.

    Due appointments by earliest end, then due callbacks, then the fewest attempts, then fresh numbers. Whoever has a
    case in hand gets the same call attempt again.

    Raises:
        PermissionDenied: not an interviewer of the study.
        Conflict: `no_case` with `reason` and `next_due_at` (ISO 8601 or None) in its fields; `case_elsewhere` where the
            interviewer holds a case of another study.
    """
    desk = desk_of(access, now)
    User.objects.select_for_update(no_key=True).only("pk").get(pk=access.user.pk)
    attempt = CallAttempt.objects.filter(interviewer=access.user, ended_at__isnull=True).first()
    if attempt is not None:
        if attempt.case.population.study_id != access.study.pk:
            study = attempt.case.population.study.code
            raise Conflict(
                "case_elsewhere",
                _("You still hold a case of the study %(study)s. Record its outcome first.") % {"study": study},
                {"study": study, "call": attempt.pk},
            )
        return attempt
    case = lock_next_case(desk) if access.study.status != Study.Status.CLOSED else None
    if case is None:
        nothing = why_nothing(desk)
        due = nothing.next_due_at.isoformat() if nothing.next_due_at else None
        raise Conflict("no_case", nothing.message, {"reason": nothing.reason, "next_due_at": due})
    return hand_over(case, access.user, now)


def lock_next_case(desk: Desk) -> Case | None:
    """Lock the case that comes first, queue by queue. Each look is one short statement on one partial index."""
    terms = [(population, desk.terms(population)) for population in desk.populations]
    for queue in Case.Queue:
        found = []
        for population, asked in terms:
            for case in Case.objects.raw(FIRST_DUE[queue], asked):
                case.population = population
                found.append(case)
        if found:
            return min(found, key=lambda case: place_in_queue(queue, case))
    return None


def place_in_queue(queue: Case.Queue, case: Case) -> tuple[object, ...]:
    """What decides between the first cases of several populations; for fresh numbers, their random order."""
    if queue == Case.Queue.APPOINTMENT:
        return (case.due_until,)
    if queue == Case.Queue.CALLBACK:
        return (case.due_at,)
    return (case.attempts, case.due_at) if queue == Case.Queue.RETRY else (case.shuffle,)


def hand_over(case: Case, interviewer: User, now: datetime) -> CallAttempt:
    """Make a locked case the interviewer's, and begin the call attempt."""
    case.status = Case.Status.HELD
    case.held_by = interviewer
    case.lease_until = now + LEASE
    case.attempts += 1
    case.save(update_fields=["status", "held_by", "lease_until", "attempts"])
    return CallAttempt.objects.create(
        case=case, number=case.attempts, interviewer=interviewer, served_from=case.queue, started_at=now
    )


@transaction.atomic
def renew_lease(*, attempt: CallAttempt, now: datetime) -> datetime:
    """Go on holding the case, for `LEASE` from now. A lapsed lease is taken up again where nobody had the case since.

    Raises:
        Conflict: `lease_lost` (the case went on without this call), `call_ended` (its outcome is recorded).
    """
    if not extend_lease(attempt=attempt, now=now):
        retake_case(attempt, now)
    return now + LEASE


def extend_lease(*, attempt: CallAttempt, now: datetime) -> bool:
    """Lengthen lease and seats of a held case, in the caller's transaction; False where the call does not hold it."""
    held = Case.objects.filter(
        pk=attempt.case_id, status=Case.Status.HELD, held_by=attempt.interviewer_id, attempts=attempt.number
    ).update(lease_until=now + LEASE)
    if held:
        interview = Interview.objects.filter(case=attempt.case_id, status=Interview.Status.RUNNING).first()
        if interview is not None:
            renew_seats(interview=interview, now=now)
    return bool(held)


def lease_is_short(case: Case, now: datetime) -> bool:
    """Whether the lease of a held case should be renewed with what is being written anyway."""
    return case.lease_until is not None and case.lease_until - now < RENEW_BELOW


def retake_case(attempt: CallAttempt, now: datetime) -> None:
    """Take up a lapsed call again (after a long time without network). Its interview goes on in the same epoch.

    It sits down in its cell again where there is a place; where there is none it goes on all the same
    (services/seats.py): nobody ends a conversation that has begun.
    """
    User.objects.select_for_update(no_key=True).only("pk").get(pk=attempt.interviewer_id)
    case = lock_case(attempt.case_id)
    attempt.refresh_from_db()
    if attempt.ended_at is not None and not attempt.expired:
        raise Conflict("call_ended", _("The outcome of this call is already recorded."))
    busy = CallAttempt.objects.filter(interviewer=attempt.interviewer_id, ended_at__isnull=True).exists()
    if busy or case.status != Case.Status.OPEN or case.attempts != attempt.number:
        raise Conflict(
            "lease_lost", _("The time for this case ran out, and it has been given back. Take the next case.")
        )
    case.status, case.held_by_id, case.lease_until = Case.Status.HELD, attempt.interviewer_id, now + LEASE
    case.save(update_fields=["status", "held_by", "lease_until"])
    attempt.ended_at, attempt.expired = None, False
    attempt.save(update_fields=["ended_at", "expired"])
    interview = lock_interview_of(case)
    if interview is not None and interview.attempt_id == attempt.pk and interview.status == Interview.Status.SUSPENDED:
        interview.status = Interview.Status.RUNNING
        interview.save(update_fields=["status"])
        if "open" in interview.checkpoints.values():
            take_seat(interview=interview, values=screener_values(open_state(interview)), now=now)


def expire_leases(*, now: datetime) -> int:
    """Take back all cases whose lease has run out, one after the other; gives their number."""
    return sum(expire_lease(case_id=pk, now=now) for pk in lapsed_cases(now))


@transaction.atomic
def expire_lease(*, case_id: int, now: datetime) -> bool:
    """Take a case back if its lease has run out; False when its holder goes on or somebody else has taken it back."""
    held = Case.objects.filter(pk=case_id, status=Case.Status.HELD, lease_until__lt=now)
    case = held.select_for_update(skip_locked=True, no_key=True).first()
    if case is None:
        return False
    lapse_attempt(case=case, ended_at=case.lease_until or now, now=now)
    return True


@transaction.atomic
def release_case(*, case: Case, actor: User, now: datetime) -> Case:
    """Take a stuck case from its interviewer before the lease runs out. Logged.

    Raises:
        Conflict: `not_held`.
    """
    case = Case.objects.select_for_update(no_key=True).select_related("population__study").get(pk=case.pk)
    if case.status != Case.Status.HELD:
        raise Conflict("not_held", _("Nobody has this case in hand any more."))
    log_activity(
        study=case.population.study,
        actor=actor,
        action="case.released",
        target=case,
        data={"from": case.held_by_id, "attempt": case.attempts},
        now=now,
    )
    lapse_attempt(case=case, ended_at=now, now=now)
    return case


@transaction.atomic
def close_case(*, case: Case, actor: User, reason: str, now: datetime) -> Case:
    """Close an open case for good, with the disposition that its calls give. Logged with the reason.

    Raises:
        InvalidInput: no reason is given.
        Conflict: `case_held` by an interviewer, or `not_open` (not released, or closed already).
    """
    if not reason.strip():
        raise InvalidInput(
            "no_reason", _("Say why the case is closed."), {"reason": [_("Say why the case is closed.")]}
        )
    case = Case.objects.select_for_update(no_key=True).select_related("population__study").get(pk=case.pk)
    if case.status == Case.Status.HELD:
        raise Conflict("case_held", _("An interviewer has this case in hand. Give it back first."))
    if case.status != Case.Status.OPEN:
        raise Conflict("not_open", _("Only an open case can be closed."))
    close_without_call(case=case, now=now)
    log_activity(
        study=case.population.study,
        actor=actor,
        action="case.closed",
        target=case,
        data={"reason": reason.strip(), "disposition": case.final_disposition},
        now=now,
    )
    return case
