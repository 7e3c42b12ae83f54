"""Taking cases back from interviewers who gave no sign of life."""

from celery import shared_task
from django.utils import timezone

from fieldwork.selectors.cases import lapsed_cases
from fieldwork.services import calls

#: Seconds between two rounds of the clock: what no worker has taken by then is given out again by the next one.
ROUND_S = 30


@shared_task(name="fieldwork.tasks.expire_leases")
def expire_leases() -> None:
    """Give cases with a lapsed lease back to their queues; run by beat.

    Each has a task of its own: one that cannot be settled fails by itself, and those behind it do not wait for it.
    """
    for case in lapsed_cases(timezone.now()):
        expire_lease.apply_async((case,), expires=ROUND_S)


@shared_task(name="fieldwork.tasks.expire_lease")
def expire_lease(case: int) -> None:
    """Give one case back to its queue, if its lease has still run out."""
    calls.expire_lease(case_id=case, now=timezone.now())
