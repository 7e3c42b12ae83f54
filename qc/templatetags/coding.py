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


@register.filter
def question(texts: Mapping[str, Any], key: str) -> Any:
    """The question behind an answer's key (`association@KG`), by language."""
    return texts.get(key.partition("@")[0], {})
