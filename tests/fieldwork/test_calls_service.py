"""Taking cases, recording outcomes, leases: what interviewers and supervisors get."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection

from fieldwork.call_rules import LEASE, RESERVATION_GRACE
from fieldwork.models import Appointment, CallAttempt, Case
from fieldwork.selectors.cases import lapsed_cases
from fieldwork.services.calls import (
    AppointmentRequest,
    close_case,
    expire_lease,
    expire_leases,
    record_outcome,
    release_case,
    renew_lease,
    take_next_case,
)
from studies.access import study_access
from studies.errors import Conflict, InvalidInput
from studies.models import ActivityLog, Study
from studies.models.study import Role
from tests.factories import NOW, make_case, make_member, make_population, make_study

pytestmark = pytest.mark.django_db

ALMATY = ZoneInfo("Asia/Almaty")
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
Queue = Case.Queue


def access_of(member):
    return study_access(member.user, member.study.code)


def take(member, now=NOW) -> CallAttempt:
    return take_next_case(access=access_of(member), now=now)


def record(attempt, code, now=NOW, **more) -> Case:
    return record_outcome(attempt=attempt, disposition=code, now=now, **more)


def call(member, code, now=NOW, **more) -> Case:
    return record(take(member, now), code, now, **more)


def local(text: str) -> datetime:
    return datetime.fromisoformat(text)


def refusal(error) -> dict:
    return error.value.fields


@pytest.fixture
def study():
    return make_study()


@pytest.fixture
def population(study):
    return study.populations.get()


@pytest.fixture
def member(study):
    return make_member(study)


# --- the next case ---------------------------------------------------------------------------------------


def test_the_queues_come_in_their_order(population, member):
    appointment = {"queue": Queue.APPOINTMENT, "due_at": NOW - HOUR}
    make_case(population)
    make_case(population, queue=Queue.RETRY, attempts=2)
    retry = make_case(population, queue=Queue.RETRY, attempts=1)
    callback = make_case(population, queue=Queue.CALLBACK)
    later = make_case(population, **appointment, due_until=NOW + 2 * HOUR)
    first = make_case(population, **appointment, due_until=NOW + HOUR)
    served = []
    for _ in range(4):
        attempt = take(member)
        served.append(attempt.case_id)
        record(attempt, "4.31")
    assert served == [first.pk, later.pk, callback.pk, retry.pk]


def test_fresh_numbers_come_in_their_random_order(population, member):
    cases = [make_case(population, shuffle=place) for place in (30, 10, 20)]
    assert [call(member, "4.31").pk for _ in cases] == [cases[1].pk, cases[2].pk, cases[0].pk]


def test_what_is_not_due_yet_waits(population, member):
    for queue in (Queue.APPOINTMENT, Queue.CALLBACK, Queue.RETRY):
        make_case(population, queue=queue, due_at=NOW + MINUTE, due_until=NOW + HOUR)
    with pytest.raises(Conflict) as error:
        take(member)
    assert error.value.code == "no_case"
    assert refusal(error) == {"reason": "nothing_due", "next_due_at": (NOW + MINUTE).isoformat()}
    assert take(member, NOW + MINUTE).served_from == Queue.APPOINTMENT


@pytest.mark.parametrize("queue", [Queue.APPOINTMENT, Queue.CALLBACK, Queue.RETRY])
def test_where_nothing_is_due_the_soonest_case_of_any_queue_is_named(population, study, member, queue):
    for other in (Queue.APPOINTMENT, Queue.CALLBACK, Queue.RETRY):
        late = HOUR if other == queue else 3 * HOUR
        make_case(population, queue=other, attempts=4, due_at=NOW + late, due_until=NOW + 4 * HOUR)
        make_case(population, queue=other, attempts=1, due_at=NOW + 2 * HOUR, due_until=NOW + 4 * HOUR)
        make_case(population, queue=other, attempts=2, due_at=NOW + MINUTE, not_for=member.user)
    make_case(population, status=Case.Status.CLOSED, queue=queue, due_at=NOW, final_disposition="4.31")
    with pytest.raises(Conflict) as error:
        take(member)
    assert refusal(error) == {"reason": "nothing_due", "next_due_at": (NOW + HOUR).isoformat()}


def test_taking_a_case_begins_an_attempt_and_a_lease(population, member):
    case = make_case(population, attempts=2)
    attempt = take(member)
    case.refresh_from_db()
    assert (attempt.number, attempt.served_from, attempt.started_at) == (3, Queue.FRESH, NOW)
    assert (case.status, case.held_by, case.lease_until) == ("held", member.user, NOW + LEASE)


def test_asking_again_gives_the_same_call(population, member):
    make_case(population)
    make_case(population)
    assert take(member) == take(member, NOW + MINUTE)
    assert CallAttempt.objects.count() == 1


def test_a_case_in_another_study_has_to_be_finished_first(population, member):
    make_case(population)
    take(member)
    other = make_member(make_study(), user=member.user)
    with pytest.raises(Conflict, match=member.study.code) as error:
        take(other)
    assert error.value.code == "case_elsewhere"


def test_only_interviewers_take_cases(population, study):
    make_case(population)
    with pytest.raises(PermissionDenied):
        take(make_member(study, Role.SUPERVISOR))


def test_cases_fit_the_languages_of_the_interviewer(population, study):
    make_case(population, language="kk", queue=Queue.CALLBACK)
    russian = make_member(study, languages=["ru"])
    with pytest.raises(Conflict) as error:
        take(russian)
    assert refusal(error)["reason"] == "for_others"
    assert take(make_member(study, languages=["kk", "ru"])).case.language == "kk"


def test_soft_refusals_go_to_somebody_else_who_converts(population, study, member):
    make_case(population)
    case = call(member, "2.112")
    assert (case.status, case.queue, case.due_at) == ("open", Queue.CALLBACK, NOW + 7 * DAY)
    week = NOW + 7 * DAY
    for nobody in (member, make_member(study)):
        with pytest.raises(Conflict):
            take(nobody, week)
    member.converts_refusals = True
    member.save()
    with pytest.raises(Conflict):
        take(member, week)
    converter = make_member(study, converts_refusals=True)
    assert take(converter, week).case == case


def test_members_of_one_population_get_its_cases_only():
    study = make_study(populations=("KZ", "UZ"))
    kz, uz = study.populations.order_by("code")
    make_case(kz)
    wanted = make_case(uz)
    assert take(make_member(study, populations=[uz])).case == wanted


def test_an_interviewer_without_a_language_of_the_population_gets_nothing(population, study):
    make_case(population)
    with pytest.raises(Conflict) as error:
        take(make_member(study, languages=["uz"]))
    assert refusal(error)["reason"] == "no_population"


def test_the_first_appointment_of_all_populations_is_served():
    study = make_study(populations=("KZ", "UZ"))
    kz, uz = study.populations.order_by("code")
    make_case(kz, queue=Queue.APPOINTMENT, due_until=NOW + 2 * HOUR)
    urgent = make_case(uz, queue=Queue.APPOINTMENT, due_until=NOW + HOUR)
    assert take(make_member(study)).case == urgent


# --- calling hours ---------------------------------------------------------------------------------------

MORNING = datetime(2021, 8, 24, 9, 30, tzinfo=ALMATY)  # 08:30 in Aqtobe


def test_a_mobile_number_is_called_when_it_is_day_in_every_zone(population, member):
    make_case(population, due_at=NOW - DAY)
    with pytest.raises(Conflict) as error:
        take(member, MORNING)
    fields = refusal(error)
    assert fields["reason"] == "outside_hours"
    assert datetime.fromisoformat(fields["next_due_at"]) == MORNING + MINUTE * 30
    take(member, MORNING + MINUTE * 30)


def test_a_landline_is_called_by_the_clock_of_its_own_zone(population, member):
    make_case(population, time_zone="Asia/Aqtobe")
    almaty = make_case(population, time_zone="Asia/Almaty")
    assert take(member, MORNING).case == almaty


def test_a_zone_that_the_population_does_not_know_counts_as_any(population, member):
    make_case(population, time_zone="Asia/Oral")
    with pytest.raises(Conflict):
        take(member, MORNING)
    take(member, MORNING + HOUR)


def test_nothing_is_called_outside_the_field_period(population, member):
    make_case(population)
    with pytest.raises(Conflict) as early:
        take(member, NOW - 10 * DAY)
    assert refusal(early)["reason"] == "field_not_begun"
    with pytest.raises(Conflict) as late:
        take(member, NOW + 30 * DAY)
    assert refusal(late) == {"reason": "field_over", "next_due_at": None}


def test_a_closed_study_is_not_called(population, member):
    make_case(population)
    Study.objects.update(status=Study.Status.CLOSED)
    with pytest.raises(Conflict) as error:
        take(member)
    assert refusal(error)["reason"] == "study_closed"


def test_without_released_numbers_the_reason_says_so(population, member):
    make_case(population, status=Case.Status.SAMPLED)
    with pytest.raises(Conflict, match="released") as error:
        take(member)
    assert refusal(error)["reason"] == "no_sample"


# --- outcomes --------------------------------------------------------------------------------------------


def test_no_answer_sends_the_case_back_to_be_retried(population, member):
    make_case(population)
    case = call(member, "3.13", note=" rings, nobody there ")
    attempt = CallAttempt.objects.get()
    assert (attempt.disposition, attempt.note, attempt.ended_at) == ("3.13", "rings, nobody there", NOW)
    assert (case.status, case.queue, case.due_at) == ("open", Queue.RETRY, NOW + 3 * HOUR)
    assert (case.held_by, case.lease_until) == (None, None)
    assert (case.last_disposition, case.disposition, case.final_disposition) == ("3.13", "3.13", "")


def test_a_final_outcome_closes_the_case(population, member):
    make_case(population)
    case = call(member, "4.31")
    assert (case.status, case.final_disposition, case.closed_at) == ("closed", "4.31", NOW)


def test_the_last_attempt_closes_the_case(population, member):
    population.max_attempts = 2
    population.save()
    make_case(population)
    call(member, "3.13")
    case = call(member, "3.12", NOW + DAY)
    assert (case.status, case.last_disposition, case.final_disposition) == ("closed", "3.12", "3.90")


def test_an_outcome_sent_twice_is_recorded_once(population, member):
    make_case(population)
    attempt = take(member)
    first = record(attempt, "3.13", note="x")
    again = record(attempt, "3.13", NOW + MINUTE, note="x")
    assert (again.due_at, again.attempts) == (first.due_at, 1)
    with pytest.raises(Conflict) as error:
        record(attempt, "4.31")
    assert error.value.code == "already_recorded"


@pytest.mark.parametrize("code", ["1.1", "2.30", "3.11", "4.80", "2.12", "9.99", ""])
def test_codes_that_nobody_may_choose_are_refused(population, member, code):
    make_case(population)
    with pytest.raises(InvalidInput) as error:
        call(member, code)
    assert "disposition" in refusal(error)
    assert Case.objects.get().status == Case.Status.HELD


def test_a_language_problem_goes_to_whoever_speaks_it(population, study, member):
    make_case(population)
    make_case(population, shuffle=10_000)
    case = call(member, "2.332", language="kk")
    assert (case.status, case.queue, case.language) == ("open", Queue.CALLBACK, "kk")
    assert call(member, "2.332").final_disposition == "2.332"
    make_case(population)
    attempt = take(member)
    with pytest.raises(InvalidInput):
        record(attempt, "2.332", language="uz")


# --- appointments ----------------------------------------------------------------------------------------


def appointment(text="2021-08-25T14:30", zone="Asia/Aqtobe", **more) -> AppointmentRequest:
    return AppointmentRequest(local(text), zone, **more)


def test_an_appointment_is_kept_in_the_respondents_time(population, member):
    make_case(population)
    case = call(member, "2.35", appointment=appointment(note="after lunch", minutes=30))
    starts = datetime(2021, 8, 25, 14, 30, tzinfo=ZoneInfo("Asia/Aqtobe"))
    made = Appointment.objects.get()
    assert (made.starts_at, made.ends_at, made.time_zone, made.note) == (
        starts, starts + 30 * MINUTE, "Asia/Aqtobe", "after lunch",
    )  # fmt: skip
    assert (case.queue, case.due_at, case.due_until) == (Queue.APPOINTMENT, starts, starts + 30 * MINUTE)
    assert case.reserved_for == member.user


def test_a_hard_appointment_waits_a_little_for_its_interviewer(population, study, member):
    make_case(population)
    case = call(member, "2.35", appointment=appointment())
    other = make_member(study)
    with pytest.raises(Conflict):
        take(other, case.due_at)
    assert take(other, case.due_at + RESERVATION_GRACE).case == case


def test_an_appointment_is_served_once_and_then_done(population, member):
    make_case(population)
    case = call(member, "2.35", appointment=appointment())
    attempt = take(member, case.due_at)
    assert attempt.served_from == Queue.APPOINTMENT
    case = record(attempt, "3.13", case.due_at)
    assert Appointment.objects.get().status == "served"
    assert case.queue == Queue.RETRY


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (appointment("2021-08-24T13:00"), "starts_at"),  # an hour ago
        (appointment("2021-09-09T13:00"), "starts_at"),  # after the field period
        (appointment("2021-08-25T08:00", hard=False), "starts_at"),  # outside hours, and nobody asked for it
        (appointment(zone="Asia/Tokyo"), "time_zone"),
        (appointment(minutes=0), "minutes"),
    ],
)
def test_impossible_appointments_are_refused(population, member, request_, field):
    make_case(population)
    with pytest.raises(InvalidInput) as error:
        call(member, "2.35", appointment=request_)
    assert list(refusal(error)) == [field]


def test_the_respondent_may_choose_a_time_outside_calling_hours(population, member):
    make_case(population)
    case = call(member, "2.35", appointment=appointment("2021-08-24T22:00", minutes=30))
    assert take(member, case.due_at + 29 * MINUTE).case == case


def test_a_missed_time_outside_calling_hours_waits_for_the_morning(population, member):
    make_case(population)
    case = call(member, "2.35", appointment=appointment("2021-08-24T22:00", minutes=30))
    with pytest.raises(Conflict):
        take(member, case.due_at + HOUR)
    assert take(member, case.due_at + 12 * HOUR).case == case


def test_a_time_that_the_clocks_skip_is_refused(study, member):
    berlin = make_population(study, "DE", time_zones=["Europe/Berlin"], country="DE")
    berlin.field_start, berlin.field_end = NOW.date(), NOW.date() + 300 * DAY
    berlin.save()
    make_case(berlin)
    skipped = appointment("2022-03-27T02:30", "Europe/Berlin")
    with pytest.raises(InvalidInput, match="clocks are changed"):
        call(member, "2.35", appointment=skipped)


def test_no_appointment_is_made_with_nobody(population, member):
    make_case(population)
    with pytest.raises(InvalidInput) as error:
        call(member, "3.13", appointment=appointment())
    assert list(refusal(error)) == ["appointment"]


def test_the_interviewers_guess_is_no_leave_to_call_at_night(population, member):
    make_case(population)
    case = call(member, "2.35", appointment=appointment("2021-08-25T20:30", minutes=300, hard=False))
    closes = datetime(2021, 8, 25, 21, tzinfo=ZoneInfo("Asia/Aqtobe"))
    assert case.due_until == closes
    with pytest.raises(Conflict):
        take(member, closes + MINUTE)


def test_nobody_is_called_after_the_field_period_even_by_appointment(population, member):
    make_case(population)
    case = call(member, "2.35", appointment=appointment("2021-09-08T20:30", minutes=600))
    with pytest.raises(Conflict) as error:
        take(member, case.due_at + 5 * HOUR)
    assert refusal(error)["reason"] == "field_over"
    assert take(member, case.due_at + HOUR).case == case


@pytest.mark.parametrize("day", ["0001-01-01T00:00", "9999-12-31T23:59"])
def test_times_at_the_ends_of_the_calendar_are_impossible_appointments(population, member, day):
    make_case(population)
    attempt = take(member)
    with pytest.raises(InvalidInput) as error:
        record(attempt, "2.35", appointment=appointment(day))
    assert list(refusal(error)) == ["starts_at"]
    record(attempt, "2.35", appointment=appointment())
    for other in (appointment(day), appointment(zone="Mars/Olympus")):
        with pytest.raises(Conflict) as late:
            record(attempt, "2.35", appointment=other)
        assert late.value.code == "already_recorded"
    assert record(attempt, "2.35", appointment=appointment()).queue == Queue.APPOINTMENT


# --- leases ----------------------------------------------------------------------------------------------


def test_a_heartbeat_renews_the_lease(population, member):
    case = make_case(population)
    attempt = take(member)
    assert renew_lease(attempt=attempt, now=NOW + 10 * MINUTE) == NOW + 10 * MINUTE + LEASE
    assert expire_leases(now=NOW + 20 * MINUTE) == 0
    case.refresh_from_db()
    assert case.held_by == member.user


def test_a_lapsed_lease_gives_the_case_back_to_its_queue(population, study, member):
    case = make_case(population, queue=Queue.CALLBACK)
    attempt = take(member)
    assert expire_leases(now=NOW + LEASE + MINUTE) == 1
    case.refresh_from_db()
    attempt.refresh_from_db()
    assert (attempt.expired, attempt.ended_at, attempt.disposition) == (True, NOW + LEASE, "")
    assert (case.status, case.queue, case.held_by) == ("open", Queue.CALLBACK, None)
    assert take(make_member(study), NOW + LEASE + MINUTE).number == 2


def test_each_lapsed_case_is_settled_by_itself(population, study, member):
    """A damaged one (its call is gone) fails, and those behind it do not wait for it."""
    damaged, sound = make_case(population), make_case(population)
    CallAttempt.objects.filter(pk=take(member).pk).delete()
    take(make_member(study), NOW + MINUTE)
    later = NOW + HOUR
    assert lapsed_cases(later) == [damaged.pk, sound.pk]
    with pytest.raises(CallAttempt.DoesNotExist):
        expire_lease(case_id=damaged.pk, now=later)
    assert expire_lease(case_id=sound.pk, now=later)
    assert not expire_lease(case_id=sound.pk, now=later)
    assert lapsed_cases(later) == [damaged.pk]


def test_a_call_without_outcome_is_no_attempt_of_the_maximum(population, member):
    population.max_attempts = 1
    population.save()
    make_case(population)
    take(member)
    expire_leases(now=NOW + HOUR)
    case = call(member, "2.31", NOW + HOUR)
    assert case.attempts == 2
    assert case.final_disposition == "2.31"


def test_after_a_long_time_without_network_the_call_goes_on(population, member):
    case = make_case(population)
    attempt = take(member)
    expire_leases(now=NOW + HOUR)
    renew_lease(attempt=attempt, now=NOW + HOUR)
    case.refresh_from_db()
    assert (case.held_by, case.lease_until) == (member.user, NOW + HOUR + LEASE)
    assert take(member, NOW + HOUR) == attempt


def test_an_outcome_counts_even_after_the_lease_as_long_as_nobody_else_called(population, study, member):
    make_case(population)
    attempt = take(member)
    expire_leases(now=NOW + HOUR)
    assert record(attempt, "4.31", NOW + HOUR).final_disposition == "4.31"


def test_once_somebody_else_has_the_case_the_lapsed_call_is_over(population, study, member):
    make_case(population)
    attempt = take(member)
    expire_leases(now=NOW + HOUR)
    take(make_member(study), NOW + HOUR)
    for late in (lambda: renew_lease(attempt=attempt, now=NOW + HOUR), lambda: record(attempt, "3.13", NOW + HOUR)):
        with pytest.raises(Conflict) as error:
            late()
        assert error.value.code == "lease_lost"


def test_an_ended_call_has_no_lease(population, member):
    make_case(population)
    attempt = take(member)
    record(attempt, "3.13")
    with pytest.raises(Conflict) as error:
        renew_lease(attempt=attempt, now=NOW)
    assert error.value.code == "call_ended"


# --- supervisors -----------------------------------------------------------------------------------------


def test_a_supervisor_gives_a_stuck_case_back(population, study, member):
    case = make_case(population)
    take(member)
    supervisor = make_member(study, Role.SUPERVISOR).user
    release_case(case=case, actor=supervisor, now=NOW + MINUTE)
    assert take(make_member(study), NOW + MINUTE).case == case
    assert ActivityLog.objects.get(action="case.released").data["from"] == member.user_id
    with pytest.raises(Conflict):
        release_case(case=make_case(population), actor=supervisor, now=NOW)


def test_a_supervisor_closes_a_case_with_a_reason(population, study, member):
    make_case(population)
    case = call(member, "2.112")
    supervisor = make_member(study, Role.SUPERVISOR).user
    with pytest.raises(InvalidInput):
        close_case(case=case, actor=supervisor, reason=" ", now=NOW)
    case = close_case(case=case, actor=supervisor, reason="complained", now=NOW)
    assert (case.status, case.final_disposition) == ("closed", "2.112")
    assert ActivityLog.objects.get(action="case.closed").data == {"reason": "complained", "disposition": "2.112"}
    with pytest.raises(Conflict):
        close_case(case=case, actor=supervisor, reason="again", now=NOW)


def test_a_case_in_hand_is_not_closed_over_the_interviewers_head(population, study, member):
    case = make_case(population)
    take(member)
    with pytest.raises(Conflict) as error:
        close_case(case=case, actor=make_member(study, Role.SUPERVISOR).user, reason="x", now=NOW)
    assert error.value.code == "case_held"


# --- the table -------------------------------------------------------------------------------------------


def test_dead_entries_are_cleared_from_the_lists_of_waiting_cases_early():
    """See migrations/0002_case_autovacuum.py: migrations that are made anew must not lose it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT unnest(reloptions) FROM pg_class WHERE oid = 'fieldwork_case'::regclass")
        options = dict(row[0].split("=") for row in cursor.fetchall())
    assert options["autovacuum_vacuum_scale_factor"] == "0"
    assert int(options["autovacuum_vacuum_threshold"]) <= 10_000
    assert options["vacuum_index_cleanup"] == "on"
