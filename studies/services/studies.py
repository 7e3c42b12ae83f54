from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from studies.access import may_create_studies
from studies.errors import NotAllowed
from studies.models import Study, StudyMember, User
from studies.models.study import Role

from .activity import log_activity
from .validation import check_fields

#: What may be changed later. The code is part of addresses and file names and stays.
EDITABLE = ("name", "organisation", "description", "status", "reporting_language")


@transaction.atomic
def create_study(*, code: str, fields: Mapping[str, Any], lead: User, actor: User, now: datetime) -> Study:
    """Create a study with `lead` as its project lead. `fields` are those of EDITABLE.

    Raises NotAllowed where `actor` may not create studies, or wants to make somebody else its lead without being an
    administrator; InvalidInput where a field is wrong or the code is taken.
    """
    if not may_create_studies(actor):
        raise NotAllowed("study_create", _("Only administrators and project leads can create a study."))
    if lead != actor and not actor.is_superuser:
        raise NotAllowed("study_lead", _("Only an administrator can create a study for somebody else."))
    study = Study(code=code, **_known(fields))
    check_fields(study)
    study.save()
    StudyMember.objects.create(study=study, user=lead, role=Role.LEAD)
    log_activity(study=study, actor=actor, action="study.created", target=study, data={"lead": lead.username}, now=now)
    return study


@transaction.atomic
def update_study(*, study: Study, fields: Mapping[str, Any], actor: User, now: datetime) -> Study:
    """Change the fields given (of EDITABLE); only what differs is written and logged. Raises InvalidInput."""
    known = _known(fields)
    changes = {name: [getattr(study, name), value] for name, value in known.items() if getattr(study, name) != value}
    if not changes:
        return study
    for name, (_old, new) in changes.items():
        setattr(study, name, new)
    check_fields(study)
    study.save(update_fields=list(changes))
    log_activity(study=study, actor=actor, action="study.changed", target=study, data=changes, now=now)
    return study


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fields[name] for name in EDITABLE if name in fields}
