"""What views and pages know of a request."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

from studies.models import User


class UserRequest(HttpRequest):
    """A request of somebody who is logged in: LoginRequiredMiddleware lets nobody else through to a view."""

    user: User


def page_of_form(request: HttpRequest) -> str:
    """The address of the page on which a form stood, with its query; the home page where the browser does not say."""
    referrer = request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(referrer, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    parts = urlsplit(referrer)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
