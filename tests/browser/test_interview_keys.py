"""What keys do: fast ones, keyboards of other languages, going back, several answers, wrong codes."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.browser.desk import Desk, journal_of
from tests.browser.made_studies import KEYS, field_study, interviewer_of, label, the_interview
from tests.questionnaires.scripts import make_script

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def sit(desk: Desk, script: dict[str, Any] | None = None) -> None:
    """An interview that has just begun."""
    population = field_study(script) if script else field_study()
    desk.sit_down(interviewer_of(population), population.study.code)
    desk.next_case()
    desk.begin()


def questions(chance: random.Random, number: int) -> tuple[list[dict[str, Any]], dict[str, Any], str]:
    """Questions of all kinds, answers to them, and all keys that give these answers, as one text."""
    items, answers, typed = [], {}, ""
    for place in range(number):
        kind = chance.choice(["select_one", "select_multiple", "integer", "text", "note"])
        name = f"q{place}"
        items.append({"name": name, "type": kind, "label": label(f"Вопрос {place}"), "required": kind != "note"})
        if kind in {"select_one", "select_multiple"}:
            items[-1]["choices"] = "codes"
        if kind == "select_one":
            answers[name] = typed_now = chance.choice(CODES)
        elif kind == "select_multiple":
            answers[name] = [code for code in CODES if chance.random() < 0.3] or ["3"]
            typed_now = " ".join(answers[name])
        elif kind == "integer":
            answers[name] = chance.randrange(200)
            typed_now = str(answers[name])
        elif kind == "text":
            answers[name] = typed_now = "".join(chance.choices("abc 123 xyz", k=6)).strip() or "ok"
        else:
            answers[name], typed_now = True, ""
        typed += f"{typed_now}\n"
    return items, answers, typed


CODES = [str(code) for code in range(1, 14)]


@pytest.mark.parametrize("seed", range(3))
def test_keys_typed_ahead_fall_on_the_questions_they_were_meant_for(desk: Desk, seed: int) -> None:
    items, answers, typed = questions(random.Random(seed), 15)
    sit(desk, make_script(items, {"codes": [{"code": code, "label": label(code)} for code in CODES]}, ("ru", "kk")))
    # A slow computer: keys arrive while the answers before them are still being kept.
    session = desk.page.context.new_cdp_session(desk.page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    desk.page.keyboard.type(typed)
    desk.see("All questions are answered")
    desk.all_sent()
    assert the_interview().answers == answers
    assert len(journal_of(the_interview())) == len(answers)


def test_what_was_typed_ahead_is_dropped_where_the_question_stays(desk: Desk) -> None:
    sit(desk)
    # 150 years are refused; the 1 and the 2 were meant for the questions behind.
    desk.page.keyboard.type("2\n150\n1\n2")
    desk.see("This answer is not possible here.")
    assert desk.question == "age"
    assert desk.page.input_value("#stage input") == "150"


def test_the_row_of_digits_types_codes_on_the_kazakh_keyboard_too(desk: Desk) -> None:
    sit(desk)
    kazakh = {"2": "ә", "5": "ғ", "1": '"'}

    def press(digit: str) -> None:
        desk.page.evaluate(
            "([key, code]) => document.activeElement.dispatchEvent("
            "new KeyboardEvent('keydown', { key, code, bubbles: true, cancelable: true }))",
            [kazakh[digit], f"Digit{digit}"],
        )

    for question, typed in (("gender", "2"), ("age", "25"), ("informed", "1")):
        desk.at(question)
        for digit in typed:
            press(digit)
        desk.press("Enter")
        desk.left(question)
    desk.at("first")
    desk.all_sent()
    assert the_interview().answers == {"gender": "2", "age": 25, "informed": "1"}


def test_going_back_changes_a_gate_and_what_hung_on_it(desk: Desk) -> None:
    sit(desk)
    desk.answer("gender", "1")
    desk.answer("age", "3", "0")
    desk.answer("informed", "4")
    desk.answer("army", "2")
    desk.at("first")
    desk.press("PageUp", "PageUp", "PageUp")
    desk.at("age")
    desk.press("Shift+Enter")
    desk.answer("gender", "2")
    # To the first question without an answer; the army is not asked of women.
    desk.press("Control+End")
    desk.at("first")
    desk.press("PageUp")
    desk.at("informed")
    assert desk.page.locator("#stage .marked .code").inner_text() == "4"
    desk.all_sent()
    assert the_interview().answers["army"] == "2"


def test_several_answers_are_marked_with_space_and_a_missing_one_stands_alone(desk: Desk) -> None:
    sit(desk)
    for key, typed in KEYS[:4]:
        desk.answer(key, *typed)
    desk.at("visited")
    desk.press("1", " ", "1", "2", " ", "8", " ")
    assert desk.page.locator("#stage .marked .code").all_inner_texts() == ["8"]
    desk.press("1", "2", " ", "2", " ", "2", " ", "1", "Enter")
    desk.at("last")
    desk.press("PageUp")
    desk.at("visited")
    # The same code before Enter does not take the mark away again.
    desk.press("1", "Enter")
    desk.at("last")
    desk.all_sent()
    assert the_interview().answers["visited"] == ["1", "12"]


def test_a_code_that_is_not_there_and_a_question_that_needs_an_answer_are_said(desk: Desk) -> None:
    sit(desk)
    desk.at("gender")
    desk.press("7")
    desk.see("There is no option with this code.")
    desk.press("Enter")
    desk.refused("This question needs an answer.")
    desk.press("F8")
    desk.see("This question does not take that answer.")
    desk.press("PageUp")
    desk.refused("This is the first question.")
    desk.press("2", "Enter")
    desk.at("age")
    assert "There is no option" not in desk.text


def test_a_key_that_is_held_down_answers_once(desk: Desk) -> None:
    sit(desk)
    desk.answer("gender", "2")
    desk.at("age")
    desk.page.keyboard.down("F9")
    desk.at("informed")
    for _ in range(3):
        desk.page.keyboard.down("F9")
    desk.page.keyboard.up("F9")
    assert desk.question == "informed"
    desk.all_sent()
    assert set(the_interview().answers) == {"gender", "age"}


def test_all_keys_are_listed_and_leave_what_was_typed(desk: Desk) -> None:
    sit(desk)
    for key, typed in KEYS[:3]:
        desk.answer(key, *typed)
    desk.at("first")
    desk.page.keyboard.type("half a sen")
    desk.press("F1")
    desk.see("to the first unanswered question")
    desk.press("Escape")
    desk.page.keyboard.type("tence")
    assert desk.page.input_value("#stage textarea") == "half a sentence"
    desk.press("F4")
    desk.page.keyboard.type("A dog barks")
    desk.press("Enter", "Enter")
    desk.at("visited")
    desk.all_sent()
    said = {entry.kind: entry.value for entry in journal_of(the_interview())[-2:]}
    assert said == {"note": "A dog barks", "answer": "half a sentence"}
