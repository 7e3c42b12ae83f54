"""Measuring recordings, and clearing up after uploads that broke."""

from celery import shared_task
from django.utils import timezone

from fieldwork.services import recordings


@shared_task(name=recordings.MEASURE_TASK)
def measure_recording(recording_id: int) -> None:
    """Find out duration and waveform of one recording."""
    recordings.measure_recording(recording_id=recording_id, now=timezone.now())


@shared_task(name="fieldwork.tasks.return_stuck_recordings")
def return_stuck_recordings() -> None:
    """Queue recordings again whose worker or message got lost."""
    recordings.return_stuck(now=timezone.now())


@shared_task(name="fieldwork.tasks.remove_orphaned_recordings")
def remove_orphaned_recordings() -> None:
    """Clear away what broken uploads have left on the disk."""
    recordings.remove_orphans(now=timezone.now())
