"""Practice: the real screen on any version, with nothing stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fieldwork.models import CallAttempt, Interview, JournalEntry
from questionnaires.services.versions import create_questionnaire, import_workbook
from studies.models.study import Role
from tests.browser.desk import Desk
from tests.browser.made_studies import KEYS, field_study
from tests.browser.site import Site
from tests.examples.reference import FOLDER
from tests.factories import NOW, make_member, make_study

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_an_interviewer_practises_and_nothing_is_stored(open_page: Callable[..., Any], site: Site) -> None:
    study = field_study().study
    page = open_page(make_member(study, Role.INTERVIEWER).user, f"/s/{study.code}/calls/")
    page.get_by_role("link", name="Practise (KZ)").click()
    desk = Desk(page, site)
    desk.at("gender")
    assert "Practice: nothing is stored" in page.inner_text(".case-head")
    for key, typed in KEYS:
        desk.answer(key, *typed)
    desk.see("All questions are answered. Nothing was stored.")
    desk.press("Enter")
    desk.back_to_start()
    for model in (Interview, CallAttempt, JournalEntry):
        assert not model.objects.exists()


def test_a_lead_tries_a_draft_before_publishing_it(open_page: Callable[..., Any], site: Site) -> None:
    study = make_study()
    lead = make_member(study, Role.LEAD).user
    questionnaire = create_questionnaire(study=study, code="main", title="Main", actor=lead, now=NOW)
    with (FOLDER / "questionnaire.xlsx").open("rb") as file:
        import_workbook(questionnaire=questionnaire, file=file, name="main.xlsx", actor=lead, now=NOW)
    page = open_page(lead, f"/s/{study.code}/questionnaires/main/v1/")
    page.get_by_role("link", name="Practise (KZ)").click()
    Desk(page, site).at("interview_language")
    page.get_by_role("link", name="Leave practice").click()
    page.wait_for_url("**/questionnaires/main/v1/")
