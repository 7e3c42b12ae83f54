"""Simulated coders: they know with which codes a text was written, and give verbatims these codes."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from config.simulation.model import Verbatims
from qc.models import Verbatim
from qc.services.coding import code_verbatims, find_verbatims
from studies.models import Study, User

#: What doesn't fit any code of its frame.
OTHER = 96


def code_open_answers(
    study: Study, *, verbatims: Verbatims, coder: User, ended_before: datetime | None, now: datetime
) -> int:
    """Find the open answers and code those of interviews that ended before a moment (None: all). Returns how many.

    A coder works group by group: all answers of a frame that get the same codes at once.
    """
    find_verbatims(study=study, now=now)
    waiting = Verbatim.objects.filter(frame__study=study, codings__isnull=True)
    if ended_before is not None:
        waiting = waiting.filter(interview__ended_at__lt=ended_before)
    groups: defaultdict[tuple[int, tuple[int, ...]], list[Verbatim]] = defaultdict(list)
    for verbatim in waiting.order_by("pk"):
        codes = verbatims.codes_of(verbatim.key, verbatim.text) or (OTHER,)
        groups[verbatim.frame_id, codes].append(verbatim)
    for (_, codes), group in sorted(groups.items()):
        code_verbatims(verbatims=group, coder=coder, codes=codes, now=now)
    return sum(map(len, groups.values()))
