from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from studies.errors import Conflict, InvalidInput
from studies.models import Population, Study, StudyMember, User
from studies.models.study import INTERVIEW_LANGUAGES, Role

from .activity import log_activity


@transaction.atomic
def add_member(
    *,
    study: Study,
    user: User,
    role: str,
    languages: Collection[str] = (),
    populations: Iterable[Population] = (),
    converts_refusals: bool = False,
    actor: User,
    now: datetime,
) -> StudyMember:
    """Give `user` a role in `study`. Empty `languages` or `populations` mean all of the study's.

    Raises InvalidInput for an unknown role, language or another study's population; Conflict where the person has the
    role already or can't log in any more.
    """
    if role not in Role.values:
        raise InvalidInput("role", _("Not a role of a study."), {"role": [_("Choose a role.")]})
    if not user.is_active:
        raise Conflict("inactive", _("This person can't log in any more. Reactivate them first."))
    chosen = _checked_populations(study, populations)
    _check_languages(languages)
    member, created = StudyMember.objects.get_or_create(
        study=study,
        user=user,
        role=role,
        defaults={"languages": sorted(languages), "converts_refusals": converts_refusals},
    )
    if not created:
        raise Conflict("member_exists", _("%(person)s has this role already.") % {"person": user.name})
    member.populations.set(chosen)
    log_activity(study=study, actor=actor, action="member.added", target=member, data=_described(member), now=now)
    return member


@transaction.atomic
def update_member(
    *,
    member: StudyMember,
    languages: Collection[str],
    populations: Iterable[Population],
    converts_refusals: bool,
    actor: User,
    now: datetime,
) -> StudyMember:
    """Change what a member works on. Raises InvalidInput."""
    chosen = _checked_populations(member.study, populations)
    _check_languages(languages)
    before = _described(member)
    member.languages = sorted(languages)
    member.converts_refusals = converts_refusals
    member.save(update_fields=["languages", "converts_refusals"])
    member.populations.set(chosen)
    after = _described(member)
    if after != before:
        log_activity(
            study=member.study,
            actor=actor,
            action="member.changed",
            target=member,
            data={"before": before, "after": after},
            now=now,
        )
    return member


@transaction.atomic
def remove_member(*, member: StudyMember, reason: str, actor: User, now: datetime) -> None:
    """Take the role away. What the person did in the study stays. Raises Conflict for the study's last lead."""
    study = Study.objects.select_for_update().get(pk=member.study_id)
    others = StudyMember.objects.filter(study=study, role=Role.LEAD).exclude(pk=member.pk)
    if member.role == Role.LEAD and not others.exists():
        raise Conflict("last_lead", _("A study needs a project lead: add another one first."))
    log_activity(
        study=study,
        actor=actor,
        action="member.removed",
        target=member,
        data={**_described(member), "reason": reason},
        now=now,
    )
    member.delete()


def _checked_populations(study: Study, populations: Iterable[Population]) -> list[Population]:
    chosen = list(populations)
    if any(population.study_id != study.pk for population in chosen):
        raise InvalidInput("population", _("A population of another study."), {"populations": [_("Choose again.")]})
    return chosen


def _check_languages(languages: Collection[str]) -> None:
    unknown = sorted(set(languages) - set(INTERVIEW_LANGUAGES))
    if unknown:
        text = _("Not a language of interviews: %(languages)s.") % {"languages": ", ".join(unknown)}
        raise InvalidInput("language", text, {"languages": [text]})


def _described(member: StudyMember) -> dict[str, Any]:
    return {
        "person": member.user.username,
        "role": member.role,
        "languages": list(member.languages),
        "populations": sorted(member.populations.values_list("code", flat=True)),
        "converts_refusals": member.converts_refusals,
    }
