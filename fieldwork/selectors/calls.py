"""Call attempts as the interview screen and the interviewer's day show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import Http404

from fieldwork.call_rules import SLOT, day_slots
from fieldwork.dispositions import COMPLETE, disposition_table
from fieldwork.models import Appointment, CallAttempt, Case, CasePhone, Interview, JournalEntry
from fieldwork.selectors.desks import calling_hours
from studies.access import StudyAccess
from studies.models import Study, StudyMember, User
from studies.models.study import Role


@dataclass(frozen=True, slots=True)
class Note:
    at: datetime
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class CallScreen:
    """Everything that the interview screen says about a call, beside the questionnaire."""

    attempt: CallAttempt
    member: StudyMember
    phone: CasePhone | None
    earlier: Sequence[CallAttempt]
    appointments: Sequence[Appointment]
    notes: Sequence[Note]
    interview: Interview | None

    @property
    def case(self) -> Case:
        return self.attempt.case

    @property
    def holds(self) -> bool:
        """Whether the call's interviewer has the case in hand: only then the number is shown."""
        return self.attempt.ended_at is None and self.case.held_by_id == self.attempt.interviewer_id

    @property
    def languages(self) -> list[str]:
        """Languages of the population that the interviewer speaks."""
        spoken = self.member.languages
        return [code for code in self.case.population.languages if not spoken or code in spoken]

    @property
    def time_zones(self) -> list[str]:
        """Zones in which the respondent may live."""
        return [self.case.time_zone] if self.case.time_zone else list(self.case.population.time_zones)


def own_call(user: User, pk: int) -> CallAttempt:
    """A call of this interviewer, with case, population and study.

    Raises Http404 for whoever has no role in the study, PermissionDenied for everybody else whose call it is not.
    """
    roles = StudyMember.objects.filter(study=OuterRef("case__population__study"), user=user)
    attempt = (
        CallAttempt.objects.select_related("case__population__study", "interviewer")
        .annotate(is_member=Exists(roles), may_call=Exists(roles.filter(role=Role.INTERVIEWER)))
        .filter(pk=pk)
        .first()
    )
    if attempt is None or not attempt.is_member:
        raise Http404
    if attempt.interviewer_id != user.pk or not attempt.may_call:
        raise PermissionDenied
    return attempt


def running_call(user: User, study: Study | None = None) -> CallAttempt | None:
    """The call that the interviewer has in hand, in one study or in any."""
    calls = CallAttempt.objects.filter(interviewer=user, ended_at__isnull=True)
    if study is not None:
        calls = calls.filter(case__population__study=study)
    return calls.select_related("case__population__study").first()


def own_calls(access: StudyAccess) -> QuerySet[CallAttempt]:
    """All calls of the interviewer in the study."""
    return CallAttempt.objects.filter(interviewer=access.user, case__population__study=access.study).select_related(
        "case__population__study"
    )


def call_screen(attempt: CallAttempt) -> CallScreen:
    """What the interview screen shows of a call (with case, population and study loaded)."""
    case = attempt.case
    interview = Interview.objects.filter(case=case).defer("answers", "calculated").first()
    earlier = list(
        CallAttempt.objects.filter(case=case, number__lt=attempt.number)
        .select_related("interviewer")
        .order_by("number")
    )
    appointments = list(
        Appointment.objects.filter(case=case).select_related("attempt__interviewer").order_by("starts_at")
    )
    return CallScreen(
        attempt=attempt,
        member=StudyMember.objects.get(study=case.population.study, user=attempt.interviewer, role=Role.INTERVIEWER),
        phone=CasePhone.objects.filter(case=case).first(),
        earlier=earlier,
        appointments=appointments,
        notes=notes_of(earlier, appointments, interview),
        interview=interview,
    )


def notes_of(
    attempts: Sequence[CallAttempt], appointments: Sequence[Appointment], interview: Interview | None
) -> list[Note]:
    """Notes of earlier calls, of appointments and of the conversation, oldest first."""
    notes = [Note(one.ended_at or one.started_at, one.interviewer.name, one.note) for one in attempts if one.note]
    notes += [
        Note(one.attempt.ended_at or one.starts_at, one.attempt.interviewer.name, one.note)
        for one in appointments
        if one.note and one.note != one.attempt.note
    ]
    if interview is not None:
        said = JournalEntry.objects.filter(interview=interview, kind=JournalEntry.Kind.NOTE)
        notes += [
            Note(entry.at, entry.attempt.interviewer.name, entry.value)
            for entry in said.select_related("attempt__interviewer").order_by("seq")
            if isinstance(entry.value, str)
        ]
    return sorted(notes, key=lambda note: note.at)


@dataclass(frozen=True, slots=True)
class Slot:
    """A quarter of an hour on the respondent's clock: how many appointments of the population begin in it."""

    starts_at: datetime
    taken: int
    in_hours: bool


def slots_of(case: Case, day: date, time_zone: str) -> list[Slot]:
    """The quarter hours of a day in the respondent's zone, with the appointments that are due there. One query."""
    zone = ZoneInfo(time_zone)
    hours = calling_hours(case.population, time_zone)
    begins = datetime.combine(day, time.min, tzinfo=zone)
    due = Appointment.objects.filter(
        case__population=case.population,
        status=Appointment.Status.DUE,
        starts_at__gte=begins,
        starts_at__lt=begins + timedelta(days=1),
    ).values_list("starts_at", flat=True)
    taken = list(due)
    return [
        Slot(start, sum(start <= moment < start + SLOT for moment in taken), hours.allow(start))
        for start in day_slots(day, zone, hours)
    ]


@dataclass(frozen=True, slots=True)
class Today:
    """What an interviewer has done since midnight (on the clock of the first population)."""

    calls: int
    contacts: int
    completes: int
    appointments: Sequence[Appointment]


def my_day(access: StudyAccess, now: datetime) -> Today:
    """The interviewer's day in the study, and the appointments that are reserved for them. Three queries."""
    population = access.study.populations.first()
    zone = population.zone if population else ZoneInfo("UTC")
    midnight = datetime.combine(now.astimezone(zone).date(), time.min, tzinfo=zone)
    contacts = [code for code, disposition in disposition_table().items() if disposition.contact]
    counts = (
        own_calls(access)
        .filter(started_at__gte=midnight)
        .aggregate(
            calls=Count("pk", filter=~Q(disposition="")),
            contacts=Count("pk", filter=Q(disposition__in=contacts)),
            completes=Count("pk", filter=Q(disposition=COMPLETE)),
        )
    )
    mine = (
        Appointment.objects.filter(
            status=Appointment.Status.DUE,
            attempt__interviewer=access.user,
            case__population__study=access.study,
            case__status__in=[Case.Status.OPEN, Case.Status.HELD],
        )
        .select_related("case__population")
        .order_by("starts_at")[:20]
    )
    return Today(counts["calls"], counts["contacts"], counts["completes"], list(mine))
