"""Follow-ups of audits: what is to be settled, and settling it."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from qc.forms.audits import SettleForm
from qc.models import FollowUp
from qc.selectors.audit_lists import follow_ups
from qc.services.follow_ups import settle_follow_up
from qc.views.access import auditor_access
from studies.access import StudyAccess
from studies.errors import DomainError
from studies.requests import UserRequest

PAGE = 50


@require_safe
def follow_up_list(request: UserRequest, study: str) -> HttpResponse:
    """What is to be settled, the oldest first; with `?show=settled` what was."""
    return _list(request, auditor_access(request.user, study))


def _list(request: HttpRequest, access: StudyAccess, failed: FollowUp | None = None, error: str = "") -> HttpResponse:
    settled = request.GET.get("show") == "settled"
    context = {
        "study": access.study,
        "page": Paginator(follow_ups(access.study, access.user, settled=settled), PAGE).get_page(
            request.GET.get("page")
        ),
        "settled": settled,
        "failed": failed,
        "error": error,
    }
    return render(request, "qc/audits/follow_ups.html", context, status=422 if failed else 200)


@require_POST
def settle(request: UserRequest, study: str, pk: int) -> HttpResponse:
    """Write down what was done."""
    access = auditor_access(request.user, study)
    follow_up = get_object_or_404(FollowUp, pk=pk, study=access.study)
    form = SettleForm(request.POST)
    if not form.is_valid():
        return _list(request, access, follow_up, _("Write down what was done."))
    try:
        settle_follow_up(
            follow_up=follow_up, outcome=form.cleaned_data["outcome"], actor=access.user, now=timezone.now()
        )
    except DomainError as error:
        return _list(request, access, follow_up, str(error))
    messages.success(request, _("Settled."))
    return redirect("qc:follow_ups", study)
