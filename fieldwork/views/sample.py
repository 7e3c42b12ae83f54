"""Samples: what was drawn, drawing another, releasing replicates. Supervisors and leads see; leads draw."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from fieldwork.forms.sample import NewSampleForm, ReleaseForm
from fieldwork.models import Sample
from fieldwork.selectors.sample import (
    PopulationSample,
    SampleRow,
    frame_of,
    plan_rows,
    population_samples,
    replicate_rows,
    sample_rows,
    time_left,
)
from fieldwork.services import sample as services
from fieldwork.tasks.sample import start_draw
from studies.access import StudyAccess, study_access
from studies.errors import DomainError
from studies.form_errors import show_error
from studies.models.study import Role
from studies.requests import UserRequest

REPLICATES_PER_PAGE = 50


def open_room(request: UserRequest, study: str) -> StudyAccess:
    """The sample is the business of supervisors and leads."""
    return study_access(request.user, study, Role.SUPERVISOR, Role.LEAD)


def find_sample(access: StudyAccess, population: str, number: int) -> Sample:
    """A sample of the study by its population and number. Raises Http404."""
    found = Sample.objects.select_related("population__study", "plan", "created_by")
    return get_object_or_404(found, population=access.population(population), number=number)


@dataclass(frozen=True)
class Section:
    """One population on the page, with the form that releases its next replicates."""

    summary: PopulationSample
    next_row: SampleRow | None
    form: ReleaseForm


@require_safe
def overview(request: UserRequest, study: str) -> HttpResponse:
    """All populations: numbers drawn and released, yield, forecast, samples, and the next release."""
    access = open_room(request, study)
    return _render_overview(request, access)


def _render_overview(
    request: UserRequest, access: StudyAccess, bound: dict[int, ReleaseForm] | None = None
) -> HttpResponse:
    now = timezone.now()
    populations = list(access.study.populations.order_by("code"))
    sections = []
    for summary in population_samples(access.study, populations, now):
        ready = [row for row in summary.samples if row.sample.status == Sample.Status.READY and row.next_number]
        next_row = ready[0] if ready else None
        form = (bound or {}).get(next_row.sample.pk if next_row else 0) or _release_form(next_row)
        sections.append(Section(summary, next_row, form))
    context = {
        "study": access.study,
        "sections": sections,
        "left": {row.sample.pk: seconds_left(row.sample) for part in sections for row in part.summary.samples},
        "may_draw": access.has(Role.LEAD),
    }
    return render(request, "fieldwork/sample/overview.html", context, status=422 if bound else 200)


def _release_form(row: SampleRow | None) -> ReleaseForm:
    return ReleaseForm(initial={"after": row.next_number - 1 if row and row.next_number else 0})


@require_POST
def release(request: UserRequest, study: str, population: str, number: int) -> HttpResponse:
    """Open the next replicates of a sample."""
    access = open_room(request, study)
    sample = find_sample(access, population, number)
    form = ReleaseForm(request.POST)
    if form.is_valid():
        try:
            opened = services.release_next_replicates(
                sample=sample, actor=request.user, now=timezone.now(), **form.cleaned_data
            )
        except DomainError as error:
            show_error(form, error)
        else:
            text = ngettext("%(count)d case was opened.", "%(count)d cases were opened.", opened)
            messages.success(request, text % {"count": opened})
            return redirect("fieldwork:sample", study)
    return _render_overview(request, access, {sample.pk: form})


@require_safe
def detail(request: UserRequest, study: str, population: str, number: int) -> HttpResponse:
    """One sample: how it was drawn, from which ranges, and where the cases of its replicates stand."""
    access = open_room(request, study)
    sample = find_sample(access, population, number)
    row = sample_rows(Sample.objects.filter(pk=sample.pk))[0]
    replicates = sample.replicates.select_related("released_by").order_by("number")
    released_only = request.GET.get("show") != "all"
    if released_only:
        replicates = replicates.filter(released_at__isnull=False)
    page = Paginator(replicates, REPLICATES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "study": access.study,
        "population": sample.population,
        "sample": sample,
        "row": row,
        "left": seconds_left(sample),
        "page": page,
        "rows": replicate_rows(page.object_list),
        "released_only": released_only,
        "may_draw": access.has(Role.LEAD),
    }
    return render(request, "fieldwork/sample/detail.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: UserRequest, study: str, population: str) -> HttpResponse:
    """Order a draw. The page can be left at once: a task draws, and the sample's row shows how far it is."""
    access = study_access(request.user, study, Role.LEAD)
    found = access.population(population)
    plans = plan_rows([found.country], found.field_start)
    form = NewSampleForm(request.POST or None, population=found, plans=plans)
    if request.method == "POST" and form.is_valid():
        try:
            sample = services.create_sample(
                population=found, actor=request.user, now=timezone.now(), **form.cleaned_data
            )
        except DomainError as error:
            show_error(form, error)
        else:
            start_draw(sample.pk)
            return redirect("fieldwork:sample_detail", study, found.code, sample.number)
    context = {"study": access.study, "population": found, "form": form, "plans": plans}
    return render(request, "fieldwork/sample/new.html", context, status=422 if form.errors else 200)


@require_safe
def frame_preview(request: UserRequest, study: str, population: str) -> HttpResponse:
    """What a draw would be made from, while the form is being filled in."""
    access = study_access(request.user, study, Role.LEAD)
    found = access.population(population)
    form = NewSampleForm(request.GET, population=found, plans=plan_rows([found.country], found.field_start))
    form.is_valid()
    plan, day = form.cleaned_data.get("plan"), form.cleaned_data.get("plan_date")
    frame = frame_of(plan, day) if plan and day else None
    size = form.cleaned_data.get("size")
    context = {"frame": frame, "day": day, "size": size, "one_in": round(frame.size / size) if frame and size else None}
    return render(request, "fieldwork/sample/_frame.html", context)


@require_safe
def progress(request: UserRequest, study: str, population: str, number: int) -> HttpResponse:
    """How far a draw is, for the page that shows it; at its end the page loads anew."""
    access = open_room(request, study)
    sample = find_sample(access, population, number)
    if sample.status not in {Sample.Status.QUEUED, Sample.Status.DRAWING}:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"study": access.study, "sample": sample, "left": seconds_left(sample), "may_draw": access.has(Role.LEAD)}
    return render(request, "fieldwork/sample/_progress.html", context)


@require_POST
def cancel(request: UserRequest, study: str, population: str, number: int) -> HttpResponse:
    """Stop a draw; nothing of it is kept."""
    access = study_access(request.user, study, Role.LEAD)
    sample = find_sample(access, population, number)
    try:
        services.cancel_draw(sample=sample, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("fieldwork:sample_detail", study, population, number)


@require_POST
def retry(request: UserRequest, study: str, population: str, number: int) -> HttpResponse:
    """Order a failed or cancelled draw again, unchanged."""
    access = study_access(request.user, study, Role.LEAD)
    sample = find_sample(access, population, number)
    try:
        services.retry_draw(sample=sample, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
    else:
        start_draw(sample.pk)
        messages.success(request, _("The draw was ordered again."))
    return redirect("fieldwork:sample_detail", study, population, number)


def seconds_left(sample: Sample) -> int | None:
    """Seconds until a running draw will be done, at its pace so far."""
    left = time_left(sample, timezone.now())
    return None if left is None else max(1, round(left.total_seconds()))
