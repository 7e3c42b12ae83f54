from __future__ import annotations

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from exports.services.releases import requeue_stuck_releases, write_release


@shared_task
def write_release_files(release_id: int) -> None:
    """Write one release; harmless when delivered twice."""
    write_release(release_id=release_id, clock=timezone.now)


def start_writing(release_id: int) -> None:
    """Start the task once the release's row is committed; a rolled-back request starts nothing."""
    transaction.on_commit(lambda: write_release_files.delay(release_id))


@shared_task
def return_stuck_releases() -> None:
    """Start releases again whose worker died."""
    for release_id in requeue_stuck_releases(now=timezone.now()):
        write_release_files.delay(release_id)
