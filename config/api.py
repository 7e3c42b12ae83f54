"""What all endpoints of the API share: one body for errors, one way to page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.utils.functional import Promise
from rest_framework import exceptions, status
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from studies.errors import DomainError
from studies.races import lost_race


class Pages(CursorPagination):
    """Pages that neither skip nor repeat rows while new ones arrive: newest first, by `?cursor=`."""

    ordering = "-pk"
    page_size = 100
    page_size_query_param = "page_size"
    max_page_size = 1000


def say_error(exception: Exception, context: dict[str, Any]) -> Response | None:
    """Any refusal as `{"code", "message", "fields"}`. What is not a refusal goes on as a fault of the server."""
    error = exception if isinstance(exception, DomainError) else lost_race(exception)
    if error is not None:
        set_rollback()
        return Response(error_body(error.code, error.message, error.fields), error.status)
    if isinstance(exception, Http404):
        exception = exceptions.NotFound()
    elif isinstance(exception, PermissionDenied):
        exception = exceptions.PermissionDenied()
    response = exception_handler(exception, context)
    if response is None or not isinstance(exception, exceptions.APIException):
        return response
    if isinstance(exception, exceptions.ValidationError):
        response.status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
        fields = exception.detail if isinstance(exception.detail, dict) else {"": exception.detail}
        response.data = error_body("invalid", exceptions.ValidationError.default_detail, fields)
    else:
        response.data = error_body(str(exception.get_codes()), exception.detail, {})
    return response


def error_body(code: str, message: object, fields: Mapping[str, object]) -> dict[str, Any]:
    return {"code": code, "message": str(message), "fields": plain(fields)}


def plain(value: object) -> Any:
    """Lazily translated texts as text, however deep."""
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value
