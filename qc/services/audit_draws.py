"""The audit plan of a study, and drawing audits by it.

Lock: the plan's row. Whoever draws holds it, so that the sequence of each interviewer's interviews grows in one order
only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.utils.translation import gettext as _

from fieldwork.models import Interview, Recording
from fieldwork.selectors.recordings import has_recording
from qc import audit_draw
from qc.models import Audit, AuditDraw, AuditPlan
from studies.errors import Conflict, InvalidInput
from studies.models import Study, User
from studies.services.activity import log_activity

LARGEST_BLOCK = 50
#: `Audit.reason` of the audits that a new interviewer gets besides.
FIRST_INTERVIEWS = "first_interviews"


# --- the plan --------------------------------------------------------------------------------------------


def create_audit_plan(
    *,
    study: Study,
    actor: User | None,
    now: datetime,
    seed: bytes | None = None,
    block_size: int = 5,
    drawn_per_block: int = 1,
    raised_per_block: int = 2,
    first_in_full: int = 0,
    sound_grace_hours: int = 24,
) -> AuditPlan:
    """Begin auditing: draw the secret seed and commit to it.

    Args:
        seed: only for studies that have to be repeatable; else nobody may know it.

    Raises:
        InvalidInput: the rates are out of order.
        Conflict: the study has a plan.
    """
    plan = AuditPlan(
        study=study,
        block_size=block_size,
        drawn_per_block=drawn_per_block,
        raised_per_block=raised_per_block,
        first_in_full=first_in_full,
        sound_grace_hours=sound_grace_hours,
        created_at=now,
    )
    plan.seed = seed if seed is not None else audit_draw.new_seed()
    plan.commitment = audit_draw.commitment(plan.seed)
    _check_rates(plan)
    try:
        with transaction.atomic():
            plan.save(force_insert=True)
            data = {**_settings(plan), "commitment": plan.commitment}
            log_activity(study=study, actor=actor, action="audit_plan.created", target=plan, data=data, now=now)
    except IntegrityError:
        raise Conflict("plan_exists", _("This study has an audit plan already.")) from None
    return plan


def _settings(plan: AuditPlan) -> dict[str, int]:
    names = ("block_size", "drawn_per_block", "raised_per_block", "first_in_full", "sound_grace_hours")
    return {name: getattr(plan, name) for name in names}


def _check_rates(plan: AuditPlan) -> None:
    problems = {}
    if not 2 <= plan.block_size <= LARGEST_BLOCK:
        problems["block_size"] = _("between 2 and %(most)d") % {"most": LARGEST_BLOCK}
    if not 1 <= plan.drawn_per_block <= plan.block_size:
        problems["drawn_per_block"] = _("between 1 and the size of the block")
    if not plan.drawn_per_block <= plan.raised_per_block <= plan.block_size:
        problems["raised_per_block"] = _("between the usual number and the size of the block")
    if problems:
        raise InvalidInput("rates_out_of_order", _("These rates don't fit each other."), problems)


@transaction.atomic
def change_audit_plan(
    *,
    plan: AuditPlan,
    drawn_per_block: int,
    raised_per_block: int,
    first_in_full: int,
    sound_grace_hours: int,
    actor: User,
    now: datetime,
) -> AuditPlan:
    """Change the rates. Blocks that have begun keep theirs; old and new are logged.

    Raises:
        InvalidInput: the rates are out of order.
        Conflict: the seed is revealed, so nothing is drawn any more.
    """
    locked = AuditPlan.objects.select_for_update().get(pk=plan.pk)
    _refuse_revealed(locked)
    old = _settings(locked)
    locked.drawn_per_block = drawn_per_block
    locked.raised_per_block = raised_per_block
    locked.first_in_full = first_in_full
    locked.sound_grace_hours = sound_grace_hours
    _check_rates(locked)
    locked.save(update_fields=["drawn_per_block", "raised_per_block", "first_in_full", "sound_grace_hours"])
    if _settings(locked) != old:
        log_activity(
            study=locked.study,
            actor=actor,
            action="audit_plan.changed",
            target=locked,
            data={"old": old, "new": _settings(locked)},
            now=now,
        )
    return locked


def _refuse_revealed(plan: AuditPlan) -> None:
    if plan.revealed_at is not None:
        raise Conflict("seed_revealed", _("The seed is revealed: the draw of this study is finished."))


@transaction.atomic
def reveal_seed(*, plan: AuditPlan, actor: User, now: datetime) -> AuditPlan:
    """Make the seed public, so that everybody can recompute the draws. Not to be undone; from now on nothing is drawn.

    Raises:
        Conflict: the study is still in the field (whoever knows the seed knows the next draws), or it is revealed
        already.
    """
    locked = AuditPlan.objects.select_for_update().select_related("study").get(pk=plan.pk)
    _refuse_revealed(locked)
    if locked.study.status != Study.Status.CLOSED:
        raise Conflict(
            "in_field",
            _("The study is not closed. Whoever knows the seed can foretell the next draws: close the study first."),
        )
    _draw(locked, now)
    locked.revealed_at = now
    locked.save(update_fields=["revealed_at"])
    data = {"commitment": locked.commitment, "seed": bytes(locked.seed).hex()}
    log_activity(study=locked.study, actor=actor, action="audit_plan.revealed", target=locked, data=data, now=now)
    return locked


# --- drawing ---------------------------------------------------------------------------------------------


@transaction.atomic
def draw_audits(*, study: Study, now: datetime) -> int:
    """Give every new completed interview its place in its interviewer's sequence, and find out whether it is audited.

    Drawn interviews without usable sound are replaced. To be called as often as one likes; two callers at once do no
    harm.

    Returns:
        the number of interviews that got their place; 0 for a study without a plan.
    """
    plan = AuditPlan.objects.select_for_update().filter(study=study, revealed_at__isnull=True).first()
    return _draw(plan, now) if plan is not None else 0


def _draw(plan: AuditPlan, now: datetime) -> int:
    found = list(
        Interview.objects.filter(
            population__study=plan.study_id, status=Interview.Status.COMPLETED, audit_draw__isnull=True
        )
        .order_by("interviewer_id", "ended_at", "pk")
        .only("interviewer_id")
    )
    if found:
        _place(plan, found, now)
    _replace_silent(plan, now)
    return len(found)


def _place(plan: AuditPlan, found: Sequence[Interview], now: datetime) -> None:
    """Lengthen the sequences of the interviewers of `found` (sorted by them), and order audits of what is drawn."""
    interviewers = {interview.interviewer_id for interview in found}
    before = dict(
        AuditDraw.objects.filter(plan=plan, interviewer__in=interviewers)
        .values_list("interviewer")
        .annotate(Count("pk"))
        .order_by()
    )
    begun = _rates_of_begun_blocks(plan, before)
    raised = _rejected(plan, interviewers)
    draws: list[AuditDraw] = []
    audits: list[Audit] = []
    for interviewer, group in groupby(found, key=lambda interview: interview.interviewer_id):
        rate = plan.raised_per_block if interviewer in raised else plan.drawn_per_block
        for count, interview in enumerate(group, start=before.get(interviewer, 0)):
            block, position = audit_draw.place_in_sequence(count, plan.block_size)
            drawn = begun.get((interviewer, block), rate)
            selected = position in _positions(plan, interviewer, block, drawn)
            draws.append(
                AuditDraw(
                    interview=interview,
                    plan=plan,
                    interviewer_id=interviewer,
                    block=block,
                    position=position,
                    drawn_per_block=drawn,
                    selected=selected,
                    drawn_at=now,
                )
            )
            if selected:
                audits.append(_random_audit(interview.pk, now))
            elif count < plan.first_in_full:
                audits.append(
                    Audit(interview=interview, kind=Audit.Kind.TARGETED, reason=FIRST_INTERVIEWS, created_at=now)
                )
    AuditDraw.objects.bulk_create(draws)
    Audit.objects.bulk_create(audits)


def _random_audit(interview: int, now: datetime) -> Audit:
    return Audit(interview_id=interview, kind=Audit.Kind.RANDOM, created_at=now)


def _positions(plan: AuditPlan, interviewer: int, block: int, drawn: int) -> frozenset[int]:
    return audit_draw.drawn_positions(
        bytes(plan.seed),
        study=plan.study_id,
        interviewer=interviewer,
        block=block,
        block_size=plan.block_size,
        drawn=drawn,
    )


def _rates_of_begun_blocks(plan: AuditPlan, before: dict[int, int]) -> dict[tuple[int, int], int]:
    """Rates of the blocks that have begun and are not full, by interviewer and block: they stay as they were."""
    last = Q(pk__in=())
    for interviewer, count in before.items():
        block, position = audit_draw.place_in_sequence(count, plan.block_size)
        if position > 1:
            last |= Q(interviewer=interviewer, block=block, position=1)
    rows = AuditDraw.objects.filter(last, plan=plan).values_list("interviewer", "block", "drawn_per_block")
    return {(interviewer, block): drawn for interviewer, block, drawn in rows}


def _rejected(plan: AuditPlan, interviewers: Iterable[int]) -> set[int]:
    """Those of whom an audit has rejected an interview."""
    return set(
        Audit.objects.filter(
            verdict=Audit.Verdict.REJECT,
            interview__population__study=plan.study_id,
            interview__interviewer__in=list(interviewers),
        ).values_list("interview__interviewer", flat=True)
    )


# --- drawn, but nothing to hear --------------------------------------------------------------------------


def _replace_silent(plan: AuditPlan, now: datetime) -> None:
    """Let the next interview of the block stand in for each drawn one that has no usable sound."""
    _silent(plan, now).update(status=Audit.Status.NO_SOUND)
    waiting = list(
        AuditDraw.objects.filter(
            plan=plan,
            replaced_by__isnull=True,
            interview__audits__kind=Audit.Kind.RANDOM,
            interview__audits__status=Audit.Status.NO_SOUND,
        ).order_by("interviewer", "block", "position")
    )
    if not waiting:
        return
    blocks = _blocks_of(plan, waiting)
    for silent in waiting:
        block = blocks[silent.interviewer_id, silent.block]
        taken = {draw.position for draw in block.values() if draw.selected or draw.replaces_id is not None}
        position = audit_draw.substitute(silent.position, plan.block_size, taken, len(block))
        if position is not None:
            _stand_in(block[position], silent, now)


def _silent(plan: AuditPlan, now: datetime) -> Any:
    """Random audits that wait for sound that isn't there: all files are unusable, or none came in time."""
    status = Recording.Status
    there = has_recording([status.READY, status.UPLOADED, status.MEASURING], of="interview__")
    late = Q(created_at__lt=now - timedelta(hours=plan.sound_grace_hours))
    return Audit.objects.filter(
        Q(has_recording([status.FAILED], of="interview__")) | late,
        ~Q(there),
        interview__audit_draw__plan=plan,
        kind=Audit.Kind.RANDOM,
        status=Audit.Status.OPEN,
    )


def _blocks_of(plan: AuditPlan, draws: Iterable[AuditDraw]) -> dict[tuple[int, int], dict[int, AuditDraw]]:
    """All draws of the blocks in which `draws` are, by interviewer and block, then by position."""
    draws = list(draws)
    found: dict[tuple[int, int], dict[int, AuditDraw]] = defaultdict(dict)
    rows = AuditDraw.objects.filter(
        plan=plan, interviewer__in={draw.interviewer_id for draw in draws}, block__in={draw.block for draw in draws}
    )
    for row in rows:
        found[row.interviewer_id, row.block][row.position] = row
    return found


def _stand_in(draw: AuditDraw, silent: AuditDraw, now: datetime) -> None:
    draw.replaces = silent
    draw.save(update_fields=["replaces"])
    _random_audit(draw.interview_id, now).save(force_insert=True)
