"""The compiled questionnaire (`Script`) read into typed, immutable objects.

The JSON document is described in docs/script.md. Everything that walks, shows or exports a questionnaire reads it through this module.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Literal, TypeAlias

Texts: TypeAlias = Mapping[str, str]
"""A text by language code."""
Tree: TypeAlias = Sequence[Any]
"""The syntax tree of an expression (docs/script.md)."""

FORMAT = 1
ITEM_TYPES = ("select_one", "select_multiple", "integer", "decimal", "text", "date", "note", "calculate")
MISSING_KINDS = ("dk", "refused", "na")


class ScriptError(ValueError):
    """The document is not a Script: says where it is broken."""


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression as written and as the engines evaluate it."""

    text: str
    tree: Tree


@dataclass(frozen=True, slots=True)
class Option:
    """One option of a choice list. `missing` is a kind of missing answer, or None."""

    code: str
    label: Texts
    short: Texts
    missing: str | None
    exclusive: bool
    read_out: bool
    other: bool
    props: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class MissingAnswer:
    """A kind of missing answer that an item takes, and the code that the interviewer types for it."""

    kind: str
    code: str


@dataclass(frozen=True, slots=True)
class Item:
    """A question, note or calculation. `loops` are the names of the loops around it, outermost first."""

    name: str
    type: str
    label: Texts
    hint: Texts
    instruction: Texts
    short: Texts
    choices: str | None
    choice_filter: Expression | None
    relevant: Expression | None
    required: bool
    read_only: bool
    constraint: Expression | None
    constraint_message: Texts
    calculation: Expression | None
    default: Expression | None
    missing: tuple[MissingAnswer, ...]
    read_out: bool
    role: str
    checkpoint: str
    other_for: str | None
    exported: bool
    appearance: str
    loops: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    kind: Literal["item"] = "item"


@dataclass(frozen=True, slots=True)
class Group:
    """Items that share a heading and a condition; appearance `grid` shows them as one table."""

    name: str
    label: Texts
    relevant: Expression | None
    appearance: str
    children: tuple[Node, ...]
    kind: Literal["group"] = "group"


@dataclass(frozen=True, slots=True)
class Loop:
    """Children asked once for each key. Exactly one of `over` and `count` is given."""

    name: str
    label: Texts
    relevant: Expression | None
    over: Expression | None
    count: Expression | None
    choices: str | None
    children: tuple[Node, ...]
    loops: tuple[str, ...] = ()
    kind: Literal["loop"] = "loop"


Node: TypeAlias = Group | Loop | Item


@dataclass(frozen=True, slots=True)
class Script:
    """A whole compiled questionnaire. Build it with `Script.load`, or `cached_script` where requests share it."""

    title: Texts
    languages: tuple[str, ...]
    default_language: str
    missing_texts: Mapping[str, Texts]
    choices: Mapping[str, tuple[Option, ...]]
    children: tuple[Node, ...]
    nodes: Mapping[str, Node]
    derived: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def load(cls, document: Mapping[str, Any]) -> Script:
        """Read a Script document.

        Raises:
            ScriptError: the document is not of this format; the message names the node and key.
        """
        ...

    def item(self, name: str) -> Item:
        """The item called `name` (a key such as `attitude@KG` is also taken). Raises KeyError."""
        ...

    def items(self) -> Iterator[Item]:
        """All items in the order of the questionnaire."""
        ...

    def option(self, list_name: str, code: str) -> Option | None:
        """The option of a choice list, or None."""
        ...

    def text(self, texts: Texts, language: str) -> str:
        """A text in `language`, else in the default language, else in any, else empty. No piping (see flow.render_text)."""
        ...


def checksum_of(document: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the document as canonical JSON: the identity of a published Script."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def cached_script(checksum: str, fetch: Callable[[], Mapping[str, Any]]) -> Script:
    """The loaded Script with this checksum; `fetch` gives the document when it is not in the cache (64 scripts per process)."""
    ...
