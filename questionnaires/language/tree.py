"""The syntax tree: JSON lists with the operator first (docs/script.md)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

Tree: TypeAlias = Sequence[Any]

LEAVES = frozenset({"str", "num", "ref", "self", "prop"})


def children(tree: Tree) -> list[Tree]:
    """The subtrees of a node."""
    kind = tree[0]
    if kind in LEAVES:
        return []
    return list(tree[1:] if kind == "neg" else tree[2:])


def nodes(tree: Tree) -> Iterator[Tree]:
    """Every node of the tree, from the root, in the order of the text."""
    pending = [tree]
    while pending:
        node = pending.pop()
        yield node
        pending.extend(reversed(children(node)))


def references(tree: Tree) -> list[str]:
    """Names that the expression refers to (`${name}`), each once, in the order of the text."""
    return list(dict.fromkeys(node[1] for node in nodes(tree) if node[0] == "ref"))


def properties(tree: Tree) -> list[str]:
    """Bare names (columns of the choice list) that the expression uses, each once."""
    return list(dict.fromkeys(node[1] for node in nodes(tree) if node[0] == "prop"))


def functions(tree: Tree) -> list[str]:
    """Functions that the expression calls, each once."""
    return list(dict.fromkeys(node[1] for node in nodes(tree) if node[0] == "call"))


def depth(tree: Tree) -> int:
    """Nesting depth of the tree (a leaf has 1)."""
    deepest = 0
    pending = [(tree, 1)]
    while pending:
        node, level = pending.pop()
        deepest = max(deepest, level)
        pending.extend((child, level + 1) for child in children(node))
    return deepest
