"""What authors write: parsed to a tree, or refused with a place and a sentence."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from questionnaires.language import MESSAGES, ExpressionError, functions, parse, properties, references
from questionnaires.language.parser import MAX_DEPTH
from questionnaires.language.patterns import PatternError, canonical_pattern
from tests.questionnaires.strategies import NAMES, text_of, trees

TREES = [
    ("${a} + 1", ["op", "+", ["ref", "a"], ["num", "1"]]),
    ("1 + 2 * 3", ["op", "+", ["num", "1"], ["op", "*", ["num", "2"], ["num", "3"]]]),
    ("1 - 2 - 3", ["op", "-", ["op", "-", ["num", "1"], ["num", "2"]], ["num", "3"]]),
    ("-1 * 2", ["op", "*", ["neg", ["num", "1"]], ["num", "2"]]),
    (
        "a = 1 or b < 2 and c",
        [
            "op",
            "or",
            ["op", "=", ["prop", "a"], ["num", "1"]],
            ["op", "and", ["op", "<", ["prop", "b"], ["num", "2"]], ["prop", "c"]],
        ],
    ),
    (". >= 18", ["op", ">=", ["self"], ["num", "18"]]),
    ("position(..)", ["call", "position"]),
    ("position( ../.. )", ["call", "position"]),
    ("position(${l})", ["call", "position", ["ref", "l"]]),
    ("index()", ["call", "position"]),
    ("jr:choice-name(${q}, '${q}')", ["call", "jr:choice-name", ["ref", "q"], ["ref", "q"]]),
    ("format-date-time(now(), '%Y')", ["call", "format-date", ["call", "now"], ["str", "%Y"]]),
    ("007.50", ["num", "7.5"]),
    ("${a}\u00a0=\n'x'", ["op", "=", ["ref", "a"], ["str", "x"]]),
    ("regex(., '[0-9]{3}')", ["call", "regex", ["self"], ["str", "[0-9]{3}"]]),
    ("regex(., '\\d.')", ["call", "regex", ["self"], ["str", "[0-9][^\\n\\r]"]]),
    ("${вопрос_1}", ["ref", "вопрос_1"]),
]


@pytest.mark.parametrize(("text", "tree"), TREES)
def test_an_expression_becomes_its_tree(text: str, tree: Any) -> None:
    assert parse(text, in_filter=True) == tree


ERRORS = [
    # text, code, position, what is underlined
    ("", "empty", 0, ""),
    ("   ", "empty", 3, ""),
    ("${a} +", "unexpected_end", 6, ""),
    ("and 1", "unexpected", 0, "and"),
    ("1 + * 2", "unexpected", 4, "*"),
    ("(${a} = 1", "unclosed_parenthesis", 0, "("),
    ("if(1, 2, 3", "unclosed_parenthesis", 2, "("),
    ("(1", "unclosed_parenthesis", 0, "("),
    ("1)", "unopened_parenthesis", 1, ")"),
    (")", "unopened_parenthesis", 0, ")"),
    ("()", "unexpected", 1, ")"),
    ("concat(1,)", "unexpected", 9, ")"),
    ("1 2", "operator_expected", 2, "2"),
    ("${a} 'x'", "operator_expected", 5, "'x'"),
    ("1, 2", "unexpected", 1, ","),
    ("'abc", "unclosed_string", 0, "'abc"),
    ("${a", "unclosed_reference", 0, "${a"),
    ("${}", "bad_reference", 0, "${}"),
    ("${a b}", "bad_reference", 0, "${a b}"),
    ("${1a} = 1", "bad_reference", 0, "${1a}"),
    ("${a} = ‘1’", "curly_quote", 7, "‘"),
    ("${a} = “1”", "curly_quote", 7, "“"),
    ("${a} == 1", "bad_operator", 5, "=="),
    ("${a} <> 1", "bad_operator", 5, "<>"),
    ("${a} && 1", "bad_operator", 5, "&&"),
    ("${a} ≥ 1", "bad_operator", 5, "≥"),
    ("!${a}", "bad_operator", 0, "!"),
    ("${a} – 1", "bad_operator", 5, "–"),
    ("if(1; 2; 3)", "bad_operator", 4, ";"),
    ("${a} # 1", "bad_character", 5, "#"),
    ("/data/age > 3", "path", 0, "/data/age"),
    ("${a}[1]", "path", 4, "[1]"),
    ("${b} = 1", "unknown_name", 0, "${b}"),
    ("age > 18", "bare_name", 0, "age"),
    ("${a} = null", "null", 7, "null"),
    ("select(${a}, '1')", "unknown_function", 0, "select"),
    ("1 + random()", "unsupported_function", 4, "random"),
    ("pulldata('a', 'b')", "unsupported_function", 0, "pulldata"),
    ("selected(${a})", "argument_count", 0, "selected"),
    ("true(1)", "argument_count", 0, "true"),
    ("join()", "argument_count", 0, "join"),
    ("missing('dk')", "reference_needed", 8, "'dk'"),
    ("missing(1 + 1)", "reference_needed", 8, "1"),
    ("jr:choice-name('1', 'q')", "reference_needed", 20, "'q'"),
    ("jr:choice-name('1', '${zz}')", "unknown_name", 20, "'${zz}'"),
    ("regex(., ${a})", "literal_needed", 9, "${a}"),
    ("regex(., '[0-9')", "bad_pattern", 10, "["),
    ("regex(., '(?<=a)b')", "bad_pattern", 10, "("),
    ("format-date(now(), '%d %b')", "bad_format", 19, "'%d %b'"),
    ("..", "parent_misplaced", 0, ".."),
    ("count(..)", "parent_misplaced", 6, ".."),
    ("position(.., 1)", "unexpected", 11, ","),
    ("(" * 300 + "1" + ")" * 300, "too_deep", MAX_DEPTH, "("),
    ("1" + " + 1" * 300, "too_deep", 0, "1" + " + 1" * 300),
    ("1" * 10_001, "too_long", 10_000, "1"),
]


@pytest.mark.parametrize(("text", "code", "position", "underlined"), ERRORS, ids=lambda value: str(value)[:40])
def test_a_mistake_is_shown_where_it_is(text: str, code: str, position: int, underlined: str) -> None:
    with pytest.raises(ExpressionError) as caught:
        parse(text, names=["a", "q"])
    error = caught.value
    assert (error.code, error.position) == (code, position)
    assert text[position : position + error.length] == underlined
    assert error.length >= 1
    assert str(error) == MESSAGES[code].format(**error.params)
    assert "{" not in str(error).replace("${", "")


def test_a_misspelt_name_is_told_what_it_may_mean() -> None:
    with pytest.raises(ExpressionError, match=r"no question called “gendre” \(position 1\)\. Did you mean gender\?"):
        parse("${gendre} = '1'", names=["gender", "age"])
    with pytest.raises(ExpressionError, match="Did you mean count-selected"):
        parse("count-select(${a})")
    with pytest.raises(ExpressionError, match=r"no column called “regoin”.*Did you mean region"):
        parse("regoin = '1'", in_filter=True, columns=["region", "name"])


def test_the_value_itself_is_refused_where_it_has_no_meaning() -> None:
    with pytest.raises(ExpressionError) as caught:
        parse("1 = .", allow_self=False)
    assert caught.value.code == "self_misplaced"


def test_names_columns_and_functions_of_an_expression_are_found() -> None:
    tree = parse("if(${b} = region, concat(${a}, ${b}), -missing(${c})) > size", in_filter=True)
    assert references(tree) == ["b", "a", "c"]
    assert properties(tree) == ["region", "size"]
    assert functions(tree) == ["if", "concat", "missing"]


@settings(deadline=None)
@given(trees(NAMES))
def test_a_written_tree_parses_to_itself(tree: Any) -> None:
    parsed = parse(text_of(tree))
    assert text_of(parsed) == text_of(_with_canonical_patterns(tree))


def _with_canonical_patterns(tree: Any) -> Any:
    if not isinstance(tree, list):
        return tree
    if tree[:2] == ["call", "regex"]:
        return ["call", "regex", _with_canonical_patterns(tree[2]), ["str", canonical_pattern(tree[3][1])]]
    return [_with_canonical_patterns(part) for part in tree]


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_parses_or_is_refused_with_a_place_inside(text: str) -> None:
    error = error_of(text)
    assert error is None or (0 <= error.position <= len(text) and str(error))


def error_of(text: str) -> ExpressionError | None:
    try:
        parse(text)
    except ExpressionError as error:
        return error
    return None


REFUSED_PATTERNS = [
    ("(?<!a)b", 0),
    ("(?P<n>a)", 0),
    ("(?i)a", 0),
    ("(a)\\1", 3),
    ("a++", 2),
    ("a{2}{3}", 4),
    ("*a", 0),
    ("a|*", 2),
    ("[a", 0),
    ("[]", 0),
    ("[[]", 1),
    ("(a", 0),
    ("a)", 1),
    ("\\p{L}", 0),
    ("\\Z", 0),
    ("a{3,2}", 1),
    ("a{,3}", 1),
    ("a{5000}", 1),
    ("]", 0),
    ("}", 0),
    ("[z-a]", 1),
    ("[\\d-z]x[", 7),
    ("[\\S]", 1),
    ("(?=a)*", 5),
    ("\\u12", 0),
    ("\\", 0),
    ("^*", 1),
    ("(?>a)", 0),
    ("([a-z]+ ?)+", 10),
    ("((a*)b){2,}", 7),
    ("(a{0,99})*", 9),
]


@pytest.mark.parametrize(("pattern", "place"), REFUSED_PATTERNS)
def test_patterns_on_which_the_engines_would_differ_are_refused(pattern: str, place: int) -> None:
    with pytest.raises(PatternError) as caught:
        canonical_pattern(pattern)
    assert caught.value.place == place
