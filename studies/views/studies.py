from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from studies.access import may_create_studies, study_access
from studies.errors import DomainError
from studies.form_errors import show_error
from studies.forms.studies import NewStudyForm, StudyForm
from studies.models.study import Role
from studies.requests import UserRequest
from studies.selectors.studies import studies_for
from studies.services.studies import EDITABLE, create_study, update_study


@require_safe
def study_list(request: UserRequest) -> HttpResponse:
    """The studies one may know of: an administrator also those without a role, with the way to their members."""
    studies = studies_for(request.user)
    own = set(request.user.memberships.values_list("study_id", flat=True))
    context = {"studies": studies, "own": own, "may_create": may_create_studies(request.user)}
    return render(request, "studies/studies/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def create(request: UserRequest) -> HttpResponse:
    if not may_create_studies(request.user):
        raise PermissionDenied
    form = NewStudyForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        lead = values.pop("lead", request.user)
        try:
            study = create_study(
                code=values.pop("code"), fields=values, lead=lead, actor=request.user, now=timezone.now()
            )
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(
                request, _("Study %(code)s was created. Add its target populations next.") % {"code": study.code}
            )
            return redirect("studies:populations", study.code) if lead == request.user else redirect("studies:list")
    return render(request, "studies/studies/create.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, study: str) -> HttpResponse:
    access = study_access(request.user, study, Role.LEAD)
    initial = {name: getattr(access.study, name) for name in EDITABLE}
    form = StudyForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            update_study(study=access.study, fields=form.cleaned_data, actor=request.user, now=timezone.now())
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("study", study)
    context = {"study": access.study, "form": form}
    return render(request, "studies/studies/edit.html", context, status=422 if form.errors else 200)
