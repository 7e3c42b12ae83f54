from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from studies.errors import DomainError
from studies.form_errors import show_error
from studies.forms.people import EditPersonForm, NewPersonForm
from studies.models import User
from studies.requests import UserRequest
from studies.selectors.members import people
from studies.services.people import EDITABLE, create_user, update_user

PER_PAGE = 50


@require_safe
def people_list(request: UserRequest) -> HttpResponse:
    _only_administrators(request)
    text = request.GET.get("q", "").strip()
    page = Paginator(people(text), PER_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "text": text, "everybody": User.objects.count()}
    return render(request, "studies/people/list.html", context)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def create(request: UserRequest) -> HttpResponse:
    _only_administrators(request)
    form = NewPersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            user = create_user(
                username=values.pop("username"),
                password=values.pop("password"),
                fields=values,
                actor=request.user,
                now=timezone.now(),
            )
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("The account %(person)s was created.") % {"person": user.username})
            return redirect("studies:people")
    return render(request, "studies/people/create.html", {"form": form}, status=422 if form.errors else 200)


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: UserRequest, person: int) -> HttpResponse:
    _only_administrators(request)
    found = get_object_or_404(User, pk=person)
    form = EditPersonForm(request.POST or None, initial={name: getattr(found, name) for name in EDITABLE})
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            update_user(
                user=found, password=values.pop("password"), fields=values, actor=request.user, now=timezone.now()
            )
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("studies:people")
    memberships = found.memberships.select_related("study").order_by("study__code", "role")
    context = {"person": found, "form": form, "memberships": memberships}
    return render(request, "studies/people/edit.html", context, status=422 if form.errors else 200)


def _only_administrators(request: UserRequest) -> None:
    if not request.user.is_superuser:
        raise PermissionDenied
