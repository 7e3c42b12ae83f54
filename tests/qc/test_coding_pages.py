"""The coder's bench in requests: who may open it, what it shows, what a wrong code does."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from qc.models import Coding, Verbatim
from qc.selectors.coding import question_texts
from qc.services.coding import code_verbatims, find_verbatims, load_code_frames
from studies.models import Study
from studies.models.study import Role
from tests.factories import NOW, make_member, make_study, make_user, make_version
from tests.qc.test_coding_service import FRAME, interview_with
from tests.questionnaires.scripts import make_script

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    study = make_study()
    make_version(study, make_script([{"name": "why", "type": "text", "label": "Why not?"}]), checksum="why")
    load_code_frames(study=study, frames=[FRAME], actor=None, now=NOW)
    for text in ("границы", "границы", "политика"):
        interview_with(study, {"why": text})
    find_verbatims(study=study, now=NOW)
    return study


def logged_in(client: Client, study: Study, role: Role) -> Client:
    client.force_login(make_member(study, role).user)
    return client


def bench(study: Study) -> str:
    return reverse("qc:bench", args=[study.code, "why"])


@pytest.mark.parametrize(
    ("role", "list_status", "bench_status"),
    [(Role.CODER, 200, 200), (Role.LEAD, 200, 403), (Role.SUPERVISOR, 200, 403), (Role.INTERVIEWER, 403, 403)],
)
def test_only_coders_code(client: Client, study: Study, role: Role, list_status: int, bench_status: int) -> None:
    logged_in(client, study, role)
    assert client.get(reverse("qc:coding", args=[study.code])).status_code == list_status
    assert client.get(bench(study)).status_code == bench_status


def test_strangers_do_not_learn_that_the_study_exists(client: Client, study: Study) -> None:
    client.force_login(make_user())
    assert client.get(bench(study)).status_code == 404


def test_the_most_frequent_answer_is_in_the_middle_and_enter_brings_the_next(client: Client, study: Study) -> None:
    logged_in(client, study, Role.CODER)
    page = client.get(bench(study))
    place = page.context["place"]
    assert (place.group["text"], place.group["count"]) == ("границы", 2)
    assert "Why not?" in page.content.decode()
    answer = client.post(
        reverse("qc:code", args=[study.code, "why"]),
        {"first": place.group["first"], "next": place.following, "codes": "1 2", "state": "open"},
        headers={"hx-request": "true"},
    )
    assert answer.context["place"].group["text"] == "политика"
    assert Coding.objects.count() == 2


def test_without_scripts_the_bench_is_a_page_that_can_be_opened_again(client: Client, study: Study) -> None:
    logged_in(client, study, Role.CODER)
    place = client.get(bench(study)).context["place"]
    sent = {"first": place.group["first"], "next": place.following, "codes": "1 2", "state": "open"}
    answer = client.post(reverse("qc:code", args=[study.code, "why"]), sent)
    assert answer.status_code == 302
    assert client.get(answer["Location"]).context["place"].group["text"] == "политика"


@pytest.mark.parametrize("typed", ["", "7", "1x", "99 1"])
def test_a_wrong_code_is_said_and_what_was_typed_stays(client: Client, study: Study, typed: str) -> None:
    logged_in(client, study, Role.CODER)
    first = client.get(bench(study)).context["place"].group["first"]
    answer = client.post(reverse("qc:code", args=[study.code, "why"]), {"first": first, "codes": typed})
    assert answer.status_code == 422
    assert answer.context["place"].group["first"] == first
    assert f'value="{typed}"' in answer.content.decode()
    assert 'role="alert"' in answer.content.decode()
    assert not Coding.objects.exists()


def test_a_question_in_a_loop_names_its_turn(study: Study) -> None:
    countries = [{"code": "KG", "label": {"en": "Kyrgyzstan", "ru": "Кыргызстан"}}]
    first = {"name": "first", "type": "text", "label": "What comes to mind about ${country}?"}
    loop = {"name": "turns", "over": "'KG'", "choices": "countries", "children": [first]}
    make_version(study, make_script([loop], {"countries": countries}), checksum="loop")
    assert question_texts(study, ["first@KG", "gone"], "en") == ["What comes to mind about Kyrgyzstan?"]


def test_another_coders_codes_are_not_shown(client: Client, study: Study) -> None:
    other = make_member(study, Role.CODER).user
    code_verbatims(verbatims=Verbatim.objects.filter(text="политика"), coder=other, codes=[2], now=NOW)
    logged_in(client, study, Role.CODER)
    page = client.get(bench(study), {"state": "all"})
    assert page.context["page"].paginator.count == 2
    assert page.context["given"] == {}


def test_a_coder_sees_only_answers_in_their_languages(client: Client, study: Study) -> None:
    interview_with(study, {"why": "шекара"}, language="kk")
    find_verbatims(study=study, now=NOW)
    client.force_login(make_member(study, Role.CODER, languages=["kk"]).user)
    page = client.get(bench(study))
    assert [group["text"] for group in page.context["page"]] == ["шекара"]


def test_the_number_of_queries_does_not_grow_with_the_answers(client: Client, study: Study) -> None:
    logged_in(client, study, Role.CODER)
    client.get(bench(study))
    with CaptureQueriesContext(connection) as few:
        client.get(bench(study))
    for number in range(30):
        interview_with(study, {"why": f"ответ {number}"})
    find_verbatims(study=study, now=NOW)
    with CaptureQueriesContext(connection) as many:
        client.get(bench(study))
    assert len(many) == len(few)
