"""Quotas: the board, the interviews behind its numbers, changing cells. Leads set targets, supervisors close cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe
from django.views.decorators.vary import vary_on_headers

from fieldwork.forms.quotas import AgeGenderQuotaForm, ReasonForm, RuleForm, TableQuotaForm, TargetForm
from fieldwork.models import Quota, QuotaCell
from fieldwork.selectors.quotas import (
    SHOWN,
    CellCount,
    QuotaTable,
    interviews_behind,
    place_label,
    population_tables,
    quota_board,
    quota_boards,
    screener_names,
)
from fieldwork.services import quotas as services
from fieldwork.views.sample import open_room
from studies.access import StudyAccess, study_access
from studies.errors import DomainError
from studies.form_errors import show_error
from studies.models import ActivityLog
from studies.models.study import Role
from studies.requests import UserRequest

INTERVIEWS_PER_PAGE = 100
SHOWN_WORDS = {
    "complete": gettext_lazy("complete"),
    "held": gettext_lazy("running now"),
    "rejected": gettext_lazy("rejected by an audit"),
    "quota_full": gettext_lazy("thanked, cell full"),
}


@require_safe
@vary_on_headers("HX-Request")  # or the browser's Back button shows the part for the whole
def board(request: UserRequest, study: str) -> HttpResponse:
    """The populations side by side. The page asks for its own middle part again and again."""
    access = open_room(request, study)
    now = timezone.now()
    populations = list(access.study.populations.order_by("code"))
    context = {
        "study": access.study,
        "boards": quota_boards(access.study, populations, now),
        "now": now,
        "may_edit": access.has(Role.LEAD),
    }
    template = "fieldwork/quotas/_boards.html" if request.headers.get("HX-Request") else "fieldwork/quotas/board.html"
    return render(request, template, context)


def find_quota(access: StudyAccess, quota: int) -> Quota:
    """A quota of the study. Raises Http404."""
    found = Quota.objects.select_related("population__study")
    return get_object_or_404(found, pk=quota, population__study=access.study)


@dataclass(frozen=True)
class Tab:
    """One kind of interviews behind a number."""

    label: object
    url: str
    active: bool
    count: int


@require_safe
def interviews(request: UserRequest, study: str, quota: int) -> HttpResponse:
    """The interviews that a number of the board counts: of a cell, a row, a column, or the whole quota."""
    access = open_room(request, study)
    found = find_quota(access, quota)
    now = timezone.now()
    show = request.GET.get("show", "complete")
    if show not in SHOWN:
        raise Http404
    table = _table_of(found, access)
    row, column, cell = (request.GET.get(name, "") for name in ("row", "column", "cell"))
    cells = [each for each in table.cells if _is_meant(each, row, column, cell)]
    page = Paginator(
        interviews_behind(cells=[each.id for each in cells], show=show, now=now), INTERVIEWS_PER_PAGE
    ).get_page(request.GET.get("page"))
    context = {
        "study": access.study,
        "population": found.population,
        "quota": found,
        "one": cells[0] if cell and cells else None,
        "title": place_label(row or column) or found.name,
        "all_cells": len(cells) == len(table.cells),
        "page": page,
        "show": show,
        "show_words": SHOWN_WORDS[show],
        "tabs": _tabs(request, found, cells, show),
    }
    return render(request, "fieldwork/quotas/interviews.html", context)


def _table_of(quota: Quota, access: StudyAccess) -> QuotaTable:
    board = quota_board(quota.population, timezone.now())
    return next(table for table in board.quotas if table.id == quota.pk)


def _is_meant(cell: CellCount, row: str, column: str, number: str) -> bool:
    return (not row or cell.row == row) and (not column or cell.column == column) and number in {"", str(cell.id)}


def _tabs(request: UserRequest, quota: Quota, cells: Sequence[CellCount], show: str) -> list[Tab]:
    kept = {name: request.GET[name] for name in ("row", "column", "cell") if request.GET.get(name)}
    path = reverse("fieldwork:quota_interviews", args=[quota.population.study.code, quota.pk])
    return [
        Tab(
            label=SHOWN_WORDS[kind],
            url=f"{path}?{urlencode({**kept, 'show': kind})}",
            active=kind == show,
            count=sum(getattr(cell.counts, kind) for cell in cells),
        )
        for kind in SHOWN
    ]


# --- making quotas ---------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def from_table(request: UserRequest, study: str, population: str) -> HttpResponse:
    """Compute age by gender from a population table."""
    access = study_access(request.user, study, Role.LEAD)
    found = access.population(population)
    tables = population_tables(found)
    form = AgeGenderQuotaForm(request.POST or None, tables=tables, initial={"target": found.target})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        table = values.pop("table")
        try:
            quota = services.create_age_gender_quota(
                population=found, source=table.source, year=table.year, actor=request.user, now=timezone.now(), **values
            )
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("The quota “%(name)s” was made.") % {"name": quota.name})
            return redirect("fieldwork:quotas", study)
    context = {"study": access.study, "population": found, "form": form, "tables": tables}
    return render(request, "fieldwork/quotas/from_table.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def paste(request: UserRequest, study: str, population: str) -> HttpResponse:
    """Make a quota from pasted lines."""
    access = study_access(request.user, study, Role.LEAD)
    found = access.population(population)
    form = TableQuotaForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            quota = services.create_quota(population=found, actor=request.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("The quota “%(name)s” was made.") % {"name": quota.name})
            return redirect("fieldwork:quotas", study)
    names = screener_names(access.study)
    context = {"study": access.study, "population": found, "form": form, "names": sorted(names or ())}
    return render(request, "fieldwork/quotas/paste.html", context, status=422 if form.errors else 200)


# --- changing quotas -------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def rule(request: UserRequest, study: str, quota: int) -> HttpResponse:
    """Change how full the cells of a quota may become."""
    access = study_access(request.user, study, Role.LEAD)
    found = find_quota(access, quota)
    form = RuleForm(request.POST or None, initial={"rule": found.rule, "tolerance": found.tolerance})
    if request.method == "POST" and form.is_valid():
        try:
            services.set_quota_rule(quota=found, actor=request.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("The rule was changed."))
            return redirect("fieldwork:quotas", study)
    context = {"study": access.study, "population": found.population, "quota": found, "form": form}
    return render(request, "fieldwork/quotas/rule.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def cell(request: UserRequest, study: str, cell: int) -> HttpResponse:
    """One cell: its counts, its target, closing and reopening it, and what was changed before.

    POST carries `act`: target (leads only), close or reopen.
    """
    access = open_room(request, study)
    found = get_object_or_404(
        QuotaCell.objects.select_related("quota__population__study"), pk=cell, quota__population__study=access.study
    )
    act = request.POST.get("act", "")
    target_form = TargetForm(request.POST if act == "target" else None, initial={"target": found.target})
    state_form = ReasonForm(request.POST if act in {"close", "reopen"} else None)
    form = target_form if act == "target" else state_form
    if act == "target":
        study_access(request.user, study, Role.LEAD)
    if form.is_bound and form.is_valid():
        try:
            _change(found, act, form.cleaned_data, request)
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("The cell was changed."))
            return redirect("fieldwork:quota_cell", study, cell)
    table = _table_of(found.quota, access)
    context = {
        "study": access.study,
        "population": found.quota.population,
        "quota": found.quota,
        "cell": next(each for each in table.cells if each.id == found.pk),
        "target_form": target_form,
        "state_form": state_form,
        "log": ActivityLog.objects.filter(study=access.study, target=f"quotacell:{found.pk}").select_related("actor"),
        "may_edit": access.has(Role.LEAD),
    }
    return render(request, "fieldwork/quotas/cell.html", context, status=422 if form.errors else 200)


def _change(cell: QuotaCell, act: str, values: dict[str, Any], request: UserRequest) -> None:
    if act == "target":
        services.set_cell_target(cell=cell, actor=request.user, now=timezone.now(), **values)
    elif act == "close":
        services.close_cell(cell=cell, actor=request.user, now=timezone.now(), **values)
    else:
        services.reopen_cell(cell=cell, actor=request.user, now=timezone.now(), **values)
