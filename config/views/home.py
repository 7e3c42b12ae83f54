"""The page one comes to: what there is to do now, by role and study."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.checklist import checklist
from config.navigation import room_address
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
    """A desk with the addresses of its rooms and, for a lead, the checklist."""
    code = desk.study.code
    lines = []
    if desk.lead is not None:
        lines = [(line, room_address(line.view, code)) for line in checklist(desk, desk.lead)]
    rooms = ("ready", "quotas", "sample", "cases", "outcomes")
    addresses = {room: room_address(f"fieldwork:{room}", code) for room in rooms}
    addresses |= {room: room_address(f"qc:{room}", code) for room in ("audits", "follow_ups", "coding")}
    return {"desk": desk, "lines": lines, "rooms": addresses}
