"""Days of the field, each on the clock of its population."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, time, timedelta
from math import sqrt

from django.db.models import Q

from studies.models import Population


def since_midnight(path: str, moment: str, populations: Iterable[Population], now: datetime) -> Q:
    """Condition: the time in field `moment` is of today, where `path` leads to the population whose day is meant."""
    zones: dict[str, list[int]] = defaultdict(list)
    starts: dict[str, datetime] = {}
    for population in populations:
        zones[population.time_zones[0]].append(population.pk)
        starts[population.time_zones[0]] = midnight(population, now)
    condition = Q(pk__in=[])
    for zone, ids in zones.items():
        condition |= Q(**{f"{path}__in": ids, f"{moment}__gte": starts[zone]})
    return condition


def midnight(population: Population, now: datetime) -> datetime:
    """When today began for the population."""
    return datetime.combine(now.astimezone(population.zone).date(), time(), population.zone)


def field_days(population: Population) -> int:
    """Length of the field period in days, both ends included."""
    return (population.field_end - population.field_start).days + 1


def days_gone(population: Population, now: datetime) -> float:
    """How much of the field period has passed, in days: whole days, and of today the share of the calling hours.

    0 before the field begins, `field_days` after it has ended.
    """
    local = now.astimezone(population.zone)
    whole = (local.date() - population.field_start).days
    if whole < 0:
        return 0.0
    opens = timedelta(hours=population.calling_start.hour, minutes=population.calling_start.minute)
    closes = timedelta(hours=population.calling_end.hour, minutes=population.calling_end.minute)
    clock = timedelta(hours=local.hour, minutes=local.minute)
    today = min(max((clock - opens) / (closes - opens), 0.0), 1.0)
    return min(whole + today, float(field_days(population)))


def planned_by_now(population: Population, now: datetime) -> int:
    """Interviews that would be complete now if they were spread evenly over the field period."""
    return round(population.target * days_gone(population, now) / field_days(population))


def falls_short(*, target: int, complete: int, gone: float, total: int) -> bool:
    """Whether a cell will not be full at the end of the field if it goes on as until now.

    Completes are taken as counts of a Poisson process: a cell is at risk where even a pace one standard error above the
    one observed, (n + sqrt(n + 1)) / gone, does not reach the target in `total` days. Before a whole day has gone
    nothing is judged.
    """
    if complete >= target:
        return False
    if gone < 1:
        return False
    return (complete + sqrt(complete + 1)) * total / gone < target
