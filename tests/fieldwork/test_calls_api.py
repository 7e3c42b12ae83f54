"""The endpoints of the interview screen: what they answer, to whom, and how they refuse."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from rest_framework.authtoken.models import Token
from rest_framework.test import APIClient

from fieldwork.models import Appointment, CallAttempt, Case, CasePhone, Interview
from fieldwork.services.calls import expire_leases
from studies.models.study import Role
from tests.factories import make_case, make_member, make_population, make_quota, make_study
from tests.fieldwork.calls_data import ANSWERS, SCREENER, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    """A study whose field period is now and whose respondents can be called at any hour."""
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
    return make_member(study, languages=["ru"])


@pytest.fixture
def api(member):
    return client_of(member.user)


def client_of(user) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def take(api, study):
    return api.post(f"/api/v1/studies/{study.code}/calls/next")


@pytest.fixture
def call(api, study, case):
    return take(api, study).json()


def begin(api, call):
    return api.post(call["urls"]["interview"], {"language": "ru"}).json()


def rows(answers, start=1):
    return [
        {"seq": seq, "kind": "answer", "item": item, "value": value, "language": "ru"}
        | {"at": f"2021-08-24T09:00:{seq:02}Z", "elapsed_ms": seq * 1000}
        for seq, (item, value) in enumerate(answers, start)
    ]


def post_journal(api, interview, entries, epoch=None):
    return api.post(interview["urls"]["journal"], {"epoch": epoch or interview["epoch"], "entries": entries})


# --- calls -----------------------------------------------------------------------------------------------


def test_the_next_call_says_everything_that_the_screen_shows(api, study, case):
    CallAttempt.objects.create(
        case=case,
        number=1,
        interviewer=make_member(study).user,
        served_from=4,
        started_at=timezone.now() - timedelta(days=1),
        ended_at=timezone.now() - timedelta(days=1),
        disposition="2.112",
        note="asks to call after lunch",
    )
    Case.objects.update(attempts=1)
    answer = take(api, study)
    call = answer.json()
    assert answer.status_code == 201
    assert (call["study"], call["population"], call["case_number"]) == (study.code, "KZ", case.number)
    assert (call["phone"], call["phone_masked"]) == ("+77011234541", "***-**-41")
    assert (call["attempt_number"], call["served_from"]) == (2, "fresh")
    assert call["last_outcome"]["code"] == "2.112"
    assert [note["text"] for note in call["notes"]] == ["asks to call after lunch"]
    assert call["last_note"] == "asks to call after lunch"
    assert call["languages"] == [{"code": "ru", "name": "Русский"}]
    assert call["respondent_time_zones"] == ["Asia/Almaty", "Asia/Aqtobe"]
    assert call["interview"] is None
    assert call["dispositions"]["no_contact"][0]["code"] == "3.13"
    assert [one["code"] for one in call["dispositions"]["contact"] if one["needs_appointment"]] == ["2.35"]
    assert api.get(f"/api/v1/calls/{call['id']}").json()["id"] == call["id"]


def test_where_nothing_is_due_the_answer_says_why(api, study):
    answer = take(api, study)
    assert answer.status_code == 409
    assert answer.json()["code"] == "no_case"
    assert answer.json()["fields"] == {"reason": "no_sample", "next_due_at": None}
    assert "supervisor" in answer.json()["message"]


def test_words_come_in_the_language_of_the_interviewer(api, study, member, case):
    member.user.language = "ru"
    member.user.save()
    call = take(api, study).json()
    assert call["dispositions"]["no_contact"][0]["label"] == "Нет ответа"


def test_only_the_holder_sees_the_call(call, study, member):
    url = f"/api/v1/calls/{call['id']}"
    colleague = client_of(make_member(study).user)
    supervisor = client_of(make_member(study, Role.SUPERVISOR).user)
    stranger = client_of(make_member(make_study()).user)
    for client, status in ((colleague, 403), (supervisor, 403), (stranger, 404), (APIClient(), 403)):
        answer = client.get(url)
        assert answer.status_code == status
        assert set(answer.json()) == {"code", "message", "fields"}
        assert "541" not in answer.content.decode()


def test_a_person_without_the_role_takes_no_case(study, case):
    assert take(client_of(make_member(study, Role.SUPERVISOR).user), study).status_code == 403
    assert take(client_of(make_member(make_study()).user), study).status_code == 404


def test_a_program_logs_in_by_token(study, case, member):
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Token {Token.objects.create(user=member.user).key}")
    assert take(client, study).status_code == 201


def test_a_page_has_to_show_that_the_request_is_its_own(member, study, case):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(member.user)
    assert take(client, study).status_code == 403
    assert not CallAttempt.objects.exists()


def test_when_the_call_is_over_the_number_is_hidden(api, call):
    api.post(call["urls"]["outcome"], {"disposition": "3.13"})
    again = api.get(f"/api/v1/calls/{call['id']}").json()
    assert (again["phone"], again["phone_masked"], again["lease_until"]) == ("", "***-**-41", None)


def test_an_outcome_leads_back_to_the_next_case(api, call, study, case):
    answer = api.post(call["urls"]["outcome"], {"disposition": "3.13", "note": "rings", "appointment": None})
    assert answer.json() == {"next_url": reverse("fieldwork:ready", args=[study.code])}
    case.refresh_from_db()
    assert (case.last_disposition, case.status) == ("3.13", "open")
    assert api.post(call["urls"]["outcome"], {"disposition": "3.13", "note": "rings"}).status_code == 200
    assert api.post(call["urls"]["outcome"], {"disposition": "4.31"}).json()["code"] == "already_recorded"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "disposition"),
        ({"disposition": "7.77"}, "disposition"),
        ({"disposition": "1.1"}, "disposition"),
        ({"disposition": "2.35", "appointment": {"starts_at": "tomorrow", "time_zone": "Asia/Almaty"}}, "appointment"),
        (
            {"disposition": "2.35", "appointment": {"starts_at": "2020-01-01T10:00", "time_zone": "Asia/Almaty"}},
            "starts_at",
        ),
    ],
)
def test_impossible_outcomes_say_which_input_is_wrong(api, call, body, field):
    answer = api.post(call["urls"]["outcome"], body)
    assert answer.status_code == 422
    assert field in answer.json()["fields"]
    assert Case.objects.get().status == "held"


def test_an_appointment_is_made_on_the_respondents_clock(api, call):
    day = (timezone.now() + timedelta(days=1)).date()
    wish = {"starts_at": f"{day}T14:30", "time_zone": "Asia/Aqtobe", "minutes": 30, "hard": True, "note": "at work"}
    answer = api.post(call["urls"]["outcome"], {"disposition": "2.35", "appointment": wish})
    assert answer.status_code == 200, answer.json()
    made = Appointment.objects.get()
    assert made.starts_at == datetime.fromisoformat(f"{day}T14:30+05:00")
    assert made.ends_at - made.starts_at == timedelta(minutes=30)


def test_slots_say_how_crowded_they_are(api, call, population, study):
    day = (timezone.now() + timedelta(days=1)).date()
    other = make_case(population)
    attempt = CallAttempt.objects.create(
        case=other, number=1, interviewer=make_member(study).user, served_from=4,
        started_at=timezone.now(), ended_at=timezone.now(), disposition="2.35",
    )  # fmt: skip
    starts = datetime.fromisoformat(f"{day}T14:35+05:00")
    Appointment.objects.create(
        case=other, attempt=attempt, starts_at=starts, ends_at=starts + timedelta(hours=1), time_zone="Asia/Aqtobe"
    )
    slots = api.get(call["urls"]["slots"], {"day": str(day), "time_zone": "Asia/Aqtobe"}).json()
    assert [one["starts_at"] for one in slots if one["taken"]] == [f"{day}T14:30"]
    assert all(one["in_hours"] for one in slots)
    assert len(slots) == 96
    for wrong in ({"day": "soon"}, {"day": str(day), "time_zone": "Asia/Tokyo"}):
        assert api.get(call["urls"]["slots"], wrong).status_code == 422


def test_a_sign_of_life_renews_the_lease(api, call):
    answer = api.post(call["urls"]["lease"]).json()
    left = datetime.fromisoformat(answer["lease_until"]) - datetime.fromisoformat(answer["server_time"])
    assert left == timedelta(minutes=15)


def test_a_lost_lease_is_said(api, call, study):
    expire_leases(now=timezone.now() + timedelta(hours=1))
    assert take(client_of(make_member(study).user), study).status_code == 201
    answer = api.post(call["urls"]["lease"])
    assert (answer.status_code, answer.json()["code"]) == (409, "lease_lost")


def test_own_calls_are_listed_newest_first_in_pages(api, call, study):
    api.post(call["urls"]["outcome"], {"disposition": "4.31"})
    page = api.get(f"/api/v1/studies/{study.code}/calls").json()
    assert (page["next"], page["previous"]) == (None, None)
    assert [(row["id"], row["disposition"]) for row in page["results"]] == [(call["id"], "4.31")]
    assert client_of(make_member(study).user).get(f"/api/v1/studies/{study.code}/calls").json()["results"] == []


# --- interviews ------------------------------------------------------------------------------------------


def test_an_interview_from_beginning_to_end(api, call, study, population):
    make_quota(population, [("all", "true()", 5)])
    interview = begin(api, call)
    assert (interview["epoch"], interview["last_seq"], interview["checkpoints"]) == (1, 0, {"screener": None})
    assert interview["context"]["preset"] == {"population": "KZ"}
    assert api.get(interview["script"]["url"]).status_code == 200
    assert post_journal(api, interview, rows(SCREENER)).json() == {"last_seq": 2, "refusals": []}
    decision = api.post(interview["urls"]["checkpoint"], {"epoch": 1, "name": "screener"}).json()
    assert decision == {"decision": "go_on", "cell": "all", "message": ""}
    assert post_journal(api, interview, rows(ANSWERS[2:], 3)).json()["last_seq"] == 6
    assert api.get(f"/api/v1/calls/{call['id']}").json()["interview"]["in_this_call"]
    done = api.post(interview["urls"]["complete"], {"epoch": 1}).json()
    assert done == {"status": "completed", "next_url": f"/s/{study.code}/calls/"}
    assert Interview.objects.get().answers == dict(ANSWERS)


def test_a_full_quota_is_said_kindly(api, call, population):
    make_quota(population, [("all", "true()", 0)])
    interview = begin(api, call)
    post_journal(api, interview, rows(SCREENER))
    decision = api.post(interview["urls"]["checkpoint"], {"epoch": 1, "name": "screener"}).json()
    assert (decision["decision"], decision["cell"]) == ("quota_full", "all")
    assert "Thank" in decision["message"]
    # After a reload the screen asks again and is told the same.
    assert begin(api, call)["checkpoints"] == {"screener": None}


def test_refused_entries_say_what_is_wrong(api, call):
    interview = begin(api, call)
    answer = post_journal(api, interview, rows([("gender", "2"), ("army", "1"), ("age", "x")])).json()
    assert answer["last_seq"] == 3
    assert [(one["seq"], one["code"]) for one in answer["refusals"]] == [(2, "not_on_route"), (3, "invalid_answer")]
    assert all(one["message"] for one in answer["refusals"])


def test_an_older_window_is_refused(api, call):
    interview = begin(api, call)
    assert begin(api, call)["epoch"] == 2
    for url, more in (("journal", {"entries": rows(SCREENER)}), ("checkpoint", {"name": "screener"}), ("complete", {})):
        answer = api.post(interview["urls"][url], {"epoch": 1, **more})
        assert (answer.status_code, answer.json()["code"]) == (409, "taken_over")


def test_whoever_takes_the_interview_over_is_named_to_the_one_before(api, call, study, member):
    interview = begin(api, call)
    expire_leases(now=timezone.now() + timedelta(hours=1))
    Case.objects.update(reserved_for=None, due_at=timezone.now())
    other = client_of(make_member(study).user)
    begin(other, take(other, study).json())
    answer = post_journal(api, interview, rows(SCREENER))
    assert (answer.status_code, answer.json()["code"]) == (409, "taken_over")


def test_guessing_the_epoch_does_not_let_the_one_before_write(api, call, study, member):
    interview = begin(api, call)
    expire_leases(now=timezone.now() + timedelta(hours=1))
    Case.objects.update(reserved_for=None, due_at=timezone.now())
    other = client_of(make_member(study).user)
    begin(other, take(other, study).json())
    for url, body in (
        ("journal", {"entries": rows(SCREENER)}),
        ("checkpoint", {"name": "screener"}),
        ("complete", {}),
    ):
        answer = api.post(interview["urls"][url], {"epoch": 2, **body})
        assert (answer.status_code, answer.json()["code"]) == (409, "taken_over")
    assert Interview.objects.get().last_seq == 0


def test_interviews_belong_to_those_who_hold_them(api, call, study):
    interview = begin(api, call)
    for client, status in (
        (client_of(make_member(study).user), 403),
        (client_of(make_member(study, Role.LEAD).user), 403),
        (client_of(make_member(make_study()).user), 404),
    ):
        for url in interview["urls"].values():
            assert client.post(url, {"epoch": 1, "entries": [], "name": "screener"}).status_code == status
    assert Interview.objects.get().status == "running"


@pytest.mark.parametrize(
    "entry",
    [
        {"seq": 0},
        {"kind": "delete"},
        {"elapsed_ms": -1},
        {"elapsed_ms": 2**31},
        {"at": "noon"},
        {"item": "x" * 201},
        {"item": "a\0b"},
    ],
)
def test_malformed_entries_are_refused_whole(api, call, entry):
    interview = begin(api, call)
    answer = post_journal(api, interview, [{**rows(SCREENER)[0], **entry}])
    assert answer.status_code == 422
    assert "entries" in answer.json()["fields"]
    assert Interview.objects.get().last_seq == 0


def test_the_list_of_interviews_is_for_those_who_supervise(api, call, study):
    begin(api, call)
    url = f"/api/v1/studies/{study.code}/interviews"
    page = client_of(make_member(study, Role.LEAD).user).get(url).json()
    assert [row["status"] for row in page["results"]] == ["running"]
    assert "answers" not in page["results"][0]
    assert api.get(url).status_code == 403


def test_what_is_broken_in_a_request_is_said_in_the_one_body(api, call):
    answer = api.post(call["urls"]["outcome"], "{", content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "parse_error")
    assert api.put(call["urls"]["outcome"], {}).json()["code"] == "method_not_allowed"
