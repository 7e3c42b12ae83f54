"""A coder at the bench: ten answers coded with the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fieldwork.models import Interview
from qc.models import Coding, Verbatim
from qc.services.coding import find_verbatims, load_code_frames
from studies.models import Study, User
from studies.models.study import Role
from tests.factories import NOW, make_interview, make_member, make_study, make_version
from tests.questionnaires.scripts import make_script

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

FRAME = {
    "name": "why",
    "title": {"en": "Why", "ru": "Почему"},
    "items": ["why"],
    "codes": [
        {"number": 11, "label": {"en": "Borders", "ru": "Границы"}},
        {"number": 12, "label": {"en": "Politics", "ru": "Политика"}},
        {"number": 21, "label": {"en": "Language", "ru": "Язык"}},
    ],
}
#: What was said, how often, and the codes for it. The most frequent comes first.
SAID = {"границы": (3, "11"), "Oʻzbekcha soʻz": (2, "21"), "политика и границы": (1, "12 11")}


def bench_with(said: dict[str, tuple[int, str]]) -> tuple[Study, User]:
    """A study with these answers, and a coder."""
    study = make_study()
    make_version(study, make_script([{"name": "why", "type": "text", "label": "Why not?"}]), checksum="why")
    load_code_frames(study=study, frames=[FRAME], actor=None, now=NOW)
    for text, (times, _codes) in said.items():
        for _ in range(times):
            make_interview(
                study.populations.get(), status=Interview.Status.COMPLETED, answers={"why": text}, ended_at=NOW
            )
    find_verbatims(study=study, now=NOW)
    return study, make_member(study, Role.CODER).user


def codes_given() -> dict[str, list[int]]:
    """The codes of each text."""
    return {
        coding.verbatim.text: [code.number for code in coding.codes.order_by("number")]
        for coding in Coding.objects.select_related("verbatim")
    }


def test_ten_verbatims_are_coded(open_page: Callable[..., Any]) -> None:
    said = {**SAID, **{f"ответ номер {number}": (1, "21") for number in range(4)}}
    study, coder = bench_with(said)
    page = open_page(coder, f"/s/{study.code}/coding/")
    page.keyboard.press("n")
    page.wait_for_selector("#codes")
    assert page.inner_text(".verbatim") == "границы"
    while page.locator(".verbatim").count():
        text = page.inner_text(".verbatim")
        page.keyboard.type(said[text][1])
        page.wait_for_selector("#chosen .chip:not(.unknown)")
        page.keyboard.press("Enter")
        page.wait_for_function("text => document.querySelector('.verbatim')?.textContent !== text", arg=text)
    page.get_by_text("every answer of this choice is coded").wait_for()
    assert "100 % (10 of 10)" in page.inner_text(".bench-progress").replace("\u00a0", " ")

    assert Verbatim.objects.count() == 10
    assert Coding.objects.values("verbatim").distinct().count() == 10
    given = codes_given()
    assert {text: given[text] for text in SAID} == {
        "границы": [11],
        "Oʻzbekcha soʻz": [21],
        "политика и границы": [11, 12],
    }


def test_codes_typed_ahead_fall_on_the_answers_they_were_meant_for(open_page: Callable[..., Any]) -> None:
    study, coder = bench_with({"a": (5, ""), "b": (4, ""), "c": (3, ""), "d": (2, ""), "e": (1, "")})
    page = open_page(coder, f"/s/{study.code}/coding/")
    page.keyboard.press("n")
    page.wait_for_selector("#codes")
    page.keyboard.type("11\n12 21\n22")
    page.keyboard.press("Backspace")
    page.keyboard.type("1\n11\n")
    page.wait_for_function("() => document.querySelector('.verbatim')?.textContent === 'e'")
    assert codes_given() == {"a": [11], "b": [12, 21], "c": [21], "d": [11]}

    # What comes behind a code that is refused was meant for another answer.
    page.keyboard.type("99\n11\n")
    page.wait_for_selector("#code-error")
    page.complaints.clear()  # the browser's own words for the refusal
    assert page.input_value("#codes") == "99"
    page.fill("#codes", "12")
    page.keyboard.press("Enter")
    page.get_by_text("every answer of this choice is coded").wait_for()
    assert codes_given()["e"] == [12]
    assert page.url.endswith(f"/coding/{FRAME['name']}/")
