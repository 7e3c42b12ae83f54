"""The questionnaire of the reference study: complete in four languages, and fit for data files."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

import pytest

from questionnaires.form import items_of
from tests.examples.reference import LANGUAGES, Items, dispositions, load, nodes_of, texts_of

#: The questions of the 18 groups, in the order of the study.
ORDER = (
    "informed association visited visit_reason visit_reason_other attitude relations most_friendly least_friendly"
    " least_friendly_why live work study travel common reasons_to_visit cooperation unite union union_why prosper"
    " obstacles solve_alone help_from help_from_other best_living best_safety best_health best_economy best_business"
    " education employment"
)
GROUPS = ORDER.split()


def test_workbook_is_read_and_compiled_without_a_single_complaint(form: Any, script: dict[str, Any]) -> None:
    assert form["problems"] == []
    assert set(script["languages"]) == LANGUAGES


@pytest.mark.parametrize("name", ["questionnaire", "study.json", "code_frames.json"])
def test_every_text_stands_in_all_four_languages(name: str, script: dict[str, Any]) -> None:
    texts = list(texts_of(script if name == "questionnaire" else load(name)))
    assert len(texts) > 10
    for text in texts:
        assert set(text) == LANGUAGES, text
        assert all(words.strip() for words in text.values()), text


def test_every_question_note_group_and_option_has_a_label(script: dict[str, Any]) -> None:
    for node in nodes_of(script["children"]):
        if node.get("type") not in ("calculate", "preset") and node["name"] != "main":  # holds the rest, is not shown
            assert set(node["label"]) == LANGUAGES, node["name"]
    for options in script["choices"].values():
        for option in options:
            assert set(option["label"]) == LANGUAGES, option


def test_texts_show_the_same_answers_in_all_languages(script: dict[str, Any]) -> None:
    for text in texts_of(script):
        shown = {tuple(sorted(re.findall(r"\$\{([^}]*)\}", words))) for words in text.values()}
        assert len(shown) == 1, text


@pytest.mark.parametrize("name", ["questionnaire", "study.json", "code_frames.json", "dispositions"])
def test_kazakh_and_uzbek_are_spelled_with_their_own_letters(name: str, script: dict[str, Any]) -> None:
    if name == "dispositions":
        texts = [{"uz": row["label_uz"], "kk": row["label_kk"]} for row in dispositions()]
    else:
        texts = list(texts_of(script if name == "questionnaire" else load(name)))
    for text in texts:
        latin = re.sub(r"\$\{[^}]*\}", "", text["uz"])
        assert not re.search("['`‘’А-я]", latin), text  # oʻ and gʻ with U+02BB, the glottal stop U+02BC
        assert not re.search("ʻ(?<![oOgG]ʻ)", latin), text
        assert not re.search("[oOgG]ʼ", latin), text
        kazakh = re.sub(r"\$\{[^}]*\}", "", text["kk"])
        assert not re.search("[A-HJ-Za-z]", kazakh), text
        assert all(unicodedata.is_normalized("NFC", words) for words in text.values()), text
    if name == "questionnaire":
        assert set("әғқңөұүі") <= set("".join(text["kk"] for text in texts).lower())


def test_names_are_plain_and_fit_into_data_files(items: Items, script: dict[str, Any]) -> None:
    for name in items:
        assert re.fullmatch("[a-z][a-z0-9_]*", name)
        assert len(name) <= 40
    for item in items.values():
        if item["exported"] and item["type"] not in ("note", "preset"):
            assert set(item["short"]) == LANGUAGES, item["name"]
        for words in item["short"].values():  # room for a country or a code before SPSS cuts at 256
            assert len(words.encode()) <= 180, item["name"]
    for options in script["choices"].values():
        for option in options:
            for words in option["label"].values():
                assert len(words.encode()) <= 120, option["code"]


def test_every_closed_question_takes_dont_know_and_refused(items: Items) -> None:
    # Noted by the interviewer, or a condition of going on.
    observed = {"interview_language", "consent", "convenient", "gender"}
    for item in items.values():
        if item["type"] in ("select_one", "select_multiple", "integer", "text"):
            kinds = {answer["kind"] for answer in item["missing"]}
            assert kinds == (set() if item["name"] in observed else {"dk", "refused"}), item["name"]


def test_nobody_is_screened_out_before_age_and_gender_are_known(items: Items) -> None:
    order = list(items)
    checkpoint = [name for name, item in items.items() if item["checkpoint"] == "screener"]
    assert checkpoint == ["settlement"]
    strata = [name for name, item in items.items() if item["role"] == "stratum"]
    assert strata == ["age_group", "gender", "region", "settlement"]
    assert all(order.index(name) <= order.index("settlement") for name in strata)
    ends = {name: items[name]["ends"] for name in order if items[name]["type"] == "note" and items[name]["ends"]}
    assert ends == {
        "end_no_consent": "2.112",
        "end_inconvenient": "2.35",
        "end_under_18": "4.70",
        "end_age_unknown": "3.21",
    }
    assert order.index("end_under_18") > max(order.index("age"), order.index("gender"))


def test_the_eighteen_question_groups_stand_in_their_order(items: Items) -> None:
    assert [name for name in items if name in GROUPS] == GROUPS
    assert 40 <= sum(item["type"] not in ("note", "calculate", "preset") for item in items.values()) <= 50


def test_countries_have_their_grammatical_forms(script: dict[str, Any]) -> None:
    def shape(name: str, code: str, language: str) -> str:
        return next(option["label"][language] for option in script["choices"][name] if option["code"] == code)

    assert shape("country_to", "KG", "ru") == "к Кыргызстану"
    assert shape("country_to", "KG", "kk") == "Қырғызстанға"
    assert shape("country_to", "KG", "uz") == "Qirgʻizistonga"
    assert shape("country_about", "UZ", "ru") == "об Узбекистане"
    assert shape("country_with", "TJ", "kk") == "Тәжікстанмен"
    assert shape("country_in", "TM", "uz") == "Turkmanistonda"


def test_items_of_the_form_are_those_of_the_script(form: Any, items: Items) -> None:
    assert [item["name"] for item in items_of(form)] == list(items)
