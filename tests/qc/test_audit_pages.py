"""The pages of audits: who may come in, taking, hearing, entering, judging, statistics, the draw, follow-ups."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from qc.audit_draw import check_certificate
from qc.listening import SECTIONS
from qc.models import Audit, AuditPlan, Correction, FollowUp
from qc.services.audits import claim_audit, create_audit_plan, draw_audits, reenter_answer
from studies.access import study_access
from studies.models.study import Role
from tests.factories import make_member, make_study, make_user
from tests.qc.makers import ANSWERS, make_completed, make_recording

pytestmark = pytest.mark.django_db
NOW = timezone.now()
SHEET = dict.fromkeys(SECTIONS, "2")


@pytest.fixture
def study():
    return make_study("S")


@pytest.fixture
def population(study):
    return study.populations.get()


@pytest.fixture
def interviewer(study):
    return make_member(study, user=make_user("kamila", first_name="Камила")).user


@pytest.fixture
def auditor(study, client):
    user = make_member(study, Role.SUPERVISOR, user=make_user("aliya")).user
    client.force_login(user)
    return user


def url(name, *args):
    return reverse(f"qc:{name}", args=["S", *args])


def make_audit(interview, **fields):
    make_recording(interview)
    return Audit.objects.create(
        interview=interview, **{"kind": "random", "created_at": NOW - timedelta(hours=5), **fields}
    )


@pytest.fixture
def audit(study, population, interviewer, auditor):
    create_audit_plan(study=study, actor=None, now=NOW, block_size=5, drawn_per_block=5, raised_per_block=5)
    make_recording(make_completed(population, interviewer, journal=True))
    draw_audits(study=study, now=NOW)
    return claim_audit(access=study_access(auditor, "S"), now=NOW)


def page(client, address, status=200, **data):
    response = client.get(address, data)
    assert response.status_code == status
    return response.content.decode()


# --- who may come in -------------------------------------------------------------------------------------

PAGES = ("audits", "audits_judged", "audit_statistics", "audit_plan", "audit_checker", "follow_ups")


@pytest.mark.parametrize(
    ("role", "status"),
    [(Role.SUPERVISOR, 200), (Role.LEAD, 200), (Role.INTERVIEWER, 403), (Role.CODER, 403), (None, 404)],
)
def test_each_page_by_role(client, study, audit, role, status):
    user = make_member(study, role).user if role else make_member(make_study(), Role.LEAD).user
    client.force_login(user)
    addresses = [*map(url, PAGES), url("audit", audit.pk)]
    assert [client.get(address).status_code for address in addresses] == [status] * len(addresses)


@pytest.mark.parametrize("role", [Role.INTERVIEWER, Role.CODER])
def test_nobody_else_changes_anything(client, study, audit, role):
    client.force_login(make_member(study, role).user)
    for address in (
        url("audit_take"),
        url("audit_order"),
        url("audit_plan"),
        url("audit_reveal"),
        url("audit_answer", audit.pk),
        url("audit_verdict", audit.pk),
        url("audit_return", audit.pk),
    ):
        assert client.post(address, {"key": "age", "value": "1"}).status_code == 403
    for path in ("audits", "audits/next"):
        assert client.post(f"/api/v1/studies/S/{path}").status_code in {403, 405}
    for path in ("listening", "answers", "verdict"):
        assert client.post(f"/api/v1/audits/{audit.pk}/{path}", {}, "application/json").status_code == 403


def test_a_supervisor_can_not_make_the_draw(client, study, auditor):
    assert client.post(url("audit_plan"), {"block_size": 5}).status_code == 403


def test_nobody_learns_that_their_own_interview_was_drawn(client, study, audit, interviewer):
    make_member(study, Role.SUPERVISOR, user=interviewer)
    client.force_login(interviewer)
    assert client.get(url("audit", audit.pk)).status_code == 404
    assert client.get(f"/api/v1/audits/{audit.pk}").status_code == 404
    assert client.get("/api/v1/studies/S/audits").json()["results"] == []
    case = f"KZ-{audit.interview.case.number}"
    for name in ("audits", "audits_judged", "follow_ups"):
        assert case not in page(client, url(name))
    assert "kamila" not in page(client, url("audit_statistics"))


def test_the_address_of_an_interview_tells_an_interviewer_nothing(client, study, audit, interviewer):
    """An interviewer gets the same answer for an audit that is there and for one that isn't."""
    client.force_login(interviewer)
    assert client.get(url("audit", audit.pk)).status_code == client.get(url("audit", 10**6)).status_code == 403


# --- the queue -------------------------------------------------------------------------------------------


def test_the_queue_says_what_waits_and_for_how_long(client, study, population, interviewer, auditor):
    audit = make_audit(make_completed(population, interviewer))
    silent = make_completed(population, interviewer)
    Audit.objects.create(interview=silent, kind="targeted", reason="too quick", created_at=NOW)
    text = page(client, url("audits"))
    assert "2 wait, 1 can be heard now" in text
    assert f"KZ-{audit.interview.case.number}" in text
    assert "Камила" in text
    assert "1:40" in text  # the recording
    assert "too quick" in text
    assert "not there yet" in text


def test_next_leads_to_the_oldest_and_says_when_there_is_none(client, population, interviewer, auditor):
    answer = client.post(url("audit_take"), follow=True)
    assert "No audit waits that you can hear now" in answer.content.decode()
    audit = make_audit(make_completed(population, interviewer))
    assert client.post(url("audit_take")).url == url("audit", audit.pk)
    audit.refresh_from_db()
    assert (audit.status, audit.auditor) == ("claimed", auditor)
    assert "Go on listening" in page(client, url("audits"))


def test_the_one_that_is_named_is_taken(client, population, interviewer, auditor):
    make_audit(make_completed(population, interviewer))
    wanted = make_audit(make_completed(population, interviewer), created_at=NOW)
    assert client.post(url("audit_take"), {"audit": wanted.pk}).url == url("audit", wanted.pk)


def test_somebody_elses_audit_is_not_shown_before_it_is_judged(client, study, audit, auditor):
    client.force_login(make_member(study, Role.SUPERVISOR).user)
    text = page(client, url("audit", audit.pk))
    assert "aliya is hearing this interview" in text
    assert "player-data" not in text
    answer = client.post(url("audit_take"), {"audit": audit.pk}, follow=True)
    assert "Somebody else has taken this audit" in answer.content.decode()


def test_putting_back(client, audit):
    client.post(url("audit_return", audit.pk))
    audit.refresh_from_db()
    assert audit.status == "open"


def test_ordering_an_audit_by_case_number(client, population, interviewer, auditor):
    interview = make_completed(population, interviewer)
    wrong = client.post(url("audit_order"), {"population": "KZ", "case_number": 10**8, "reason": "odd"})
    assert wrong.status_code == 422
    assert "This case has no interview" in wrong.content.decode()
    order = {"population": "KZ", "case_number": interview.case.number, "reason": "40 s of silence"}
    assert client.post(url("audit_order"), order).status_code == 302
    assert Audit.objects.get().reason == "40 s of silence"
    again = client.post(url("audit_order"), order)
    assert "waits already" in again.content.decode()


def test_the_queue_asks_the_same_number_of_questions_for_more_rows(
    client, population, interviewer, auditor, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def rows(number):
        for _ in range(number):
            make_audit(make_completed(population, interviewer))

    for name in ("audits", "audit_statistics"):
        rows(3)
        client.get(url(name))
        with CaptureQueriesContext(connection) as few:
            client.get(url(name))
        rows(12)
        with django_assert_num_queries(len(few)):
            client.get(url(name))


# --- listening -------------------------------------------------------------------------------------------


def player(text):
    return json.loads(text.split('id="player-data" type="application/json">')[1].split("</script>")[0])


def test_questions_stand_on_the_sound_where_they_were_asked(client, audit):
    text = page(client, url("audit", audit.pk))
    marks = player(text)["marks"]
    assert [(mark["key"], mark["at"], mark["until"]) for mark in marks[:3]] == [
        ("intro", 0, 10_000),
        ("consent", 10_000, 20_000),
        ("age", 20_000, 30_000),
    ]
    assert [mark["number"] for mark in marks] == list(range(1, 10))
    assert "Здравствуйте!" in text
    assert "Вы согласны участвовать?" in text


def test_marks_move_with_the_offset_and_stay_inside_the_recording(client, audit):
    audit.interview.attempt.recordings.update(interview_offset_ms=25_000)
    marks = player(page(client, url("audit", audit.pk)))["marks"]
    assert marks[0]["at"] == 25_000
    assert marks[-1]["at"] == 100_000
    audit.interview.attempt.recordings.update(interview_offset_ms=-15_000)
    marks = player(page(client, url("audit", audit.pk)))["marks"]
    assert [mark["at"] for mark in marks[:3]] == [0, 0, 5000]


def test_two_sittings_are_one_line_of_time(client, study, population, interviewer, auditor):
    from tests.factories import make_attempt
    from tests.qc.makers import add_journal

    interview = make_completed(population, interviewer)
    first = make_attempt(interview.case, interviewer, number=9)
    second = make_attempt(interview.case, interviewer, number=10)
    interview.attempt = second
    interview.save()
    add_journal(interview)
    interview.journal.filter(seq__lte=4).update(attempt=first)
    make_recording(interview, attempt=first, duration_ms=50_000)
    audit = make_audit(interview)
    claim_audit(access=study_access(auditor, "S"), now=NOW)
    data = player(page(client, url("audit", audit.pk)))
    assert [(track["starts"], track["duration"]) for track in data["tracks"]] == [(0, 50_000), (50_000, 100_000)]
    assert [(mark["track"], mark["at"]) for mark in data["marks"][3:6]] == [(0, 30_000), (1, 50_000), (1, 60_000)]


def test_blind_answers_are_nowhere_on_the_page_until_entered(client, audit):
    text = page(client, url("audit", audit.pk))
    assert text.count("What do you hear?") >= len(audit.blind)
    given = text.count('class="q-given"')
    assert given == 8 - len(audit.blind)  # eight answers beside the note
    assert ">34<" not in text


def test_entering_shows_both_answers_and_whether_they_agree(client, audit):
    same = client.post(url("audit_answer", audit.pk), {"key": "age", "value": "34"}).content.decode()
    assert ">34<" in same
    assert "heard the same" in same
    other = client.post(url("audit_answer", audit.pk), {"key": "gender", "value": "1"}).content.decode()
    assert "Женщина" in other
    assert "heard: <strong>Мужчина</strong>" in " ".join(other.split())
    assert "correct it" in other
    audit.refresh_from_db()
    assert audit.compared == {"age": True, "gender": False}


@pytest.mark.parametrize(
    ("data", "stored"),
    [
        ({"key": "age", "missing": "refused"}, {"missing": "refused"}),
        ({"key": "age", "inaudible": "1"}, {"inaudible": True}),
        ({"key": "languages", "value": ["ru", "kk"]}, ["kk", "ru"]),
        ({"key": "why", "value": " Торговля "}, "Торговля"),
    ],
)
def test_each_kind_of_answer_can_be_entered(client, audit, data, stored):
    assert client.post(url("audit_answer", audit.pk), data).status_code == 200
    audit.refresh_from_db()
    assert audit.reentered == {data["key"]: stored}


@pytest.mark.parametrize("data", [{"key": "age", "value": "old"}, {"key": "age"}, {"key": "gender", "value": "7"}])
def test_what_is_no_answer_is_said_beside_the_question(client, audit, data):
    answer = client.post(url("audit_answer", audit.pk), data)
    assert answer.status_code == 422
    assert "field-error" in answer.content.decode()
    audit.refresh_from_db()
    assert audit.reentered == {}


def test_a_question_that_was_not_asked_is_not_found(client, audit):
    assert client.post(url("audit_answer", audit.pk), {"key": "nobody", "value": "1"}).status_code == 404


def test_any_question_can_be_heard_otherwise(client, audit):
    form = page(client, url("audit_answer", audit.pk), key="why")
    assert "<form" in form
    client.post(url("audit_answer", audit.pk), {"key": "why", "value": "Торговля"})
    row = page(client, url("audit_answer", audit.pk), key="why")
    assert "differs" in row


@pytest.mark.parametrize(("language", "words"), [("kk", "Жасыңыз нешеде?"), ("ru", "Сколько вам"), ("", "Сколько вам")])
def test_the_reading_language_can_be_chosen(client, audit, language, words):
    assert words in page(client, url("audit", audit.pk), language=language)


def test_each_question_is_shown_in_the_language_it_was_read_in(client, audit):
    audit.interview.journal.filter(item="age").update(language="kk")
    text = page(client, url("audit", audit.pk))
    assert "Жасыңыз нешеде?" in text
    assert "Вы согласны участвовать?" in text


# --- the verdict -----------------------------------------------------------------------------------------


def enter_all(audit, auditor, **otherwise):
    for key in audit.blind:
        reenter_answer(audit=audit, actor=auditor, key=key, value=otherwise.get(key, ANSWERS[key]), now=NOW)


def verdict(client, audit, **data):
    return client.post(url("audit_verdict", audit.pk), {**SHEET, **data})


def test_accepting_leads_back_to_the_queue(client, audit, auditor):
    enter_all(audit, auditor)
    answer = verdict(client, audit, verdict="accept")
    assert answer.url == url("audits")
    text = page(client, url("audit", audit.pk))
    assert "100" in text
    assert "data-hidden" not in text
    assert ">34<" in text
    assert f"KZ-{audit.interview.case.number}" in page(client, url("audits_judged"))


def test_with_htmx_the_page_is_left(client, audit, auditor):
    enter_all(audit, auditor)
    answer = client.post(url("audit_verdict", audit.pk), {**SHEET, "verdict": "accept"}, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == url("audits")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"verdict": ""}, "Choose a verdict"),
        ({"verdict": "reject"}, "Write down why"),
        ({"verdict": "accept"}, "answers are still missing"),
        ({"verdict": "accept", "pace": ""}, "Give points to each marked section"),
        ({"verdict": "correct", "comment": "x"}, "Confirm at least one"),
    ],
)
def test_what_is_missing_is_said_and_what_was_given_stays(client, audit, data, words):
    answer = verdict(client, audit, **data)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert words in text
    assert text.count("checked") >= 6
    audit.refresh_from_db()
    assert audit.status == "claimed"


def test_a_correction_is_confirmed_by_a_tick(client, audit, auditor):
    enter_all(audit, auditor, gender="1")
    verdict(client, audit, verdict="correct", comment="a man", confirmed=["gender"])
    assert Correction.objects.get().new == "1"


def test_judged_twice_is_said(client, audit, auditor):
    enter_all(audit, auditor)
    verdict(client, audit, verdict="accept")
    again = verdict(client, audit, verdict="reject", comment="x")
    assert again.status_code == 409
    assert "judged already" in again.content.decode()


# --- the API ---------------------------------------------------------------------------------------------


def test_an_audit_through_the_api(client, study, population, interviewer, auditor):
    create_audit_plan(study=study, actor=None, now=NOW, seed=bytes(32))
    audit = make_audit(make_completed(population, interviewer, journal=True))

    def post(path, **data):
        return client.post(f"/api/v1/{path}", data, "application/json")

    taken = post("studies/S/audits/next")
    assert (taken.status_code, taken.json()["id"]) == (201, audit.pk)
    Audit.objects.update(claimed_at=NOW - timedelta(minutes=5))
    detail = client.get(f"/api/v1/audits/{audit.pk}").json()
    hidden = [question["key"] for question in detail["questions"] if question["hidden"]]
    assert len(hidden) == 6
    assert all(question["answer"] == "" for question in detail["questions"] if question["hidden"])
    recording = detail["tracks"][0]["recording"]
    heard = post(f"audits/{audit.pk}/listening", recording=recording, stretches=[[0, 50_000], [40_000, 60_000]])
    assert heard.json() == {"heard_ms": 60_000, "sound_ms": 100_000}
    assert post(f"audits/{audit.pk}/listening", recording=recording, stretches=[["a", 1]]).status_code == 422
    assert post(f"audits/{audit.pk}/answers", key="gender", value="1").json() == {"agrees": False}
    assert post(f"audits/{audit.pk}/answers", key="gender", value="2").status_code == 409
    sheet = dict.fromkeys(SECTIONS, 1) | {"pace": None}
    unfinished = post(f"audits/{audit.pk}/verdict", verdict="accept", sheet=sheet)
    assert (unfinished.status_code, list(unfinished.json()["fields"])) == (422, ["reentered"])
    rest = {key: ANSWERS[key] for key in hidden if key != "gender"}
    done = post(f"audits/{audit.pk}/verdict", verdict="accept", sheet=sheet, reentered=rest)
    assert (done.json()["verdict"], done.json()["score"]) == ("accept", 50)
    assert post(f"audits/{audit.pk}/verdict", verdict="accept", sheet=sheet).json()["code"] == "already_judged"
    judged = client.get("/api/v1/studies/S/audits", {"status": "done"}).json()["results"]
    assert [row["id"] for row in judged] == [audit.pk]
    assert post("studies/S/audits/next").json()["code"] == "no_audit"


def test_marks_are_moved_through_the_api(client, audit):
    recording = audit.interview.attempt.recordings.get()
    answer = client.patch(f"/api/v1/recordings/{recording.uid}", {"interview_offset_ms": 4200}, "application/json")
    assert answer.json()["interview_offset_ms"] == 4200


# --- statistics ------------------------------------------------------------------------------------------


def test_statistics_count_by_interviewer_question_and_language(client, study, audit, auditor, population, interviewer):
    enter_all(audit, auditor, gender="1")
    Audit.objects.filter(pk=audit.pk).update(heard_ms=50_000, sound_ms=100_000)
    verdict(client, audit, verdict="accept", pace="1")
    text = " ".join(page(client, url("audit_statistics")).split())
    assert "100.0" in text  # one of one completes judged
    assert "16.7 % (1 of 6)" in text
    assert "Камила" in text
    assert '<td class="mono">gender</td><td class="num">100.0 % (1 of 1)</td>' in text
    assert '<td class="mono">age</td><td class="num">0.0 % (0 of 1)</td>' in text
    assert "Русский" in text
    assert "93" in text
    assert AuditPlan.objects.get().commitment in text


# --- the draw --------------------------------------------------------------------------------------------


@pytest.fixture
def lead(study, client):
    user = make_member(study, Role.LEAD).user
    client.force_login(user)
    return user


RATES = {"drawn_per_block": 1, "raised_per_block": 2, "first_in_full": 0, "sound_grace_hours": 24}


def test_a_lead_begins_the_draw_and_sees_its_power_and_commitment(client, study, lead):
    text = page(client, url("audit_plan"))
    for chance in (20, 50, 86):
        assert f'<td class="num">{chance}&nbsp;%</td>' in text
    wrong = client.post(url("audit_plan"), {**RATES, "block_size": 5, "raised_per_block": 6})
    assert wrong.status_code == 422
    assert "between the usual number and the size of the block" in wrong.content.decode()
    assert client.post(url("audit_plan"), {**RATES, "block_size": 5}).status_code == 302
    plan = AuditPlan.objects.get()
    text = page(client, url("audit_plan"))
    assert plan.commitment in text
    assert bytes(plan.seed).hex() not in text
    client.post(url("audit_plan"), {**RATES, "drawn_per_block": 2})
    plan.refresh_from_db()
    assert plan.drawn_per_block == 2


def test_seed_and_certificate_only_at_the_end(client, study, population, interviewer, lead):
    plan = create_audit_plan(study=study, actor=None, now=NOW, seed=bytes(range(32)))
    for _ in range(7):
        make_completed(population, interviewer)
    draw_audits(study=study, now=NOW)
    early = client.post(url("audit_reveal"), follow=True)
    assert "close the study first" in early.content.decode()
    assert client.get(url("audit_certificate")).status_code == 404
    assert client.get(url("audit_table")).status_code == 404
    study.status = "closed"
    study.save()
    text = client.post(url("audit_reveal"), follow=True).content.decode()
    assert bytes(plan.seed).hex() in text
    assert "All draws were recomputed just now" in text
    document = json.loads(client.get(url("audit_certificate")).content)
    assert check_certificate(document) == []
    assert "kamila" not in str(document)
    rows = list(csv.DictReader(io.StringIO(client.get(url("audit_table")).content.decode())))
    assert len(rows) == 7
    assert [row["drawn"] for row in rows].count("True") == sum(draw["drawn"] for draw in document["draws"])


def test_the_checking_program_can_be_downloaded(client, study, lead):
    assert b"def check_certificate" in client.get(url("audit_checker")).content


# --- follow-ups ------------------------------------------------------------------------------------------


def test_a_follow_up_is_settled_on_its_page(client, audit, auditor):
    verdict(client, audit, verdict="recontact", comment="which district?")
    assert "which district?" in page(client, url("follow_ups"))
    follow_up = FollowUp.objects.get()
    empty = client.post(url("follow_up_settle", follow_up.pk), {"outcome": " "})
    assert empty.status_code == 422
    client.post(url("follow_up_settle", follow_up.pk), {"outcome": "called: Medeu"})
    assert "which district?" not in page(client, url("follow_ups"))
    assert "called: Medeu" in page(client, url("follow_ups"), show="settled")


def test_the_listening_page_asks_the_same_number_of_questions_for_longer_interviews(
    client, study, audit, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(url("audit", audit.pk))
    with CaptureQueriesContext(connection) as few:
        client.get(url("audit", audit.pk))
    for number in range(3):
        make_recording(audit.interview, duration_ms=1000 * number + 1000)
    with django_assert_num_queries(len(few)):
        client.get(url("audit", audit.pk))
