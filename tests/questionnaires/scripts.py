"""Scripts for tests, written short: expressions as text, labels as one English text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from questionnaires.language import parse

_EXPRESSIONS = ("relevant", "constraint", "choice_filter", "calculation", "default", "over", "count")


def make_script(
    children: list[dict[str, Any]],
    choices: Mapping[str, list[Any]] | None = None,
    languages: tuple[str, ...] = ("en", "ru"),
) -> dict[str, Any]:
    """A Script document. Options may be given as their code alone; nodes are as in docs/script.md."""
    return {
        "format": 1,
        "title": {"en": "Test"},
        "languages": list(languages),
        "default_language": languages[0],
        "missing_texts": {
            "dk": {"en": "Don't know", "ru": "Затрудняюсь ответить"},
            "refused": {"en": "Refused", "ru": "Отказ"},
            "na": {"en": "Not applicable"},
        },
        "choices": {name: [_option(option) for option in options] for name, options in (choices or {}).items()},
        "children": [_node(child) for child in children],
    }


def _option(option: Any) -> dict[str, Any]:
    if isinstance(option, str):
        option = {"code": option}
    return {"label": {"en": f"Option {option['code']}"}, **option}


def _node(node: Mapping[str, Any]) -> dict[str, Any]:
    made = dict(node)
    if "children" in made:
        made["children"] = [_node(child) for child in made["children"]]
        made.setdefault("kind", "loop" if "over" in made or "count" in made else "group")
    else:
        made.setdefault("kind", "item")
    label = made.get("label", made["name"])
    made["label"] = {"en": label} if isinstance(label, str) else label
    if "missing" in made:
        made["missing"] = [{"kind": kind, "code": code} for kind, code in made["missing"].items()]
    for key in _EXPRESSIONS:
        if isinstance(made.get(key), str):
            made[key] = {"text": made[key], "tree": parse(made[key], in_filter=key == "choice_filter")}
    return made


def answer(key: str, value: Any) -> dict[str, Any]:
    """A journal entry that answers a question."""
    return {"kind": "answer", "item": key, "value": value}
