from __future__ import annotations

from zoneinfo import ZoneInfo

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from studies.access import study_access
from studies.forms.studies import ActivityFilterForm
from studies.models.study import Role
from studies.requests import UserRequest
from studies.selectors.activity import actions_of, activity_of, actors_of

PER_PAGE = 100


@require_safe
def activity_log(request: UserRequest, study: str) -> HttpResponse:
    """Who did what in the study, filtered by action, person and day. Days are those of the study's first zone."""
    access = study_access(request.user, study, Role.LEAD, Role.SUPERVISOR)
    form = ActivityFilterForm(request.GET)
    form.is_valid()  # a filter that can't be read is left out, and the form says so
    population = access.study.populations.order_by("code").first()
    zone = population.zone if population else ZoneInfo("UTC")
    filters = {name: value for name, value in form.cleaned_data.items() if value}
    rows = activity_of(access.study, zone, **filters)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "study": access.study,
        "zone": zone,
        "form": form,
        "filtered": bool(filters),
        "page": page,
        "everything": access.study.activity.count(),
        "actions": actions_of(access.study),
        "actors": actors_of(access.study),
    }
    return render(request, "studies/activity/list.html", context)
