"""What is wrong with a form is found, and named with row, column and position; what is right is left alone."""

import pytest

from questionnaires.checks import check_form, completeness
from questionnaires.messages import sentence
from questionnaires.problems import LISTED, Problem, in_order, shortened
from tests.questionnaires.workbooks import SETTINGS, YES_NO, form_of, problems_of, q

LOOP = [q("begin_repeat", "r", repeat_count="2"), q("integer", "a"), q("end_repeat", "")]


def test_a_form_that_is_right_has_no_problems():
    rows = [
        q("hidden", "population"),
        q("select_one yes_no", "consent", dala__role="consent"),
        q("integer", "age", ". years?", relevant="${consent} = '1'", constraint=". > 0 and ${age} < 120"),
        q("begin_repeat", "r", repeat_count="${age}"),
        q("text", "why", "Round ${r}: at ${age}?"),
        q("calculate", "before", calculation="indexed-repeat(${why}, ${r}, position(..) - 1)"),
        q("end_repeat", ""),
        q("calculate", "all", calculation="join(' ', ${why})"),
        q("note", "bye", "You said ${all}", dala__checkpoint="screener"),
    ]
    assert [problem.code for problem in check_form(form_of(rows))] == []


def test_names_with_letters_of_two_alphabets_are_named_letter_by_letter():
    found = problems_of([q("text", "аge"), q("text", "cоuntrу")])["name_foreign_letters"]  # Cyrillic а, о, у
    assert (found.row, found.column, found.params["name"]) == (2, "name", "аge")
    assert found.params["letters"] == [{"at": 1, "letter": "а", "script": "Cyrillic", "latin": "a"}]
    assert "“а” at position 1 is Cyrillic (not Latin a)" in sentence(found)


@pytest.mark.parametrize(
    ("names", "code", "row"),
    [
        (["", "b"], "name_missing", 2),
        (["a", "a"], "name_twice", 3),
        (["Age", "age"], "names_differ_by_case", 3),
        (["1a", "b"], "name_invalid", 2),
        (["a b", "b"], "name_invalid", 2),
        (["возраст", "b"], "name_invalid", 2),
        (["a@b", "b"], "name_invalid", 2),
        (["a" * 61, "b"], "name_too_long", 2),
    ],
)
def test_names(names, code, row):
    found = problems_of([q("text", name) for name in names])
    assert set(found) == {code}
    assert (found[code].row, found[code].column) == (row, "name")


def test_groups_loops_and_items_share_their_names():
    found = problems_of([q("begin_group", "a"), q("text", "a"), q("end_group", "")])
    assert found["name_twice"].params == {"name": "a", "first": 2}


@pytest.mark.parametrize(
    ("choices", "code", "row"),
    [
        ([{"list_name": "l", "name": "1"}, {"list_name": "l", "name": "1"}], "code_twice", 3),
        ([{"list_name": "l", "name": "a b"}], "code_invalid", 2),
        ([{"list_name": "l", "name": "a@b"}], "code_invalid", 2),
        (
            [
                {"list_name": "l", "name": "8", "dala::missing": "dk"},
                {"list_name": "l", "name": "9", "dala::missing": "dk"},
            ],
            "missing_kind_twice",
            3,
        ),
    ],
)
def test_codes(choices, code, row):
    rows = [{"label::English (en)": "x", **choice} for choice in choices]
    found = problems_of([q("select_one l", "a")], rows)
    assert set(found) == {code}
    assert (found[code].sheet, found[code].row) == ("choices", row)


def test_unknown_and_unused_lists():
    found = problems_of([q("select_one yes_on", "a")])["list_unknown"]
    assert (found.row, found.column, found.params) == (2, "type", {"list": "yes_on", "meant": "yes_no"})
    unused = [problem for problem in check_form(form_of([q("text", "a")])) if problem.code == "list_unused"]
    assert [(problem.sheet, problem.row, problem.params["count"]) for problem in unused] == [("choices", 2, 2)]


@pytest.mark.parametrize(
    ("expression", "error", "at"),
    [
        ("${a} = ", "unexpected_end", 7),
        ("${a} == 1", "bad_operator", 6),
        ("${a} = ‘1’", "curly_quote", 8),
        ("selektd(${a}, '1')", "unknown_function", 1),
        ("${a} = (1", "unclosed_parenthesis", 8),
        ("${a} and .", "self_misplaced", 10),
        ("random() > 1", "unsupported_function", 1),
    ],
)
def test_expressions_are_wrong_at_a_position(expression, error, at):
    found = problems_of([q("integer", "a"), q("text", "b", relevant=expression)])
    assert set(found) == {"expression"}
    problem = found["expression"]
    assert (problem.row, problem.column, problem.letter, problem.params["error"], problem.params["at"]) == (
        3,
        "relevant",
        "D",
        error,
        at,
    )
    assert "{" not in sentence(problem).replace("${", "")


@pytest.mark.parametrize(
    ("rows", "code", "row", "name"),
    [
        ([q("integer", "age"), q("text", "b", relevant="${agee} > 1")], "reference_unknown", 3, "agee"),
        ([q("start", "begun"), q("text", "b", relevant="${begun} > 1")], "reference_left_out", 3, "begun"),
        (
            [q("begin_group", "g"), q("text", "a"), q("end_group", ""), q("text", "b", relevant="${g} = 1")],
            "reference_to_group",
            5,
            "g",
        ),
        ([q("text", "a", relevant="${b} = 'x'"), q("text", "b")], "reference_to_later", 2, "b"),
        (
            [q("begin_group", "g", relevant="${a} = 'x'"), q("text", "a"), q("end_group", "")],
            "reference_to_later",
            2,
            "a",
        ),
        ([q("text", "a", relevant="${a} = 'x'")], "reference_to_itself", 2, "a"),
        (
            [q("calculate", "a", calculation="${b} + 1"), q("calculate", "b", calculation="${a} + 1")],
            "calculation_cycle",
            2,
            "b",
        ),
        (
            [q("calculate", "a", calculation="${b} + 1"), q("calculate", "b", calculation="1")],
            "reference_to_later",
            2,
            "b",
        ),
        ([*LOOP, q("calculate", "b", calculation="${a} + 1")], "loop_as_single", 5, "a"),
        ([*LOOP, q("text", "b", relevant="${a} > 1")], "loop_compared", 5, "a"),
        ([*LOOP, q("calculate", "b", calculation="${r}")], "loop_as_single", 5, "r"),
        ([q("select_one yes_no", "a"), q("text", "b", relevant="${a} = '3'")], "compared_with_unknown_code", 3, "a"),
        (
            [q("select_one yes_no", "a"), q("text", "b", relevant="selected(${a}, 3)")],
            "compared_with_unknown_code",
            3,
            "a",
        ),
    ],
)
def test_references_that_have_no_single_value_here(rows, code, row, name):
    found = problems_of(rows)
    found.pop("metadata_left_out", None)
    assert set(found) == {code}
    assert (found[code].row, found[code].params["name"]) == (row, name)
    expression = found[code].params["expression"]
    start = found[code].params["at"] - 1
    assert expression[start : start + found[code].params["length"]] == f"${{{name}}}"


@pytest.mark.parametrize(
    "use", ["sum(${a})", "count(${r})", "join(',', ${a})", "max(${a})", "indexed-repeat(${a}, ${r}, 1)"]
)
def test_all_rounds_of_a_loop_may_be_taken_together(use):
    assert problems_of([*LOOP, q("calculate", "b", calculation=use)]) == {}


def test_a_name_that_was_perhaps_meant():
    found = problems_of([q("integer", "age_group"), q("text", "b", relevant="${age_grop} > 1")])
    assert sentence(found["reference_unknown"]) == "There is no question called “age_grop”. Did you mean “age_group”?"


def test_columns_of_choice_filters():
    choices = [{**row, "country": "KZ"} for row in YES_NO]
    right = problems_of([q("select_one yes_no", "a", choice_filter="country = 'KZ' and name != '2'")], choices)
    assert right == {}
    wrong = problems_of([q("select_one yes_no", "a", choice_filter="contry = 'KZ'")], choices)
    assert wrong["filter_column_unknown"].params["meant"] == "country"


TWO = {"form_title": "F", "default_language": "English (en)"}


def two(name, english, russian, **more):
    return {"type": "text", "name": name, "label::English (en)": english, "label::Русский (ru)": russian, **more}


def test_missing_translations_are_warnings_that_block_publishing():
    found = problems_of([q("text", "x"), two("a", "Hello", ""), two("b", "", "")], (), TWO)
    translation = found["translation_missing"]
    assert (translation.severity, translation.blocks, translation.row, translation.column) == (
        "warning",
        True,
        2,
        "label::Русский (ru)",
    )
    assert found["label_missing"].row == 4
    numbers = completeness(form_of([q("text", "x"), two("a", "Hello", "Привет")], (), TWO))
    # two labels, and the texts of the two missing answers
    assert [(language.code, language.done, language.needed) for language in numbers] == [("en", 4, 4), ("ru", 3, 4)]


def test_options_and_missing_answers_need_translations_too():
    found = check_form(form_of([two("a", "A", "А"), q("select_one yes_no", "b")]))
    places = {(problem.sheet, problem.params["owner"]) for problem in found if problem.code == "translation_missing"}
    assert places == {("survey", "b"), ("choices", "yes_no: 1"), ("choices", "yes_no: 2")}
    settings = {**TWO, "dala::missing_dk::Klingon (tlh)": "?"}
    found = check_form(form_of([q("text", "a")], (), settings))
    assert ("settings", "refused") in {(problem.sheet, problem.params.get("owner")) for problem in found}


def test_placeholders_have_to_be_the_same_in_every_language():
    rows = [two("a", "A", "А"), two("b", "You said ${a}", "Вы сказали ${a} и ${c}"), two("c", "Well, ${a}?", "Ну?")]
    found = check_form(form_of(rows, (), TWO))
    differ = [problem for problem in found if problem.code == "placeholders_differ"]
    assert [(problem.row, problem.params["lacks"], problem.params["adds"]) for problem in differ] == [
        (3, [], ["c"]),
        (4, ["a"], []),
    ]
    assert all(problem.blocks and problem.severity == "warning" for problem in differ)
    assert "it lacks ${a}" in sentence(differ[1])


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([q("text", "a", "Hello ${b}")], "placeholder_unknown"),
        ([q("start", "b"), q("text", "a", "Hello ${b}")], "placeholder_left_out"),
        ([q("text", "a", "Hello ${b}"), q("text", "b")], "placeholder_later"),
        ([q("text", "a", "Hello ${a}")], "placeholder_later"),
        ([q("begin_group", "b"), q("text", "a", "Hello ${b}"), q("end_group", "")], "placeholder_group"),
        ([*LOOP, q("text", "b", "Hello ${a}")], "placeholder_loop"),
        ([q("text", "b"), q("text", "a", "Hello ${b")], "placeholder_unclosed"),
    ],
)
def test_placeholders_that_lead_nowhere(rows, code):
    found = problems_of(rows)
    found.pop("metadata_left_out", None)
    assert set(found) == {code}
    assert found[code].column == "label::English (en)"


@pytest.mark.parametrize("text", ["<b>Now</b>", "See [here](https://example.org)", "**Now**", "line<br/>line"])
def test_markup_is_warned_of(text):
    found = problems_of([q("text", "a", text)])
    assert set(found) == {"markup_in_text"}


@pytest.mark.parametrize("text", ["1 < 2 and 3 > 2", "5 * 3 * 2", "Read [the list] out (all of it)", "* * *"])
def test_signs_are_no_markup(text):
    assert problems_of([q("text", "a", text)]) == {}


OTHER = [*YES_NO, {"list_name": "yes_no", "name": "6", "label::English (en)": "Other", "dala::other": "yes"}]
LANGUAGES = [{**row, "language": code} for row, code in zip(YES_NO, ("en", "ru"), strict=True)]


@pytest.mark.parametrize(
    ("rows", "choices", "code", "row"),
    [
        ([q("calculate", "a")], (), "calculation_missing", 2),
        ([q("hidden", "secret")], (), "preset_unknown", 2),
        ([q("text", "a", dala__ends="4.70")], (), "ends_not_note", 2),
        ([q("note", "a", dala__ends="screened out")], (), "ends_not_disposition", 2),
        ([q("note", "a", constraint=". = 1")], (), "constraint_not_used", 2),
        ([q("text", "a", choice_filter="x = 1")], (), "choice_filter_not_used", 2),
        ([q("calculate", "a", calculation="1", dala__missing="dk")], (), "missing_not_used", 2),
        ([q("text", "a", calculation="'x'")], (), "calculation_on_question", 2),
        ([q("select_one yes_no", "a", appearance="minimal search('x')")], YES_NO, "options_from_file", 2),
        ([q("begin_group", "g"), q("end_group", "")], (), "group_empty", 2),
        ([q("begin_group", "g", appearance="pages"), q("text", "a"), q("end_group", "")], (), "appearance_not_used", 2),
        ([q("begin_group", "g", appearance="grid"), q("text", "a"), q("end_group", "")], (), "grid_row_not_select", 3),
        ([q("text", "a"), q("text", "b", dala__other_for="a")], (), "other_for_unknown", 3),
        ([q("select_one yes_no", "a"), q("text", "b", dala__other_for="a")], YES_NO, "other_for_no_option", 3),
        ([q("select_one yes_no", "a"), q("note", "b", dala__other_for="a")], YES_NO, "other_not_text", 3),
        ([q("select_one yes_no", "a")], OTHER, "other_without_text", 2),
        ([q("text", "a", dala__role="consent")], (), "role_needs_select", 2),
        ([q("select_one yes_no", "a", dala__role="language")], LANGUAGES, "language_option_unknown", 3),
        ([LOOP[0], q("text", "x", dala__role="stratum"), LOOP[2]], (), "role_in_loop", 3),
        ([LOOP[0], q("text", "x", dala__checkpoint="screener"), LOOP[2]], (), "checkpoint_in_loop", 3),
        (
            [q("text", "a", dala__checkpoint="screener"), q("text", "b", dala__checkpoint="screener")],
            (),
            "checkpoint_twice",
            3,
        ),
        (
            [q("text", "a", dala__checkpoint="screener"), q("text", "b", dala__role="stratum")],
            (),
            "stratum_after_checkpoint",
            3,
        ),
        ([q("select_one yes_no", n, dala__role="consent") for n in "ab"], YES_NO, "role_twice", 3),
    ],
)
def test_designs_that_do_not_work(rows, choices, code, row):
    found = problems_of(rows, choices)
    assert set(found) == {code}
    assert found[code].row == row


def test_rows_of_a_grid_share_their_list():
    more = [{"list_name": "other", "name": "1", "label::English (en)": "x"}]
    rows = [q("begin_group", "g", appearance="table-list"), q("select_one yes_no", "a"), q("select_one other", "b")]
    found = problems_of([*rows, q("end_group", "")], [*YES_NO, *more])
    assert set(found) == {"grid_lists_differ"}


def test_other_for_belongs_to_the_same_round():
    rows = [LOOP[0], q("select_one yes_no", "a"), LOOP[2], q("text", "b", dala__other_for="a")]
    assert set(problems_of(rows, OTHER)) == {"other_for_elsewhere"}


def test_a_form_without_checkpoint_and_consent_is_warned_of():
    codes = {problem.code for problem in check_form(form_of([q("text", "a")], (), SETTINGS))}
    assert codes == {"no_checkpoint", "no_consent"}


def test_many_of_a_kind_are_counted_not_listed():
    problems = [Problem("list_unused", "choices", row, "list_name") for row in range(2, 1002)]
    short = shortened([*problems, Problem("name_twice", "survey", 9, "name")])
    assert len(short) == LISTED + 1
    assert short[LISTED - 1].params["more"] == 1000 - LISTED
    assert in_order(short)[0].code == "name_twice"


def test_a_problem_survives_storing():
    problem = Problem("expression", "survey", 3, "relevant", "F", {"at": 3, "details": {"found": "x"}})
    assert Problem.from_json(problem.to_json()) == problem
