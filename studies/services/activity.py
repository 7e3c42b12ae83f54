from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import models

from studies.models import ActivityLog, Study, User


def log_activity(
    *,
    study: Study | None,
    actor: User | None,
    action: str,
    target: models.Model | None = None,
    data: Mapping[str, Any] | None = None,
    now: datetime,
) -> ActivityLog:
    """Add one row to the activity log, in the caller's transaction, so that act and log stand or fall together."""
    name = f"{target._meta.model_name}:{target.pk}" if target is not None else ""
    return ActivityLog.objects.create(
        study=study, actor=actor, action=action, target=name, data=dict(data or {}), at=now
    )
