"""The certificate of a study's audit draw: all that is needed to recompute it, and nothing that identifies anybody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fieldwork.models import Interview
from qc.audit_draw import CERTIFICATE_FORMAT, METHOD, check_certificate
from qc.models import Audit, AuditDraw, AuditPlan

#: Columns of the certificate as a table.
COLUMNS = (
    "interview",
    "interviewer",
    "block",
    "position",
    "drawn_per_block",
    "drawn",
    "no_sound",
    "replaces",
    "completed_at",
    "drawn_at",
    "verdict",
    "heard_ms",
    "sound_ms",
)


def certificate_of(plan: AuditPlan) -> dict[str, Any]:
    """The certificate as a document. The seed is in it only after it was revealed."""
    document = _document(plan)
    if plan.revealed_at is None:
        document["seed"] = None
    return document


def verify_draws(plan: AuditPlan) -> list[str]:
    """Recompute every draw from the seed, revealed or not. Returns what doesn't agree, as English sentences."""
    problems = check_certificate(_document(plan))
    left_out = Interview.objects.filter(
        population__study=plan.study_id, status=Interview.Status.COMPLETED, audit_draw__isnull=True
    ).count()
    if left_out:
        problems.append(f"{left_out} completed interview(s) have no place in the draw.")
    return problems


def _document(plan: AuditPlan) -> dict[str, Any]:
    audits = {
        audit["interview"]: audit
        for audit in Audit.objects.filter(kind=Audit.Kind.RANDOM, interview__audit_draw__plan=plan).values(
            "interview", "status", "verdict", "heard_ms", "sound_ms"
        )
    }
    draws = (
        AuditDraw.objects.filter(plan=plan)
        .select_related("interview", "replaces")
        .only(
            "interviewer",
            "block",
            "position",
            "drawn_per_block",
            "selected",
            "drawn_at",
            "interview__uid",
            "interview__ended_at",
            "replaces__position",
        )
        .order_by("interviewer", "block", "position")
    )
    return {
        "format": CERTIFICATE_FORMAT,
        "study": plan.study.code,
        "study_id": plan.study_id,
        "method": METHOD,
        "block_size": plan.block_size,
        "commitment": plan.commitment,
        "committed_at": plan.created_at.isoformat(timespec="seconds"),
        "seed": bytes(plan.seed).hex(),
        "revealed_at": plan.revealed_at.isoformat(timespec="seconds") if plan.revealed_at else None,
        "draws": [_row(draw, audits.get(draw.interview_id)) for draw in draws],
    }


def _row(draw: AuditDraw, audit: Mapping[str, Any] | None) -> dict[str, Any]:
    ended = draw.interview.ended_at
    return {
        "interview": str(draw.interview.uid),
        "interviewer": draw.interviewer_id,
        "block": draw.block,
        "position": draw.position,
        "drawn_per_block": draw.drawn_per_block,
        "drawn": draw.selected,
        "no_sound": audit is not None and audit["status"] == Audit.Status.NO_SOUND,
        "replaces": draw.replaces.position if draw.replaces else None,
        "completed_at": ended.isoformat(timespec="seconds") if ended else None,
        "drawn_at": draw.drawn_at.isoformat(timespec="seconds"),
        "verdict": audit["verdict"] if audit else "",
        "heard_ms": audit["heard_ms"] if audit else 0,
        "sound_ms": audit["sound_ms"] if audit else 0,
    }
