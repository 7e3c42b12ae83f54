"""Interviews as the API, audits, coding and data files read them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fieldwork.models import CallAttempt, Interview, JournalEntry
from studies.models import Population, Study, StudyMember, User
from studies.models.study import Role

REFUSALS: dict[str, Promise] = {
    "unknown_item": _("There is no such question in this questionnaire."),
    "not_on_route": _("This question is not asked of this respondent (any more)."),
    "invalid_answer": _("The answer does not fit the question."),
    "unknown_language": _("The questionnaire is not available in this language."),
    "unknown_kind": _("The server does not know this kind of entry."),
    "nothing_before": _("There is no question before the first."),
    "paused": _("The interview is interrupted. Go on with it first."),
    "stopped": _("The interview was stopped."),
    "ended": _("The interview had ended already: this was kept, but it is not among the answers."),
}


def refusal_message(code: str) -> str:
    """What a refused entry means, in words."""
    return str(REFUSALS.get(code, _("The server did not accept this entry.")))


def own_interview(user: User, uid: UUID) -> Interview:
    """An interview that this interviewer had in hand, with what tells whether it still is in hand.

    Few columns: this is asked with every batch of a journal. Whoever lost it to somebody else still gets it here; the
    epoch tells them so. Raises Http404 for strangers of the study and PermissionDenied for everybody who never had it.
    """
    interviewers = StudyMember.objects.filter(study=OuterRef("population__study"), user=user, role=Role.INTERVIEWER)
    calls = CallAttempt.objects.filter(case=OuterRef("case"), interviewer=user)
    interview = (
        Interview.objects.select_related("case", "attempt")
        .only("uid", "case__lease_until", "attempt__number", "attempt__case", "attempt__interviewer")
        .filter(Exists(interviewers), Exists(calls), uid=uid)
        .first()
    )
    if interview is not None:
        return interview
    if Interview.objects.filter(uid=uid, population__study__members__user=user).exists():
        raise PermissionDenied
    raise Http404


def accepted_interviews(
    study: Study, populations: Iterable[Population] | None = None, include_partials: bool = False
) -> QuerySet[Interview]:
    """The interviews that count: complete (and partial, if asked), not rejected by an audit. In order of their ends."""
    statuses = [Interview.Status.COMPLETED]
    if include_partials:
        statuses.append(Interview.Status.PARTIAL)
    found = Interview.objects.filter(population__study=study, status__in=statuses, rejected_at__isnull=True)
    if populations is not None:
        found = found.filter(population__in=list(populations))
    return found.order_by("ended_at", "pk")


def study_interviews(study: Study) -> QuerySet[Interview]:
    """All interviews of a study, without their answers."""
    return (
        Interview.objects.filter(population__study=study)
        .select_related("population__study", "case", "version")
        .defer("answers", "calculated", "off_route", "version__form", "version__script", "version__problems")
    )


def languages_used(interview: Interview) -> list[str]:
    """The languages in which something was said, in the order of their first use."""
    used = [interview.first_language or interview.language]
    entries = JournalEntry.objects.filter(interview=interview).exclude(language="").order_by("seq")
    for language in entries.values_list("language", flat=True):
        if language not in used:
            used.append(language)
    return used


@dataclass(frozen=True, slots=True)
class Sitting:
    """One call's part of an interview: its first and last entries, by the browser's clock and the interview's."""

    attempt: int
    began_at: datetime
    ended_at: datetime
    from_ms: int
    to_ms: int


def sittings_of(interview: Interview) -> Sequence[Sitting]:
    """The calls in which the interview was held, first to last."""
    sittings: dict[int, Sitting] = {}
    entries = JournalEntry.objects.filter(interview=interview).order_by("seq")
    for number, at, elapsed in entries.values_list("attempt__number", "at", "elapsed_ms"):
        before = sittings.get(number)
        began_at, from_ms = (before.began_at, before.from_ms) if before else (at, elapsed)
        sittings[number] = Sitting(number, began_at, at, from_ms, elapsed)
    return list(sittings.values())
