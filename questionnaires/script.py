"""The compiled questionnaire (`Script`) read into typed, immutable objects.

The JSON document is described in docs/script.md. Everything that walks, shows or exports a questionnaire reads it
through this module.
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
ITEM_TYPES = ("select_one", "select_multiple", "integer", "decimal", "text", "date", "note", "calculate", "preset")
#: Items that are never asked: their value is computed, or brought by the case.
UNASKED_TYPES = ("calculate", "preset")
MISSING_KINDS = ("dk", "refused", "na")
_CACHE_SIZE = 64


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
    """A question, note or calculation.

    `loops` are the names of the loops around it, `path` those of all groups and loops around it; both outermost first.
    """

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
    ends: str
    loops: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    kind: Literal["item"] = "item"


@dataclass(frozen=True, slots=True)
class Group:
    """Items that share a heading and a condition; appearance `grid` shows them as one table."""

    name: str
    label: Texts
    relevant: Expression | None
    appearance: str
    children: tuple[Node, ...]
    loops: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    kind: Literal["group"] = "group"


@dataclass(frozen=True, slots=True)
class Loop:
    """Children asked once for each key. Exactly one of `over` and `count` is given.

    `loops` are the loops around this one.
    """

    name: str
    label: Texts
    relevant: Expression | None
    over: Expression | None
    count: Expression | None
    choices: str | None
    children: tuple[Node, ...]
    loops: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    kind: Literal["loop"] = "loop"


Node: TypeAlias = Group | Loop | Item


@dataclass(frozen=True, slots=True, eq=False)
class Script:
    """A whole compiled questionnaire. Build it with `Script.load`, or `cached_script` where requests share it.

    `nodes` has every item, group and loop by name. `derived` is where the flow keeps what it has compiled from this
    Script.
    """

    title: Texts
    languages: tuple[str, ...]
    default_language: str
    missing_texts: Mapping[str, Texts]
    choices: Mapping[str, tuple[Option, ...]]
    children: tuple[Node, ...]
    nodes: Mapping[str, Node]
    options: Mapping[str, Mapping[str, Option]]
    derived: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def load(cls, document: Mapping[str, Any]) -> Script:
        """Read a Script document.

        Raises:
            ScriptError: the document is not of this format; the message names the node and key.
        """
        return _Reader(document).script()

    def item(self, name: str) -> Item:
        """The item called `name` (a key such as `attitude@KG` is also taken). Raises KeyError."""
        node = self.nodes[name.partition("@")[0]]
        if not isinstance(node, Item):
            raise KeyError(name)
        return node

    def items(self) -> Iterator[Item]:
        """All items in the order of the questionnaire."""
        return (node for node in self.nodes.values() if isinstance(node, Item))

    def option(self, list_name: str | None, code: str) -> Option | None:
        """The option of a choice list, or None."""
        return self.options.get(list_name or "", {}).get(code)

    def text(self, texts: Texts, language: str) -> str:
        """A text in `language`, else in the default language, else in any, else empty.

        No piping (for that, flow.render_text).
        """
        return texts.get(language) or texts.get(self.default_language) or next(filter(None, texts.values()), "")

    def option_label(self, list_name: str | None, code: str, language: str) -> str:
        """The label of an option, or the code itself where there is none."""
        option = self.option(list_name, code)
        return (option and self.text(option.label, language)) or code

    def missing_label(self, item: Item, kind: str, language: str) -> str:
        """The text of a missing answer: that of the item's own option for it, else that of the questionnaire, else
        the kind.
        """
        for option in self.choices.get(item.choices or "", ()):
            if option.missing == kind:
                return self.text(option.label, language) or kind
        return self.text(self.missing_texts.get(kind, {}), language) or kind


def checksum_of(document: Mapping[str, Any]) -> str:
    """SHA-256 (hex) of the document as canonical JSON: the identity of a published Script."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


_cache: OrderedDict[str, Script] = OrderedDict()
_cache_lock = Lock()


def cached_script(checksum: str, fetch: Callable[[], Mapping[str, Any]]) -> Script:
    """The loaded Script with this checksum; `fetch` gives the document when it is not in this process's cache (64
    scripts).
    """
    with _cache_lock:
        script = _cache.get(checksum)
        if script is not None:
            _cache.move_to_end(checksum)
            return script
    script = Script.load(fetch())
    with _cache_lock:
        script = _cache.setdefault(checksum, script)
        while len(_cache) > _CACHE_SIZE:
            _cache.popitem(last=False)
    return script


class _Reader:
    """Reads a document; `where` says which node is being read, for messages."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document
        self.where = "script"
        self.nodes: dict[str, Node] = {}

    def fail(self, key: str, trouble: str) -> ScriptError:
        return ScriptError(f"{self.where}: {key} {trouble}")

    def get(self, data: Mapping[str, Any], key: str, kind: type | tuple[type, ...], default: Any = None) -> Any:
        value = data.get(key, default)
        if value is None and default is None and key not in data:
            raise self.fail(key, "is missing")
        if not isinstance(value, kind):
            raise self.fail(key, f"has the wrong type ({type(value).__name__})")
        return value

    def texts(self, data: Mapping[str, Any], key: str) -> Texts:
        texts = self.get(data, key, Mapping, {})
        if not all(isinstance(text, str) for text in texts.values()):
            raise self.fail(key, "has a text that is not a string")
        return dict(texts)

    def expression(self, data: Mapping[str, Any], key: str) -> Expression | None:
        value = data.get(key)
        if value is None:
            return None
        if not isinstance(value, Mapping) or not isinstance(value.get("tree"), list) or not value["tree"]:
            raise self.fail(key, 'is not an expression {"text": ..., "tree": [...]}')
        return Expression(str(value.get("text", "")), value["tree"])

    def script(self) -> Script:
        document = self.document
        if document.get("format") != FORMAT:
            raise ScriptError(f"script: only format {FORMAT} can be read")
        choices = {
            name: self.choice_list(name, options)
            for name, options in self.get(document, "choices", Mapping, {}).items()
        }
        self.where = "script"
        languages = tuple(self.get(document, "languages", list))
        default = self.get(document, "default_language", str)
        if default not in languages:
            raise self.fail("default_language", "is not one of the languages")
        children = self.children(document, choices, (), ())
        return Script(
            title=self.texts(document, "title"),
            languages=languages,
            default_language=default,
            missing_texts={
                kind: dict(texts) for kind, texts in self.get(document, "missing_texts", Mapping, {}).items()
            },
            choices=choices,
            children=children,
            nodes=self.nodes,
            options={name: {option.code: option for option in options} for name, options in choices.items()},
        )

    def choice_list(self, name: str, options: Any) -> tuple[Option, ...]:
        self.where = f"choices {name}"
        if not isinstance(options, list):
            raise self.fail("list", "is not a list")
        found = tuple(
            Option(
                code=self.get(option, "code", str),
                label=self.texts(option, "label"),
                short=self.texts(option, "short"),
                missing=option.get("missing"),
                exclusive=self.get(option, "exclusive", bool, False),
                read_out=self.get(option, "read_out", bool, True),
                other=self.get(option, "other", bool, False),
                props={key: str(value) for key, value in self.get(option, "props", Mapping, {}).items()},
            )
            for option in options
        )
        if len({option.code for option in found}) < len(found):
            raise self.fail("codes", "are not unique")
        return found

    def children(
        self,
        data: Mapping[str, Any],
        choices: Mapping[str, Any],
        loops: tuple[str, ...],
        path: tuple[str, ...],
    ) -> tuple[Node, ...]:
        where = self.where
        children = []
        for child in self.get(data, "children", list):
            self.where = where
            name = self.get(child, "name", str)
            self.where = name
            if name in self.nodes:
                raise self.fail("name", "is used twice")
            children.append(self.node(child, name, choices, loops, path))
        return tuple(children)

    def node(
        self,
        data: Mapping[str, Any],
        name: str,
        choices: Mapping[str, Any],
        loops: tuple[str, ...],
        path: tuple[str, ...],
    ) -> Node:
        kind = data.get("kind")
        list_name = data.get("choices")
        if list_name is not None and list_name not in choices:
            raise self.fail("choices", f"names the list {list_name!r}, which is not there")
        if kind == "item":
            self.nodes[name] = item = self.item(data, name, loops, path)
            return item
        if kind not in ("group", "loop"):
            raise self.fail("kind", f"is {kind!r}")
        # The place in `nodes` is taken before the children's, so that the order stays that of the questionnaire.
        self.nodes[name] = _PLACEHOLDER
        label, relevant = self.texts(data, "label"), self.expression(data, "relevant")
        if kind == "group":
            appearance = self.get(data, "appearance", str, "")
            inside = self.children(data, choices, loops, (*path, name))
            self.nodes[name] = group = Group(name, label, relevant, appearance, inside, loops, path)
            return group
        over, count = self.expression(data, "over"), self.expression(data, "count")
        if (over is None) == (count is None):
            raise self.fail("loop", "needs either over or count")
        inside = self.children(data, choices, (*loops, name), (*path, name))
        self.nodes[name] = loop = Loop(name, label, relevant, over, count, list_name, inside, loops, path)
        return loop

    def item(self, data: Mapping[str, Any], name: str, loops: tuple[str, ...], path: tuple[str, ...]) -> Item:
        kind = data.get("type")
        if kind not in ITEM_TYPES:
            raise self.fail("type", f"is {kind!r}")
        if kind in ("select_one", "select_multiple") and data.get("choices") is None:
            raise self.fail("choices", "is missing")
        missing = tuple(
            MissingAnswer(self.get(answer, "kind", str), self.get(answer, "code", str))
            for answer in self.get(data, "missing", list, [])
        )
        if any(answer.kind not in MISSING_KINDS for answer in missing):
            raise self.fail("missing", "has an unknown kind")
        return Item(
            name=name,
            type=kind,
            label=self.texts(data, "label"),
            hint=self.texts(data, "hint"),
            instruction=self.texts(data, "instruction"),
            short=self.texts(data, "short"),
            choices=data.get("choices"),
            choice_filter=self.expression(data, "choice_filter"),
            relevant=self.expression(data, "relevant"),
            required=self.get(data, "required", bool, False),
            read_only=self.get(data, "read_only", bool, False),
            constraint=self.expression(data, "constraint"),
            constraint_message=self.texts(data, "constraint_message"),
            calculation=self.expression(data, "calculation"),
            default=self.expression(data, "default"),
            missing=missing,
            read_out=self.get(data, "read_out", bool, True),
            role=self.get(data, "role", str, ""),
            checkpoint=self.get(data, "checkpoint", str, ""),
            other_for=data.get("other_for"),
            exported=self.get(data, "exported", bool, True),
            appearance=self.get(data, "appearance", str, ""),
            ends=self.get(data, "ends", str, ""),
            loops=loops,
            path=path,
        )


_PLACEHOLDER = Group("", {}, None, "", ())
