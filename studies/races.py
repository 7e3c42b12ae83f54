"""Two who make the same thing at the same moment: the database lets one through, and the other is told.

Services look first whether a name is taken, and say so in words of their own. Between that look and the write somebody
else can be faster, or the same person by a double click; then a unique constraint holds.
"""

from __future__ import annotations

import logging

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _
from psycopg.errors import UniqueViolation

from studies.errors import Conflict

logger = logging.getLogger(__name__)


def lost_race(error: BaseException) -> Conflict | None:
    """The refusal for whoever came second; None where `error` is something else."""
    cause = error.__cause__
    if not isinstance(error, IntegrityError) or not isinstance(cause, UniqueViolation):
        return None
    # Only the constraint's name: the database's own words quote the values.
    logger.warning("two at once: %s", cause.diag.constraint_name)
    return Conflict(
        "made_meanwhile", _("Somebody has made the same thing at the same moment. Look what is there, then try again.")
    )
