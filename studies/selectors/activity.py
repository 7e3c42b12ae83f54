from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from studies.models import ActivityLog, Study, User


def activity_of(
    study: Study,
    zone: ZoneInfo,
    *,
    action: str = "",
    person: str = "",
    day_from: date | None = None,
    day_to: date | None = None,
) -> QuerySet[ActivityLog]:
    """Rows of the log, newest first.

    `action` is a whole name or its first part (`quota`); the days are those of `zone`, both included.
    """
    rows = ActivityLog.objects.filter(study=study).select_related("actor")
    if action:
        rows = rows.filter(action=action) if "." in action else rows.filter(action__startswith=f"{action}.")
    if person:
        rows = rows.filter(actor__username=person)
    if day_from:
        rows = rows.filter(at__gte=datetime.combine(day_from, time(), zone))
    if day_to:
        rows = rows.filter(at__lt=datetime.combine(day_to + timedelta(days=1), time(), zone))
    return rows


def actions_of(study: Study) -> list[str]:
    """Names of the actions that have happened in a study."""
    return list(ActivityLog.objects.filter(study=study).order_by("action").values_list("action", flat=True).distinct())


def actors_of(study: Study) -> list[User]:
    """People who have done something in a study."""
    actors = ActivityLog.objects.filter(study=study, actor__isnull=False).values("actor")
    return list(User.objects.filter(pk__in=actors).order_by("last_name", "first_name", "username"))
