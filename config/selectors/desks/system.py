"""The administrator's desk: people, studies, and whether the house stands."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import connection
from django.db.models import Count, Model, Q

from config import environment
from exports.models import Release
from fieldwork.models import Recording, Sample
from studies.models import Study, User

#: Work that nobody has touched for so long is stuck: the beat job gives it out again well before.
STUCK_AFTER = timedelta(minutes=30)


@dataclass(frozen=True)
class WorkState:
    """Long tasks of one kind: how many wait, run, are stuck, and have failed."""

    kind: str
    waiting: int
    running: int
    stuck: int
    failed: int


@dataclass(frozen=True)
class SystemState:
    people: int
    closed_accounts: int
    administrators: int
    without_role: int
    studies: dict[str, int]
    work: list[WorkState]
    #: Messages in the queue that no worker has taken; None where the queue can't be reached.
    queued: int | None
    database_bytes: int
    disk_free: int
    disk_total: int

    @property
    def disk_low(self) -> bool:
        return self.disk_free < 5 * 1024**3 or self.disk_free < self.disk_total // 20


def system_state(now: datetime) -> SystemState:
    people = User.objects.aggregate(
        active=Count("pk", filter=Q(is_active=True)),
        closed=Count("pk", filter=Q(is_active=False)),
        administrators=Count("pk", filter=Q(is_active=True, is_superuser=True)),
        without_role=Count("pk", filter=Q(is_active=True, is_superuser=False, memberships__isnull=True)),
    )
    studies = Study.objects.order_by().values("status").annotate(number=Count("*"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        size = int(cursor.fetchone()[0])
    disk = shutil.disk_usage(settings.DATA_DIR)
    return SystemState(
        people=people["active"],
        closed_accounts=people["closed"],
        administrators=people["administrators"],
        without_role=people["without_role"],
        studies={row["status"]: row["number"] for row in studies},
        work=_work(now),
        queued=_queued(),
        database_bytes=size,
        disk_free=disk.free,
        disk_total=disk.total,
    )


def _work(now: datetime) -> list[WorkState]:
    kinds: Mapping[str, tuple[type[Model], str, str, str]] = {
        "samples": (Sample, Sample.Status.QUEUED, Sample.Status.DRAWING, Sample.Status.FAILED),
        "recordings": (Recording, Recording.Status.UPLOADED, Recording.Status.MEASURING, Recording.Status.FAILED),
        "releases": (Release, Release.Status.QUEUED, Release.Status.WRITING, Release.Status.FAILED),
    }
    states = []
    for kind, (model, waiting, running, failed) in kinds.items():
        numbers = model._default_manager.aggregate(
            waiting=Count("pk", filter=Q(status=waiting)),
            running=Count("pk", filter=Q(status=running)),
            stuck=Count("pk", filter=Q(status=running, claimed_at__lt=now - STUCK_AFTER)),
            failed=Count("pk", filter=Q(status=failed)),
        )
        states.append(WorkState(kind, **numbers))
    return states


def _queued() -> int | None:
    client = redis.Redis.from_url(
        environment.redis_database(settings.REDIS_URL, 0), socket_connect_timeout=1, socket_timeout=1
    )
    try:
        return int(client.llen("celery"))
    except redis.RedisError:
        return None
    finally:
        client.close()
