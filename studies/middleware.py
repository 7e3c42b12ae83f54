"""The person's language, and errors of services said to people."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
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
    """Says what a view did not, in a page of ours: an error of a service (to htmx as a strip), or a wrong method.

    The API has its own way to say errors; REST framework catches them before they come here.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        # Whoever opens the address to which a form is sent gets a page, not the browser's own bare one.
        if isinstance(response, HttpResponseNotAllowed) and request.accepts("text/html"):
            page = render(request, "405.html", status=405)
            page["Allow"] = response["Allow"]
            return page
        return response

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
