"""Outcome rates of a study, by population and together."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from fractions import Fraction

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from fieldwork.selectors.outcomes import OutcomeReport, outcome_reports
from studies.access import study_access
from studies.models.study import Role
from studies.requests import UserRequest

ALL = "all"


@require_safe
def outcomes(request: UserRequest, study: str) -> HttpResponse:
    """Cases by disposition, and the rates with their formulas. e is computed, or entered with its reason."""
    access = study_access(request.user, study, Role.SUPERVISOR, Role.LEAD)
    e, problem = entered_e(request)
    reports = outcome_reports(access.study, e)
    wanted = request.GET.get("population", "")
    shown = next((one for one in reports if code_of(one) == wanted), reports[0] if reports else None)
    context = {
        "study": access.study,
        "report": shown,
        "tabs": [tab(request, one, one is shown) for one in reports],
        "reason": request.GET.get("reason", ""),
        "typed_e": request.GET.get("e", ""),
        "problem": problem,
        "population": code_of(shown) if shown else "",
    }
    return render(request, "fieldwork/outcomes/rates.html", context)


def entered_e(request: UserRequest) -> tuple[Fraction | None, str]:
    """The e that was typed, if it can be used, and what is wrong with it."""
    typed = request.GET.get("e", "").strip().replace(",", ".")
    if not typed:
        return None, ""
    try:
        e = Fraction(Decimal(typed))
    except (InvalidOperation, ValueError, OverflowError):
        return None, _("e is a number from 0 to 1, such as 0.35.")
    if not 0 <= e <= 1:
        return None, _("e is a number from 0 to 1, such as 0.35.")
    if not request.GET.get("reason", "").strip():
        return None, _("Say where this e comes from: it is shown with the rates.")
    return e, ""


def code_of(report: OutcomeReport) -> str:
    return report.population.code if report.population else ALL


def tab(request: UserRequest, report: OutcomeReport, active: bool) -> dict[str, object]:
    query = request.GET.copy()
    query["population"] = code_of(report)
    label = report.population.name if report.population else _("All populations")
    return {"label": label, "url": f"?{query.urlencode()}", "active": active, "count": report.released}
