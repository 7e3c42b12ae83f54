from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from studies.access import study_access
from studies.errors import DomainError
from studies.form_errors import show_error
from studies.forms.studies import NewPopulationForm, PopulationForm
from studies.models import Population
from studies.models.study import Role
from studies.requests import UserRequest
from studies.services.populations import EDITABLE, create_population, update_population


@require_safe
def population_list(request: UserRequest, study: str) -> HttpResponse:
    access = study_access(request.user, study, Role.LEAD, Role.SUPERVISOR)
    populations = access.study.populations.order_by("code")
    context = {"study": access.study, "populations": populations, "may_edit": access.has(Role.LEAD)}
    return render(request, "studies/populations/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: UserRequest, study: str) -> HttpResponse:
    access = study_access(request.user, study, Role.LEAD)
    form = NewPopulationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            made = create_population(
                study=access.study, code=values.pop("code"), fields=values, actor=request.user, now=timezone.now()
            )
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("Population %(code)s was created.") % {"code": made.code})
            return redirect("studies:populations", study)
    context = {"study": access.study, "form": form}
    return render(request, "studies/populations/create.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, study: str, population: str) -> HttpResponse:
    access = study_access(request.user, study, Role.LEAD)
    found = access.population(population)
    form = PopulationForm(request.POST or None, initial=_values(found))
    if request.method == "POST" and form.is_valid():
        try:
            update_population(population=found, fields=form.cleaned_data, actor=request.user, now=timezone.now())
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("studies:populations", study)
    context = {"study": access.study, "population": found, "form": form}
    return render(request, "studies/populations/edit.html", context, status=422 if form.errors else 200)


def _values(population: Population) -> dict[str, object]:
    values: dict[str, object] = {name: getattr(population, name) for name in EDITABLE}
    return values | {"time_zones": ", ".join(population.time_zones)}
