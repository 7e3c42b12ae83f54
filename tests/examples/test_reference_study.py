"""The other files of the reference study, and that its simulated respondents give the published figures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import pytest

from fieldwork.numbering import read_person_counts, read_ranges
from fieldwork.quota_arithmetic import largest_remainder, read_age_groups
from tests.examples.reference import (
    CELLS,
    FOLDER,
    LANGUAGES,
    OWN_LANGUAGE,
    POPULATIONS,
    Items,
    dispositions,
    load,
    nodes_of,
    rows_of,
)

#: Mobile prefixes of the population draw: Kazakhstan; Uzbekistan in August 2021; what came later.
KAZAKH = {"700", "701", "702", "705", "706", "707", "708", "747", "771", "775", "776", "777", "778"}
UZBEK = {"33", "77", "88", "90", "91", "92", "93", "94", "95", "97", "98", "99"}
UZBEK_LATER = {"20", "50", "70", "80", "87"}

HANDLINGS = {"final", "retry", "callback", "appointment", "refusal_soft", "refusal_hard", "language", "fresh", "group"}


@pytest.mark.parametrize("population", POPULATIONS)
def test_quota_from_the_population_table_equals_the_reference_cells(population: str) -> None:
    counts, problems = read_person_counts((FOLDER / f"population_{population.lower()}.csv").read_bytes())
    assert problems == []
    quota = next(p["quota"] for p in load("study.json")["populations"] if p["code"] == population)
    groups = read_age_groups(row["name"] for row in quota["rows"])
    persons = {
        (column["name"], group.name): sum(
            c.persons for c in counts if c.gender == column["gender"] and group.has(c.age)
        )
        for column in quota["columns"]
        for group in groups
    }
    targets = dict(zip(persons, largest_remainder(list(persons.values()), 800), strict=True))
    assert targets == {(gender, age): n for gender, row in CELLS[population].items() for age, n in row.items()}


@pytest.mark.parametrize(("population", "calling_code"), [("KZ", 7), ("UZ", 998)])
def test_numbering_plan_knows_what_was_valid_in_august_2021(population: str, calling_code: int) -> None:
    ranges, problems = read_ranges(
        (FOLDER / f"numbering_{population.lower()}.csv").read_bytes(), calling_code=calling_code
    )
    assert problems == []

    def drawn_on(day: date) -> set[str]:
        return {found.prefix for found in ranges if found.in_population_draw and found.is_valid_on(day)}

    assert drawn_on(date(2021, 8, 19)) == (KAZAKH if population == "KZ" else UZBEK)
    assert drawn_on(date(2026, 1, 1)) == (KAZAKH if population == "KZ" else UZBEK | UZBEK_LATER)


def test_study_names_files_that_are_there_and_languages_that_the_form_has(script: dict[str, Any]) -> None:
    study = load("study.json")
    names = [study["questionnaire"]["file"], study["code_frames"], study["respondents"], study["expected"]]
    names += [p[part]["file"] for p in study["populations"] for part in ("numbering", "population_counts")]
    assert all((FOLDER / name).is_file() for name in names)
    for population in study["populations"]:
        assert set(population["languages"]) == set(OWN_LANGUAGE[population["code"]].values())
        assert set(population["languages"]) <= set(script["languages"])
        assert population["target"] == sum(n for row in CELLS[population["code"]].values() for n in row.values())


def test_dispositions_have_labels_in_four_languages_and_a_handling_that_is_known() -> None:
    rows = dispositions()
    assert len({row["code"] for row in rows}) == len(rows) == 58
    for row in rows:
        assert all(row[f"label_{language}"].strip() for language in LANGUAGES), row
        assert row["handling"] in HANDLINGS, row
        assert row["contact"] in ("yes", "no"), row
        waits = row["handling"] in HANDLINGS - {"final", "group", "refusal_hard"}
        assert row["delay_minutes"].isdecimal() if waits else row["delay_minutes"] == "", row


def test_code_frames_serve_open_items_and_their_nets_have_members(items: Items) -> None:
    for frame in load("code_frames.json")["frames"]:
        assert all(items[name]["type"] == "text" for name in frame["items"])
        numbers = [code["number"] for code in frame["codes"]]
        assert len(set(numbers)) == len(numbers)
        assert {96, 98} <= set(numbers)
        members = [number for net in frame["nets"] for number in net["members"]]
        assert len(set(members)) == len(members), "a code belongs to one net at most"
        assert set(members) <= set(numbers)
        assert not {net["number"] for net in frame["nets"]} & set(numbers)
    assert {name for frame in load("code_frames.json")["frames"] for name in frame["items"]} == {
        name for name, item in items.items() if item["type"] == "text"
    } - {"nationality_other"}


def keys_of(population: str, script: dict[str, Any], items: Items) -> Iterator[tuple[str, dict[str, Any]]]:
    """Answer keys of everything that is asked of respondents of the population."""
    looped = {
        child["name"] for node in nodes_of(script["children"]) if node["kind"] == "loop" for child in node["children"]
    }
    for name, item in items.items():
        if item["type"] in ("note", "calculate", "preset"):
            continue
        if name in looped:
            for country in {"KZ", "UZ", "KG", "TJ", "TM"} - {population}:
                yield f"{name}@{country}", item
        else:
            yield name, item


def offered(population: str, item: dict[str, Any], script: dict[str, Any]) -> set[str]:
    """Codes of the options that the population sees."""
    options = script["choices"][item["choices"]]
    if item["choice_filter"] is None:
        return {option["code"] for option in options}
    text = item["choice_filter"]["text"]
    if text.startswith("selected("):
        return {option["code"] for option in options if population in option["props"]["countries"].split()}
    own = text == "country = ${population}"
    assert own or text == "country != ${population}"
    return {option["code"] for option in options if (option["props"].get("country", "") == population) == own}


@pytest.mark.parametrize("population", POPULATIONS)
def test_model_covers_every_question_and_every_option(
    population: str, script: dict[str, Any], items: Items, model: dict[str, Any]
) -> None:
    person = model[population]
    known = person["profile"] | person["answers"] | person["open"]
    # What people are and whether they take part comes from the population table and from `calls`.
    asked = dict(keys_of(population, script, items))
    assert set(asked) - set(known) == {"consent", "convenient", "gender"}
    assert set(known) <= set(asked)
    for key, item in asked.items():
        if key not in known or item["type"] == "text" or key in ("age", "age_band"):
            continue
        codes = {code for row in rows_of(known[key]) for answer in row for code in answer.split()}
        missing = {answer["kind"] for answer in item["missing"]}
        if item["choices"]:
            assert codes == offered(population, item, script) | missing, key
        else:
            assert codes == set("1234") | missing, key


@pytest.mark.parametrize("population", POPULATIONS)
def test_shares_of_the_model_add_up(population: str, model: dict[str, Any]) -> None:
    person = model[population]
    rows = [row for part in ("profile", "answers") for spec in person[part].values() for row in rows_of(spec)]
    rows += list(person["open"].values())
    calls = person["calls"]
    rows += [kind["attempt"] for kind in calls["numbers"].values()]
    rows += [{name: kind["share"] for name, kind in calls["numbers"].items()}]
    rows += [calls[name] for name in ("contact", "contact_again", "contact_after_refusal", "consent", "convenient")]
    for row in rows:
        assert sum(row.values()) == 1000, row
        assert all(isinstance(share, int) and share >= 0 for share in row.values()), row
    codes = {row["code"] for row in dispositions()} | {"contact", "interview"}
    for table in [kind["attempt"] for kind in calls["numbers"].values()] + [calls["contact"], calls["contact_again"]]:
        assert set(table) <= codes


def people_of(population: str) -> list[tuple[dict[str, str], float]]:
    """The respondents that the quota gives: gender and age group with their share."""
    return [
        ({"gender": str(g), "age_group": str(a)}, n / 800)
        for g, row in enumerate(CELLS[population].values(), 1)
        for a, n in enumerate(row.values(), 1)
    ]


def share_of(spec: Mapping[str, Any], codes: set[str], population: str, where: str) -> float:
    """Percent of the people chosen by `where` who give one of these codes."""
    wanted = dict(re.findall(r"\$\{(\w+)\} = '(\w+)'", where))
    assert bool(wanted) == bool(where)
    given = total = 0.0
    for person, weight in people_of(population):
        if wanted.items() <= person.items():
            row = spec["share"] if "share" in spec else spec["rows"]["|".join(person[name] for name in spec["by"])]
            given += weight * sum(share for code, share in row.items() if code in codes)
            total += weight
    return given / total / 10


def published() -> list[dict[str, Any]]:
    return load("expected.json")["figures"]


def name_of(figure: Mapping[str, Any]) -> str:
    return f"{figure['population']}-{figure['key']}-{'+'.join(figure['codes'])}{figure['where']}"


@pytest.mark.parametrize("figure", published(), ids=name_of)
def test_model_gives_the_published_figure(
    figure: dict[str, Any], model: dict[str, Any], frames: dict[str, Any]
) -> None:
    person = model[figure["population"]]
    if figure["coded"]:
        nets = {str(net["number"]): net["members"] for net in frames[figure["key"].split("@")[0]]["nets"]}
        codes = {str(code) for name in figure["codes"] for code in nets.get(name, [name])}
        found = sum(share for given, share in person["open"][figure["key"]].items() if codes & set(given.split())) / 10
    else:
        found = share_of(person["answers"][figure["key"]], set(figure["codes"]), figure["population"], figure["where"])
    if figure["at_most"]:
        assert found <= float(figure["percent"])
    else:
        assert found == pytest.approx(float(figure["percent"]), abs=0.5)


def test_languages_of_the_interviews_are_shared_as_intended(model: dict[str, Any]) -> None:
    for population, code, percent in (("KZ", "1", 55), ("UZ", "3", 85)):
        profile = model[population]["profile"]
        rows = profile["interview_language"]["rows"]
        found = sum(
            share * rows.get(nationality, rows["*"])[code]
            for nationality, share in profile["nationality"]["share"].items()
        )
        assert found / 10_000 == pytest.approx(percent, abs=2)


@pytest.mark.parametrize("population", POPULATIONS)
def test_there_is_something_to_say_for_every_set_of_codes(
    population: str, model: dict[str, Any], frames: dict[str, Any]
) -> None:
    verbatims = load("verbatims.json")["items"]
    for key, shares in model[population]["open"].items():
        item, _, country = key.partition("@")
        numbers = {str(code["number"]) for code in frames[item]["codes"]} if item in frames else set()
        for given in set(shares) - {"dk", "refused"}:
            assert set(given.split()) <= numbers
            for language in OWN_LANGUAGE[population].values():
                texts = [
                    entry
                    for entry in verbatims[item]
                    if entry["language"] == language
                    and " ".join(str(code) for code in entry["codes"]) == given
                    and country in entry.get("keys", [country])
                ]
                assert texts, (key, given, language)


def test_verbatims_are_plenty_and_written_as_people_write() -> None:
    verbatims = load("verbatims.json")["items"]
    for item in ("association", "least_friendly_why", "common", "reasons_to_visit", "union_why", "obstacles"):
        for language in ("kk", "ru", "uz"):
            assert len({entry["text"] for entry in verbatims[item] if entry["language"] == language}) >= 25
    uzbek = [entry["text"] for entries in verbatims.values() for entry in entries if entry["language"] == "uz"]
    for sign in ("ʻ", "'", "ў"):
        assert sum(sign in text for text in uzbek) >= 25, sign
    for entries in verbatims.values():
        assert all(entry["weight"] > 0 and entry["text"].strip() == entry["text"] != "" for entry in entries)
    assert not any(re.search(r"\d{5}|@", entry["text"]) for entries in verbatims.values() for entry in entries)
