from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from studies.models import Study, StudyMember, User


@dataclass(frozen=True)
class Desk:
    """What one person has to do in one study."""

    study: Study
    roles: list[str]


def desks_of(user: User, now: datetime, *, only: Study | None = None) -> list[Desk]:
    members = StudyMember.objects.filter(user=user).select_related("study").order_by("study__code", "role")
    if only is not None:
        members = members.filter(study=only)
    roles: dict[Study, list[str]] = defaultdict(list)
    for member in members:
        roles[member.study].append(member.role)
    return [Desk(study, mine) for study, mine in roles.items()]
