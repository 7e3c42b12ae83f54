"""Generated expressions, questionnaires and journals, for the comparison of the two engines."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from questionnaires import flow
from questionnaires.language import parse
from questionnaires.language.signatures import SIGNATURES
from questionnaires.script import Item, Script
from tests.questionnaires.scripts import answer, make_script

SPECIAL = frozenset({"missing", "position", "indexed-repeat", "jr:choice-name", "regex", "if", "coalesce"})
PLAIN_FUNCTIONS = sorted({signature.name for signature in SIGNATURES.values()} - SPECIAL)
OPERATORS = ["or", "and", "=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "div", "mod"]
NUMBERS_AS_TEXT = ["1", "2", "-1", "1.50", "01", "1e5", "NaN", "Infinity", ".5", "\u00a01", "\t3\n"]
DATES = ["2021-08-19", "2021-02-30", "1970-01-01T06:30:00", "0000-01-01", "9999-12-31T23:59:59.9"]
TEXTS = [
    *NUMBERS_AS_TEXT,
    *DATES,
    "",
    " ",
    "a b",
    "b",
    "KZ UZ",
    "true",
    "false",
    "%d.%m.%Y",
    "Ўзбекистон",
    "oʻz",
    "😀x",
]
PATTERNS = [
    *["[0-9]{2,3}", "a|b", "(a|b)+", "(?:[a-z]{1,3} ?)+", ".*", "\\w+", "\\d*\\.\\d+", "[^a-c ]+", "a?b{0,2}"],
    *["^\\S+$", "(?:КЗ|UZ|KZ)( UZ)?", "[ўғқҳЎҒҚҲ\\w]+", "(?=.*1).+", "\\bb?\\B.*", "[\\w.\\-]+", "(?!a)[\\s\\d]*"],
]

texts = st.sampled_from(TEXTS) | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="'\""), max_size=6)
DECIMALS = ["0", "1", "2", "3", "0.1", "0.2", "1.005", "2.5", "1000000", "123456789012345678", "0.000001", "365.25"]
decimals = st.sampled_from(DECIMALS) | st.decimals(min_value=0, max_value=10**7, allow_nan=False, places=3).map(
    lambda number: f"{number:f}".rstrip("0").rstrip(".") or "0"
)


def trees(names: list[str], loops: list[str] = [], selects: list[str] = []) -> st.SearchStrategy[list[Any]]:  # noqa: B006
    """Syntax trees over these names; with loops and selects also the functions for them."""
    references = st.sampled_from(names).map(lambda name: ["ref", name])
    leaves = st.one_of(
        references,
        texts.map(lambda text: ["str", text]),
        decimals.map(lambda text: ["num", text]),
        st.sampled_from([["call", "true"], ["call", "today"], ["call", "now"], ["call", "position"], ["self"]]),
        references.map(lambda reference: ["call", "missing", reference]),
        *([st.sampled_from(loops).map(lambda name: ["call", "position", ["ref", name]])] if loops else []),
    )

    def larger(inner: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[list[Any]]:
        calls = st.sampled_from(PLAIN_FUNCTIONS).flatmap(lambda name: _call(name, inner))
        branches = [
            st.tuples(st.just("op"), st.sampled_from(OPERATORS), inner, inner).map(list),
            st.tuples(st.just("op"), st.sampled_from(OPERATORS), references, inner).map(list),
            inner.map(lambda tree: ["neg", tree]),
            calls,
            calls,
            st.tuples(st.just("call"), st.just("if"), inner, inner, inner).map(list),
            st.tuples(st.just("call"), st.just("coalesce"), inner, inner).map(list),
            st.tuples(inner, st.sampled_from(PATTERNS)).map(lambda pair: ["call", "regex", pair[0], ["str", pair[1]]]),
        ]
        if loops:
            branches.append(
                st.tuples(references, st.sampled_from(loops), inner).map(
                    lambda parts: ["call", "indexed-repeat", parts[0], ["ref", parts[1]], parts[2]]
                )
            )
        if selects:
            branches.append(
                st.tuples(inner, st.sampled_from(selects)).map(
                    lambda parts: ["call", "jr:choice-name", parts[0], ["ref", parts[1]]]
                )
            )
        return st.one_of(branches)

    return st.recursive(leaves, larger, max_leaves=8)


def _call(name: str, inner: st.SearchStrategy[list[Any]]) -> st.SearchStrategy[list[Any]]:
    signature = SIGNATURES[name]
    arguments = st.lists(inner, min_size=signature.minimum, max_size=min(signature.maximum, signature.minimum + 2))
    if name == "format-date":
        arguments = st.tuples(inner, st.sampled_from(["%Y-%m-%d", "%e.%n.%y %h", "%H:%M:%S.%3 100"])).map(
            lambda pair: [pair[0], ["str", pair[1]]]
        )
    return arguments.map(lambda found: ["call", name, *found])


def text_of(tree: list[Any]) -> str:
    """The tree as an author would write it, with all parentheses."""
    kind, rest = tree[0], tree[1:]
    if kind == "str":
        return f"'{rest[0]}'"
    if kind == "num":
        return str(rest[0])
    if kind == "ref":
        return f"${{{rest[0]}}}"
    if kind == "self":
        return "."
    if kind == "neg":
        return f"-({text_of(rest[0])})"
    if kind == "op":
        return f"({text_of(rest[1])}) {rest[0]} ({text_of(rest[2])})"
    return f"{rest[0]}({', '.join(text_of(argument) for argument in rest[1:])})"


ANSWERS = st.one_of(
    st.none(),
    st.sampled_from([{"missing": "dk"}, {"missing": "refused"}, {"missing": "na"}, True]),
    texts,
    st.integers(-100, 100),
    st.lists(st.sampled_from(["1", "2", "KZ"]), max_size=3, unique=True),
    decimals,
)

CHOICES = {
    "few": ["1", "2", {"code": "3", "exclusive": True, "label": {"en": "Three", "ru": "Три"}}],
    "many": [
        {"code": "KZ", "props": {"region": "1"}, "label": {"en": "Kazakhstan"}},
        {"code": "UZ", "props": {"region": "2"}, "label": {"en": "Uzbekistan ${a}"}},
        {"code": "8", "missing": "dk", "label": {"en": "No idea", "ru": "Не знаю"}},
    ],
}
TYPES = ["integer", "select_one", "select_multiple", "text", "select_one", "decimal", "date", "note", "calculate"]
NAMES = list("abcdefghij")
LOOPS = ["l1", "l2"]
EXPRESSIONS = trees([*NAMES, *LOOPS, "p"], LOOPS, ["a", "b", "c", "l1"])
FILTERS = st.sampled_from(
    [
        "region = ${a}",
        "region = 1 or name = ${b}",
        "not(selected(${c}, name))",
        "count(${d}) > 1 or region != '2'",
        "nothing = ''",
    ]
)
GATES = [
    "${a} = 1",
    "${a} != ''",
    "selected(${b}, '1') or ${b} = 2",
    "${c} < 3",
    "missing(${a}) = ''",
    "count(${d}) >= 1",
    "not(${e} = 'x')",
    "${p} = 'KZ'",
]
CONSTRAINTS = [". != 5", ". >= 0 or ${a} = 1", "string-length(.) < 3", "count-selected(.) <= 1 + ${b}", ". != ${a}"]


@st.composite
def scripts(draw: st.DrawFn) -> dict[str, Any]:
    """A small questionnaire with everything in it: conditions, loops in loops, filters, constraints, defaults."""
    names = NAMES[: draw(st.sampled_from([10, 8, 6, 4]))]
    if draw(st.booleans()):
        names = draw(st.permutations(names))
    names = list(names)
    loops = list(LOOPS)
    children: list[dict[str, Any]] = [{"name": "p", "type": "preset", "choices": "many"}]
    while names:
        children.append(_draw_node(draw, names, loops, depth=0))
    return make_script(children, CHOICES)


def _draw_node(draw: st.DrawFn, names: list[str], loops: list[str], depth: int) -> dict[str, Any]:
    kind = draw(st.integers(0, 9))
    if kind < 7 or depth > 2 or (kind > 7 and not loops):
        return _draw_item(draw, names.pop(0))
    node: dict[str, Any]
    if kind == 7:
        node = {"name": f"g{len(names)}{depth}", "appearance": draw(st.sampled_from(["", "grid"]))}
    else:
        node = {"name": loops.pop(0), "choices": draw(st.sampled_from([None, "many"]))}
        over = draw(st.sampled_from(["'KZ UZ'", "'UZ KZ 5'", "${a}", "${b}", None]))
        node |= {"over": over} if over else {"count": draw(st.sampled_from(["2", "3", "${a}", "1.5"]))}
    node["label"] = draw(st.sampled_from(["", "About ${a}", node["name"]]))
    if draw(st.integers(0, 3)) == 0:
        node["relevant"] = _expression(draw(EXPRESSIONS))
    node["children"] = []
    for _ in range(draw(st.integers(1, 3))):
        if names:
            node["children"].append(_draw_node(draw, names, loops, depth + 1))
    return node


def _expression(tree: list[Any]) -> dict[str, Any]:
    # Parsed, because only the parser brings patterns into the spelling that both engines read alike.
    return {"text": text_of(tree), "tree": parse(text_of(tree))}


def _draw_item(draw: st.DrawFn, name: str) -> dict[str, Any]:
    kind = draw(st.sampled_from(TYPES))
    item: dict[str, Any] = {
        "name": name,
        "type": kind,
        "label": draw(st.sampled_from(["?", "${a}, ${b} ${l1} ${c} ${p}!"])),
    }
    item["required"] = draw(st.booleans())
    item["role"] = draw(st.sampled_from(["", "stratum"]))
    item["checkpoint"] = draw(st.sampled_from(["", "", "screener"]))
    if kind in ("select_one", "select_multiple"):
        item["choices"] = draw(st.sampled_from(["few", "many"]))
        if draw(st.booleans()):
            item["choice_filter"] = draw(FILTERS)
    if kind == "note":
        item["ends"] = draw(st.sampled_from(["", "", "", "4.70"]))
    if kind not in ("note", "calculate"):
        item["missing"] = draw(st.sampled_from([{}, {"dk": "8"}, {"dk": "-98", "refused": "-99"}]))
        if draw(st.integers(0, 5)) == 0:
            item["constraint"] = draw(
                st.sampled_from(CONSTRAINTS) if draw(st.integers(0, 3)) else EXPRESSIONS.map(_expression)
            )
    if draw(st.integers(0, 2)) == 0:
        item["relevant"] = draw(st.sampled_from(GATES) if draw(st.booleans()) else EXPRESSIONS.map(_expression))
    if kind == "calculate" or draw(st.integers(0, 3)) == 0:
        item[draw(st.sampled_from(["calculation", "default"]))] = _expression(draw(EXPRESSIONS))
        item["read_only"] = kind != "calculate" and draw(st.integers(0, 15)) == 0
    return item


LIKELY: dict[str, list[Any]] = {
    "few": ["1", "2", "3"],
    "many": ["KZ", "UZ", "8"],
    "integer": [1, 2, 3, 0, -5, 6],
    "decimal": ["1", "2.50", "0.1", "-3.25", 4],
    "text": ["x", "KZ UZ", "2", "е\u0308", ""],
    "date": ["2021-08-19", "1987-03-05"],
    "note": [True],
}


def journal(document: dict[str, Any], moves: list[tuple[int, int]]) -> list[dict[str, Any]]:
    """Entries that mostly go forward, sometimes back, sometimes wrong; two numbers and the screen choose each."""
    context = flow.Context("2021-08-19T14:05:30", "en", {"p": "KZ", "unknown": "x"})
    state = flow.start(Script.load(document), context)
    entries = []
    for what, which in moves:
        entry = _entry(state, what, which)
        entries.append(entry)
        flow.apply(state, entry)
    return entries


def _entry(state: flow.State, what: int, which: int) -> dict[str, Any]:
    route = flow.answerable_keys(state)
    anywhere = route[which % len(route)] if route else "a"
    if what > 20 and route:
        return answer(anywhere, _likely_answer(state.script.item(anywhere), what))
    if what < 16 and state.status != "running":
        return {"kind": "resume"}
    if what < 16 and state.current:
        return answer(state.current.key, _fitting_answer(state, state.current, which))
    return [
        {"kind": "back"},
        {"kind": "jump"},
        {"kind": "jump", "item": anywhere},
        {"kind": "language", "language": ["en", "ru", "uz"][which % 3]},
        answer(
            anywhere, [1, "1", ["1"], {"missing": "dk"}, {"missing": "refused"}, None, "KZ", "2021-08-19"][which % 8]
        ),
        answer(NAMES[which % len(NAMES)] + "@KZ", "1"),
        {"kind": ["pause", "stop", "note", "resume"][which % 4]},
        {"kind": "resume"},
    ][what % 8]


def _likely_answer(item: Item, which: int) -> Any:
    likely = LIKELY[item.choices or item.type]
    value = likely[which % len(likely)]
    if item.type != "select_multiple":
        return value
    return [value] if which % 3 else [likely[-which % len(likely)], value]


def _fitting_answer(state: flow.State, step: flow.Step, which: int) -> Any:
    """An answer that is fine, if one of the likely ones is: else few journals would come past their first questions."""
    tries = [_likely_answer(step.item, which + more) for more in range(4)]
    tries += [flow.initial_answer(state, step.key), None, {"missing": "dk"}]
    return next((value for value in tries if not flow.check_answer(state, step.key, value)), tries[0])
