"""How much waits in the rooms of a study: the numbers beside the places in the frame, in one query."""

from __future__ import annotations

from collections.abc import Sequence, Set
from datetime import datetime
from typing import Any

from django.db.models import Count, Exists, IntegerField, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from config.selectors.desks.interviewer import own_appointments
from fieldwork.models import Recording
from qc.models import Audit, Coding, FollowUp, Verbatim
from studies.models import Study, User
from studies.models.study import Role


def waiting_in(
    study: Study, user: User, roles: Set[str], now: datetime, languages: Sequence[str] = ()
) -> dict[str, int]:
    """Number of things that wait for somebody with `roles` in `study`, by name. One query.

    `languages`: those in which the person codes (none: all).
    """
    counts: dict[str, Any] = {}
    if Role.INTERVIEWER in roles:
        counts["appointments"] = _number(own_appointments(user, now).filter(case__population__study=study))
    if roles & {Role.SUPERVISOR, Role.LEAD}:
        counts["recordings"] = _number(Recording.objects.filter(population__study=study, attempt=None))
        counts["follow_ups"] = _number(FollowUp.objects.filter(study=study, settled_at=None))
        counts["audits"] = _number(Audit.objects.filter(interview__population__study=study, status=Audit.Status.OPEN))
    if roles & {Role.CODER, Role.SUPERVISOR, Role.LEAD}:
        coded = Coding.objects.filter(verbatim=OuterRef("pk"), final=True)
        verbatims = Verbatim.objects.filter(~Exists(coded), frame__study=study)
        counts["verbatims"] = _number(verbatims.filter(language__in=languages) if languages else verbatims)
    if not counts:
        return {}
    # Annotations must not have the names of relations, such as follow_ups.
    counted = Study.objects.filter(pk=study.pk).values_list(*counts.values())
    return dict(zip(counts, counted[0], strict=True))


def _number(rows: QuerySet[Any, Any]) -> Coalesce:
    """The number of rows as a subquery; an aggregate without rows would be NULL."""
    counted = rows.order_by().annotate(_all=Value(1)).values("_all").annotate(_number=Count("*")).values("_number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
