"""The content security policy: pages load from this host alone, and run no inline script or style."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

POLICY = "; ".join(
    [
        "default-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "img-src 'self' data:",  # the page of the API draws its icons from data URLs
        "media-src 'self' blob:",
        "object-src 'none'",
    ]
)


class ContentSecurityPolicyMiddleware:
    """Sets the policy on every response, so that injected markup stays text.

    A view that needs another one sets the header itself.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", POLICY)
        return response
