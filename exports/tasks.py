from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from exports.services.releases import requeue_stuck_releases, write_release


@shared_task
def write_release_files(release_id: int) -> None:
    """Write one release; harmless when delivered twice."""
    write_release(release_id=release_id, clock=timezone.now)


@shared_task
def return_stuck_releases() -> None:
    """Start releases again whose worker died."""
    for release_id in requeue_stuck_releases(now=timezone.now()):
        write_release_files.delay(release_id)
