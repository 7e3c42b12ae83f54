from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from studies.access import staffing_access
from studies.errors import DomainError
from studies.form_errors import show_error
from studies.forms.studies import MemberForm, NewMemberForm
from studies.models import User
from studies.models.study import Role
from studies.requests import UserRequest
from studies.selectors.members import members_of
from studies.services.members import add_member, remove_member, update_member


@require_safe
def member_list(request: UserRequest, study: str) -> HttpResponse:
    access = staffing_access(request.user, study)
    members = members_of(access.study)
    chosen = request.GET.get("role", "")
    shown = [member for member in members if not chosen or member.role == chosen]
    counts = {role: sum(member.role == role for member in members) for role in Role.values}
    roles = [(role.value, role.label, counts[role]) for role in Role]
    context = {"study": access.study, "members": shown, "total": len(members), "roles": roles, "chosen": chosen}
    context["chosen_label"] = dict(Role.choices).get(chosen, "")
    return render(request, "studies/members/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request: UserRequest, study: str) -> HttpResponse:
    access = staffing_access(request.user, study)
    form = NewMemberForm(access.study, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            member = add_member(study=access.study, actor=request.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            show_error(form, error)
        else:
            words = {"person": member.user.name, "role": member.get_role_display()}
            messages.success(request, _("%(person)s is a member now: %(role)s.") % words)
            return redirect("studies:members", study)
    known = User.objects.filter(is_active=True).order_by("username")
    context = {"study": access.study, "form": form, "known": known}
    return render(request, "studies/members/add.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, study: str, member: int) -> HttpResponse:
    access = staffing_access(request.user, study)
    found = get_object_or_404(access.study.members.select_related("user", "study"), pk=member)
    form = MemberForm(access.study, request.POST or None, member=found)
    if request.method == "POST" and form.is_valid():
        try:
            update_member(member=found, actor=request.user, now=timezone.now(), **form.cleaned_data)
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("studies:members", study)
    context = {"study": access.study, "member": found, "form": form}
    return render(request, "studies/members/edit.html", context, status=422 if form.errors else 200)


@require_POST
def remove(request: UserRequest, study: str, member: int) -> HttpResponse:
    access = staffing_access(request.user, study)
    found = get_object_or_404(access.study.members.select_related("user", "study"), pk=member)
    reason = request.POST.get("reason", "").strip()
    if not reason:
        messages.error(request, _("Nothing was removed: say why."))
        return redirect("studies:member_edit", study, member)
    words = {"person": found.user.name, "role": found.get_role_display()}
    try:
        remove_member(member=found, reason=reason, actor=request.user, now=timezone.now())
    except DomainError as error:
        messages.error(request, str(error))
        return redirect("studies:member_edit", study, member)
    messages.success(request, _("%(person)s is no longer a member: %(role)s.") % words)
    return redirect("studies:members", study)
