"""The page one comes to: what there is to do now, by role and study."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.checklist import checklist
from config.selectors.desks.system import system_state
from config.selectors.home import Desk, desks_of
from studies.access import study_access
from studies.requests import UserRequest


@require_safe
def home(request: UserRequest) -> HttpResponse:
    """A block for each study in which the person has a role; for administrators the state of the system too."""
    now = timezone.now()
    context: dict[str, object] = {"desks": [_shown(desk) for desk in desks_of(request.user, now)]}
    if request.user.is_superuser:
        context["system"] = system_state(now)
    return render(request, "config/home/home.html", context)


@require_safe
def study_home(request: UserRequest, study: str) -> HttpResponse:
    """The block of one study."""
    access = study_access(request.user, study)
    desks = desks_of(request.user, timezone.now(), only=access.study)
    return render(request, "config/home/study.html", {"study": access.study, "desk": _shown(desks[0])})


def _shown(desk: Desk) -> dict[str, object]:
    """A desk with, for a lead, the checklist: its lines with the addresses of their rooms."""
    lines = [] if desk.lead is None else checklist(desk, desk.lead)
    return {"desk": desk, "lines": [(line, reverse(line.view, args=[desk.study.code])) for line in lines]}
