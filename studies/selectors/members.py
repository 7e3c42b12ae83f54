from __future__ import annotations

from django.db.models import Count, Q, QuerySet

from studies.models import Study, StudyMember, User
from studies.models.study import Role

_ORDER = {role: place for place, role in enumerate(Role.values)}


def members_of(study: Study) -> list[StudyMember]:
    """Members of a study by role and name, with their people and populations. Two queries."""
    members = study.members.select_related("user").prefetch_related("populations")
    return sorted(members, key=lambda member: (_ORDER[member.role], member.user.name.casefold(), member.pk))


def people(text: str = "") -> QuerySet[User]:
    """Everybody who has an account, with the number of their studies; `text` narrows by name, log-in name, e-mail."""
    users = User.objects.annotate(studies=Count("memberships__study", distinct=True))
    for word in text.split():
        users = users.filter(
            Q(username__icontains=word)
            | Q(first_name__icontains=word)
            | Q(last_name__icontains=word)
            | Q(email__icontains=word)
        )
    return users.order_by("-is_active", "last_name", "first_name", "username")
