"""Drawing audits as interviews complete, and returning those that were left lying."""

from celery import shared_task
from django.utils import timezone

from qc.models import AuditPlan
from qc.services.audits import draw_audits, return_forgotten


@shared_task(name="qc.tasks.draw_audits")
def draw_all_audits() -> None:
    """Draw for every study that has a plan."""
    for plan in AuditPlan.objects.filter(revealed_at__isnull=True).select_related("study"):
        draw_audits(study=plan.study, now=timezone.now())


@shared_task(name="qc.tasks.return_forgotten_audits")
def return_forgotten_audits() -> None:
    """Put audits back that were taken long ago and never judged."""
    return_forgotten(now=timezone.now())
