"""Recordings: the list, taking files in, one recording and its sound. For supervisors and leads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, cast
from uuid import UUID

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fieldwork.forms.recordings import MatchForm, UploadForm
from fieldwork.models import CallAttempt, Recording
from fieldwork.selectors.recordings import problem_of, recording_counts, recordings_listed
from fieldwork.services import recordings as services
from fieldwork.views.sound import sound_response
from studies.access import StudyAccess, study_access
from studies.errors import DomainError
from studies.models import Population
from studies.models.study import Role
from studies.requests import UserRequest

PAGE = 50


@dataclass(frozen=True)
class Upload:
    """What became of one file of an upload."""

    name: str
    recording: Recording | None
    problem: str


def _open(request: UserRequest, study: str) -> StudyAccess:
    return study_access(request.user, study, Role.SUPERVISOR, Role.LEAD)


def find_recording(access: StudyAccess, uid: UUID) -> Recording:
    """A recording of the study that was not purged. Raises Http404."""
    return get_object_or_404(
        Recording.objects.select_related("population__study", "attempt__case", "attempt__interviewer", "uploaded_by"),
        ~Q(status=Recording.Status.PURGED),
        uid=uid,
        population__study=access.study,
    )


@require_safe
def recording_list(request: UserRequest, study: str) -> HttpResponse:
    """All recordings of the study, newest first; filters by what has to be done, population and case."""
    access = _open(request, study)
    populations = list(access.study.populations.all())
    show = request.GET.get("show", "")
    case = request.GET.get("case", "")
    population = next((each for each in populations if each.code == request.GET.get("population")), None)
    number = int(case) if case.isascii() and case.isdigit() and len(case) < 10 else None
    found = recordings_listed(access.study, show=show, population=population, case_number=number)
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "study": access.study,
        "page": page,
        "rows": [(recording, problem_of(recording)) for recording in page],
        "counts": recording_counts(access.study),
        "populations": populations,
        "population": population,
        "show": show,
        "case": case,
        "filtered": bool(show or population or number),
    }
    return render(request, "fieldwork/recordings/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def upload_recordings(request: UserRequest, study: str) -> HttpResponse:
    """Take in any number of files. Each stands for itself: one that can't be stored doesn't stop the others."""
    access = _open(request, study)
    populations = list(access.study.populations.all())
    if request.method != "POST":
        form = UploadForm(populations=populations)
        return render(request, "fieldwork/recordings/upload.html", _upload_context(access, form, populations))
    form = UploadForm(request.POST, request.FILES, populations=populations)
    uploads: list[Upload] = []
    if form.is_valid():
        uploads = [_take_in(access, form, populations, file) for file in form.cleaned_data["sounds"]]
        if all(upload.recording for upload in uploads):
            form = UploadForm(populations=populations)
    status = 200 if uploads else 422
    context = _upload_context(access, form, populations) | {"uploads": uploads}
    return render(request, "fieldwork/recordings/upload.html", context, status=status)


def _upload_context(access: StudyAccess, form: UploadForm, populations: Sequence[Population]) -> dict[str, object]:
    return {"study": access.study, "form": form, "example": f"{populations[0]}" if populations else access.study.code}


def _take_in(access: StudyAccess, form: UploadForm, populations: Sequence[Population], file: UploadedFile) -> Upload:
    """Store one file and tell what became of it."""
    name = file.name or ""
    data = form.cleaned_data
    population = services.population_named(populations=populations, name=name) or data["population"]
    try:
        attempt: CallAttempt | None = None
        if data["case_number"] is not None:
            population = data["population"]
            attempt = services.find_attempt(
                population=population, case_number=data["case_number"], attempt_number=data["attempt_number"]
            )
        recording = services.store_recording(
            population=population,
            file=cast("IO[bytes]", file),
            name=name,
            attempt=attempt,
            uploaded_by=access.user,
            now=timezone.now(),
        )
    except DomainError as error:
        return Upload(name, None, str(error))
    return Upload(name, recording, "")


@require_safe
def recording_page(request: UserRequest, study: str, uid: UUID) -> HttpResponse:
    """One recording: what is known of it, its sound, and which call it belongs to."""
    access = _open(request, study)
    recording = find_recording(access, uid)
    return render(request, "fieldwork/recordings/detail.html", _recording_context(access, recording, MatchForm()))


def _recording_context(access: StudyAccess, recording: Recording, form: MatchForm) -> dict[str, object]:
    return {"study": access.study, "recording": recording, "problem": problem_of(recording), "form": form}


@require_POST
def match_recording(request: UserRequest, study: str, uid: UUID) -> HttpResponse:
    """Say which call attempt a recording belongs to."""
    access = _open(request, study)
    recording = find_recording(access, uid)
    form = MatchForm(request.POST)
    if form.is_valid():
        try:
            attempt = services.find_attempt(population=recording.population, **form.cleaned_data)
            services.match_recording(recording=recording, attempt=attempt, actor=access.user, now=timezone.now())
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            text = _("“%(name)s” now belongs to case %(case)d, attempt %(attempt)d.")
            names = {"name": recording.original_name, "case": attempt.case.number, "attempt": attempt.number}
            messages.success(request, text % names)
            return redirect("fieldwork:recording", study=study, uid=uid)
    context = _recording_context(access, recording, form)
    return render(request, "fieldwork/recordings/detail.html", context, status=422)


@require_safe
def recording_sound(request: UserRequest, study: str, uid: UUID) -> HttpResponseBase:
    """The sound itself, with Range. That it is heard is logged, once an hour for a person."""
    access = _open(request, study)
    recording = find_recording(access, uid)
    if request.method == "GET":
        services.note_hearing(recording=recording, actor=access.user, now=timezone.now())
    return sound_response(request, recording, original="original" in request.GET)
