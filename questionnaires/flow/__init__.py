"""Walking a questionnaire: route, checks, journal entries, texts. Pure; mirrored in
static/questionnaires/engine/flow.js.

script = Script.load(document)
state = start(script, Context(now="2021-08-19T14:05:00", language="ru"))
state.current.key                                   # "consent": the question on the screen
applied = apply(state, {"kind": "answer", "item": "consent", "value": "1"})
applied.refusal                                     # None, or why the entry was refused
render_text(state, state.current.item.label, state.language, state.current)
"""

from questionnaires.flow.answers import Answer, canonical_answer, clean_text
from questionnaires.flow.entries import (
    KINDS,
    Applied,
    Refusal,
    apply,
    check_answer,
    replay,
    restore,
    snapshot,
    start,
    walk,
)
from questionnaires.flow.reading import (
    Progress,
    answerable_keys,
    checkpoint_reached,
    document,
    evaluate,
    initial_answer,
    missing_answers,
    off_route,
    options,
    progress,
    value_on_route,
    values_by_role,
)
from questionnaires.flow.state import Context, LoopStep, State, Step
from questionnaires.flow.text import heading, render_text, show_value

__all__ = [
    "KINDS",
    "Answer",
    "Applied",
    "Context",
    "LoopStep",
    "Progress",
    "Refusal",
    "State",
    "Step",
    "answerable_keys",
    "apply",
    "canonical_answer",
    "check_answer",
    "checkpoint_reached",
    "clean_text",
    "document",
    "evaluate",
    "heading",
    "initial_answer",
    "missing_answers",
    "off_route",
    "options",
    "progress",
    "render_text",
    "replay",
    "restore",
    "show_value",
    "snapshot",
    "start",
    "value_on_route",
    "values_by_role",
    "walk",
]
