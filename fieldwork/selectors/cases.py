"""Cases as supervisors see them: lists, one case with its history, and why it is or isn't called now."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fieldwork.models import Appointment, CallAttempt, Case, Interview
from fieldwork.selectors.desks import calling_hours
from studies.models import Population, Study

#: A sentence, and the moment that belongs at its end.
Reason: TypeAlias = tuple[Promise | str, datetime | None]


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What is looked for; empty fields match everything."""

    population: Population | None = None
    status: str = ""
    queue: int | None = None
    number: int | None = None
    disposition: str = ""


@dataclass(frozen=True, slots=True)
class CaseFile:
    """One case with everything that happened to it."""

    case: Case
    attempts: Sequence[CallAttempt]
    appointments: Sequence[Appointment]
    interview: Interview | None
    phone_masked: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a case can be called now, and what holds it back."""

    callable_now: bool
    reasons: Sequence[Reason]


def cases_listed(study: Study, wanted: CaseFilter) -> QuerySet[Case]:
    """The cases of a study that fit, by population and number."""
    populations = [wanted.population] if wanted.population else list(study.populations.all())
    cases = Case.objects.filter(population__in=populations).select_related("population", "held_by", "phone")
    if wanted.status:
        cases = cases.filter(status=wanted.status)
    if wanted.queue is not None:
        cases = cases.filter(queue=wanted.queue, status=Case.Status.OPEN)
    if wanted.number is not None:
        cases = cases.filter(number=wanted.number)
    if wanted.disposition:
        cases = cases.filter(disposition=wanted.disposition)
    # By the columns of an index, so that a page of a million cases needs no sorting.
    return cases.order_by("population_id", "number")


def find_cases(study: Study, words: str) -> list[Case]:
    """The cases that a search means: `1827`, `KZ-1827` or the name of an interview. At most one per population."""
    cases = Case.objects.filter(population__study=study).select_related("population").order_by("population__code")
    words = words.strip()
    uid = as_uuid(words)
    if uid is not None:
        return list(cases.filter(interview__uid=uid))
    found = re.fullmatch(r"(?:(?:.*[\s-])?([A-Za-z][A-Za-z0-9]*)[\s-]+)?([0-9]{1,9})", words)
    if not found:
        return []
    cases = cases.filter(number=int(found[2]))
    return list(cases.filter(population__code__iexact=found[1]) if found[1] else cases)


def as_uuid(words: str) -> UUID | None:
    try:
        return UUID(words)
    except ValueError:
        return None


def case_file(study: Study, population: str, number: int) -> CaseFile:
    """A case by population code and number. Raises Http404. A fixed number of queries."""
    case = (
        Case.objects.select_related(
            "population__study", "replicate", "sample", "held_by", "not_for", "reserved_for", "phone"
        )
        .filter(population__study=study, population__code=population, number=number)
        .first()
    )
    if case is None:
        raise Http404
    interview = Interview.objects.filter(case=case).select_related("interviewer", "cell").first()
    return CaseFile(
        case=case,
        attempts=list(CallAttempt.objects.filter(case=case).select_related("interviewer").order_by("number")),
        appointments=list(Appointment.objects.filter(case=case).select_related("attempt__interviewer")),
        interview=interview,
        phone_masked=case.phone.masked if hasattr(case, "phone") else "",
    )


def lapsed_cases(now: datetime, most: int = 1000) -> list[int]:
    """The ids of cases whose lease has run out, the longest lapsed first."""
    lapsed = Case.objects.filter(status=Case.Status.HELD, lease_until__lt=now).order_by("lease_until")
    return list(lapsed.values_list("pk", flat=True)[:most])


def standing_of(case: Case, now: datetime) -> Standing:
    """Why an open case is or isn't called now."""
    if case.status == Case.Status.SAMPLED:
        return Standing(False, [(_("Its replicate is not released."), None)])
    if case.status == Case.Status.HELD:
        return Standing(False, [(_("An interviewer has it in hand. The lease runs out at"), case.lease_until)])
    if case.status == Case.Status.CLOSED:
        return Standing(False, [(_("It is closed."), case.closed_at)])
    reasons: list[Reason] = []
    if case.due_at is not None and case.due_at > now:
        reasons.append((_("It is not due before"), case.due_at))
    hours = calling_hours(case.population, case.time_zone)
    opening = hours.next_moment(now)
    if opening is None:
        reasons.append((_("The field period is over."), None))
    elif opening != now:
        reasons.append((_("Calling hours begin at"), opening))
    return Standing(not reasons, [*reasons, *conditions(case)])


def conditions(case: Case) -> list[Reason]:
    """Whom an open case waits for."""
    found: list[Reason] = []
    if case.needs_converter:
        found.append((_("Only for interviewers who convert refusals."), None))
    if case.not_for is not None:
        found.append((_("Not for %(name)s, whom the respondent refused.") % {"name": case.not_for.name}, None))
    if case.reserved_for is not None:
        found.append((_("First of all for %(name)s.") % {"name": case.reserved_for.name}, None))
    if case.language:
        found.append((_("For interviewers who speak %(language)s.") % {"language": case.language}, None))
    return found
