"""The page one comes to: what there is to do now, by role and study."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from config.selectors.home import desks_of
from studies.access import study_access
from studies.requests import UserRequest


@require_safe
def home(request: UserRequest) -> HttpResponse:
    """A block for each study in which the person has a role; for administrators the state of the system too."""
    context = {"desks": desks_of(request.user, timezone.now())}
    return render(request, "config/home/home.html", context)


@require_safe
def study_home(request: UserRequest, study: str) -> HttpResponse:
    """The block of one study."""
    access = study_access(request.user, study)
    context = {"study": access.study, "desks": desks_of(request.user, timezone.now(), only=access.study)}
    return render(request, "config/home/study.html", context)
