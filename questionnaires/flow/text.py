"""Texts with answers in them: `${name}` in a label shows what was answered, in the language of the screen.

text.js does the same.
"""

from __future__ import annotations

import re

from questionnaires.flow.program import ScriptScope, label_of_codes
from questionnaires.flow.state import Environment, State, Step
from questionnaires.language.values import to_string
from questionnaires.script import Item, Loop, Texts

_REFERENCE = re.compile(r"\$\{[ \t\r\n]*([^ \t\r\n{}]+)[ \t\r\n]*\}")


def render_text(state: State, texts: Texts, language: str, step: Step | None = None) -> str:
    """A text in the language with `${name}` replaced by the answer: for a select the label of the option, in that
    language.

    In a loop (`step`) the same round is meant; from outside of a loop, all rounds with commas between. Not asked is
    shown as nothing, a missing answer by its text. Not HTML-escaped.
    """
    text = state.script.text(texts, language)
    if "${" not in text:
        return text
    scope = ScriptScope(state.script, step.item.loops if step else ())
    env = state.walk.env.at(step.frames if step else ())

    def shown(found: re.Match[str]) -> str:
        keys_of = scope.keys_of(found[1])
        if keys_of is None:
            return ""
        parts = [show_value(state, key, language, env) for key in keys_of(env)]
        return ", ".join(part for part in parts if part)

    return _REFERENCE.sub(shown, text)


def show_value(state: State, key: str, language: str, env: Environment | None = None) -> str:
    """What is on the route under a key, as people read it: label, number, text; nothing when it was not asked."""
    values = (env or state.walk.env).values
    name = key.partition("@")[0]
    node = state.script.nodes.get(name)
    if key not in values or not isinstance(node, (Item, Loop)):
        return ""
    answer = state.answers.get(key)
    if isinstance(node, Item) and isinstance(answer, dict):
        return state.script.missing_label(node, answer["missing"], language)
    if isinstance(node, Item) and node.type == "select_multiple" and isinstance(answer, list):
        return ", ".join(state.script.option_label(node.choices, code, language) for code in answer)
    return label_of_codes(state.script, node.choices, to_string(values[key]), language)


def heading(state: State, step: Step, language: str) -> list[str]:
    """Labels of the groups and loops around a step, outermost first ("Attitudes", "Tajikistan");
    empty ones are left out.
    """
    parts = []
    for name in step.item.path:
        node = state.script.nodes[name]
        parts.append(render_text(state, node.label, language, step))
        if isinstance(node, Loop) and node.choices is not None:
            key = next(loop.key for loop in step.loops if loop.name == name)
            parts.append(state.script.option_label(node.choices, key, language))
    return [part for part in parts if part]
