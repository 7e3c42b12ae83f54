"""The addresses of the product and one more: a view with one read and one write, the floor of the journal."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.urls import path

from config.urls import urlpatterns as product
from fieldwork.models import Interview
from studies.models import ActivityLog
from tests.factories import NOW


def bare(request: HttpRequest, pk: int) -> JsonResponse:
    """Read a row, write a row, answer."""
    interview = Interview.objects.get(pk=pk)
    ActivityLog.objects.create(action="bench", at=NOW)
    return JsonResponse({"last_seq": interview.last_seq})


urlpatterns = [*product, path("bare/<int:pk>", bare)]
