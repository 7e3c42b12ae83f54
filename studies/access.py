"""The only door to a study's objects: a stranger gets 404, a member without the role 403."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import Http404

from studies.models import Population, Study, StudyMember, User
from studies.models.study import Role


@dataclass(frozen=True)
class StudyAccess:
    """What one person may do in one study."""

    study: Study
    user: User
    memberships: tuple[StudyMember, ...]

    @property
    def roles(self) -> frozenset[str]:
        return frozenset(member.role for member in self.memberships)

    def has(self, *roles: Role) -> bool:
        return any(role in self.roles for role in roles)

    def member(self, role: Role) -> StudyMember:
        """The membership row of a role that the person has. Raises PermissionDenied where they lack it."""
        for membership in self.memberships:
            if membership.role == role:
                return membership
        raise PermissionDenied

    def population(self, code: str) -> Population:
        """A population of this study by code. Raises Http404."""
        for population in self.study.populations.all():
            if population.code == code:
                return population
        raise Http404


def study_access(user: User | AnonymousUser, code: str, *roles: Role) -> StudyAccess:
    """Open the study `code` for `user`, who must have one of `roles` (any role where none is named).

    Raises Http404 for strangers (they can't even learn that the study exists) and PermissionDenied for members
    without the role.
    """
    if not isinstance(user, User):
        raise Http404
    memberships = tuple(
        StudyMember.objects.filter(study__code=code, user=user).select_related("study").order_by("role")
    )
    if not memberships:
        raise Http404
    access = StudyAccess(memberships[0].study, user, memberships)
    if roles and not access.has(*roles):
        raise PermissionDenied
    return access


def staffing_access(user: User, code: str) -> StudyAccess:
    """Open the study `code` to say who works in it: its leads may, and administrators, who need no role in it.

    Raises Http404 for strangers and PermissionDenied for members without the right.
    """
    if not user.is_superuser:
        return study_access(user, code, Role.LEAD)
    try:
        study = Study.objects.get(code=code)
    except Study.DoesNotExist:
        raise Http404 from None
    memberships = StudyMember.objects.filter(study=study, user=user).order_by("role")
    return StudyAccess(study, user, tuple(memberships))


def may_create_studies(user: User) -> bool:
    """Administrators and whoever leads a study already."""
    return user.is_superuser or StudyMember.objects.filter(user=user, role=Role.LEAD).exists()


def studies_of(user: User) -> list[Study]:
    """The studies in which a person has a role, by code."""
    return list(Study.objects.filter(members__user=user).distinct().order_by("code"))
