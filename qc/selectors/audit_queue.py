"""Audits that wait: which there are, and which of them somebody may take."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from fieldwork.models import CallAttempt, Recording
from fieldwork.selectors.recordings import has_recording
from qc.models import Audit
from studies.models import Study, User


def audits_of(study: Study, auditor: User) -> QuerySet[Audit]:
    """Audits of a study without those of interviews that this person held: nobody learns that their own was drawn."""
    own = CallAttempt.objects.filter(case=OuterRef("interview__case"), interviewer=auditor)
    return Audit.objects.filter(~Exists(own), interview__population__study=study)


def audible_audits(study: Study, auditor: User) -> QuerySet[Audit]:
    """Audits that this person can take: they wait, and there is something to hear. The oldest first."""
    return (
        audits_of(study, auditor)
        .filter(has_recording([Recording.Status.READY], of="interview__"), status=Audit.Status.OPEN)
        .order_by("created_at", "pk")
    )


def claimed_audits(study: Study, auditor: User) -> QuerySet[Audit]:
    """Audits that this person has taken and not judged yet, the oldest claim first."""
    return Audit.objects.filter(
        interview__population__study=study, status=Audit.Status.CLAIMED, auditor=auditor
    ).order_by("claimed_at", "pk")
