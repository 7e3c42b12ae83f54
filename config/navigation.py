"""What the frame of every page shows: the study, its switcher, and the few places of the person's roles.

The rooms belong to different apps and the apps may not know of each other, so the list stands here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from config.selectors.waiting import waiting_in
from studies.models import Study, StudyMember, User
from studies.models.study import Role

THEME_COOKIE = "theme"


@dataclass(frozen=True)
class Room:
    """A place in a study. `view` is a URL name; addresses that begin with its own count as inside it."""

    label: Promise
    view: str
    roles: frozenset[Role]
    #: Name of the number in `waiting_in` that says what waits there, and what that number means.
    waits: str = ""
    waits_means: Promise | str = ""


def _for(*roles: Role) -> frozenset[Role]:
    return frozenset(roles)


OVERVIEW = Room(_("Overview"), "study", _for(*Role))

#: The rooms of a study by what is done there, in the order in which a study is made.
SECTIONS: tuple[tuple[Promise, tuple[Room, ...]], ...] = (
    (
        _("Design"),
        (
            Room(_("Populations"), "studies:populations", _for(Role.SUPERVISOR, Role.LEAD)),
            Room(_("Questionnaire"), "questionnaires:list", _for(Role.SUPERVISOR, Role.LEAD)),
            Room(_("Sample"), "fieldwork:sample", _for(Role.SUPERVISOR, Role.LEAD)),
            Room(_("Quotas"), "fieldwork:quotas", _for(Role.SUPERVISOR, Role.LEAD)),
            Room(_("Members"), "studies:members", _for(Role.LEAD)),
        ),
    ),
    (
        _("Field"),
        (
            Room(_("Calls"), "fieldwork:ready", _for(Role.INTERVIEWER), "appointments", _("own appointments")),
            Room(_("Cases"), "fieldwork:cases", _for(Role.SUPERVISOR, Role.LEAD)),
            Room(_("Outcomes"), "fieldwork:outcomes", _for(Role.SUPERVISOR, Role.LEAD)),
            Room(
                _("Recordings"),
                "fieldwork:recordings",
                _for(Role.SUPERVISOR, Role.LEAD),
                "recordings",
                _("recordings without a call"),
            ),
        ),
    ),
    (
        _("Quality"),
        (
            Room(_("Audits"), "qc:audits", _for(Role.SUPERVISOR, Role.LEAD), "audits", _("waiting to be heard")),
            Room(_("Follow-ups"), "qc:follow_ups", _for(Role.SUPERVISOR, Role.LEAD), "follow_ups", _("to be settled")),
            Room(
                _("Coding"),
                "qc:coding",
                _for(Role.CODER, Role.SUPERVISOR, Role.LEAD),
                "verbatims",
                _("verbatims without a code"),
            ),
        ),
    ),
    (
        _("Result"),
        (
            Room(_("Data files"), "exports:releases", _for(Role.LEAD)),
            Room(_("Activity"), "studies:activity", _for(Role.SUPERVISOR, Role.LEAD)),
        ),
    ),
)

#: So few places need no headings.
FEW_PLACES = 4


@dataclass(frozen=True)
class Place:
    label: object
    url: str
    current: bool
    count: int | None = None
    count_means: object = ""


@dataclass(frozen=True)
class Group:
    title: object
    places: list[Place]


@dataclass(frozen=True)
class Frame:
    study: Study | None
    studies: list[Study]
    places: list[Group]
    search_url: str


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `frame` (made only when a template asks for it) and `theme`."""
    user = getattr(request, "user", None)
    theme = user.theme if isinstance(user, User) else request.COOKIES.get(THEME_COOKIE, User.Theme.SYSTEM)
    return {"frame": SimpleLazyObject(lambda: _frame(request)), "theme": theme}


def _frame(request: HttpRequest) -> Frame:
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return Frame(None, [], [], "")
    roles: dict[Study, set[str]] = defaultdict(set)
    coded: dict[Study, list[str]] = {}
    for member in StudyMember.objects.filter(user=user).select_related("study").order_by("study__code"):
        roles[member.study].add(member.role)
        if member.role == Role.CODER:
            coded[member.study] = member.languages
    match = request.resolver_match
    code = match.kwargs.get("study", "") if match else ""
    study = next((one for one in roles if one.code == code), None)
    if study is None and not code and len(roles) == 1:
        study = next(iter(roles))
    rooms = [] if study is None else _rooms(request, study, roles[study], _waiting(study, user, roles[study], coded))
    home = _place(request, _("Home"), reverse("home"), exact=True)
    if study is None:
        groups = [Group("", [home]), Group(_("Studies"), _study_places(request, roles))]
    elif len(roles) == 1:
        # Whoever has one study finds all of it at home.
        groups = [Group("", [home]), *rooms]
    else:
        overview = _place(request, OVERVIEW.label, reverse(OVERVIEW.view, args=[study.code]), exact=True)
        groups = [Group("", [home]), Group(study.code, [overview]), *rooms]
    if sum(len(group.places) for group in groups) <= FEW_PLACES:
        groups = [Group("", [place for group in groups for place in group.places])]
    if user.is_superuser:
        groups.append(Group(_("Administration"), _administration(request)))
    search = (
        reverse("fieldwork:search", args=[study.code]) if study and roles[study] & {Role.SUPERVISOR, Role.LEAD} else ""
    )
    return Frame(study, list(roles), groups, search)


def _study_places(request: HttpRequest, studies: Iterable[Study]) -> list[Place]:
    return [_place(request, study.code, reverse("study", args=[study.code])) for study in studies]


def _waiting(study: Study, user: User, roles: set[str], coded: Mapping[Study, Sequence[str]]) -> dict[str, int]:
    """What waits; a coder counts in their languages, who leads or supervises too counts in all."""
    languages = coded.get(study, ()) if roles.isdisjoint({Role.SUPERVISOR, Role.LEAD}) else ()
    return waiting_in(study, user, roles, timezone.now(), languages)


def _rooms(request: HttpRequest, study: Study, roles: set[str], waiting: Mapping[str, int]) -> list[Group]:
    return [
        Group(
            title,
            [
                _place(
                    request,
                    room.label,
                    reverse(room.view, args=[study.code]),
                    count=waiting.get(room.waits) or None,
                    means=room.waits_means,
                )
                for room in rooms
                if room.roles.intersection(roles)
            ],
        )
        for title, rooms in SECTIONS
    ]


def _administration(request: HttpRequest) -> list[Place]:
    return [
        _place(request, _("People"), reverse("studies:people")),
        _place(request, _("All studies"), reverse("studies:list")),
    ]


def _place(
    request: HttpRequest, label: object, url: str, *, exact: bool = False, count: int | None = None, means: object = ""
) -> Place:
    current = request.path == url if exact else request.path.startswith(url)
    return Place(label, url, current, count, means)
