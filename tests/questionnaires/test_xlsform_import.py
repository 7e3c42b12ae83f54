"""Workbooks read into forms: every construct is taken over or reported, with sheet, row and column."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from questionnaires.compile import compile_form
from questionnaires.form import items_of, nodes_of
from questionnaires.messages import PROBLEMS, sentence
from questionnaires.outline import outline
from questionnaires.problems import UNFINISHED, WARNINGS, Problem
from questionnaires.script import Script
from questionnaires.xlsform import WorkbookError, read_workbook
from tests.questionnaires.workbooks import PROJECT, SETTINGS, YES_NO, form_of, q, reading_problems, workbook


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("select_one yes_no", "select_one"),
        ("select one from yes_no", "select_one"),
        ("Select_One  yes_no", "select_one"),
        ("select1 yes_no", "select_one"),
        ("select_multiple yes_no", "select_multiple"),
        ("select all that apply from yes_no", "select_multiple"),
        ("integer", "integer"),
        ("int", "integer"),
        ("decimal", "decimal"),
        ("text", "text"),
        ("string", "text"),
        ("date", "date"),
        ("note", "note"),
        ("calculate", "calculate"),
        ("calculate_here", "calculate"),
        ("hidden", "preset"),
    ],
)
def test_types_under_all_their_names(written, expected):
    (item,) = items_of(form_of([q(written, "population", calculation="1")]))
    assert item["type"] == expected
    assert item["choices"] == ("yes_no" if expected.startswith("select") else "")


@pytest.mark.parametrize(
    "written", ["start", "end", "today", "deviceid", "phone number", "audit", "caseid", "text audit"]
)
def test_metadata_are_left_out_with_a_word(written):
    form = form_of([q(written, "meta"), q("text", "a")])
    assert [item["name"] for item in items_of(form)] == ["a"]
    (problem,) = reading_problems(form)
    assert (problem.code, problem.severity, problem.sheet, problem.row, problem.column) == (
        "metadata_left_out",
        "warning",
        "survey",
        2,
        "type",
    )


@pytest.mark.parametrize(
    "written",
    ["geopoint", "image", "acknowledge", "rank yes_no", "range", "time", "dateTime", "select_one_from_file x.csv"],
)
def test_types_that_are_not_supported_are_errors_and_the_rest_is_imported(written):
    form = form_of([q("text", "a"), q(written, "b"), q("text", "c")])
    assert [item["name"] for item in items_of(form)] == ["a", "c"]
    (problem,) = reading_problems(form)
    assert (problem.code, problem.severity, problem.row, problem.letter) == ("type_not_supported", "error", 3, "A")
    assert "not supported yet" in sentence(problem)


def test_an_unknown_type_is_an_error():
    (problem,) = reading_problems(form_of([q("text", "a"), q("slect_one yes_no", "b")]))
    assert (problem.code, problem.row) == ("type_unknown", 3)
    assert "slect_one yes_no" in sentence(problem)


def test_groups_and_loops_nest():
    form = form_of(
        [
            q("begin_group", "g", relevant="true()"),
            q("begin repeat", "r", repeat_count="3"),
            q("text", "a"),
            q("end repeat", ""),
            q("begin repeat", "s", dala__loop_over="'KZ KG'", dala__choices="yes_no"),
            q("end_repeat", ""),
            q("end_group", ""),
            q("text", "z"),
        ]
    )
    tree = [(node["name"], node["kind"], [outer["name"] for outer in around]) for node, around in nodes_of(form)]
    assert tree == [
        ("g", "group", []),
        ("r", "loop", ["g"]),
        ("a", "item", ["g", "r"]),
        ("s", "loop", ["g"]),
        ("z", "item", []),
    ]
    loops = {node["name"]: node for node, _ in nodes_of(form) if node["kind"] == "loop"}
    assert (loops["r"]["count"], loops["r"]["over"], loops["r"]["choices"]) == ("3", "", "")
    assert (loops["s"]["count"], loops["s"]["over"], loops["s"]["choices"]) == ("", "'KZ KG'", "yes_no")
    assert form["problems"] == []


@pytest.mark.parametrize(
    ("rows", "code", "row"),
    [
        ([q("begin_group", "g"), q("text", "a")], "begin_without_end", 2),
        ([q("text", "a"), q("end_group", "")], "end_without_begin", 3),
        ([q("begin_group", "g"), q("text", "a"), q("end_repeat", "")], "end_of_the_other_kind", 4),
        ([q("begin_repeat", "r"), q("text", "a"), q("end_repeat", "")], "loop_without_keys", 2),
        (
            [q("begin_repeat", "r", repeat_count="1", dala__loop_over="'a'"), q("text", "a"), q("end_repeat", "")],
            "loop_keys_twice",
            2,
        ),
        ([q("select_one", "a")], "select_without_list", 2),
        (
            [q("text", "a", dala__read_out="maybe"), q("select_one yes_no", "b", dala__read_out="maybe")],
            "yes_or_no_expected",
            3,
        ),
        ([q("text", "a", required="${b} = 1")], "required_is_expression", 2),
        ([q("text", "a", dala__missing="dk nk")], "word_not_allowed", 2),
        ([q("text", "a", dala__role="boss")], "word_not_allowed", 2),
        ([q("text", "a"), {"name": "b"}], "type_missing", 3),
        ([q("text", "a"), q("text", "b", disabled="yes")], "row_disabled", 3),
    ],
)
def test_rows_that_are_wrong_are_named(rows, code, row):
    (problem,) = reading_problems(form_of(rows))
    assert (problem.code, problem.sheet, problem.row) == (code, "survey", row)


def test_texts_by_language():
    form = form_of(
        [
            {
                "type": "text",
                "name": "a",
                "label::English (en)": "Hello",
                "label::Русский (ru)": "Привет",
                "label:Қазақша (kk)": "Сәлем",
                "hint::ru": "Подсказка",
                "dala::instruction::English (en)": "Ask",
                "dala::short::Русский (ru)": "коротко",
            }
        ],
        settings={"form_title::English (en)": "Title", "default_language": "Русский (ru)"},
    )
    assert form["languages"] == [
        {"code": "en", "name": "English"},
        {"code": "ru", "name": "Русский"},
        {"code": "kk", "name": "Қазақша"},
    ]
    assert form["default_language"] == "ru"
    assert form["title"] == {"en": "Title"}
    (item,) = items_of(form)
    assert item["label"] == {"en": "Hello", "ru": "Привет", "kk": "Сәлем"}
    assert (item["hint"], item["instruction"], item["short"]) == ({"ru": "Подсказка"}, {"en": "Ask"}, {"ru": "коротко"})


def test_a_label_without_a_language_is_in_the_default_language():
    rows = [{"type": "text", "name": "a", "label": "Привет", "label::English (en)": "Hello"}]
    form = form_of(rows, (), {"default_language": "Russian", "form_title": "Т"})
    assert form["default_language"] == "ru"
    assert [item["label"] for item in items_of(form)] == [{"ru": "Привет", "en": "Hello"}]
    assert form["title"] == {"ru": "Т"}


def test_unclear_languages_are_reported():
    form = form_of([{"type": "text", "name": "a", "label::Klingon": "x"}], (), {"default_language": "Elvish"})
    assert form["languages"] == [{"code": "klingon", "name": "Klingon"}]
    assert {problem.code for problem in reading_problems(form)} == {"language_without_code", "default_language_unknown"}
    guessed = form_of([{"type": "text", "name": "a", "label": "x"}], (), {"form_title": "T"})
    assert guessed["default_language"] == "und"
    assert [problem.code for problem in reading_problems(guessed)] == ["default_language_guessed"]


def test_settings_of_missing_answers():
    form = form_of(
        [q("text", "a"), q("text", "b", dala__missing="none"), q("text", "c", dala__missing="refused, na")],
        settings={**SETTINGS, "dala::missing": "dk", "dala::missing_dk::English (en)": "No idea"},
    )
    assert form["missing"] == ["dk"]
    assert form["missing_texts"]["dk"] == {"en": "No idea"}
    assert form["missing_texts"]["refused"] == {"en": "Refused to answer"}
    assert [item["missing"] for item in items_of(form)] == [None, [], ["refused", "na"]]


def test_or_other_becomes_an_option_and_a_question():
    form = form_of([q("select_one yes_no or_other", "a", relevant="true()"), q("select_one yes_no", "b")])
    first, other, second = items_of(form)
    assert [option["code"] for option in form["choices"][first["choices"]]] == ["1", "2", "6"]
    added = form["choices"][first["choices"]][2]
    assert (added["other"], added["label"]) == (True, {"en": "Other"})
    assert (other["name"], other["type"], other["other_for"]) == ("a_other", "text", "a")
    assert other["relevant"] == "selected(${a}, '6')"
    assert second["choices"] == "yes_no"
    assert [problem.code for problem in reading_problems(form)] == ["or_other_added"]


def test_or_other_among_words_is_the_word_other():
    choices = [{"list_name": "l", "name": code, "label::English (en)": code} for code in ("red", "blue")]
    form = form_of([q("select_multiple l or_other", "a")], choices)
    assert [option["code"] for option in form["choices"]["l_or_other"]] == ["red", "blue", "other"]


def test_options_have_properties_and_marks():
    form = form_of(
        [q("select_one l", "a")],
        [
            {"list_name": "l", "name": "1", "label::English (en)": "A", "country": "KZ", "dala::other": "yes"},
            {
                "list_name": "l",
                "name": "8",
                "label::English (en)": "B",
                "dala::missing": "dk",
                "dala::exclusive": "yes",
            },
            {"list_name": "l", "name": "3", "label::English (en)": "C", "dala::read_out": "no"},
        ],
    )
    first, second, third = form["choices"]["l"]
    assert (first["props"], first["other"], first["read_out"]) == ({"country": "KZ"}, True, True)
    assert (second["missing"], second["exclusive"], second["props"]) == ("dk", True, {})
    assert third["read_out"] is False


def test_columns_that_mean_nothing_are_warned_of():
    form = form_of(
        [q("text", "a", relevnt="true()", media__image="x.png", **{"Column 5": None}), q("text", "b")],
        settings={**SETTINGS, "instance_name": "x", "verson": "1"},
    )
    found = {(problem.sheet, problem.column): problem for problem in reading_problems(form)}
    assert found["survey", "relevnt"].code == "unknown_column"
    assert "relevant" in sentence(found["survey", "relevnt"])
    assert found["survey", "media::image"].code == "column_not_supported"
    assert found["settings", "instance_name"].code == "column_not_supported"
    assert found["settings", "verson"].params["meant"] == "version"
    assert len(found) == 4  # a column without content is not worth a word


def test_surveycto_spellings():
    rows = [
        {
            "type": "begin group",
            "name": "g",
            "label": "G",
            "relevance": "true()",
        },
        {
            "type": "integer",
            "name": "a",
            "label": "A",
            "constraint": ". > 0",
            "constraint message": "more",
            "read only": "yes",
            "required": "yes",
        },
        {"type": "end group", "name": "g"},
    ]
    content = workbook(rows, [{"list_name": "l", "value": 1, "label": "One"}], {"default_language": "english"})
    form = read_workbook(content)
    ((group, _), (item, _)) = nodes_of(form)
    assert group["relevant"] == "true()"
    assert (item["constraint_message"], item["read_only"], item["required"]) == ({"en": "more"}, True, True)
    assert form["choices"]["l"][0]["code"] == "1"


def test_sheets_that_are_missing_or_not_supported():
    book = workbook([q("text", "a")], YES_NO, SETTINGS, entities=[{"dataset": "x"}])
    assert [problem.code for problem in reading_problems(read_workbook(book))] == ["sheet_not_supported"]


def test_every_code_that_is_used_has_a_sentence():
    sources = [*(PROJECT / "questionnaires").glob("checks/*.py"), *(PROJECT / "questionnaires").glob("xlsform/*.py")]
    used = {
        code
        for source in sources
        for code in re.findall(r"""(?:[pP]roblem|report)\(\s*(?:written, )?"(\w+)"\s*[,)]""", source.read_text())
    }
    assert len(used) > 60
    assert used - set(PROBLEMS) == set()
    assert (WARNINGS | UNFINISHED) - set(PROBLEMS) == set()


def test_a_counted_problem_says_how_many_more_there_are():
    text = sentence(Problem("list_unused", "choices", 2, params={"list": "towns", "count": 2, "more": 3}))
    assert text == "The list “towns” is not used by any question. (2 rows) And 3 more of this kind."


CELLS = st.one_of(
    st.sampled_from(
        [
            "a",
            "b",
            "text",
            "note",
            "select_one l",
            "select_multiple l or_other",
            "begin_group",
            "end_group",
            "begin_repeat",
            "end_repeat",
            "calculate",
            "hidden",
            "geopoint",
            "yes",
            "no",
            "grid",
            "screener",
            "stratum",
            "language",
            "4.70",
            "${a} = '1'",
            "${b} + 1",
            "sum(${a})",
            "dk refused",
            "none",
            "l",
            "hello ${a}",
            "${",
            "=",
        ]
    ),
    st.text(max_size=12),
    st.none(),
    st.integers(),
)
COLUMNS = (
    "type",
    "name",
    "label",
    "label::Русский (ru)",
    "relevant",
    "constraint",
    "calculation",
    "choice_filter",
    "required",
    "default",
    "appearance",
    "repeat_count",
    "dala::missing",
    "dala::role",
    "dala::checkpoint",
    "dala::ends",
    "dala::loop_over",
    "dala::choices",
    "dala::other_for",
    "strange",
)
CHOICE_COLUMNS = ("list_name", "name", "label", "dala::missing", "dala::other", "language")


@settings(max_examples=120, deadline=None)
@given(
    st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(COLUMNS, CELLS)), min_size=1, max_size=8),
    st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(CHOICE_COLUMNS, CELLS)), max_size=4),
)
def test_no_workbook_brings_the_importer_down(rows, choices):
    """Whatever stands in the cells: the form can be read, checked, said in sentences, shown, stored; or is refused."""
    try:
        form = sheets_form(rows, choices)
    except WorkbookError:
        return
    result = compile_form(form)
    for problem in result.problems:
        assert sentence(problem)
        assert Problem.from_json(json.loads(json.dumps(problem.to_json()))) == problem
    assert (result.script is None) == any(problem.blocks for problem in result.problems)
    if result.script is not None:
        Script.load(result.script)
    outline(form, [language["code"] for language in form["languages"]], result.problems)
    assert "\\u0000" not in json.dumps(form)


def sheets_form(rows, choices):
    clean = [{key: openpyxl_text(value) for key, value in row.items()} for row in rows]
    offered = [{key: openpyxl_text(value) for key, value in row.items()} for row in choices]
    return form_of([{"type": "text", "name": "first"}, *clean], [{"list_name": "l", "name": "1"}, *offered])


def openpyxl_text(value):
    """What openpyxl can write: no control characters, and text that begins with = as text."""
    return ILLEGAL_CHARACTERS_RE.sub("", value) if isinstance(value, str) else value
