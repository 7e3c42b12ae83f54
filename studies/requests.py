"""The type of the requests that views get."""

from __future__ import annotations

from django.http import HttpRequest

from studies.models import User


class UserRequest(HttpRequest):
    """A request of somebody who is logged in: LoginRequiredMiddleware lets nobody else through to a view."""

    user: User
