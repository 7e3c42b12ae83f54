"""What the outcome of a call does to the case, its interview and its quota seat: all of it in one transaction.

Everybody who writes here holds the lock of the case (see services/calls.py), and locks the interview after it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from fieldwork.call_rules import CallingHours, CaseFacts, PastCall, Plan, Window, at_local, plan_next
from fieldwork.dispositions import (
    BREAK_OFF,
    COMPLETE,
    NOT_ELIGIBLE,
    PARTIAL,
    QUOTA_FULL,
    SCREENED,
    Disposition,
    disposition_table,
    final_disposition,
)
from fieldwork.models import Appointment, CallAttempt, Case, Interview
from fieldwork.selectors.desks import calling_hours, speaks_language
from fieldwork.services.interview_state import (
    CLOSING_FIELDS,
    checkpoints_of,
    close_document,
    enough_answered,
    open_state,
)
from fieldwork.services.quotas import give_back_seats
from questionnaires.selectors.versions import load_script
from studies.errors import Conflict, InvalidInput

#: Large columns that nobody here reads: scripts come from the cache.
VERSION_DOCUMENTS = ("version__form", "version__script", "version__problems")

SHORTEST_APPOINTMENT = 5
LONGEST_APPOINTMENT = 24 * 60


@dataclass(frozen=True, slots=True)
class AppointmentRequest:
    """A time agreed with the respondent. `starts_at` is what the respondent's clock shows (naive) in `time_zone`."""

    starts_at: datetime
    time_zone: str
    minutes: int = 60
    hard: bool = True
    note: str = ""


@dataclass(slots=True)
class Outcome:
    """What is recorded of a call.

    `said` is what the interviewer recorded; `disposition` what it amounts to: a refusal in mid-interview is a
    break-off, but what becomes of the case follows the refusal.
    """

    said: Disposition
    disposition: Disposition
    note: str = ""
    appointment: AppointmentRequest | None = None
    window: Window | None = None
    #: Language that the respondent wants, where it is known to differ.
    language: str = ""
    ended_at: datetime | None = field(default=None)


@transaction.atomic
def record_outcome(
    *,
    attempt: CallAttempt,
    disposition: str,
    note: str = "",
    appointment: AppointmentRequest | None = None,
    language: str = "",
    now: datetime,
) -> Case:
    """End a call: outcome, note, appointment, what happens next with the case, its interview and its seat.

    The same outcome sent twice (after a lost answer) is recorded once.

    Raises:
        InvalidInput: the code can't be recorded, or the appointment can't be kept; `fields` says which input is wrong.
        Conflict: `already_recorded` with another outcome; `lease_lost`: the case went on without this call.
    """
    case = lock_case(attempt.case_id)
    attempt = CallAttempt.objects.select_related("interviewer").get(pk=attempt.pk)
    interview = lock_interview_of(case)
    if attempt.ended_at is not None:
        if was_recorded(attempt, disposition, note, appointment):
            return case
        refuse_late(attempt, case)
    outcome = outcome_of(disposition, interview, attempt)
    outcome.note, outcome.language = note.strip(), language
    if language and language not in case.population.languages:
        message = _("This language is not one of the target population's.")
        raise InvalidInput("unknown_language", message, {"language": [message]})
    if appointment is not None:
        outcome.appointment = appointment
        outcome.window = agreed_window(outcome.said, appointment, case, now)
    settle_attempt(case=case, attempt=attempt, interview=interview, outcome=outcome, now=now)
    return case


def lock_case(pk: int) -> Case:
    cases = Case.objects.select_for_update(no_key=True, of=("self",))
    return cases.select_related("population__study").get(pk=pk)


def lock_interview_of(case: Case) -> Interview | None:
    """The interview of a locked case, locked too."""
    # Most cases have none, and asking for that alone is much cheaper. Nobody begins one without the lock of the case.
    if not Interview.objects.filter(case=case).exists():
        return None
    interview = (
        Interview.objects.select_for_update(no_key=True, of=("self",))
        .select_related("version", "attempt")
        .defer(*VERSION_DOCUMENTS)
        .filter(case=case)
        .first()
    )
    if interview is not None:
        interview.case, interview.population = case, case.population
    return interview


def was_recorded(attempt: CallAttempt, disposition: str, note: str, appointment: AppointmentRequest | None) -> bool:
    """Whether this very outcome stands there already."""
    made = Appointment.objects.filter(attempt=attempt).first()
    if made is None or appointment is None:
        same_time = made is None and appointment is None
    else:
        # By what was sent, which is not checked yet: as a moment it may not exist.
        sent = (appointment.time_zone, appointment.starts_at)
        same_time = sent == (made.time_zone, made.starts_at.astimezone(ZoneInfo(made.time_zone)).replace(tzinfo=None))
    table = disposition_table()
    said = table.get(disposition)
    same_code = attempt.disposition in {disposition, QUOTA_FULL} or (
        attempt.disposition == BREAK_OFF and said is not None and said.group == "R"
    )
    return same_code and same_time and attempt.note == note.strip()


def refuse_late(attempt: CallAttempt, case: Case) -> None:
    """An outcome after the lease has lapsed still counts where nobody had the case since."""
    if not attempt.expired:
        raise Conflict("already_recorded", _("Another outcome of this call is already recorded."))
    if attempt.disposition or case.status != Case.Status.OPEN or case.attempts != attempt.number:
        raise Conflict("lease_lost", _("The time for this case ran out, and somebody else has worked on it since."))


def outcome_of(code: str, interview: Interview | None, attempt: CallAttempt) -> Outcome:
    """What a recorded code amounts to. Raises InvalidInput where an interviewer can't record it."""
    table = disposition_table()
    in_call = interview is not None and interview.attempt_id == attempt.pk
    if in_call and interview is not None and interview.status == Interview.Status.QUOTA_FULL:
        return Outcome(table[QUOTA_FULL], table[QUOTA_FULL])
    said = table.get(code)
    begun = in_call and interview is not None and bool(interview.answers)
    if said is None or not said.recordable or (code == BREAK_OFF and not begun):
        message = _("“%(code)s” is not an outcome that can be recorded for this call.") % {"code": code}
        raise InvalidInput("unknown_disposition", message, {"disposition": [message]})
    if said.group == "R" and in_call and interview is not None and has_passed_screener(interview):
        return Outcome(said, table[BREAK_OFF])
    return Outcome(said, said)


def has_passed_screener(interview: Interview) -> bool:
    """From here on a refusal is a break-off: an eligible person had agreed to be interviewed.

    A questionnaire without a screener begins with its first answer.
    """
    if "open" in interview.checkpoints.values():
        return True
    return bool(interview.answers) and not checkpoints_of(load_script(interview.version))


def agreed_window(said: Disposition, request: AppointmentRequest, case: Case, now: datetime) -> Window:
    """The appointment's window in UTC. Raises InvalidInput where it can't be kept."""
    if not said.takes_appointment:
        message = _("No appointment can be made with this outcome.")
        raise InvalidInput("no_appointment", message, {"appointment": [message]})
    population = case.population
    if request.time_zone not in {*population.time_zones, case.time_zone} - {""}:
        message = _("This time zone is not one of the target population's.")
        raise InvalidInput("unknown_zone", message, {"time_zone": [message]})
    if not SHORTEST_APPOINTMENT <= request.minutes <= LONGEST_APPOINTMENT:
        message = _("An appointment lasts from 5 minutes to a day.")
        raise InvalidInput("bad_length", message, {"minutes": [message]})
    hours = calling_hours(population, request.time_zone)
    problem = window_problem(request, hours, now)
    if problem:
        raise InvalidInput("bad_time", problem, {"starts_at": [problem]})
    starts_at = local_moment(request)
    ends_at = starts_at + timedelta(minutes=request.minutes)
    if not request.hard:
        # A guess of the interviewer is no leave to call at night.
        closes_at = at_local(request.starts_at.date(), hours.closes, ZoneInfo(request.time_zone))
        ends_at = min(ends_at, closes_at)
    return Window(starts_at, ends_at)


def local_moment(request: AppointmentRequest) -> datetime:
    """The moment (UTC) that the respondent's clock shows as `starts_at`."""
    zone = ZoneInfo(request.time_zone)
    return request.starts_at.replace(tzinfo=zone).astimezone(ZoneInfo("UTC"))


def window_problem(request: AppointmentRequest, hours: CallingHours, now: datetime) -> object:
    """Why the beginning is impossible, or None."""
    if request.starts_at.date() > hours.last_day:
        return _("The field period ends on %(day)s.") % {"day": hours.last_day.isoformat()}
    if request.starts_at.date() < hours.first_day:
        return _("The field period begins on %(day)s.") % {"day": hours.first_day.isoformat()}
    starts_at = local_moment(request)
    if starts_at.astimezone(ZoneInfo(request.time_zone)).replace(tzinfo=None) != request.starts_at:
        return _("The respondent's clock does not show this time on that day: the clocks are changed.")
    if starts_at <= now:
        return _("This time has passed already.")
    if not request.hard and not hours.allow(starts_at):
        return _(
            "It is outside calling hours (%(opens)s to %(closes)s). Only the respondent can choose such a time: "
            "mark it as agreed."
        ) % {"opens": hours.opens.strftime("%H:%M"), "closes": hours.closes.strftime("%H:%M")}
    return None


def settle_attempt(
    *, case: Case, attempt: CallAttempt, interview: Interview | None, outcome: Outcome, now: datetime
) -> None:
    """Write the outcome of a call everywhere, in the caller's transaction."""
    attempt.disposition = outcome.disposition.code
    attempt.note = outcome.note
    attempt.ended_at = outcome.ended_at or now
    attempt.expired = False
    attempt.save(update_fields=["disposition", "note", "ended_at", "expired"])
    calls = past_calls(case)
    facts = CaseFacts(
        calls=calls,
        max_attempts=case.population.max_attempts,
        refused_before=case.needs_converter,
        language_known=bool(outcome.language) and speaks_language(case.population.study, outcome.language),
    )
    plan = plan_next(outcome.said, facts, calling_hours(case.population, case.time_zone), now, outcome.window)
    keep_appointment(case, attempt, outcome)
    case.ever_eligible = case.ever_eligible or outcome.disposition.eligible
    put_back(case, attempt, plan, outcome)
    if interview is not None:
        case.language = interview.language
    case.language = outcome.language or case.language
    conclude(case, interview, calls, plan, now)


def past_calls(case: Case) -> list[PastCall]:
    """The calls of a case that have an outcome, oldest first."""
    calls = CallAttempt.objects.filter(case=case).exclude(disposition="").order_by("number")
    return [PastCall(started_at, code) for started_at, code in calls.values_list("started_at", "disposition")]


def keep_appointment(case: Case, attempt: CallAttempt, outcome: Outcome) -> None:
    """The appointment that was due is served by any outcome; a new one is written down."""
    Appointment.objects.filter(case=case, status=Appointment.Status.DUE).update(status=Appointment.Status.SERVED)
    if outcome.window is not None and outcome.appointment is not None:
        Appointment.objects.create(
            case=case,
            attempt=attempt,
            starts_at=outcome.window.starts_at,
            ends_at=outcome.window.ends_at,
            time_zone=outcome.appointment.time_zone,
            hard=outcome.appointment.hard,
            note=outcome.appointment.note.strip(),
        )


def put_back(case: Case, attempt: CallAttempt, plan: Plan, outcome: Outcome) -> None:
    """The case leaves the interviewer's hands: into a queue, or closed."""
    case.held_by, case.lease_until = None, None
    case.last_disposition = outcome.disposition.code
    case.reserved_for = None
    if plan.queue is None:
        case.status = Case.Status.CLOSED
        return
    case.status = Case.Status.OPEN
    case.queue = Case.Queue[plan.queue.upper()]
    case.due_at, case.due_until = plan.due_at, plan.due_until
    case.needs_converter = plan.needs_converter
    if plan.other_interviewer:
        case.not_for = attempt.interviewer
    if outcome.appointment is not None and outcome.appointment.hard:
        case.reserved_for = attempt.interviewer


def conclude(case: Case, interview: Interview | None, calls: list[PastCall], plan: Plan, now: datetime) -> None:
    """Write the case's disposition so far, or the final one, and what it means for the interview."""
    broken_off = interview is not None and interview.status in {Interview.Status.RUNNING, Interview.Status.SUSPENDED}
    screened = bool(calls) and calls[-1].disposition in SCREENED
    case.disposition = final_disposition(
        [call.disposition for call in calls],
        ever_eligible=case.ever_eligible,
        exhausted=plan.exhausted,
        enough_answered=plan.closes and broken_off and not screened and enough_answered(interview),
    )
    if plan.closes:
        case.final_disposition, case.closed_at = case.disposition, now
    case.save()
    if interview is not None and broken_off:
        end_sitting(interview, case, now)


def end_sitting(interview: Interview, case: Case, now: datetime) -> None:
    """An interview that is not at its end: to be gone on with, or ended with the case. Its seat goes back."""
    interview.status = interview_status(case)
    interview.checkpoints = {}
    if interview.status != Interview.Status.SUSPENDED:
        close_document(interview, open_state(interview), now)
    interview.save(update_fields=["status", "checkpoints", *CLOSING_FIELDS])
    give_back_seats(interview=interview, reason=SEAT_REASONS.get(interview.status, "break_off"), now=now)


SEAT_REASONS = {Interview.Status.SCREENED_OUT: "screened_out", Interview.Status.QUOTA_FULL: "quota_full"}


def interview_status(case: Case) -> Interview.Status:
    """What an interview without an end is, by the final disposition of its case; suspended while the case is open."""
    code = case.final_disposition
    if not code:
        return Interview.Status.SUSPENDED
    by_code = {
        COMPLETE: Interview.Status.COMPLETED,
        PARTIAL: Interview.Status.PARTIAL,
        QUOTA_FULL: Interview.Status.QUOTA_FULL,
        NOT_ELIGIBLE: Interview.Status.SCREENED_OUT,
        BREAK_OFF: Interview.Status.BREAK_OFF,
    }
    groups = {"R": Interview.Status.REFUSED, "NE": Interview.Status.SCREENED_OUT}
    return by_code.get(code) or groups.get(disposition_table()[code].group, Interview.Status.BREAK_OFF)


def lapse_attempt(*, case: Case, ended_at: datetime, now: datetime) -> None:
    """Take a locked, held case back without an outcome, in the caller's transaction.

    The call is closed as expired and the case waits in its queue as before; an interview that was running is suspended,
    and its case is called back at once, first of all by the same interviewer. An interview that the quota had ended is
    recorded as such.
    """
    attempt = CallAttempt.objects.select_related("interviewer").get(case=case, number=case.attempts)
    interview = lock_interview_of(case)
    if interview is not None and interview.attempt_id == attempt.pk:
        if interview.status == Interview.Status.QUOTA_FULL:
            quota_full = disposition_table()[QUOTA_FULL]
            outcome = Outcome(quota_full, quota_full, ended_at=ended_at)
            settle_attempt(case=case, attempt=attempt, interview=interview, outcome=outcome, now=now)
            return
        if interview.status == Interview.Status.RUNNING:
            interview.status = Interview.Status.SUSPENDED
            interview.save(update_fields=["status"])
            give_back_seats(interview=interview, reason="lease_expired", now=now)
            case.queue, case.due_at, case.due_until = Case.Queue.CALLBACK, now, None
            case.reserved_for, case.language = attempt.interviewer, interview.language
    attempt.ended_at, attempt.expired = ended_at, True
    attempt.save(update_fields=["ended_at", "expired"])
    case.status, case.held_by, case.lease_until = Case.Status.OPEN, None, None
    case.save()


def close_without_call(*, case: Case, now: datetime) -> None:
    """Close a locked open case with the disposition that its calls give, in the caller's transaction."""
    interview = lock_interview_of(case)
    Appointment.objects.filter(case=case, status=Appointment.Status.DUE).update(status=Appointment.Status.CANCELLED)
    case.status = Case.Status.CLOSED
    conclude(case, interview, past_calls(case), Plan(), now)
