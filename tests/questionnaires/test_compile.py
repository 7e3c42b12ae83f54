"""Forms compiled to scripts, as docs/script.md says."""

import json
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook

from questionnaires.compile import compile_form, missing_codes
from questionnaires.outline import outline, size_of
from questionnaires.script import Script, checksum_of
from questionnaires.xlsform import read_workbook
from tests.questionnaires.workbooks import OTHERS, REFERENCE, SETTINGS, YES_NO, form_of, q, workbook

MISSING = {"dk": {"en": "Don't know"}, "refused": {"en": "Refused to answer"}, "na": {"en": "Not applicable"}}


def compiled(rows, choices=YES_NO, settings=SETTINGS):
    result = compile_form(form_of(rows, choices, settings))
    assert result.script is not None, result.problems
    return result.script


def items(script):
    return {child["name"]: child for child in script["children"]}


def test_the_whole_document_of_a_small_form():
    rows = [
        q(
            "select_one yes_no",
            "a",
            "Did you?",
            dala__role="consent",
            required="yes",
            dala__read_out="no",
            relevant="true()",
            dala__checkpoint="screener",
        ),
    ]
    assert compiled(rows) == {
        "format": 1,
        "title": {"en": "A form"},
        "languages": ["en"],
        "default_language": "en",
        "missing_texts": MISSING,
        "choices": {
            "yes_no": [
                {
                    "code": code,
                    "label": {"en": label},
                    "short": {},
                    "missing": None,
                    "exclusive": False,
                    "read_out": True,
                    "other": False,
                    "props": {},
                }
                for code, label in (("1", "Yes"), ("2", "No"))
            ]
        },
        "children": [
            {
                "kind": "item",
                "name": "a",
                "type": "select_one",
                "label": {"en": "Did you?"},
                "hint": {},
                "instruction": {},
                "short": {},
                "choices": "yes_no",
                "choice_filter": None,
                "relevant": {"text": "true()", "tree": ["call", "true"]},
                "required": True,
                "read_only": False,
                "constraint": None,
                "constraint_message": {},
                "calculation": None,
                "default": None,
                "missing": [{"kind": "dk", "code": "8"}, {"kind": "refused", "code": "9"}],
                "read_out": False,
                "role": "consent",
                "checkpoint": "screener",
                "ends": "",
                "other_for": None,
                "exported": True,
                "appearance": "",
            }
        ],
    }


def test_groups_grids_and_loops():
    script = compiled(
        [
            q("begin_group", "g", appearance="table-list", relevant="1 = 1"),
            q("select_one yes_no", "a"),
            q("end_group", ""),
            q("begin_repeat", "r", "", dala__loop_over="'KZ KG'", dala__choices="yes_no"),
            q("text", "b"),
            q("end_repeat", ""),
            q("begin_repeat", "s", "", repeat_count="3"),
            q("begin_group", "h", appearance="field-list"),
            q("text", "c"),
            q("end_group", ""),
            q("end_repeat", ""),
        ]
    )
    group, loop, counted = script["children"]
    assert (group["kind"], group["appearance"], group["relevant"]["text"]) == ("group", "grid", "1 = 1")
    assert (loop["over"], loop["count"], loop["choices"]) == (
        {"text": "'KZ KG'", "tree": ["str", "KZ KG"]},
        None,
        "yes_no",
    )
    assert (counted["over"], counted["count"]["tree"]) == (None, ["num", "3"])
    assert counted["children"][0]["appearance"] == ""
    assert [item.name for item in Script.load(script).items()] == ["a", "b", "c"]


def test_what_each_type_keeps():
    script = items(
        compiled(
            [
                q("hidden", "population", dala__choices="yes_no"),
                q("integer", "age", constraint=". > 5 and . < 100"),
                q("calculate", "old", "", calculation="${age} > 60", dala__choices="yes_no", dala__role="stratum"),
                q("note", "bye", "Bye", dala__ends="4.70", dala__export="yes"),
                q("text", "why", dala__export="no", dala__missing="refused", appearance="multiline"),
                q("select_multiple yes_no", "several", choice_filter="name != '2'", default="1"),
            ]
        )
    )
    assert (script["population"]["type"], script["population"]["missing"]) == ("preset", [])
    assert script["age"]["constraint"]["tree"][0] == "op"
    assert script["age"]["missing"] == [{"kind": "dk", "code": "-98"}, {"kind": "refused", "code": "-99"}]
    assert (script["old"]["choices"], script["old"]["missing"], script["old"]["role"]) == ("yes_no", [], "stratum")
    assert (script["bye"]["ends"], script["bye"]["exported"], script["bye"]["missing"]) == ("4.70", False, [])
    assert (script["why"]["exported"], script["why"]["appearance"]) == (False, "multiline")
    assert script["why"]["missing"] == [{"kind": "refused", "code": "99"}]
    assert script["several"]["default"] == {"text": "1", "tree": ["str", "1"]}
    assert script["several"]["choice_filter"]["tree"] == ["op", "!=", ["prop", "name"], ["str", "2"]]


def test_a_filter_by_name_finds_the_code():
    script = compiled([q("select_one yes_no", "a", choice_filter="name != '2'")])
    assert [option["props"] for option in script["choices"]["yes_no"]] == [{"name": "1"}, {"name": "2"}]


@pytest.mark.parametrize(
    ("type_name", "default", "tree"),
    [
        ("integer", "380", ["num", "380"]),
        ("integer", "-1", ["neg", ["num", "1"]]),
        ("text", "N/A (none)", ["str", "N/A (none)"]),
        ("text", "5", ["str", "5"]),
        ("date", "2021-08-19", ["str", "2021-08-19"]),
        ("date", "today()", ["call", "today"]),
        ("text", "${first}", ["ref", "first"]),
    ],
)
def test_defaults_are_values_or_expressions(type_name, default, tree):
    script = items(compiled([q("text", "first"), q(type_name, "a", default=default)]))
    assert script["a"]["default"] == {"text": default, "tree": tree}


def option(code, missing=""):
    return {
        "row": 2,
        "code": code,
        "label": {},
        "short": {},
        "missing": missing,
        "exclusive": False,
        "read_out": True,
        "other": False,
        "props": {},
    }


@pytest.mark.parametrize(
    ("codes", "expected"),
    [
        (["1", "2", "3"], {"dk": "8", "refused": "9", "na": "7"}),
        (["0", "6"], {"dk": "8", "refused": "9", "na": "7"}),
        (["1", "8"], {"dk": "98", "refused": "99", "na": "97"}),
        (["1", "7"], {"dk": "98", "refused": "99", "na": "97"}),
        (["1", "10"], {"dk": "98", "refused": "99", "na": "97"}),
        (["1", "96"], {"dk": "98", "refused": "99", "na": "97"}),
        (["1", "98"], {"dk": "998", "refused": "999", "na": "997"}),
        (["100"], {"dk": "998", "refused": "999", "na": "997"}),
        (["KZ", "UZ"], {"dk": "98", "refused": "99", "na": "97"}),
        (["yes", "no", "1"], {"dk": "98", "refused": "99", "na": "97"}),
    ],
)
def test_codes_of_missing_answers(codes, expected):
    found = missing_codes("select_one", ["dk", "refused", "na"], [option(code) for code in codes])
    assert {answer["kind"]: answer["code"] for answer in found} == expected


def test_seven_is_free_where_not_applicable_is_not_taken():
    assert missing_codes("select_one", ["dk"], [option("1"), option("7")]) == [{"kind": "dk", "code": "8"}]


def test_an_option_that_is_a_missing_answer_keeps_its_code():
    options = [option("1"), option("8"), option("88", "dk")]
    assert missing_codes("select_one", ["dk", "refused"], options) == [
        {"kind": "dk", "code": "88"},
        {"kind": "refused", "code": "99"},
    ]
    own = [*YES_NO, {"list_name": "yes_no", "name": "8", "label::English (en)": "Hm", "dala::missing": "dk"}]
    script = compiled([q("select_one yes_no", "a", dala__missing="none")], own)
    assert items(script)["a"]["missing"] == [{"kind": "dk", "code": "8"}]
    assert [found["missing"] for found in script["choices"]["yes_no"]] == [None, None, "dk"]


@given(
    st.lists(st.integers(0, 2000).map(str), unique=True, max_size=40), st.sets(st.sampled_from(["dk", "refused", "na"]))
)
def test_codes_of_missing_answers_are_never_those_of_options(codes, kinds):
    found = missing_codes("select_one", kinds, [option(code) for code in codes])
    typed = [answer["code"] for answer in found]
    assert {answer["kind"] for answer in found} == kinds
    assert len(set(typed) | set(codes)) == len(typed) + len(codes)


def test_a_form_with_errors_or_missing_texts_gives_no_script():
    assert compile_form(form_of([q("text", "a"), q("geopoint", "b")])).script is None
    two = [{"type": "text", "name": "a", "label::English (en)": "A", "label::Русский (ru)": None}]
    result = compile_form(form_of(two, ()))
    assert result.script is None
    assert [problem.code for problem in result.problems if problem.blocks] == ["translation_missing"]


def test_the_checksum_is_of_the_content_not_of_its_order():
    script = compiled([q("text", "a", "Сәлем")])
    shuffled = json.loads(json.dumps(dict(reversed(script.items()))))
    assert checksum_of(script) == checksum_of(shuffled)
    assert checksum_of(script) != checksum_of({**script, "title": {"en": "Another"}})


def test_only_lists_that_are_used_are_compiled():
    more = [{"list_name": "towns", "name": "1", "label::English (en)": "A"}]
    assert list(compiled([q("select_one yes_no", "a")], [*YES_NO, *more])["choices"]) == ["yes_no"]


def test_the_reference_workbook_compiles_without_a_word():
    content = REFERENCE.read_bytes()
    form = read_workbook(content)
    result = compile_form(form)
    assert result.problems == []
    assert result.script is not None
    script = Script.load(result.script)
    assert set(script.languages) == {"en", "ru", "kk", "uz"}
    assert size_of(form).questions >= 40
    assert len(outline(form, ["ru", "uz"])) == len(script.nodes)
    roles = {item.role for item in script.items()}
    assert roles >= {"consent", "language", "screener", "stratum"}


def test_thirteen_thousand_options_are_compiled():
    towns = [
        {"list_name": "town", "name": str(10_000 + n), "label::English (en)": f"Town {n}", "region": str(n % 17)}
        for n in range(13_000)
    ]
    content = workbook([q("select_one town", "a", choice_filter="region = '3'")], towns)
    form = read_workbook(content)
    result = compile_form(form)
    assert result.script is not None
    assert len(result.script["choices"]["town"]) == 13_000


@pytest.mark.skipif(not OTHERS, reason="the workbooks of other people are not part of the project")
@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.stem)
def test_real_workbooks_import_with_everything_taken_or_reported(path):
    form = read_workbook(path.read_bytes())
    result = compile_form(form)
    lines = outline(form, [form["default_language"]], result.problems)
    taken = {line.row for line in lines}
    reported = {problem.row for problem in result.problems if problem.sheet == "survey"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of parts that do not matter here
        sheet = load_workbook(path, read_only=True, data_only=True)["survey"]
        rows = iter(list(sheet.iter_rows(values_only=True)))
    header = [str(value).strip().lower() if value else "" for value in next(rows)]
    where = header.index("type")
    for number, values in enumerate(rows, 2):
        kind = str(values[where] or "").strip().lower() if where < len(values) else ""
        if kind and not kind.startswith("end ") and not kind.startswith("end_"):
            assert number in taken | reported, (number, kind)
    assert size_of(form).questions > 10
