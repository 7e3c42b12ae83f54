"""Numbering plans and population tables: dated tables with a source that draws and quotas are made from."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from fieldwork.forms.sample import PlanForm, PopulationTableForm
from fieldwork.models import NumberingPlan
from fieldwork.selectors.quotas import population_tables
from fieldwork.selectors.sample import plan_rows, range_rows
from fieldwork.services.sample import load_numbering_plan, load_population_counts
from fieldwork.views.sample import open_room
from studies.access import study_access
from studies.errors import DomainError
from studies.form_errors import show_error
from studies.models.study import Role
from studies.requests import UserRequest


@require_http_methods(["GET", "HEAD", "POST"])
def plans(request: UserRequest, study: str) -> HttpResponse:
    """The plans of the countries of a study, and the form that loads another."""
    access = open_room(request, study) if request.method != "POST" else study_access(request.user, study, Role.LEAD)
    populations = list(access.study.populations.order_by("code"))
    countries = list(dict.fromkeys(population.country for population in populations))
    form = PlanForm(request.POST or None, request.FILES or None, countries=countries)
    if request.method == "POST" and form.is_valid():
        try:
            plan = load_numbering_plan(actor=request.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("“%(name)s” was loaded: %(count)d ranges.") % _loaded(plan))
            return redirect("fieldwork:plan", study, plan.pk)
    day = min((population.field_start for population in populations), default=timezone.localdate())
    context = {
        "study": access.study,
        "rows": plan_rows(countries, day),
        "day": day,
        "form": form,
        "may_load": access.has(Role.LEAD),
    }
    return render(request, "fieldwork/sample/plans.html", context, status=422 if form.errors else 200)


def _loaded(plan: NumberingPlan) -> dict[str, object]:
    return {"name": plan.name, "count": plan.ranges.count()}


@require_safe
def plan(request: UserRequest, study: str, plan: int) -> HttpResponse:
    """The ranges of one plan, each with a second opinion."""
    access = open_room(request, study)
    populations = list(access.study.populations.all())
    countries = {population.country for population in populations}
    found = get_object_or_404(NumberingPlan, pk=plan, country__in=countries)
    day = min(population.field_start for population in populations if population.country == found.country)
    rows = range_rows(found, day)
    in_draw = [row for row in rows if row.range.in_population_draw and row.range.is_valid_on(day)]
    context = {
        "study": access.study,
        "plan": found,
        "rows": rows,
        "day": day,
        "in_draw": len(in_draw),
        "frame_size": sum(row.range.size for row in in_draw),
        "disagreeing": sum(row.disagrees for row in rows),
    }
    return render(request, "fieldwork/sample/plan.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def tables(request: UserRequest, study: str, population: str) -> HttpResponse:
    """The population tables of a population, and the form that loads another."""
    access = open_room(request, study) if request.method != "POST" else study_access(request.user, study, Role.LEAD)
    found = access.population(population)
    form = PopulationTableForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            rows = load_population_counts(population=found, actor=request.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("%(count)d rows were loaded.") % {"count": rows})
            return redirect("fieldwork:population_tables", study, population)
    context = {
        "study": access.study,
        "population": found,
        "tables": population_tables(found),
        "form": form,
        "may_load": access.has(Role.LEAD),
    }
    return render(request, "fieldwork/quotas/tables.html", context, status=422 if form.errors else 200)
