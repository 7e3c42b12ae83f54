"""What endpoints of all apps have in common in the API's description."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ErrorSerializer(serializers.Serializer[Any]):
    """Every refusal: a stable code, a sentence, and which inputs are at fault."""

    code = serializers.CharField()
    message = serializers.CharField()
    fields = serializers.DictField()  # type: ignore[assignment]


#: How an endpoint can refuse: no right, no such thing, too late, wrong input.
REFUSED = {403: ErrorSerializer, 404: ErrorSerializer, 409: ErrorSerializer, 422: ErrorSerializer}
