"""Cases for supervisors: finding one, its history, giving it back, closing it."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from fieldwork.dispositions import disposition_table
from fieldwork.forms.cases import CaseFilterForm
from fieldwork.models import Case
from fieldwork.selectors.cases import CaseFile, CaseFilter, case_file, cases_listed, find_cases, standing_of
from fieldwork.selectors.interviews import languages_used
from fieldwork.services.calls import close_case, release_case
from studies.access import StudyAccess, study_access
from studies.errors import DomainError
from studies.models.study import Role
from studies.requests import UserRequest

PAGE = 50


def open_study(request: UserRequest, study: str) -> StudyAccess:
    return study_access(request.user, study, Role.SUPERVISOR, Role.LEAD)


@require_safe
def case_list(request: UserRequest, study: str) -> HttpResponse:
    """The cases of a study with filters."""
    access = open_study(request, study)
    form = CaseFilterForm(request.GET, list(access.study.populations.all()), interface_language())
    wanted = form.wanted()
    page = Paginator(cases_listed(access.study, wanted), PAGE).get_page(request.GET.get("page"))
    context = {
        "study": access.study,
        "form": form,
        "page": page,
        "rows": [(case, outcome_label(case.disposition)) for case in page],
        "filtered": wanted != CaseFilter(),
    }
    return render(request, "fieldwork/cases/list.html", context)


@require_safe
def search(request: UserRequest, study: str) -> HttpResponse:
    """The search of the top bar: goes to the one case that is meant, else shows those it can be."""
    access = open_study(request, study)
    words = request.GET.get("q", "")
    found = find_cases(access.study, words)
    if len(found) == 1:
        return redirect("fieldwork:case", study=study, population=found[0].population.code, number=found[0].number)
    return render(request, "fieldwork/cases/search.html", {"study": access.study, "words": words, "cases": found})


@require_safe
def case_page(request: UserRequest, study: str, population: str, number: int) -> HttpResponse:
    """One case: where it stands, every call, appointments, the interview."""
    access = open_study(request, study)
    file = case_file(access.study, population, number)
    return render(request, "fieldwork/cases/detail.html", case_context(access, file))


def case_context(access: StudyAccess, file: CaseFile) -> dict[str, object]:
    case = file.case
    return {
        "study": access.study,
        "file": file,
        "case": case,
        "zone": case.time_zone or case.population.zone,
        "standing": standing_of(case, timezone.now()),
        "attempts": [(attempt, outcome_label(attempt.disposition)) for attempt in file.attempts],
        "outcome": outcome_label(case.disposition),
        "languages": languages_used(file.interview) if file.interview else [],
        "may_act": access.has(Role.SUPERVISOR),
        "open": case.status == Case.Status.OPEN,
        "held": case.status == Case.Status.HELD,
    }


@require_POST
def release(request: UserRequest, study: str, population: str, number: int) -> HttpResponse:
    """Take a stuck case from its interviewer."""
    access = study_access(request.user, study, Role.SUPERVISOR)
    case = case_file(access.study, population, number).case
    try:
        release_case(case=case, actor=access.user, now=timezone.now())
        messages.success(request, _("The case was given back and can be called again."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("fieldwork:case", study=study, population=population, number=number)


@require_POST
def close(request: UserRequest, study: str, population: str, number: int) -> HttpResponse:
    """Close an open case for good, with a reason."""
    access = study_access(request.user, study, Role.SUPERVISOR)
    case = case_file(access.study, population, number).case
    try:
        case = close_case(case=case, actor=access.user, reason=request.POST.get("reason", ""), now=timezone.now())
        messages.success(request, _("The case is closed: %(outcome)s.") % {"outcome": outcome_label(case.disposition)})
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("fieldwork:case", study=study, population=population, number=number)


def outcome_label(code: str) -> str:
    """`3.13 No answer`, in the language of the interface; empty where there is no outcome."""
    known = disposition_table().get(code)
    return f"{code} {known.label(interface_language())}" if known else code


def interface_language() -> str:
    return (get_language() or "en").split("-")[0]
