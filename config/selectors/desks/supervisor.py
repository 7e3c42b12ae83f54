from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Min, Q, QuerySet

from config.selectors.desks.days import (
    days_gone,
    falls_short,
    field_days,
    midnight,
    planned_by_now,
    since_midnight,
)
from fieldwork.models import CallAttempt, Case, Interview, QuotaCell, Replicate, Seat
from qc.models import Audit, FollowUp
from studies.models import Population

#: Fresh numbers are used up at the pace of the last days.
PACE_DAYS = 3


@dataclass(frozen=True)
class CellAtRisk:
    """A quota cell that will not be full in time at its pace until now."""

    cell: QuotaCell
    complete: int

    @property
    def missing(self) -> int:
        return self.cell.target - self.complete


@dataclass
class PopulationField:
    """How the field of one population stands."""

    population: Population
    complete: int = 0
    held: int = 0
    complete_today: int = 0
    attempts_today: int = 0
    planned: int = 0
    day: int = 0
    days: int = 0
    cells: int = 0
    cells_full: int = 0
    at_risk: list[CellAtRisk] = field(default_factory=list)
    fresh: int = 0
    fresh_per_day: float = 0
    replicates: int = 0
    replicates_released: int = 0
    appointments_due: int = 0
    callbacks_due: int = 0
    audits_waiting: int = 0
    oldest_audit: datetime | None = None
    heard: int = 0
    follow_ups: int = 0
    on_a_case: list[CallAttempt] = field(default_factory=list)

    @property
    def fresh_days(self) -> int | None:
        """Days for which the fresh numbers last at the pace of the last days; None while nobody calls."""
        return int(self.fresh / self.fresh_per_day) if self.fresh_per_day else None

    @property
    def running(self) -> bool:
        """Whether today is a day of the field period."""
        return 0 < self.day <= self.days

    @property
    def behind(self) -> bool:
        return self.running and self.complete < self.planned


def population_fields(populations: Sequence[Population], now: datetime) -> dict[int, PopulationField]:
    """The field of each population by its id. A fixed number of queries."""
    fields = {population.pk: _empty(population, now) for population in populations}
    _count_interviews(fields, populations, now)
    _count_cells(fields, populations, now)
    _count_cases(fields, populations, now)
    _count_attempts(fields, populations, now)
    _count_replicates(fields, populations)
    _count_audits(fields, populations)
    return fields


def _empty(population: Population, now: datetime) -> PopulationField:
    day = (now.astimezone(population.zone).date() - population.field_start).days + 1
    return PopulationField(population, planned=planned_by_now(population, now), day=day, days=field_days(population))


def _rows(queryset: QuerySet[Any], path: str, **numbers: Any) -> list[tuple[int, dict[str, Any]]]:
    """Numbers grouped by the population that `path` leads to."""
    return [(row[path], row) for row in queryset.order_by().values(path).annotate(**numbers)]


def accepted(interviews: QuerySet[Interview]) -> QuerySet[Interview]:
    """Completes that count: not rejected by an audit."""
    return interviews.filter(status=Interview.Status.COMPLETED, rejected_at=None)


def _count_interviews(fields: dict[int, PopulationField], populations: Sequence[Population], now: datetime) -> None:
    complete = accepted(Interview.objects.filter(population__in=populations))
    today = since_midnight("population", "ended_at", populations, now)
    for key, row in _rows(complete, "population", number=Count("pk"), today=Count("pk", filter=today)):
        fields[key].complete, fields[key].complete_today = row["number"], row["today"]
    held = Seat.objects.filter(status=Seat.Status.HELD, lease_until__gt=now, cell__quota__population__in=populations)
    for key, row in _rows(held, "cell__quota__population", number=Count("interview", distinct=True)):
        fields[key].held = row["number"]


def _count_cells(fields: dict[int, PopulationField], populations: Sequence[Population], now: datetime) -> None:
    complete = Count("seats", filter=Q(seats__status=Seat.Status.COMPLETE))
    cells = QuotaCell.objects.filter(quota__population__in=populations).select_related("quota")
    for cell in cells.annotate(complete=complete).order_by("quota", "position"):
        counted: int = cell.complete
        one = fields[cell.quota.population_id]
        one.cells += 1
        one.cells_full += counted >= cell.target
        gone = days_gone(one.population, now)
        if not cell.closed and falls_short(target=cell.target, complete=counted, gone=gone, total=one.days):
            one.at_risk.append(CellAtRisk(cell, counted))
    for one in fields.values():
        one.at_risk.sort(key=lambda risk: -risk.missing)


def _count_cases(fields: dict[int, PopulationField], populations: Sequence[Population], now: datetime) -> None:
    waiting = Case.objects.filter(population__in=populations, status=Case.Status.OPEN)
    # One query each: then every one of them is answered from its own narrow index.
    for key, row in _rows(waiting.filter(queue=Case.Queue.FRESH), "population", number=Count("*")):
        fields[key].fresh = row["number"]
    due = waiting.filter(due_at__lte=now)
    for key, row in _rows(due.filter(queue=Case.Queue.APPOINTMENT), "population", number=Count("*")):
        fields[key].appointments_due = row["number"]
    for key, row in _rows(due.filter(queue=Case.Queue.CALLBACK), "population", number=Count("*")):
        fields[key].callbacks_due = row["number"]


def _count_attempts(fields: dict[int, PopulationField], populations: Sequence[Population], now: datetime) -> None:
    attempts = CallAttempt.objects.filter(case__population__in=populations)
    today = since_midnight("case__population", "started_at", populations, now)
    for key, row in _rows(attempts.filter(today), "case__population", number=Count("*")):
        fields[key].attempts_today = row["number"]
    since = now - timedelta(days=PACE_DAYS)
    first = attempts.filter(number=1, started_at__gte=since)
    for key, row in _rows(first, "case__population", number=Count("*")):
        one = fields[key]
        # In the first days of the field the pace is that of the days there were.
        begun = midnight(one.population, now) - timedelta(days=max(one.day - 1, 0))
        days = min((now - begun) / timedelta(days=1), float(PACE_DAYS))
        one.fresh_per_day = row["number"] / max(days, 0.25)
    running = attempts.filter(ended_at=None, case__held_by__isnull=False)
    for attempt in running.select_related("interviewer", "case").order_by("started_at"):
        fields[attempt.case.population_id].on_a_case.append(attempt)


def _count_replicates(fields: dict[int, PopulationField], populations: Sequence[Population]) -> None:
    replicates = Replicate.objects.filter(sample__population__in=populations)
    released = Count("pk", filter=Q(released_at__isnull=False))
    for key, row in _rows(replicates, "sample__population", number=Count("*"), released=released):
        fields[key].replicates, fields[key].replicates_released = row["number"], row["released"]


def _count_audits(fields: dict[int, PopulationField], populations: Sequence[Population]) -> None:
    audits = Audit.objects.filter(interview__population__in=populations)
    path = "interview__population"
    for key, row in _rows(
        audits,
        path,
        waiting=Count("pk", filter=Q(status=Audit.Status.OPEN)),
        oldest=Min("created_at", filter=Q(status=Audit.Status.OPEN)),
        heard=Count(
            "interview",
            distinct=True,
            filter=Q(
                status=Audit.Status.DONE,
                interview__status=Interview.Status.COMPLETED,
                interview__rejected_at=None,
            ),
        ),
    ):
        one = fields[key]
        one.audits_waiting, one.oldest_audit, one.heard = row["waiting"], row["oldest"], row["heard"]
    open_ones = FollowUp.objects.filter(interview__population__in=populations, settled_at=None)
    for key, row in _rows(open_ones, path, number=Count("*")):
        fields[key].follow_ups = row["number"]
