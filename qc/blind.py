"""Which answers an auditor enters blind: what decides the quota cell, and a few more that nobody can guess. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from qc.audit_draw import rank
from questionnaires.flow import State
from questionnaires.script import Item, Tree

#: Closed questions picked by the seed beside the stratum variables.
PICKED = 4
_CLOSED = ("select_one", "select_multiple")
#: Where the auditor knows the answer from the interview being there at all.
_PLAIN = ("consent", "language")


def blind_keys(state: State, *, seed: bytes, interview: int) -> list[str]:
    """Keys of the answers that are to be entered blind, in the order of the route.

    The questions behind the stratum variables (a calculated age group: the age it is computed from) and `PICKED` of
    the other closed ones that were answered; which ones, the seed decides for each interview. They are picked behind
    the last checkpoint: what is asked before it ("Is it convenient to talk?") has one answer in all complete
    interviews.
    """
    stratum = _behind_strata(state)
    gates = [place for place, step in enumerate(state.route, start=1) if step.item.checkpoint]
    closed = [
        step.key
        for step in state.route[max(gates, default=0) :]
        if step.item.type in _CLOSED
        and step.item.name not in stratum
        and step.item.role not in _PLAIN
        and state.answers.get(step.key) is not None
    ]
    picked = set(sorted(closed, key=lambda key: rank(seed, "blind", interview, key))[:PICKED])
    return [
        step.key
        for step in state.route
        if step.key in picked or (step.item.name in stratum and state.answers.get(step.key) is not None)
    ]


def _behind_strata(state: State) -> set[str]:
    """Names of the questions that are stratum variables or that one is calculated from."""
    names = set()
    waiting = [item for item in state.script.items() if item.role == "stratum"]
    while waiting:
        item = waiting.pop()
        if item.name in names:
            continue
        names.add(item.name)
        if item.calculation is not None and item.type == "calculate":
            nodes = (state.script.nodes.get(name) for name in references(item.calculation.tree))
            waiting += [node for node in nodes if isinstance(node, Item)]
    return {name for name in names if state.script.item(name).type not in ("calculate", "note")}


def references(tree: Tree) -> Iterator[str]:
    """Names that an expression speaks of: `${age}` is `["ref", "age"]` in its tree."""
    if len(tree) == 2 and tree[0] == "ref":
        yield tree[1]
        return
    for part in tree[1:]:
        if isinstance(part, list | tuple):
            yield from references(part)


def hide_answers(texts: Mapping[str, str], hidden: Mapping[str, Any]) -> dict[str, str]:
    """Texts in which `${name}` of a hidden answer is an ellipsis, so that a later question doesn't tell it."""
    return {language: _hide(text, hidden) for language, text in texts.items()}


def _hide(text: str, hidden: Mapping[str, Any]) -> str:
    for key in hidden:
        text = text.replace(f"${{{key.partition('@')[0]}}}", "…")
    return text
