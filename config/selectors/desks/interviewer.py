from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Avg, Count, Q, QuerySet

from config.selectors.desks.days import since_midnight
from fieldwork.models import Appointment, CallAttempt, Case, Interview
from studies.models import Population, User

#: How far ahead one's appointments are shown.
AHEAD = timedelta(hours=24)


@dataclass
class InterviewerDesk:
    """An interviewer's day in one study."""

    running: CallAttempt | None = None
    attempts_today: int = 0
    completes_today: int = 0
    mean_ms: int | None = None
    appointments: list[Appointment] = field(default_factory=list)


def interviewer_desks(user: User, populations: Sequence[Population], now: datetime) -> dict[int, InterviewerDesk]:
    """An interviewer's desks by study id, for the studies of `populations`. Four queries."""
    desks: dict[int, InterviewerDesk] = defaultdict(InterviewerDesk)
    attempts = CallAttempt.objects.filter(
        since_midnight("case__population", "started_at", populations, now), interviewer=user
    ).exclude(disposition="")
    for row in attempts.order_by().values("case__population__study").annotate(attempts=Count("*")):
        desks[row["case__population__study"]].attempts_today = row["attempts"]
    complete = Interview.objects.filter(
        since_midnight("population", "ended_at", populations, now),
        interviewer=user,
        status=Interview.Status.COMPLETED,
    )
    numbers = complete.order_by().values("population__study")
    for row in numbers.annotate(completes=Count("*"), mean=Avg("duration_ms")):
        desk = desks[row["population__study"]]
        desk.completes_today, desk.mean_ms = row["completes"], round(row["mean"])
    for appointment in own_appointments(user, now).filter(case__population__in=populations):
        desks[appointment.case.population.study_id].appointments.append(appointment)
    running = CallAttempt.objects.filter(interviewer=user, ended_at=None, case__held_by=user)
    for attempt in running.select_related("case__population__study", "case__interview"):
        desks[attempt.case.population.study_id].running = attempt
    return desks


def own_appointments(user: User, now: datetime) -> QuerySet[Appointment]:
    """Appointments due within the next day (or overdue) that the person made or that wait for them."""
    return (
        Appointment.objects.filter(
            Q(case__reserved_for=user) | Q(attempt__interviewer=user),
            status=Appointment.Status.DUE,
            case__status=Case.Status.OPEN,
            starts_at__lt=now + AHEAD,
        )
        .select_related("case__population__study")
        .order_by("starts_at", "pk")
    )
