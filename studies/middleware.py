"""The person's language, and errors of services said to people."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation

from studies.errors import DomainError
from studies.races import lost_race


class UserLanguageMiddleware:
    """Activates the language that the person has chosen; stands behind AuthenticationMiddleware.

    Before the log-in, LocaleMiddleware has decided by cookie and browser.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            translation.activate(request.user.language)
            request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


class DomainErrorMiddleware:
    """Says an error of a service that a view did not put beside its form: as a page, or as a strip for htmx.

    The API has its own way to say errors; REST framework catches them before they come here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        error = exception if isinstance(exception, DomainError) else lost_race(exception)
        if error is None:
            return None
        if getattr(request, "htmx", False):
            response = render(request, "components/strip.html", {"tone": "bad", "text": error.message}, status=409)
            response["HX-Retarget"] = "#messages"
            response["HX-Reswap"] = "innerHTML"
            return response
        return render(request, "error.html", {"error": error}, status=error.status)
