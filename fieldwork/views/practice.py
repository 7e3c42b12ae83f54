"""Practice: the real interview screen on any draft or published version, with nothing stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fieldwork.interview_texts import interview_texts
from questionnaires.compile import compile_form
from questionnaires.models import QuestionnaireVersion
from studies.access import StudyAccess, study_access
from studies.models import Population
from studies.models.study import INTERVIEW_LANGUAGES, Role


@require_safe
def practice(request: HttpRequest, study: str, version: int, population: str) -> HttpResponse:
    """Run a version as it would run for a respondent of `population`. Every member may practise."""
    access = study_access(request.user, study)
    found = get_object_or_404(
        QuestionnaireVersion.objects.select_related("questionnaire"), pk=version, questionnaire__study=access.study
    )
    script = found.script or compile_form(found.form).script
    if script is None:
        messages.error(request, _("This draft can't be run yet: see what stands in the way."))
        return redirect("questionnaires:version", study, found.questionnaire.code, found.number)
    call = practice_call(access, found, access.population(population), script)
    return render(request, "fieldwork/calls/call.html", {"call": call, "texts": interview_texts()})


def practice_call(
    access: StudyAccess, version: QuestionnaireVersion, population: Population, script: Mapping[str, Any]
) -> dict[str, Any]:
    """The `call` block of the interview screen (see main.js) for an interview that nobody is called for."""
    now = timezone.now()
    languages = [code for code in population.languages if code in script["languages"]] or list(script["languages"])
    return {
        "practice": True,
        "study": access.study.code,
        "population": population.code,
        "case_number": f"v{version.number}",
        "languages": [{"code": code, "name": INTERVIEW_LANGUAGES.get(code, code)} for code in languages],
        "language": languages[0],
        "respondent_time_zones": list(population.time_zones),
        "city": population.time_zones[0].rpartition("/")[2],
        "server_time": now.isoformat(),
        "history": [],
        "appointments": [],
        "notes": [],
        "dispositions": {"contact": [], "no_contact": []},
        "urls": {
            "ready": way_back(access, version),
            "login": reverse("login"),
        },
        "script": script,
        "interview": {
            "uid": "practice",
            "epoch": 1,
            "last_seq": 0,
            "elapsed_ms": 0,
            "answers": {},
            "current": "",
            "language": languages[0],
            "context": {
                "now": now.astimezone(population.zone).strftime("%Y-%m-%dT%H:%M:%S"),
                "language": languages[0],
                "preset": {"population": population.code},
            },
            "checkpoints": {"screener": None},
            "checkpoint_rule": "go_on",
        },
    }


def way_back(access: StudyAccess, version: QuestionnaireVersion) -> str:
    """Where practice is left for: leads and supervisors come from the version's page, others from their own."""
    if access.has(Role.LEAD, Role.SUPERVISOR):
        return reverse("questionnaires:version", args=[access.study.code, version.questionnaire.code, version.number])
    if access.has(Role.INTERVIEWER):
        return reverse("fieldwork:ready", args=[access.study.code])
    return reverse("study", args=[access.study.code])
