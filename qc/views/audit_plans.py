"""How audits are drawn: the plan, its rates and their power, the end of the draw and its certificate."""

from __future__ import annotations

import csv
from pathlib import Path

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qc import audit_draw
from qc.forms.audits import PlanForm, RatesForm, rates_of
from qc.models import AuditPlan
from qc.selectors.audit_statistics import plan_of
from qc.selectors.certificate import COLUMNS, certificate_of, verify_draws
from qc.services import audit_draws as services
from qc.views.access import auditor_access
from qc.views.audits import tabs
from studies.access import study_access
from studies.errors import DomainError
from studies.models import Study
from studies.models.study import Role
from studies.requests import UserRequest

#: Rows and columns of the table of power: interviews of one interviewer, and how many of them are fabricated.
INTERVIEWS = (20, 40, 80)
FABRICATED = (1, 2, 3, 5, 8, 10)


@require_http_methods(["GET", "HEAD", "POST"])
def plan_page(request: UserRequest, study: str) -> HttpResponse:
    """The plan for supervisors to read and for leads to make and change."""
    access = auditor_access(request.user, study)
    plan = plan_of(access.study)
    leads = access.has(Role.LEAD)
    form = RatesForm(initial=rates_of(plan)) if plan else PlanForm()
    status = 200
    if request.method == "POST":
        study_access(request.user, study, Role.LEAD)
        form = RatesForm(request.POST) if plan else PlanForm(request.POST)
        if form.is_valid() and _save(request, access.study, plan, form):
            return redirect("qc:audit_plan", study)
        status = 422
    context = {
        "study": access.study,
        "tabs": tabs(study, "audit_plan"),
        "plan": plan,
        "form": form if leads and (plan is None or plan.revealed_at is None) else None,
        "leads": leads,
        "fabricated": FABRICATED,
        "power": power_table(plan),
        "problems": verify_draws(plan) if plan and plan.revealed_at else None,
        "seed": bytes(plan.seed).hex() if plan and plan.revealed_at else "",
    }
    return render(request, "qc/audits/plan.html", context, status=status)


def _save(request: UserRequest, study: Study, plan: AuditPlan | None, form: RatesForm) -> bool:
    try:
        if plan is None:
            services.create_audit_plan(study=study, actor=request.user, now=timezone.now(), **form.cleaned_data)
            messages.success(request, _("Audits are drawn from now on. The commitment stands on this page."))
        else:
            services.change_audit_plan(plan=plan, actor=request.user, now=timezone.now(), **form.cleaned_data)
            messages.success(request, _("Saved. Blocks that have begun keep their rate."))
    except DomainError as error:
        for name, text in (error.fields or {"": error}).items():
            form.add_error(name if name in form.fields else None, str(text))
        return False
    return True


def power_table(plan: AuditPlan | None) -> list[tuple[int, int, list[int]]]:
    """Interviews of one interviewer, how many are audited, and the chances of hearing a fabricated one, in percent."""
    size, drawn = (plan.block_size, plan.drawn_per_block) if plan else (5, 1)
    rows = []
    for interviews in INTERVIEWS:
        audited = interviews * drawn // size
        chances = [round(100 * audit_draw.detection_power(interviews, audited, each)) for each in FABRICATED]
        rows.append((interviews, audited, chances))
    return rows


@require_POST
def reveal(request: UserRequest, study: str) -> HttpResponse:
    """Reveal the seed."""
    access = study_access(request.user, study, Role.LEAD)
    plan = plan_of(access.study)
    if plan is None:
        raise Http404
    try:
        services.reveal_seed(plan=plan, actor=access.user, now=timezone.now())
        messages.success(request, _("The seed is revealed. Anybody can check the draw with the certificate."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("qc:audit_plan", study)


@require_safe
def certificate(request: UserRequest, study: str, form: str) -> HttpResponse:
    """The certificate as JSON (with the seed, can be checked) or CSV (the table alone), once the seed is revealed."""
    access = auditor_access(request.user, study)
    plan = plan_of(access.study)
    if plan is None or plan.revealed_at is None:
        raise Http404
    document = certificate_of(plan)
    name = f"{access.study.code}-audit-certificate.{form}"
    response: HttpResponse
    if form == "json":
        response = JsonResponse(document, json_dumps_params={"indent": 1})
    else:
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        writer = csv.DictWriter(response, COLUMNS, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(document["draws"])
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
def checker(request: UserRequest, study: str) -> HttpResponse:
    """The program that checks a certificate: one file of Python that needs nothing else."""
    auditor_access(request.user, study)
    response = HttpResponse(Path(audit_draw.__file__).read_bytes(), content_type="text/x-python; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit_draw.py"'
    return response
