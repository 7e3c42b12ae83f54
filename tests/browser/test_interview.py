"""Two whole interviews with the reference questionnaire, from “next case” to the outcome, with the keyboard alone."""

from __future__ import annotations

from typing import Any

import pytest

from fieldwork.models import CallAttempt, Case, Interview, Seat
from tests.browser.desk import Desk, journal_of
from tests.browser.made_studies import field_study, interviewer_of, the_interview
from tests.factories import make_quota

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MEN = "${gender} = '1' and ${age_group} = '2'"


def say_everything(desk: Desk, keys: dict[str, str], words: dict[str, str]) -> None:
    """Answer question after question to the end: as told, else open answers in words and the first code otherwise."""
    while (key := desk.question) is not None:
        name = key.partition("@")[0]
        if key in keys or name in keys:
            desk.press(*keys.get(key, keys.get(name, "")))
        elif desk.page.locator("#stage textarea").count():
            desk.page.keyboard.type(words.get(key, f"{words['']} {key}"))
        elif codes := desk.codes():
            desk.press(*codes[0])
        desk.press("Enter")
        desk.left(key)
        desk.page.wait_for_function("() => !document.getElementById('stage').textContent.includes('One moment')")


def screen_a_man_of_35(desk: Desk) -> None:
    desk.answer("interview_language", "2")
    desk.answer("introduction")
    desk.answer("consent", "1")
    desk.answer("convenient", "1")
    desk.answer("age", "3", "5")
    desk.answer("gender", "1")
    desk.answer("region", "2", "7")
    desk.answer("settlement", "1")


def test_in_russian_with_a_correction_and_another_language_in_between(
    desk: Desk, reference_script: dict[str, Any]
) -> None:
    population = field_study(reference_script)
    make_quota(population, [("men of 30 to 39", MEN, 5)])
    desk.sit_down(interviewer_of(population), population.study.code)
    desk.next_case()
    desk.see("+7 701 123-00-00")
    desk.begin(language="2")
    screen_a_man_of_35(desk)
    desk.answer("informed", "F9")
    desk.write("association@UZ", "Плов и гостеприимство")
    desk.answer("association@KG", "F8")
    desk.write("association@TJ", "Горы")
    # In the middle of a question the respondent wants to go on in Kazakh, and thinks better of it.
    desk.at("association@TM")
    desk.page.keyboard.type("Газ")
    desk.press("Control+1")
    desk.see("Түрікменстан")
    assert desk.page.input_value("#stage textarea") == "Газ"
    desk.press("Control+2", "Enter")

    desk.answer("visited@UZ", "1")
    desk.answer("visit_reason@UZ", "2", " ", "9", "6")
    desk.write("visit_reason_other@UZ", "Учёба")
    # Two back: never been there after all, so that the reason is not asked any more.
    desk.at("visited@KG")
    desk.press("PageUp", "PageUp", "PageUp")
    desk.answer("visited@UZ", "2")
    desk.answer("visited@KG", "2")

    say_everything(desk, {"visited": "2", "unite": "1", "phone_numbers": "2"}, {"": "Ответ", "common": "Язык,\nвера"})
    desk.see("All questions are answered")
    desk.press("Enter")
    desk.back_to_start()

    interview = the_interview()
    answers = interview.answers
    assert (interview.status, interview.language) == (Interview.Status.COMPLETED, "ru")
    assert interview.attempt.disposition == "1.1"
    assert interview.case.status == Case.Status.CLOSED
    assert Seat.objects.get().status == Seat.Status.COMPLETE
    assert answers["age"] == 35
    assert answers["region"] == "27"
    assert answers["informed"] == {"missing": "refused"}
    assert answers["association@UZ"] == "Плов и гостеприимство"
    assert answers["association@KG"] == {"missing": "dk"}
    assert answers["association@TM"] == "Газ"
    assert answers["visited@UZ"] == "2"
    # What was said about the visit is kept, but is not among the data.
    assert answers["visit_reason@UZ"] == ["2", "96"]
    assert interview.off_route == ["visit_reason@UZ", "visit_reason_other@UZ"]
    assert interview.calculated["age_group"] == "2"
    languages = [entry.language for entry in journal_of(interview) if entry.kind == "language"]
    assert languages == ["kk", "ru"]
    desk.see("Next case")
    assert desk.page.locator(".tile", has_text="complete interviews").inner_text().startswith("1")


def test_in_uzbek(desk: Desk, reference_script: dict[str, Any]) -> None:
    population = field_study(reference_script, country="UZ")
    desk.sit_down(interviewer_of(population, first_name="Nilufar"), population.study.code)
    desk.next_case()
    desk.begin(language="1")
    desk.at("interview_language")
    assert desk.page.locator("#stage .q-text").get_attribute("lang") == "uz"
    say_everything(
        desk,
        {"interview_language": "3", "age": "61", "region": "44", "visited": "2", "phone_numbers": "1"},
        {"": "Oʻzbekcha soʻz: gʻoya", "association@KZ": "Choʻl, bepoyon dasht"},
    )
    desk.press("Enter")
    desk.back_to_start()

    interview = the_interview()
    assert (interview.status, interview.language) == (Interview.Status.COMPLETED, "uz")
    assert interview.answers["association@KZ"] == "Choʻl, bepoyon dasht"
    assert interview.answers["region"] == "44"
    assert interview.calculated["age_group"] == "5"
    assert CallAttempt.objects.get().disposition == "1.1"
    assert journal_of(interview)[-1].item == "closing"
