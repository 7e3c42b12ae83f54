"""The interviewer's pages: waiting for the next case, and the call itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from fieldwork.api.call_documents import call_document
from fieldwork.api.serializers import CallSerializer
from fieldwork.interview_texts import interview_texts
from fieldwork.selectors.calls import call_screen, my_day, own_call, running_call
from fieldwork.services.calls import take_next_case
from questionnaires.selectors.versions import current_version
from studies.access import StudyAccess, study_access
from studies.errors import Conflict
from studies.models.study import Role
from studies.requests import UserRequest


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ready(request: UserRequest, study: str) -> HttpResponse:
    """Between two calls: one key takes the next case. Says what was done today, and why there is nothing to do."""
    access = study_access(request.user, study, Role.INTERVIEWER)
    if request.method != "POST":
        return render(request, "fieldwork/calls/ready.html", ready_context(access, None))
    try:
        attempt = take_next_case(access=access, now=timezone.now())
    except Conflict as refusal:
        return render(request, "fieldwork/calls/ready.html", ready_context(access, refusal), status=409)
    return redirect("fieldwork:call", study=study, pk=attempt.pk)


def ready_context(access: StudyAccess, refusal: Conflict | None) -> dict[str, Any]:
    now = timezone.now()
    population = access.study.populations.first()
    running = running_call(access.user)
    return {
        "study": access.study,
        "running": running,
        "today": my_day(access, now),
        "zone": population.zone if population else "UTC",
        "refusal": refusal,
        "next_due_at": next_due_at(refusal),
        "practice": current_version(access.study),
    }


def next_due_at(refusal: Conflict | None) -> datetime | None:
    """When something will be there, where a refused request says so."""
    text = refusal.fields.get("next_due_at") if refusal is not None else None
    return datetime.fromisoformat(text) if isinstance(text, str) else None


@never_cache
@require_safe
def call(request: UserRequest, study: str, pk: int) -> HttpResponse:
    """The interview screen of a call in hand; a call that has ended leads back to the next case."""
    access = study_access(request.user, study, Role.INTERVIEWER)
    attempt = own_call(access.user, pk)
    if attempt.ended_at is not None or attempt.case.population.study_id != access.study.pk:
        return redirect("fieldwork:ready", study=access.study.code)
    document = CallSerializer(call_document(call_screen(attempt), timezone.now())).data
    return render(request, "fieldwork/calls/call.html", {"call": document, "texts": interview_texts()})
