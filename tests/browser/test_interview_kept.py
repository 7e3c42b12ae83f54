"""Nothing said is lost: by a dead server, a lost network, a reload, a second window, a log-out, a full disk."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from fieldwork.models import Case, Interview
from fieldwork.services.calls import expire_leases
from studies.models import Population
from tests.browser.desk import Desk, journal_of
from tests.browser.made_studies import KEYS, field_study, interviewer_of, the_interview
from tests.browser.site import Site
from tests.factories import PASSWORD, make_quota

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sit(desk: Desk, *, password: str = "", **fields: str) -> Population:
    """An interview that has just begun."""
    population = field_study(**fields)
    desk.sit_down(interviewer_of(population, password=password), population.study.code)
    desk.next_case()
    desk.begin()
    return population


def say(desk: Desk, *questions: str) -> None:
    keys = dict(KEYS)
    for question in questions:
        desk.answer(question, *keys[question])


def finish(desk: Desk) -> None:
    desk.see("All questions are answered")
    desk.press("Enter")
    desk.back_to_start()


def answered(interview: Interview) -> list[str]:
    return [entry.item for entry in journal_of(interview) if entry.kind == "answer"]


def test_the_server_is_killed_in_mid_interview_and_every_answer_is_there(desk: Desk, running_site: Site) -> None:
    sit(desk)
    say(desk, "gender", "age", "informed")
    desk.all_sent()
    running_site.kill()

    # What was acknowledged is in the database, and the interviewer goes on.
    assert set(the_interview().answers) == {"gender", "age", "informed"}
    say(desk, "first", "visited")
    desk.kept(2)
    desk.see("no connection (2 not yet sent), go on")
    say(desk, "last")
    desk.see("All questions are answered")
    desk.press("Enter")
    desk.see("The server can't be reached")
    assert answered(the_interview()) == ["gender", "age", "informed"]

    running_site.start()
    desk.back_to_start()
    interview = the_interview()
    assert interview.status == Interview.Status.COMPLETED
    assert answered(interview) == [question for question, _ in KEYS]
    desk.page.complaints.clear()


def test_ten_minutes_without_network_lose_nothing(desk: Desk) -> None:
    desk.page.clock.install()
    sit(desk)
    say(desk, "gender", "age")
    desk.all_sent()
    desk.page.context.set_offline(True)
    say(desk, "informed")
    desk.page.clock.fast_forward("10:00")
    say(desk, "first", "visited", "last")
    desk.see("All questions are answered")
    assert "4 not yet sent" in desk.saved

    desk.page.context.set_offline(False)
    desk.page.clock.run_for(15_000)
    desk.all_sent()
    finish(desk)
    interview = the_interview()
    assert answered(interview) == [question for question, _ in KEYS]
    times = {entry.item: entry.elapsed_ms for entry in journal_of(interview)}
    assert times["first"] - times["informed"] >= 600_000
    desk.page.complaints.clear()


def test_a_reload_goes_on_at_the_same_question_with_what_was_half_typed(desk: Desk) -> None:
    desk.page.clock.install()
    sit(desk)
    say(desk, "gender", "age", "informed")
    desk.at("first")
    desk.press("Control+2")
    desk.page.wait_for_selector('#stage .q-text[lang="ru"]')
    desk.page.keyboard.type("half a sen")
    desk.page.clock.run_for(1000)
    desk.page.clock.fast_forward("05:00")
    desk.page.reload()
    desk.at("first")
    assert desk.page.locator("#stage .q-text").get_attribute("lang") == "ru"
    desk.page.keyboard.type("tence")
    desk.press("Enter")
    say(desk, "visited", "last")
    finish(desk)
    interview = the_interview()
    assert interview.answers["first"] == "half a sentence"
    # The clock that places questions on the recording went on.
    assert {entry.item: entry.elapsed_ms for entry in journal_of(interview)}["first"] >= 300_000


def test_answers_that_the_server_does_not_have_survive_a_reload(desk: Desk) -> None:
    sit(desk)
    say(desk, "gender", "age")
    desk.all_sent()
    # The server is there for pages, but takes no answers.
    desk.page.route("**/journal", lambda route: route.abort())
    say(desk, "informed", "first")
    desk.kept(2)
    desk.page.unroute("**/journal")
    desk.page.on("dialog", lambda dialog: dialog.accept())
    desk.page.reload()
    desk.at("visited")
    desk.all_sent()
    assert answered(the_interview()) == ["gender", "age", "informed", "first"]
    desk.page.complaints.clear()


def test_the_later_of_two_windows_takes_over_and_the_earlier_says_why(desk: Desk) -> None:
    sit(desk)
    say(desk, "gender", "age")
    desk.at("informed")
    desk.page.context.set_offline(True)
    say(desk, "informed")
    desk.kept(1)
    desk.page.context.set_offline(False)
    second = Desk(desk.page.context.new_page(), desk.site)
    second.page.goto(desk.page.url)
    # It begins where the first one stands, with the answer that had not been sent.
    second.at("first")
    desk.see("This interview was opened in another window")
    assert desk.saved == "read only"
    desk.press("F7", "2", "Escape")
    desk.see("This interview was opened in another window")

    say(second, "first", "visited", "last")
    finish(second)
    assert answered(the_interview()) == [question for question, _ in KEYS]
    desk.page.complaints.clear()


def test_whoever_is_logged_out_goes_on_and_logs_in_in_another_tab(desk: Desk) -> None:
    population = sit(desk, password=PASSWORD)
    say(desk, "gender", "age", "informed")
    desk.all_sent()
    Session.objects.all().delete()
    say(desk, "first", "visited")
    desk.see("logged out, go on: everything is kept here (2 not yet sent)")

    with desk.page.context.expect_page() as opened:
        desk.page.evaluate("document.querySelector('#saved a').click()")
    other = opened.value
    username = population.study.members.get().user.username
    other.fill("[name=username]", username)
    other.fill("[name=password]", PASSWORD)
    other.press("[name=password]", "Enter")
    other.wait_for_url(lambda address: "login" not in address)
    other.close()

    desk.all_sent()
    say(desk, "last")
    finish(desk)
    assert answered(the_interview()) == [question for question, _ in KEYS]
    desk.page.complaints.clear()


def test_a_computer_that_keeps_nothing_says_so_and_the_server_has_everything(desk: Desk) -> None:
    desk.page.add_init_script(
        "IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError'); };"
    )
    sit(desk)
    say(desk, "gender", "age", "informed", "first")
    desk.see("this computer can't keep answers")
    desk.all_sent()
    say(desk, "visited", "last")
    finish(desk)
    assert answered(the_interview()) == [question for question, _ in KEYS]


def test_an_answer_that_the_server_does_not_take_is_shown(desk: Desk) -> None:
    sit(desk)
    desk.answer("gender", "1")
    say(desk, "age", "informed")
    desk.at("army")
    desk.all_sent()
    # The two disagree, which should never happen: for the server the respondent is a woman.
    interview = the_interview()
    interview.answers["gender"] = "2"
    interview.save()
    desk.answer("army", "1")
    desk.see("The server did not take the answer to “army”")
    assert "army" not in the_interview().answers


def test_answers_of_an_earlier_call_arrive_when_the_next_one_begins(desk: Desk) -> None:
    sit(desk)
    say(desk, "gender", "age", "informed")
    desk.all_sent()
    context = desk.page.context
    desk.page.route("**/journal", lambda route: route.abort())
    say(desk, "first", "visited")
    desk.kept(2)
    # The computer goes off; the case is taken back after a while, and waits.
    desk.page.complaints.clear()
    desk.page.close()
    assert expire_leases(now=timezone.now() + timedelta(hours=1)) == 1
    interview = the_interview()
    assert interview.status == Interview.Status.SUSPENDED
    Case.objects.filter(pk=interview.case_id).update(due_at=timezone.now() + timedelta(hours=2))

    again = Desk(context.new_page(), desk.site)
    again.page.goto(f"{desk.site.url}/s/{interview.case.population.study.code}/calls/")
    again.next_case()
    again.page.wait_for_function("async () => (await indexedDB.databases()).length === 1")
    for _ in range(50):
        if len(the_interview().answers) == 5:
            break
        again.page.wait_for_timeout(100)
    assert answered(the_interview()) == ["gender", "age", "informed", "first", "visited"]


@pytest.mark.parametrize("rule", ["wait", "go_on"])
def test_the_study_decides_whether_a_checkpoint_waits_for_the_server(desk: Desk, rule: str) -> None:
    population = sit(desk, checkpoint_rule=rule)
    make_quota(population, [("everybody", "true()", 10)])
    say(desk, "gender")
    desk.at("age")
    desk.all_sent()
    desk.page.context.set_offline(True)
    say(desk, "age")
    if rule == "wait":
        desk.see("The server can't be reached, and the study asks to wait here.")
        assert desk.question is None
    else:
        say(desk, "informed")
        desk.at("first")
    desk.page.context.set_offline(False)
    desk.at("informed" if rule == "wait" else "first")
    desk.all_sent()
    for _ in range(50):
        if the_interview().cell is not None:
            break
        desk.page.wait_for_timeout(100)
    assert the_interview().cell is not None
    desk.page.complaints.clear()


def test_the_back_button_of_the_browser_leads_to_the_start_page_and_on_again(desk: Desk) -> None:
    sit(desk)
    say(desk, "gender", "age")
    desk.at("informed")
    desk.all_sent()
    desk.page.go_back()
    desk.see("Go on with this call")
    desk.press("Enter")
    desk.at("informed")
