from __future__ import annotations

import gzip
import json
from typing import cast
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from questionnaires.checks import completeness
from questionnaires.form import Form
from questionnaires.forms import LanguagePairForm, NewQuestionnaireForm, ProblemFilterForm, UploadForm
from questionnaires.models import Questionnaire, QuestionnaireVersion
from questionnaires.outline import outline, size_of
from questionnaires.selectors.problems import problem_lines, problems_of, tally
from questionnaires.selectors.versions import questionnaires_with_versions, script_by_checksum
from questionnaires.services.versions import (
    create_questionnaire,
    import_workbook,
    publish_version,
    withdraw_version,
)
from studies.access import StudyAccess, study_access
from studies.errors import DomainError
from studies.models.study import Role
from studies.requests import UserRequest

A_YEAR = 365 * 24 * 60 * 60


@require_safe
def questionnaire_list(request: UserRequest, study: str) -> HttpResponse:
    """The questionnaires of the study with all their versions."""
    access = study_access(request.user, study, Role.LEAD, Role.SUPERVISOR)
    context = {
        "study": access.study,
        "questionnaires": questionnaires_with_versions(access.study),
        "may_edit": access.has(Role.LEAD),
        "zone": _zone(access),
    }
    return render(request, "questionnaires/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: UserRequest, study: str) -> HttpResponse:
    """Create a questionnaire, then go on to its workbook."""
    access = study_access(request.user, study, Role.LEAD)
    form = NewQuestionnaireForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = create_questionnaire(study=access.study, **form.cleaned_data, actor=request.user, now=timezone.now())
        except DomainError as error:
            _say(form, error)
        else:
            return redirect("questionnaires:upload", study, made.code)
    context = {"study": access.study, "form": form}
    return render(request, "questionnaires/create.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: UserRequest, study: str, code: str) -> HttpResponse:
    """Import a workbook as the draft."""
    access = study_access(request.user, study, Role.LEAD)
    questionnaire = _questionnaire(access, code)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            version = import_workbook(
                questionnaire=questionnaire, file=file, name=file.name, actor=request.user, now=timezone.now()
            )
        except DomainError as error:
            _say(form, error)
        else:
            messages.success(request, _("%(file)s was imported.") % {"file": file.name})
            return redirect("questionnaires:version", study, code, version.number)
    draft = questionnaire.versions.filter(status=QuestionnaireVersion.Status.DRAFT).defer("form", "problems").first()
    context = {"study": access.study, "questionnaire": questionnaire, "form": form, "draft": draft}
    return render(request, "questionnaires/upload.html", context, status=422 if form.errors else 200)


@require_safe
def version_page(request: UserRequest, study: str, code: str, number: int) -> HttpResponse:
    """A draft or published version: what is wrong with it, and its outline in one or two languages."""
    access = study_access(request.user, study, Role.LEAD, Role.SUPERVISOR)
    version = _version(access, code, number)
    form = cast(Form, version.form)
    problems = problems_of(version, access.study)
    names = {language["code"]: language["name"] or language["code"] for language in form["languages"]}
    pair = LanguagePairForm(list(names.items()), request.GET)
    languages = pair.languages(form["default_language"])
    counts = tally(problems)
    view = request.GET.get("view") or ("problems" if version.is_draft and counts.blocking else "outline")
    filters = ProblemFilterForm(request.GET)
    shown = filters.cleaned_data if filters.is_valid() else {}
    context = {
        "study": access.study,
        "version": version,
        "questionnaire": version.questionnaire,
        "form": form,
        "size": size_of(form),
        "languages": completeness(form),
        "names": names,
        "counts": counts,
        "view": view,
        "filters": shown,
        "filter_form": filters,
        "problems": problem_lines(problems, names, shown) if view == "problems" else [],
        "lines": outline(form, languages, problems) if view == "outline" else [],
        "chosen": [(language, names[language]) for language in languages],
        "may_edit": access.has(Role.LEAD),
        "zone": _zone(access),
    }
    return render(request, "questionnaires/version.html", context)


@require_POST
def publish(request: UserRequest, study: str, code: str, number: int) -> HttpResponse:
    """Publish the draft that the page has shown (`draft` is its id: another import makes another draft)."""
    access = study_access(request.user, study, Role.LEAD)
    version = _version(access, code, number)
    if request.POST.get("draft") != str(version.pk):
        messages.error(request, _("The draft was replaced by another import. Look at the new one first."))
        return redirect("questionnaires:version", study, code, number)
    try:
        publish_version(version=version, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("Version %(number)s is published. New interviews use it.") % {"number": number})
    return redirect("questionnaires:version", study, code, number)


@require_POST
def withdraw(request: UserRequest, study: str, code: str, number: int) -> HttpResponse:
    """Take a published version out of use."""
    access = study_access(request.user, study, Role.LEAD)
    version = _version(access, code, number)
    try:
        withdraw_version(version=version, reason=request.POST.get("reason", ""), actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("Version %(number)s is withdrawn.") % {"number": number})
    return redirect("questionnaires:version", study, code, number)


@require_safe
def script(request: UserRequest, study: str, checksum: str) -> HttpResponse:
    """A published script. Its address is its checksum, so that a browser may keep it for ever."""
    access = study_access(request.user, study)
    document = script_by_checksum(access.study, checksum)
    if document is None:
        raise Http404
    content = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    response = HttpResponse(content_type="application/json")
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        content = gzip.compress(content, compresslevel=6, mtime=0)
        response["Content-Encoding"] = "gzip"
    response.content = content
    response["Content-Length"] = str(len(content))
    response["ETag"] = f'"{checksum}"'
    response["Cache-Control"] = f"private, max-age={A_YEAR}, immutable"
    patch_vary_headers(response, ["Accept-Encoding"])
    return response


def _say(form: forms.Form, error: DomainError) -> None:
    """Put a service's error beside the fields that it names, or above the form."""
    named = {name: texts for name, texts in error.fields.items() if name in form.fields}
    for name, texts in named.items():
        form.add_error(name, [str(text) for text in texts] if isinstance(texts, list) else str(texts))
    if not named:
        form.add_error(None, str(error))


def _questionnaire(access: StudyAccess, code: str) -> Questionnaire:
    return get_object_or_404(Questionnaire, study=access.study, code=code)


def _version(access: StudyAccess, code: str, number: int) -> QuestionnaireVersion:
    return get_object_or_404(
        QuestionnaireVersion.objects.select_related("questionnaire", "created_by", "published_by").defer("script"),
        questionnaire__study=access.study,
        questionnaire__code=code,
        number=number,
    )


def _zone(access: StudyAccess) -> ZoneInfo:
    """The zone in which the study's times are shown: that of its first population."""
    prefetch_related_objects([access.study], "populations")
    population = next(iter(access.study.populations.all()), None)
    return population.zone if population else ZoneInfo("UTC")
