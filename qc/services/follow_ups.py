"""Settling what an audit's verdict has opened."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from qc.models import FollowUp
from studies.errors import Conflict, InvalidInput
from studies.models import User
from studies.services.activity import log_activity


@transaction.atomic
def settle_follow_up(*, follow_up: FollowUp, outcome: str, actor: User, now: datetime) -> FollowUp:
    """Write down what was done, and close the follow-up.

    Raises:
        InvalidInput: nothing is written down.
        Conflict: it is settled already.
    """
    outcome = outcome.strip()
    if not outcome:
        raise InvalidInput("outcome_missing", _("Write down what was done."), {"outcome": _("missing")})
    locked = FollowUp.objects.select_for_update(of=("self",)).select_related("study").get(pk=follow_up.pk)
    if locked.settled_at is not None:
        raise Conflict("already_settled", _("This is settled already."))
    locked.outcome = outcome
    locked.settled_at = now
    locked.settled_by = actor
    locked.save(update_fields=["outcome", "settled_at", "settled_by"])
    log_activity(
        study=locked.study,
        actor=actor,
        action="follow_up.settled",
        target=locked,
        data={"outcome": outcome},
        now=now,
    )
    return locked
