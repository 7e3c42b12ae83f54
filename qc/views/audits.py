"""Audits: the queue, taking one, the judged ones, ordering one, the statistics."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from qc.forms.audits import OrderForm
from qc.models import Audit
from qc.selectors import audit_lists
from qc.selectors.audit_queue import audits_of, claimed_audits
from qc.selectors.audit_statistics import audit_statistics, plan_of
from qc.services import audits as services
from qc.views.access import auditor_access, find_audit
from studies.access import StudyAccess
from studies.errors import Conflict, DomainError
from studies.requests import UserRequest

PAGE = 50


def tabs(study: str, active: str) -> list[dict[str, Any]]:
    """The views of audits, for components/tabs.html."""
    places = {
        "audits": _("Waiting"),
        "audits_judged": _("Judged"),
        "audit_statistics": _("Statistics"),
        "audit_plan": _("The draw"),
    }
    return [
        {"label": label, "url": reverse(f"qc:{name}", args=[study]), "active": name == active}
        for name, label in places.items()
    ]


@require_safe
def queue(request: UserRequest, study: str) -> HttpResponse:
    """Audits that wait, the oldest first; what is in hand stands above."""
    access = auditor_access(request.user, study)
    return _queue(request, access, OrderForm(populations=list(access.study.populations.all())))


def _queue(request: HttpRequest, access: StudyAccess, form: OrderForm, status: int = 200) -> HttpResponse:
    now = timezone.now()
    page = Paginator(audit_lists.waiting_audits(access.study, access.user), PAGE).get_page(request.GET.get("page"))
    context = {
        "study": access.study,
        "tabs": tabs(access.study.code, "audits"),
        "plan": plan_of(access.study),
        "page": page,
        "rows": audit_lists.audit_rows(list(page), now),
        "counts": audit_lists.queue_counts(access.study, access.user),
        "in_work": audit_lists.audits_in_work(access.study, access.user),
        "in_hand": claimed_audits(access.study, access.user).first(),
        "form": form,
        "now": now,
    }
    return render(request, "qc/audits/queue.html", context, status=status)


@require_POST
def take(request: UserRequest, study: str) -> HttpResponse:
    """Take the next audit, or the one that is named, and go to it."""
    access = auditor_access(request.user, study)
    wanted = request.POST.get("audit", "")
    audit = audits_of(access.study, access.user).filter(pk=wanted).first() if wanted.isdecimal() else None
    try:
        taken = services.claim_audit(access=access, audit=audit, now=timezone.now())
    except Conflict as nothing:
        messages.warning(request, str(nothing))
        return redirect("qc:audits", study)
    return redirect("qc:audit", study, taken.pk)


@require_POST
def order(request: UserRequest, study: str) -> HttpResponse:
    """Order an audit of one particular interview, by case number."""
    access = auditor_access(request.user, study)
    form = OrderForm(request.POST, populations=list(access.study.populations.all()))
    if form.is_valid():
        data = form.cleaned_data
        interview = audit_lists.interview_of_case(access.study, data["population"], data["case_number"])
        if interview is None:
            form.add_error("case_number", _("This case has no interview."))
        else:
            try:
                services.order_audit(interview=interview, reason=data["reason"], actor=access.user, now=timezone.now())
            except DomainError as error:
                form.add_error(None, str(error))
            else:
                messages.success(request, _("The audit of case %(case)d waits now.") % {"case": data["case_number"]})
                return redirect("qc:audits", study)
    return _queue(request, access, form, status=422)


@require_POST
def give_back(request: UserRequest, study: str, pk: int) -> HttpResponse:
    """Put an audit back into the queue, one's own or one that somebody else has left lying."""
    access = auditor_access(request.user, study)
    audit = find_audit(access, pk)
    services.return_audit(audit=audit, actor=access.user, now=timezone.now())
    messages.success(request, _("The audit waits again. What was entered is dropped."))
    return redirect("qc:audits", study)


@require_safe
def judged(request: UserRequest, study: str) -> HttpResponse:
    """Judged audits, the newest first."""
    access = auditor_access(request.user, study)
    verdict, interviewer = request.GET.get("verdict", ""), request.GET.get("interviewer", "")
    found = audit_lists.judged_audits(access.study, access.user, verdict=verdict, interviewer=interviewer)
    context = {
        "study": access.study,
        "tabs": tabs(study, "audits_judged"),
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "verdicts": Audit.Verdict.choices,
        "verdict": verdict,
        "interviewer": interviewer,
        "filtered": bool(verdict or interviewer),
    }
    return render(request, "qc/audits/judged.html", context)


@require_safe
def statistics(request: UserRequest, study: str) -> HttpResponse:
    """Share heard, verdicts, points and mismatches, by interviewer, question and language."""
    access = auditor_access(request.user, study)
    context = {
        "study": access.study,
        "tabs": tabs(study, "audit_statistics"),
        "plan": plan_of(access.study),
        "verdicts": Audit.Verdict.choices,
        "statistics": audit_statistics(access.study, access.user),
    }
    return render(request, "qc/audits/statistics.html", context)
