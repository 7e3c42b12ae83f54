"""The doors to audits: for supervisors and leads, and never to an audit of one's own interview."""

from __future__ import annotations

from django.http import Http404

from qc.models import Audit
from qc.selectors.audit_queue import audits_of
from studies.access import StudyAccess, study_access
from studies.models import User
from studies.models.study import Role

_NEEDED = (
    "interview__population__study",
    "interview__version",
    "interview__case",
    "interview__interviewer",
    "interview__attempt",
    "auditor",
)
#: The script comes from the cache, the rest nobody here reads.
_LARGE = ("interview__version__form", "interview__version__script", "interview__version__problems")


def auditor_access(user: User, study: str) -> StudyAccess:
    return study_access(user, study, Role.SUPERVISOR, Role.LEAD)


def find_audit(access: StudyAccess, pk: int) -> Audit:
    """An audit of the study with its interview. Raises Http404, also for one's own interview."""
    audits = audits_of(access.study, access.user).select_related(*_NEEDED).defer(*_LARGE)
    audit = audits.filter(pk=pk).first()
    if audit is None:
        raise Http404
    return audit
