"""Logging in and out, language and colours, one's own profile."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from studies.errors import DomainError
from studies.form_errors import show_error
from studies.forms.people import LoginForm, PasswordForm
from studies.models import User
from studies.requests import UserRequest, our_address
from studies.services.people import renew_token, set_password, set_preferences

THEME_COOKIE = "theme"
A_YEAR_S = 365 * 24 * 60 * 60


@sensitive_post_parameters("password")
@never_cache
@login_not_required
@require_http_methods(["GET", "POST"])
def log_in(request: HttpRequest) -> HttpResponse:
    goal = our_address(request, request.POST.get("next") or request.GET.get("next", ""))
    if request.user.is_authenticated:
        return redirect(goal)
    form = LoginForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.get_user())
        return redirect(goal)
    status = 422 if form.is_bound else 200
    return render(request, "studies/session/login.html", {"form": form, "next": goal}, status=status)


@require_POST
def log_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@login_not_required
@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Set language and theme: with the person where one is logged in, always in cookies for the log-in page."""
    language = request.POST.get("language", "")
    theme = request.POST.get("theme", "")
    language = language if language in dict(settings.LANGUAGES) and check_for_language(language) else ""
    theme = theme if theme in User.Theme.values else ""
    if isinstance(request.user, User):
        set_preferences(user=request.user, language=language, theme=theme)
    response = redirect(our_address(request, request.POST.get("next", "")))
    for name, value in ((settings.LANGUAGE_COOKIE_NAME, language), (THEME_COOKIE, theme)):
        if value:
            response.set_cookie(
                name, value, max_age=A_YEAR_S, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
            )
    return response


@sensitive_post_parameters("old_password", "password")
@require_http_methods(["GET", "POST"])
def profile(request: UserRequest) -> HttpResponse:
    """One's own account: who the system takes one for, and a new password."""
    form = PasswordForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            password = form.cleaned_data["password"]
            set_password(user=request.user, password=password, actor=request.user, now=timezone.now())
        except DomainError as error:
            show_error(form, error)
        else:
            update_session_auth_hash(request, request.user)
            messages.success(request, _("Password changed. Other devices are logged out."))
            return redirect("profile")
    memberships = request.user.memberships.select_related("study").order_by("study__code", "role")
    return render(
        request,
        "studies/session/profile.html",
        {"form": form, "memberships": memberships},
        status=422 if form.errors else 200,
    )


@never_cache
@require_POST
def token(request: UserRequest) -> HttpResponse:
    """A new API token, shown this one time."""
    key = renew_token(user=request.user, now=timezone.now())
    return render(request, "studies/session/token.html", {"token": key})
