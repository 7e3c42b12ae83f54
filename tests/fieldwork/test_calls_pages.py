"""The interviewer's pages: the next case by one key, the day so far, the call."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fieldwork.models import Appointment, CallAttempt, Case, CasePhone
from fieldwork.services.calls import record_outcome
from studies.models.study import Role
from tests.factories import make_attempt, make_case, make_member, make_population, make_study
from tests.fieldwork.calls_data import publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    study = make_study(populations=())
    today = timezone.now().date()
    make_population(
        study,
        calling_start="00:00",
        calling_end="23:59:59.999999",
        field_start=today - timedelta(days=2),
        field_end=today + timedelta(days=20),
    )
    publish(study)
    return study


@pytest.fixture
def population(study):
    return study.populations.get()


@pytest.fixture
def case(population):
    case = make_case(population, due_at=timezone.now() - timedelta(hours=1))
    CasePhone.objects.create(case=case, population=population, e164="+77011234541", digest=b"0" * 32)
    return case


@pytest.fixture
def member(study):
    return make_member(study)


@pytest.fixture
def client(member):
    return client_of(member.user)


def client_of(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def ready(study) -> str:
    return reverse("fieldwork:ready", args=[study.code])


def embedded(response, name: str):
    text = response.content.decode()
    start = text.index(f'<script id="{name}" type="application/json">')
    return json.loads(text[text.index(">", start) + 1 : text.index("</script>", start)])


def test_one_key_leads_to_the_next_case(client, study, case):
    page = client.get(ready(study)).content.decode()
    assert "Next case" in page
    assert "autofocus" in page
    answer = client.post(ready(study))
    attempt = CallAttempt.objects.get()
    assert answer.url == reverse("fieldwork:call", args=[study.code, attempt.pk])
    assert "+77011234541" not in answer.url


def test_a_call_in_hand_is_gone_on_with(client, study, case):
    client.post(ready(study))
    page = client.get(ready(study)).content.decode()
    assert "Next case" not in page
    assert reverse("fieldwork:call", args=[study.code, CallAttempt.objects.get().pk]) in page


def test_where_nothing_is_due_the_page_says_why_and_until_when(client, study, case):
    Case.objects.update(queue=Case.Queue.CALLBACK, due_at=timezone.now() + timedelta(minutes=30))
    answer = client.post(ready(study))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Nothing is due now" in page
    assert "The next call can be made at" in page


def test_the_day_so_far(client, study, population, member):
    now = timezone.now()
    for code in ("3.13", "2.112", "1.1"):
        make_attempt(make_case(population), member.user, started_at=now, ended_at=now, disposition=code)
    make_attempt(make_case(population), make_member(study).user, started_at=now, ended_at=now)
    make_attempt(make_case(population), member.user, started_at=now - timedelta(days=2), disposition="1.1")
    today = client.get(ready(study)).context["today"]
    assert (today.calls, today.contacts, today.completes) == (3, 2, 1)


def test_own_appointments_are_listed_with_the_respondents_time(client, study, population, member):
    case = make_case(population)
    attempt = make_attempt(case, member.user, disposition="2.35")
    starts = datetime.fromisoformat(f"{(timezone.now() + timedelta(days=1)).date()}T14:30+05:00")
    Appointment.objects.create(
        case=case, attempt=attempt, starts_at=starts, ends_at=starts + timedelta(hours=1), time_zone="Asia/Aqtobe"
    )
    page = client.get(ready(study)).content.decode()
    assert "14:30 Aqtobe" in page


def test_the_page_takes_a_fixed_number_of_queries(client, study, population, member):
    counts = []
    for _ in range(2):
        for _ in range(5):
            case = make_case(population)
            attempt = make_attempt(case, member.user, disposition="2.35")
            starts = timezone.now() + timedelta(days=1)
            Appointment.objects.create(
                case=case,
                attempt=attempt,
                starts_at=starts,
                ends_at=starts + timedelta(hours=1),
                time_zone="Asia/Aqtobe",
            )
        with CaptureQueriesContext(connection) as queries:
            client.get(ready(study))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_call_page_brings_the_call_along(client, study, case):
    url = client.post(ready(study)).url
    page = client.get(url)
    call = embedded(page, "call")
    assert (call["case_number"], call["phone"]) == (case.number, "+77011234541")
    assert page.headers["Cache-Control"].startswith("max-age=0")
    assert embedded(page, "texts")


def test_a_call_that_has_ended_leads_back(client, study, case):
    url = client.post(ready(study)).url
    record_outcome(attempt=CallAttempt.objects.get(), disposition="3.13", now=timezone.now())
    assert client.get(url).url == ready(study)


def test_who_may_see_the_pages(client, study, case):
    url = client.post(ready(study)).url
    for role, status in ((Role.SUPERVISOR, 403), (Role.CODER, 403), (Role.LEAD, 403), (Role.INTERVIEWER, 403)):
        assert client_of(make_member(study, role).user).get(url).status_code == status
    stranger = client_of(make_member(make_study()).user)
    assert stranger.get(url).status_code == 404
    assert stranger.get(ready(study)).status_code == 404
    assert client_of(make_member(study, Role.SUPERVISOR).user).get(ready(study)).status_code == 403
    assert Client().get(ready(study)).status_code == 302
