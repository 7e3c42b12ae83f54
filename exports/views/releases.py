from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from exports.forms import ReleaseForm
from exports.models import Release, ReleaseFile
from exports.services.releases import cancel_release, open_release_file, request_release
from exports.tasks import start_writing
from studies.access import study_access
from studies.errors import DomainError
from studies.models.study import Role

PER_PAGE = 20

#: What the writer is doing, in words; the keys are stored in Release.stage.
STAGES = {
    "reading": gettext_lazy("reading the interviews"),
    "writing_sav": gettext_lazy("writing the SPSS file"),
    "writing_xlsx": gettext_lazy("writing the Excel file"),
    "writing_codebook": gettext_lazy("writing the codebook"),
    "checking": gettext_lazy("reading the files back and comparing"),
}


@require_http_methods(["GET", "HEAD", "POST"])
def releases(request: HttpRequest, study: str) -> HttpResponse:
    """The study's releases, newest first, with the form for the next one."""
    access = study_access(request.user, study, Role.LEAD)
    form = ReleaseForm(access.study, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            release = request_release(study=access.study, actor=access.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            start_writing(release.pk)
            return redirect("exports:release", study, release.number)
    queryset = access.study.releases.select_related("created_by").prefetch_related("files")
    page = Paginator(queryset, PER_PAGE).get_page(request.GET.get("page"))
    context = {"study": access.study, "form": form, "page": page}
    return render(request, "exports/releases/list.html", context, status=422 if form.errors else 200)


@require_safe
def release(request: HttpRequest, study: str, number: int) -> HttpResponse:
    """One release: its progress while it is written, then its files and how they were made."""
    access = study_access(request.user, study, Role.LEAD)
    found = get_object_or_404(
        access.study.releases.select_related("created_by").prefetch_related("files"), number=number
    )
    running = found.status in (Release.Status.QUEUED, Release.Status.WRITING)
    context = {"study": access.study, "release": found, "running": running, "stage": STAGES.get(found.stage, "")}
    template = "exports/releases/_state.html" if request.htmx else "exports/releases/detail.html"  # type: ignore[attr-defined]
    return render(request, template, context)


@require_POST
def cancel(request: HttpRequest, study: str, number: int) -> HttpResponse:
    access = study_access(request.user, study, Role.LEAD)
    found = get_object_or_404(access.study.releases, number=number)
    try:
        cancel_release(release=found, actor=access.user, now=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Release %(number)s was cancelled.") % {"number": number})
    return redirect("exports:releases", study)


@require_safe
def download(request: HttpRequest, study: str, number: int, kind: str) -> FileResponse:
    """Hand out one file of a finished release; who took it is logged."""
    access = study_access(request.user, study, Role.LEAD)
    file = get_object_or_404(
        ReleaseFile.objects.select_related("release__study"),
        release__study=access.study,
        release__number=number,
        release__status=Release.Status.READY,
        kind=kind,
    )
    content = open_release_file(file=file, actor=access.user, now=timezone.now())
    return FileResponse(content, as_attachment=True, filename=file.name)
