"""What views and pages know of a request."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from studies.models import User


class UserRequest(HttpRequest):
    """A request of somebody who is logged in: LoginRequiredMiddleware lets nobody else through to a view."""

    user: User


def our_address(request: HttpRequest, address: str) -> str:
    """The address, but never one on another host: then, and where there is none, the home page."""
    if address and url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
        return address
    return "/"


def page_before(request: HttpRequest) -> str:
    """Where the person came from, a form's page as a rule; the home page where the browser does not say."""
    parts = urlsplit(our_address(request, request.headers.get("Referer", "")))
    return urlunsplit(("", "", parts.path or "/", parts.query, ""))
