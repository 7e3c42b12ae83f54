"""Drawing samples."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from celery import shared_task
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as translate
from django.utils.translation import override

from fieldwork.models import Sample
from fieldwork.services import sample as samples
from studies.errors import Conflict, DomainError

logger = logging.getLogger(__name__)


@shared_task(name="fieldwork.tasks.draw_sample")
def draw_sample(sample_id: int) -> None:
    """Draw a waiting sample. A second delivery finds nothing to claim; what goes wrong stands in the row."""
    sample = samples.claim_sample(sample_id=sample_id, now=timezone.now())
    if sample is None:
        return
    # What goes wrong is said to the one who ordered the draw, in their language.
    with override(sample.created_by.language if sample.created_by else None):
        _draw(sample)


def _draw(sample: Sample) -> None:
    try:
        with visible_progress(sample) as progress:
            samples.draw_sample(sample=sample, now=timezone.now(), progress=progress)
    except DomainError as error:
        samples.fail_sample(sample=sample, error=str(error))
    except DatabaseError:
        logger.exception("draw of sample %d failed in the database", sample.pk)
        reason = translate("The database refused the draw; nothing was stored. The server's log says why.")
        samples.fail_sample(sample=sample, error=reason)


def start_draw(sample_id: int) -> None:
    """Hand a committed sample to a worker; where the queue can't be reached, a beat job does it later."""
    transaction.on_commit(lambda: draw_sample.delay(sample_id), robust=True)


@shared_task(name="fieldwork.tasks.return_stuck_samples")
def return_stuck_samples() -> None:
    """Give out again what lost its worker, or never reached one."""
    for sample_id in samples.return_stuck_samples(now=timezone.now()):
        draw_sample.delay(sample_id)


@contextmanager
def visible_progress(sample: Sample) -> Iterator[Callable[[int], None]]:
    """A function that stores the percent of a claimed draw so that everybody sees it at once.

    The draw is one transaction, invisible until its end, so the percent goes through a connection of its own. That is
    also how the draw learns that it was cancelled, or given to another worker: then it stops.
    """
    other = connection.copy()
    try:

        def store(percent: int) -> None:
            with other.cursor() as cursor:
                cursor.execute(
                    "UPDATE fieldwork_sample SET progress = %s WHERE id = %s AND status = %s AND claimed_at = %s",
                    [percent, sample.pk, Sample.Status.DRAWING, sample.claimed_at],
                )
                if not cursor.rowcount:
                    raise Conflict("sample_not_waiting", translate("This draw was cancelled or taken over."))

        yield store
    finally:
        other.close()
