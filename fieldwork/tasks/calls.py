"""Taking cases back from interviewers who gave no sign of life."""

from celery import shared_task
from django.utils import timezone

from fieldwork.services import calls


@shared_task(name="fieldwork.tasks.expire_leases")
def expire_leases() -> None:
    """Give cases with a lapsed lease back to their queues; run by beat."""
    calls.expire_leases(now=timezone.now())
