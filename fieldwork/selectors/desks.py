"""What one interviewer may be given now: populations, calling hours, skills; and why nothing is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fieldwork.call_rules import RESERVATION_GRACE, CallingHours
from fieldwork.models import Case
from studies.access import StudyAccess
from studies.models import Population, Study, StudyMember
from studies.models.study import Role

# Which waiting case comes first is asked up to four times with every call of every interviewer, so these statements are
# written by hand: Django takes ten times as long to write one as PostgreSQL to answer it.

#: The open cases of a population that one person may be given, whenever they are due. Soft refusals go to converters
#: only, and not to the person who was refused. A hard appointment waits a little for the person who made it.
MINE = """
    population_id = %(population)s AND status = 'open'
    AND (not_for_id IS NULL OR not_for_id <> %(me)s)
    AND (reserved_for_id IS NULL OR reserved_for_id = %(me)s OR due_at <= %(grace)s)
    AND (%(every_language)s OR language = ANY(%(languages)s))
    AND (%(converts)s OR NOT needs_converter)
"""
#: Where the respondent's clock allows a call now. A number whose zone is not among the population's is treated as one
#: whose zone is unknown.
CALLABLE = "(%(open_everywhere)s OR time_zone = ANY(%(open_zones)s))"
DUE = f"due_at <= %(now)s AND {CALLABLE}"
#: What may be called now from each queue, and its order; ties are broken by the random order of the sample. One partial
#: index of Case serves each. The respondent chose the time of an appointment, even where it is outside calling hours,
#: but nobody is called after the field period.
QUEUES: dict[Case.Queue, tuple[str, str]] = {
    Case.Queue.APPOINTMENT: (
        f"due_at <= %(now)s AND ({CALLABLE} OR (%(in_field)s AND due_until >= %(now)s))",
        "due_until, shuffle",
    ),
    Case.Queue.CALLBACK: (DUE, "due_at, shuffle"),
    Case.Queue.RETRY: (DUE, "attempts, due_at, shuffle"),
    Case.Queue.FRESH: (CALLABLE, "shuffle"),
}
#: Locks the first case of a queue that nobody else has locked; its row is what comes back.
FIRST_DUE: dict[Case.Queue, str] = {
    queue: f"SELECT * FROM fieldwork_case WHERE {MINE} AND queue = {queue.value} AND {due} "  # noqa: S608 - no values
    f"ORDER BY {order} LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED"
    for queue, (due, order) in QUEUES.items()
}
#: When the first of a population's cases is due, from the front of each index: before calling hours begin everybody
#: asks, and reading a million cases each time would hold up the others. Of fresh numbers, which are all due since they
#: were released, any one does. Retries are ordered by attempts first, so that each number of attempts has a front.
SOONEST = f"""
    SELECT min(due_at) FROM (
        (SELECT due_at FROM fieldwork_case WHERE {MINE} AND queue = 4 ORDER BY shuffle LIMIT 1)
        UNION ALL
        (SELECT min(due_at) FROM fieldwork_case WHERE {MINE} AND queue = 1)
        UNION ALL
        (SELECT due_at FROM fieldwork_case WHERE {MINE} AND queue = 2 ORDER BY due_at, shuffle LIMIT 1)
        UNION ALL
        SELECT first.due_at FROM generate_series(0, (
            SELECT max(attempts) FROM fieldwork_case
            WHERE population_id = %(population)s AND status = 'open' AND queue = 3
        )) AS tried, LATERAL (
            SELECT due_at FROM fieldwork_case WHERE {MINE} AND queue = 3 AND attempts = tried
            ORDER BY due_at, shuffle LIMIT 1
        ) AS first
    ) AS fronts
"""  # noqa: S608 - no values

REASONS: dict[str, Promise] = {
    "study_closed": _("The study is closed: nobody is called any more."),
    "no_population": _(
        "No target population of this study fits your languages. Ask the project lead to check your membership."
    ),
    "field_not_begun": _("The field period has not begun."),
    "field_over": _("The field period is over."),
    "no_sample": _("No numbers are released. A supervisor can release a replicate of the sample."),
    "outside_hours": _("It is outside calling hours for the respondents."),
    "for_others": _("What is due now waits for interviewers with other languages or for those who convert refusals."),
    "nothing_due": _("Nothing is due now: every released number waits for its next call."),
}


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why there is no case, and when the next one can be (None where nobody knows)."""

    reason: str
    next_due_at: datetime | None = None

    @property
    def message(self) -> Promise:
        return REASONS[self.reason]


def calling_hours(population: Population, time_zone: str = "") -> CallingHours:
    """The calling hours of a number: in its own zone if it is known, else in every zone of the population."""
    zones = (time_zone,) if time_zone else tuple(population.time_zones)
    return CallingHours(
        zones=tuple(ZoneInfo(name) for name in zones),
        opens=population.calling_start,
        closes=population.calling_end,
        first_day=population.field_start,
        last_day=population.field_end,
    )


@dataclass(frozen=True, slots=True)
class Desk:
    """One interviewer's work in one study at one moment."""

    member: StudyMember
    populations: tuple[Population, ...]
    now: datetime

    def terms(self, population: Population) -> dict[str, Any]:
        """What the statements above ask for, by name."""
        zones = population.time_zones
        open_zones = [zone for zone in zones if calling_hours(population, zone).allow(self.now)]
        return {
            "population": population.pk,
            "me": self.member.user_id,
            "now": self.now,
            "grace": self.now - RESERVATION_GRACE,
            "every_language": not self.member.languages,
            "languages": ["", *self.member.languages],
            "converts": self.member.converts_refusals,
            "open_everywhere": len(open_zones) == len(zones),
            "open_zones": open_zones,
            "in_field": population.field_start <= self.now.astimezone(population.zone).date() <= population.field_end,
        }


def desk_of(access: StudyAccess, now: datetime) -> Desk:
    """The desk of an interviewer of the study. Raises PermissionDenied for anybody else."""
    member = access.member(Role.INTERVIEWER)
    populations = list(member.populations.all()) or list(Population.objects.filter(study=access.study))
    speaks = set(member.languages)
    return Desk(
        member=member,
        populations=tuple(one for one in populations if not speaks or speaks & set(one.languages)),
        now=now,
    )


def why_nothing(desk: Desk) -> Nothing:
    """Why the desk has no case now, where it has none."""
    if desk.member.study.status == Study.Status.CLOSED:
        return Nothing("study_closed")
    if not desk.populations:
        return Nothing("no_population")
    openings = [calling_hours(population).next_moment(desk.now) for population in desk.populations]
    possible = [opening for opening in openings if opening is not None]
    if not possible:
        return Nothing("field_over")
    if all(desk.now.astimezone(one.zone).date() < one.field_start for one in desk.populations):
        return Nothing("field_not_begun", min(possible))
    waiting = [moment for one in desk.populations if (moment := next_due(desk, one)) is not None]
    if not waiting:
        others = Case.objects.filter(population__in=desk.populations, status=Case.Status.OPEN).exists()
        return Nothing("for_others" if others else "no_sample")
    if any(opening == desk.now for opening in possible):
        return Nothing("nothing_due", min(waiting))
    return Nothing("outside_hours", min(waiting))


def next_due(desk: Desk, population: Population) -> datetime | None:
    """When the first case of a population can be given to this person, reckoned with calling hours in all its zones."""
    with connection.cursor() as cursor:
        cursor.execute(SOONEST, desk.terms(population))
        (soonest,) = cursor.fetchone()
    if soonest is None:
        return None
    return calling_hours(population).next_moment(max(soonest, desk.now)) or soonest


def speaks_language(study: Study, language: str) -> bool:
    """Whether some interviewer of the study holds interviews in the language."""
    interviewers = StudyMember.objects.filter(study=study, role=Role.INTERVIEWER)
    return interviewers.filter(Q(languages=[]) | Q(languages__contains=[language])).exists()
