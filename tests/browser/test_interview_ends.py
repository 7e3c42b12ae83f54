"""How calls end: nobody there, a refusal, an appointment, a full quota, too young; who goes on with a break-off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from fieldwork.models import Appointment, CallAttempt, Case, Interview
from studies.models import Population
from tests.browser.desk import Desk, journal_of
from tests.browser.made_studies import KEYS, field_study, interviewer_of, label, question, the_interview
from tests.factories import make_quota
from tests.questionnaires.scripts import make_script

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def take(desk: Desk, population: Population | None = None) -> Population:
    """A case in hand, before anybody has answered."""
    population = population or field_study(cases=1)
    desk.sit_down(interviewer_of(population), population.study.code)
    desk.next_case()
    return population


def test_nobody_answers(desk: Desk) -> None:
    take(desk)
    desk.see("+7 701 123-00-00")
    desk.press("F7", "2", "1")
    assert desk.page.locator("#stage .marked").inner_text().split() == ["●", "1", "No", "answer", "3.13"]
    desk.press("F4")
    desk.page.keyboard.type("rings 9 times")
    desk.press("Enter")
    desk.back_to_start()
    attempt = CallAttempt.objects.get()
    assert (attempt.disposition, attempt.note) == ("3.13", "rings 9 times")


def test_the_next_interviewer_sees_what_happened_and_goes_on_where_the_first_one_stopped(desk: Desk) -> None:
    population = take(desk)
    desk.begin(language="2")
    for key, typed in KEYS[:3]:
        desk.answer(key, *typed)
    desk.at("first")
    # They have to go: an appointment for tomorrow afternoon, by two keys.
    desk.press("F6")
    desk.see("tomorrow afternoon")
    choices = desk.page.locator("#stage .label").all_inner_texts()
    desk.press(str(choices.index("tomorrow afternoon") + 1), "Tab", "Tab")
    desk.page.get_by_label("Note for the next call").focus()
    desk.page.keyboard.type("after lunch")
    desk.press("Enter")
    desk.back_to_start()
    appointment = Appointment.objects.get()
    assert appointment.starts_at.astimezone(population.zone).strftime("%H:%M") == "14:00"
    assert the_interview().status == Interview.Status.SUSPENDED

    # Tomorrow has come, and the first interviewer has not.
    case = Case.objects.get()
    case.due_at, case.due_until = timezone.now() - timedelta(minutes=30), timezone.now() + timedelta(minutes=30)
    case.reserved_for = None
    case.save()
    colleague = Desk(desk.page, desk.site)
    take(colleague, population)
    head = colleague.page.inner_text(".case-head")
    assert "attempt 2 · appointment" in head
    assert "after lunch" in head
    colleague.see("This interview was broken off and goes on where it stood (Русский).")
    assert "after lunch" in colleague.page.inner_text("#side")
    colleague.begin()
    colleague.at("first")
    assert colleague.page.locator("#stage .q-text").get_attribute("lang") == "ru"
    for key, typed in KEYS[3:]:
        colleague.answer(key, *typed)
    colleague.see("All questions are answered")
    colleague.press("Enter")
    colleague.back_to_start()
    interview = the_interview()
    assert interview.status == Interview.Status.COMPLETED
    assert len({entry.attempt_id for entry in journal_of(interview)}) == 2


def test_a_refusal_in_mid_interview(desk: Desk) -> None:
    take(desk)
    desk.begin()
    for key, typed in KEYS[:3]:
        desk.answer(key, *typed)
    desk.at("first")
    desk.press("F7", "2", "Escape", "1", "1")
    desk.see("Known-respondent refusal")
    desk.press("Enter")
    desk.back_to_start()
    assert CallAttempt.objects.get().disposition == "2.12"
    assert set(the_interview().answers) == {"gender", "age", "informed"}


def test_a_full_group_is_said_good_bye_to(desk: Desk) -> None:
    population = field_study(cases=1)
    make_quota(population, [("women", "${gender} = '2'", 0), ("men", "${gender} = '1'", 5)])
    take(desk, population)
    desk.begin()
    desk.answer("gender", "2")
    # The keys typed ahead were for questions that are not asked any more.
    desk.at("age")
    desk.page.keyboard.type("25\n1\n")
    desk.see("This group is full")
    desk.press("Enter")
    desk.back_to_start()
    interview = the_interview()
    assert (interview.status, interview.attempt.disposition) == (Interview.Status.QUOTA_FULL, "4.80")
    assert interview.answers == {"gender": "2", "age": 25}


def test_answers_corrected_before_the_checkpoint_move_the_seat(desk: Desk) -> None:
    population = field_study(cases=1)
    women, men = make_quota(population, [("women", "${gender} = '2'", 5), ("men", "${gender} = '1'", 5)]).cells.all()
    take(desk, population)
    desk.begin()
    desk.answer("gender", "2")
    desk.answer("age", "2", "5")
    desk.at("informed")
    assert the_interview().cell == women
    desk.press("PageUp", "PageUp")
    desk.answer("gender", "1")
    desk.at("age")
    desk.all_sent()
    desk.page.wait_for_timeout(300)
    assert the_interview().cell == men


def test_who_is_too_young_hears_a_good_bye_and_the_call_is_over(desk: Desk) -> None:
    take(desk)
    desk.begin()
    desk.answer("gender", "2")
    desk.answer("age", "1", "6")
    desk.at("too_young")
    desk.press("Enter")
    desk.back_to_start()
    interview = the_interview()
    assert (interview.status, interview.attempt.disposition) == (Interview.Status.SCREENED_OUT, "4.70")
    assert Case.objects.get().status == Case.Status.CLOSED


BAD_TIME = make_script(
    [
        {"name": "population", "type": "preset", "exported": False},
        question("convenient", "select_one", "Вам удобно говорить?", choices="yes_no"),
        question("later", "note", "Когда вам перезвонить?", relevant="${convenient} = '2'", ends="2.35"),
        question("first", "text", "Что первое приходит на ум?"),
    ],
    choices={"yes_no": [{"code": "1", "label": label("Да")}, {"code": "2", "label": label("Нет")}]},
    languages=("ru", "kk"),
)


def test_whoever_has_no_time_now_is_given_one(desk: Desk) -> None:
    """The note that ends the call asks for a time: Enter leads to the appointment, not past it."""
    population = take(desk, field_study(BAD_TIME, cases=1))
    desk.begin()
    desk.answer("convenient", "2")
    desk.at("later")
    desk.press("Enter")
    desk.see("tomorrow afternoon")
    desk.press("Escape")
    desk.at("later")
    desk.press("Enter")
    choices = desk.page.locator("#stage .label").all_inner_texts()
    desk.press(str(choices.index("tomorrow afternoon") + 1), "Enter")
    desk.back_to_start()
    assert CallAttempt.objects.get().disposition == "2.35"
    assert Appointment.objects.get().starts_at.astimezone(population.zone).strftime("%H:%M") == "14:00"
    assert Case.objects.get().queue == Case.Queue.APPOINTMENT

    # At the agreed time the question is asked again.
    case = Case.objects.get()
    case.due_at, case.due_until = timezone.now() - timedelta(minutes=30), timezone.now() + timedelta(minutes=30)
    case.save()
    desk.page.reload()
    desk.next_case()
    desk.begin()
    desk.answer("convenient", "1")
    desk.at("first")
