"""The home page: what there is to do now, and that its numbers are the true ones."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from config.checklist import ATTENTION, DONE, GOING, TODO, Line, checklist
from config.selectors.desks.days import days_gone, falls_short, planned_by_now, since_midnight
from config.selectors.desks.system import system_state
from config.selectors.home import Desk, desks_of
from config.selectors.waiting import waiting_in
from exports.models import Release
from fieldwork.models import Appointment, Case, Interview, Recording, Replicate, Seat
from qc.models import Audit, AuditPlan, Code, CodeFrame, Coding, FollowUp, Verbatim
from studies.models import Population, Study, User
from studies.models.study import Role
from tests.factories import (
    NOW,
    make_administrator,
    make_attempt,
    make_case,
    make_interview,
    make_member,
    make_population,
    make_quota,
    make_sample,
    make_study,
    make_user,
    make_version,
)


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


def complete(population: Population, *, ended_at: datetime = NOW, **fields: Any) -> Interview:
    return make_interview(
        population, **{"status": Interview.Status.COMPLETED, "ended_at": ended_at, "duration_ms": 1_500_000, **fields}
    )


def only_desk(user: User, now: datetime = NOW) -> Desk:
    (desk,) = desks_of(user, now)
    return desk


# --- days of the field (no database) ---------------------------------------------------------------------

FIELD = Population(
    time_zones=["Asia/Almaty"],
    field_start=date(2021, 8, 19),
    field_end=date(2021, 9, 7),  # 20 days
    target=800,
    calling_start=time(9),
    calling_end=time(21),
)


def at(day: int, hour: int, minute: int = 0, month: int = 8) -> datetime:
    """A moment on the clock of Almaty (UTC+6 in 2021)."""
    return datetime(2021, month, day, hour, minute, tzinfo=FIELD.zone)


@pytest.mark.parametrize(
    ("moment", "days"),
    [
        (at(18, 23), 0),
        (at(19, 8), 0),
        (at(19, 15), 0.5),
        (at(19, 22), 1),
        (at(20, 9), 1),
        (at(24, 12), 5.25),
        (at(7, 21, month=9), 20),
        (at(30, 12, month=9), 20),
    ],
)
def test_the_field_passes_with_its_calling_hours(moment: datetime, days: float) -> None:
    assert days_gone(FIELD, moment) == pytest.approx(days)


def test_the_plan_spreads_the_target_evenly_over_the_field() -> None:
    assert planned_by_now(FIELD, at(18, 12)) == 0
    assert planned_by_now(FIELD, at(28, 22)) == 400
    assert planned_by_now(FIELD, at(8, 12, month=9)) == 800


@pytest.mark.parametrize(
    ("target", "done", "gone", "short"),
    [
        (100, 50, 10.0, False),  # exactly on pace
        (100, 45, 10.0, False),  # behind, but not by more than chance does: (45 + sqrt(46)) * 2 = 103.6
        (100, 42, 10.0, True),  # (42 + sqrt(43)) * 2 = 97.1
        (100, 100, 10.0, False),  # full
        (100, 0, 0.9, False),  # too early to say
        (100, 0, 5.0, True),
        (100, 99, 20.0, False),  # one is missing on the last evening: (99 + 10) * 1 = 109, chance may do it
        (100, 80, 20.0, True),
    ],
)
def test_a_cell_is_at_risk_where_chance_does_not_explain_it(target: int, done: int, gone: float, short: bool) -> None:
    assert falls_short(target=target, complete=done, gone=gone, total=20) is short


# --- the interviewer -------------------------------------------------------------------------------------

pytestmark = pytest.mark.django_db


def test_an_interviewer_sees_their_own_day_on_the_clock_of_the_respondents() -> None:
    study = make_study(populations=("KZ",))
    population = study.populations.get()
    me = make_member(study).user
    # In Almaty the 24th begins at 18:00 UTC of the 23rd.
    yesterday, today = NOW.replace(day=23, hour=17, minute=59), NOW.replace(day=23, hour=18, minute=1)
    for moment in (yesterday, today, NOW):
        attempt = make_attempt(make_case(population), me, started_at=moment, ended_at=moment, disposition="1.1")
        complete(population, case=attempt.case, attempt=attempt, interviewer=me, ended_at=moment)
    make_attempt(make_case(population), me)
    make_attempt(make_case(population))  # somebody else's

    desk = only_desk(me).interviewer

    assert desk is not None
    assert (desk.attempts_today, desk.completes_today, desk.mean_ms) == (3, 2, 1_500_000)


def test_an_interviewer_sees_their_appointments_and_nobody_elses() -> None:
    study = make_study(populations=("KZ",))
    population = study.populations.get()
    me, other = make_member(study).user, make_member(study).user

    def agree(interviewer: User, hours: int, **case: Any) -> Appointment:
        attempt = make_attempt(make_case(population, **case), interviewer)
        start = NOW + timedelta(hours=hours)
        return Appointment.objects.create(
            case=attempt.case,
            attempt=attempt,
            starts_at=start,
            ends_at=start + timedelta(minutes=30),
            time_zone="Asia/Almaty",
        )

    later, sooner = agree(me, 3), agree(me, -1)
    reserved = agree(other, 2, reserved_for=me)
    agree(other, 1)
    agree(me, 30)  # tomorrow is another day

    desk = only_desk(me).interviewer
    assert desk is not None
    assert desk.appointments == [sooner, reserved, later]
    assert waiting_in(study, me, {Role.INTERVIEWER}, NOW) == {"appointments": 3}


def test_a_case_in_hand_is_offered_before_the_next_one(client: Client) -> None:
    study = make_study(populations=("KZ",))
    me = make_member(study).user
    client.force_login(me)
    assert "Next case" in client.get("/").content.decode()

    case = make_case(study.populations.get(), number=1827, held_by=me, status=Case.Status.HELD, lease_until=NOW)
    make_attempt(case, me, ended_at=None, disposition="")
    page = client.get("/").content.decode()
    assert "Case KZ-1827 has been in your hands" in page
    assert "Next case" not in page


# --- the supervisor --------------------------------------------------------------------------------------


def test_a_supervisor_sees_the_populations_side_by_side_with_true_numbers() -> None:
    study = make_study(populations=("KZ", "UZ"))
    kz, uz = study.populations.order_by("code")
    boss = make_member(study, Role.SUPERVISOR).user
    quota = make_quota(kz, [("men", "true()", 2), ("women", "true()", 400)])
    men, _women = quota.cells.all()
    for days in (0, 3):
        interview = complete(kz, ended_at=NOW - timedelta(days=days))
        Seat.objects.create(cell=men, interview=interview, status=Seat.Status.COMPLETE, taken_at=NOW)
    complete(kz, rejected_at=NOW)
    complete(uz)
    for lease, number in ((NOW + timedelta(minutes=5), 2), (NOW - timedelta(minutes=5), 1)):
        for _ in range(number):
            running = make_interview(kz)
            Seat.objects.create(cell=men, interview=running, taken_at=NOW, lease_until=lease)
    Replicate.objects.create(sample=kz.samples.get(), number=2, size=500)
    make_case(kz, queue=Case.Queue.APPOINTMENT, due_at=NOW - timedelta(minutes=1))
    make_case(kz, queue=Case.Queue.APPOINTMENT, due_at=NOW + timedelta(minutes=1))
    make_case(kz, queue=Case.Queue.CALLBACK, due_at=NOW)

    desk = only_desk(boss)

    assert [one.population for one in desk.fields] == [kz, uz]
    field = desk.fields[0]
    assert (field.complete, field.complete_today, field.held) == (2, 1, 2)
    assert (field.cells, field.cells_full) == (2, 1)
    assert [risk.cell.name for risk in field.at_risk] == ["women"]
    assert field.at_risk[0].missing == 400
    assert (field.replicates, field.replicates_released) == (2, 1)
    assert (field.appointments_due, field.callbacks_due) == (1, 1)
    assert (field.day, field.days) == (6, 21)
    assert field.behind
    assert (desk.complete, desk.target) == (3, 1600)


def test_fresh_numbers_are_told_in_days_at_the_pace_of_the_last_three() -> None:
    population = make_population()
    boss = make_member(population.study, Role.SUPERVISOR).user
    for _ in range(20):
        make_case(population)
    assert only_desk(boss).fields[0].fresh == 20
    assert only_desk(boss).fields[0].fresh_days is None

    for age in (1, 20, 40, 60, 71, 90):  # hours; five within three days
        case = make_case(population, queue=Case.Queue.RETRY)
        make_attempt(case, started_at=NOW - timedelta(hours=age))
    make_attempt(make_case(population, queue=Case.Queue.RETRY, attempts=1))  # a second attempt uses no fresh number
    field = only_desk(boss).fields[0]
    assert (field.fresh, field.fresh_days) == (20, 12)


def test_audits_and_follow_ups_are_counted_by_population() -> None:
    study = make_study(populations=("KZ", "UZ"))
    kz, uz = study.populations.order_by("code")
    boss = make_member(study, Role.SUPERVISOR).user
    judged: dict[str, Any] = {"status": Audit.Status.DONE, "verdict": Audit.Verdict.ACCEPT, "judged_at": NOW}
    made: dict[str, Any] = {"kind": Audit.Kind.RANDOM}
    Audit.objects.create(interview=complete(kz), created_at=NOW - timedelta(hours=30), **made)
    Audit.objects.create(interview=complete(kz), created_at=NOW - timedelta(hours=2), **made)
    heard = complete(kz)
    Audit.objects.create(interview=heard, created_at=NOW, **made, **judged)
    Audit.objects.create(interview=heard, created_at=NOW, kind=Audit.Kind.TARGETED, **judged)  # heard twice: one
    Audit.objects.create(interview=complete(kz, rejected_at=NOW), created_at=NOW, **made, **judged)
    FollowUp.objects.create(study=study, kind="recontact", interview=complete(uz), text="?", opened_at=NOW)
    FollowUp.objects.create(
        study=study, kind="recontact", interview=complete(uz), text="?", opened_at=NOW, settled_at=NOW
    )
    Recording.objects.create(population=kz, size=1, sha256="a", uploaded_at=NOW)

    first, second = only_desk(boss).fields

    assert (first.audits_waiting, first.oldest_audit, first.heard) == (2, NOW - timedelta(hours=30), 1)
    assert (first.follow_ups, second.follow_ups) == (0, 1)
    waiting = waiting_in(study, boss, {Role.SUPERVISOR}, NOW)
    assert waiting == {"recordings": 1, "follow_ups": 1, "audits": 2, "verbatims": 0}


def test_a_supervisor_of_one_population_sees_that_one() -> None:
    study = make_study(populations=("KZ", "UZ"))
    uz = study.populations.get(code="UZ")
    boss = make_member(study, Role.SUPERVISOR, populations=[uz]).user
    assert [one.population for one in only_desk(boss).fields] == [uz]


# --- the coder -------------------------------------------------------------------------------------------


def make_verbatim(frame: CodeFrame, interview: Interview, language: str) -> Verbatim:
    return Verbatim.objects.create(
        interview=interview, frame=frame, key=frame.name, text="x", folded="x", language=language, found_at=NOW
    )


def test_a_coder_sees_open_verbatims_by_item_and_language() -> None:
    study = make_study(populations=("KZ",))
    coder = make_member(study, Role.CODER).user
    population = study.populations.get()
    common = CodeFrame.objects.create(study=study, name="common")
    unite = CodeFrame.objects.create(study=study, name="unite")
    Code.objects.create(frame=common, number=1)
    interviews = [complete(population) for _ in range(4)]
    for interview, language in zip(interviews, ("kk", "ru", "ru", "ru"), strict=True):
        verbatim = make_verbatim(common, interview, language)
        make_verbatim(unite, interview, language)
    Coding.objects.create(verbatim=verbatim, coder=coder, coded_at=NOW)
    first = Verbatim.objects.filter(frame=common, language="kk").get()
    Coding.objects.create(verbatim=first, coder=make_user(), coded_at=NOW)
    # A coding that is not final leaves the verbatim open.
    half = Verbatim.objects.filter(frame=unite).first()
    assert half is not None
    Coding.objects.create(verbatim=half, coder=coder, coded_at=NOW - timedelta(days=2), final=False)

    desk = only_desk(coder).coder

    assert desk is not None
    assert desk.languages == ["kk", "ru"]
    assert [(row.frame, [amount.open for amount in row.amounts]) for row in desk.frames] == [
        (common, [0, 2]),
        (unite, [1, 3]),
    ]
    assert (desk.open, desk.total, desk.coded_today) == (6, 8, 1)
    assert desk.next_frame is not None
    assert desk.next_frame.frame == unite
    assert waiting_in(study, coder, {Role.CODER}, NOW) == {"verbatims": 6}
    assert waiting_in(study, coder, {Role.CODER}, NOW, ["kk"]) == {"verbatims": 1}

    study.members.filter(user=coder).update(languages=["kk"])
    desk = only_desk(coder).coder
    assert desk is not None
    assert (desk.languages, desk.open) == (["kk"], 1)


# --- the lead --------------------------------------------------------------------------------------------


def lines_of(lead: User, now: datetime = NOW) -> dict[str, Line]:
    desk = only_desk(lead, now)
    assert desk.lead is not None
    return {line.title: line for line in checklist(desk, desk.lead)}


def test_the_checklist_of_a_study_that_has_just_begun_says_what_to_do() -> None:
    study = make_study(populations=(), status=Study.Status.DESIGN)
    lines = lines_of(make_member(study, Role.LEAD).user)
    assert {line.state for line in lines.values()} == {TODO}
    assert lines["Questionnaire"].text == "none yet: load an XLSForm workbook"


def test_the_checklist_of_a_running_study_says_how_it_stands() -> None:
    study = make_study(populations=("KZ", "UZ"))
    kz, uz = study.populations.order_by("code")
    lead = make_member(study, Role.LEAD).user
    for role in (Role.INTERVIEWER, Role.INTERVIEWER, Role.SUPERVISOR, Role.CODER):
        make_member(study, role)
    make_version(study, {"languages": ["kk", "ru", "uz"]})
    make_sample(kz, size=500)
    for population in (kz, uz):
        make_quota(population, [("all", "true()", 800)])
    AuditPlan.objects.create(study=study, seed=b"s" * 32, commitment="c" * 64, created_at=NOW)
    interviewer = study.members.filter(role=Role.INTERVIEWER)[0].user
    interviews = [complete(kz, interviewer=interviewer) for _ in range(5)]
    Audit.objects.create(
        interview=interviews[0], kind="random", status="done", verdict="accept", judged_at=NOW, created_at=NOW
    )
    frame = CodeFrame.objects.create(study=study, name="common")
    make_verbatim(frame, interviews[0], "ru")
    Release.objects.create(study=study, number=1, language="ru", created_at=NOW)
    Release.objects.create(study=study, number=2, language="ru", status="failed", created_at=NOW, finished_at=NOW)

    lines = lines_of(lead)

    assert {title: (line.state, line.text.replace("\u00a0", " ")) for title, line in lines.items()} == {
        "Target populations": (DONE, "KZ, UZ; 1,600 interviews planned"),
        "Questionnaire": (DONE, "version 1 published on 24 Aug 2021 in 3 languages"),
        "People": (DONE, "2 interviewers, 1 supervisor, 1 coder"),
        "Sample": (GOING, "1 of 1 replicates released, 500 numbers"),
        "Quotas": (ATTENTION, "0 of 2 cells full; 2 cells will not fill in time"),
        "Interviews": (ATTENTION, "0 % (5 of 1,600) complete; behind the plan in KZ, UZ"),
        "Audits": (DONE, "20.0 % (1 of 5) of the completes heard"),
        "Coding": (GOING, "0 of 1 frames coded; 1 verbatims open"),
        "Data files": (ATTENTION, "release 2: failed, 24 Aug 2021"),
    }


def test_a_questionnaire_without_a_language_of_a_population_needs_a_look() -> None:
    study = make_study(populations=("KZ",))
    lead = make_member(study, Role.LEAD).user
    make_version(study, {"languages": ["ru"]})
    line = lines_of(lead)["Questionnaire"]
    assert line.state == ATTENTION
    assert "no texts in Қазақша" in line.text


def test_studies_in_the_field_come_first() -> None:
    lead = make_user()
    for code, status in (("A", Study.Status.CLOSED), ("B", Study.Status.DESIGN), ("C", Study.Status.FIELD)):
        make_member(make_study(code, status=status), Role.LEAD, user=lead)
    assert [desk.study.code for desk in desks_of(lead, NOW)] == ["C", "B", "A"]


# --- the administrator -----------------------------------------------------------------------------------


def test_an_administrator_sees_people_and_whether_the_system_stands(client: Client) -> None:
    administrator = make_administrator()
    make_user(is_active=False)
    make_user()
    make_member(make_study())
    state = system_state(NOW)
    assert (state.people, state.administrators, state.closed_accounts, state.without_role) == (3, 1, 1, 1)
    assert state.queued is not None
    assert state.database_bytes > 0
    assert 0 < state.disk_free <= state.disk_total

    Release.objects.create(
        study=make_study(),
        number=1,
        language="ru",
        status="writing",
        claimed_at=NOW - timedelta(hours=1),
        created_at=NOW,
    )
    releases = next(work for work in system_state(NOW).work if work.kind == "releases")
    assert (releases.running, releases.stuck, releases.failed) == (1, 1, 0)

    client.force_login(administrator)
    page = client.get("/").content.decode()
    assert "without a role" in page
    assert reverse("studies:people") in page


def test_somebody_without_a_role_is_told_where_it_comes_from(client: Client) -> None:
    client.force_login(make_user())
    assert "You have no role in any study yet" in client.get("/").content.decode()


# --- queries ---------------------------------------------------------------------------------------------


def test_home_takes_as_many_queries_for_more_work_and_more_studies(client: Client) -> None:
    me = make_user()

    def add_study() -> None:
        study = make_study(populations=("KZ", "UZ"))
        for role in Role:
            make_member(study, role, user=me)
        for population in study.populations.all():
            make_quota(population, [("men", "true()", 4), ("women", "true()", 4)])
            for _ in range(3):
                complete(population, ended_at=timezone.now())
        frame = CodeFrame.objects.create(study=study, name="common")
        make_verbatim(frame, Interview.objects.latest("pk"), "ru")

    add_study()
    add_study()
    client.force_login(me)
    with CaptureQueriesContext(connection) as first:
        assert client.get("/").status_code == 200
    add_study()
    with CaptureQueriesContext(connection) as second:
        assert client.get("/").status_code == 200
    assert len(second) == len(first)


def test_midnights_are_those_of_each_population() -> None:
    study = make_study(populations=())
    almaty = make_population(study, "KZ")
    london = make_population(study, "UK", time_zones=["Europe/London"])
    moment = NOW.replace(day=23, hour=20)  # the 24th in Almaty, the 23rd in London
    for population in (almaty, london):
        complete(population, ended_at=moment)
    today = Interview.objects.filter(since_midnight("population", "ended_at", [almaty, london], NOW))
    assert [interview.population for interview in today] == [almaty]
