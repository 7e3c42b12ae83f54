"""Look-ups that the coder's bench needs in its templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def item(mapping: Mapping[Any, Any], key: Any) -> Any:
    """The value under a key, or an empty text."""
    return mapping.get(key, "")
