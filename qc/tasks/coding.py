from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from qc.services.coding import find_verbatims
from studies.models import Study


@shared_task(name="qc.tasks.find_verbatims")
def find_new_verbatims() -> None:
    """Enter the open answers of interviews that were completed since the last time, in every study with a frame."""
    for study in Study.objects.filter(code_frames__isnull=False).distinct():
        find_verbatims(study=study, now=timezone.now())
