"""Lists of audits and follow-ups: what waits, what is done, and interviews that can be audited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from fieldwork.models import Interview, Recording
from qc.models import Audit, FollowUp
from qc.selectors.audit_queue import audible_audits, audits_of
from studies.models import Study, User


@dataclass(frozen=True)
class AuditRow:
    """An audit in a list. `sound_ms` is the length of its recordings, 0 where there are none yet."""

    audit: Audit
    sound_ms: int
    waited: timedelta

    @property
    def hours(self) -> int:
        return int(self.waited.total_seconds() // 3600)


_SHOWN = ("interview__case", "interview__population", "interview__interviewer", "auditor")


def _with_sound(audits: QuerySet[Audit]) -> QuerySet[Audit]:
    length = (
        Recording.objects.filter(attempt=OuterRef("interview__attempt"), status=Recording.Status.READY)
        .order_by()
        .values("attempt")
        .annotate(length=Sum("duration_ms"))
        .values("length")
    )
    return audits.select_related(*_SHOWN).annotate(length_ms=Coalesce(Subquery(length), 0))


def waiting_audits(study: Study, auditor: User) -> QuerySet[Audit]:
    """Audits that wait, the oldest first, with the length of their sound as `length_ms`."""
    return _with_sound(audits_of(study, auditor).filter(status=Audit.Status.OPEN)).order_by("created_at", "pk")


def audits_in_work(study: Study, auditor: User) -> list[Audit]:
    """Audits that are being heard, by whomever."""
    rows = audits_of(study, auditor).filter(status=Audit.Status.CLAIMED).select_related(*_SHOWN)
    return list(rows.order_by("claimed_at", "pk"))


def judged_audits(study: Study, auditor: User, *, verdict: str = "", interviewer: str = "") -> QuerySet[Audit]:
    """Audits that were judged, the newest first."""
    found = audits_of(study, auditor).filter(status=Audit.Status.DONE).select_related(*_SHOWN)
    if verdict:
        found = found.filter(verdict=verdict)
    if interviewer:
        found = found.filter(interview__interviewer__username=interviewer)
    return found.order_by("-judged_at", "-pk")


def audit_rows(audits: list[Audit], now: datetime) -> list[AuditRow]:
    """Rows of `waiting_audits`."""
    return [AuditRow(audit, getattr(audit, "length_ms", 0), now - audit.created_at) for audit in audits]


@dataclass(frozen=True)
class QueueCounts:
    """How many audits wait, how many of them can be heard now, and since when the oldest of those waits."""

    waiting: int
    audible: int
    oldest: datetime | None


def queue_counts(study: Study, auditor: User) -> QueueCounts:
    """Counts for the head of the queue, in three queries."""
    audible = audible_audits(study, auditor)
    oldest = audible.values_list("created_at", flat=True).first()
    waiting = audits_of(study, auditor).filter(status=Audit.Status.OPEN).count()
    return QueueCounts(waiting, audible.count(), oldest)


def interview_of_case(study: Study, population: str, number: int) -> Interview | None:
    """The interview of a case by population code and case number, with what an audit needs."""
    return (
        Interview.objects.filter(population__study=study, population__code=population, case__number=number)
        .select_related("population__study", "case")
        .first()
    )


def follow_ups(study: Study, reader: User, *, settled: bool) -> QuerySet[FollowUp]:
    """Follow-ups of a study: those to be settled, the oldest first, or the settled ones, the newest first.

    Those about an interview of the reader's own are left out.
    """
    found = (
        FollowUp.objects.filter(study=study, settled_at__isnull=not settled)
        .exclude(interview__interviewer=reader)
        .select_related("interview__case", "interview__population", "interview__interviewer")
        .select_related("audit__auditor", "settled_by")
    )
    return found.order_by("-settled_at", "-pk") if settled else found.order_by("opened_at", "pk")
