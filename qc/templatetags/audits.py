from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def at(values: Mapping[Any, Any], key: Any) -> Any:
    """The value under a key that stands in a variable; 0 where a count is missing."""
    return values.get(key, 0)
