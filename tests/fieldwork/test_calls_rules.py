"""When a case is called again: examples of the defaults, and what holds for any outcome, zone and hour."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fieldwork.call_rules import CallingHours, CaseFacts, PastCall, Window, day_slots, daypart, plan_next
from fieldwork.dispositions import disposition_table

TABLE = disposition_table()
ALMATY = ZoneInfo("Asia/Almaty")
AQTOBE = ZoneInfo("Asia/Aqtobe")
TASHKENT = ZoneInfo("Asia/Tashkent")
HOURS = CallingHours((ALMATY, AQTOBE), time(9), time(21), date(2021, 8, 19), date(2021, 9, 8))


def almaty(text: str) -> datetime:
    return datetime.fromisoformat(f"2021-{text}").replace(tzinfo=ALMATY)


def facts(*calls: tuple[str, str], **more) -> CaseFacts:
    return CaseFacts([PastCall(almaty(at), code) for at, code in calls], more.pop("max_attempts", 7), **more)


def plan(code: str, at: str, *earlier: tuple[str, str], hours: CallingHours = HOURS, **more):
    return plan_next(TABLE[code], facts(*earlier, (at, code), **more), hours, almaty(at))


# --- calling hours ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        ("08-24T09:30", False),  # 08:30 in Aqtobe, where the respondent may live
        ("08-24T10:00", True),
        ("08-24T20:59", True),
        ("08-24T21:00", False),
        ("08-18T12:00", False),  # before the field period
        ("09-09T12:00", False),
    ],
)
def test_calls_are_in_hours_in_every_zone_that_is_possible(at, allowed):
    assert HOURS.allow(almaty(at)) is allowed


def test_almaty_was_an_hour_ahead_of_tashkent_in_2021_and_is_not_now():
    both = (ALMATY, TASHKENT)
    then = CallingHours(both, time(9), time(21), date(2021, 8, 19), date(2021, 9, 8))
    now = CallingHours(both, time(9), time(21), date(2025, 8, 19), date(2025, 9, 8))
    assert then.next_moment(datetime(2021, 8, 24, 0, tzinfo=UTC)) == datetime(2021, 8, 24, 4, tzinfo=UTC)
    assert now.next_moment(datetime(2025, 8, 24, 0, tzinfo=UTC)) == datetime(2025, 8, 24, 4, tzinfo=UTC)
    assert then.next_moment(datetime(2021, 8, 24, 15, tzinfo=UTC)) == datetime(2021, 8, 25, 4, tzinfo=UTC)
    assert now.allow(datetime(2025, 8, 24, 15, 30, tzinfo=UTC))


# --- examples --------------------------------------------------------------------------------------------


def test_busy_is_called_again_after_half_an_hour():
    again = plan("3.12", "08-24T11:00")
    assert (again.queue, again.due_at) == ("retry", almaty("08-24T11:30"))


def test_no_answer_waits_three_hours_and_for_another_daypart():
    assert plan("3.13", "08-24T10:30").due_at == almaty("08-24T13:30")
    assert plan("3.13", "08-24T12:05").due_at == almaty("08-24T17:00")
    # Morning and afternoon were tried: the evening is next, and after it the morning of the next day in both zones.
    assert plan("3.13", "08-24T13:30", ("08-24T10:30", "3.13")).due_at == almaty("08-24T17:00")
    third = plan("3.13", "08-24T18:00", ("08-24T10:30", "3.13"), ("08-24T13:30", "3.13"))
    assert third.due_at == almaty("08-25T10:00")


def test_a_soft_refusal_waits_a_week_for_another_interviewer_who_converts():
    again = plan("2.112", "08-24T11:00")
    assert (again.queue, again.due_at) == ("callback", almaty("08-31T11:00"))
    assert again.needs_converter
    assert again.other_interviewer


def test_a_second_refusal_and_a_hard_one_are_final():
    assert plan("2.112", "08-31T11:00", ("08-24T11:00", "2.112"), refused_before=True).closes
    assert plan("2.11", "08-24T11:00").closes


def test_a_case_under_conversion_stays_with_converters():
    assert plan("3.13", "08-31T11:00", ("08-24T11:00", "2.112"), refused_before=True).needs_converter


def test_the_seventh_unanswered_attempt_is_the_last():
    calls = [(f"08-{20 + day}T{hour}:00", "3.13") for day in range(2) for hour in (10, 14, 18)]
    assert plan("3.13", "08-22T10:00", *calls).exhausted
    assert not plan("3.13", "08-22T10:00", *calls, max_attempts=8).closes


def test_an_appointment_ignores_the_maximum():
    window = Window(almaty("08-25T14:30"), almaty("08-25T15:00"))
    calls = facts(*[("08-24T11:00", "3.13")] * 7)
    again = plan_next(TABLE["3.21"], calls, HOURS, almaty("08-24T11:00"), window)
    assert (again.queue, again.due_at, again.due_until) == ("appointment", window.starts_at, window.ends_at)


def test_a_language_problem_waits_only_for_somebody_who_speaks_it():
    assert plan("2.332", "08-24T11:00").closes
    assert plan("2.332", "08-24T11:00", language_known=True).queue == "callback"


def test_busy_numbers_are_not_used_up_in_one_day():
    calls = [(f"08-24T{10 + n}:00", "3.12") for n in range(5)]
    # Two attempts are left and two more days are needed.
    assert plan("3.12", "08-24T14:00", *calls[:-1]).due_at == almaty("08-25T10:00")


def test_after_the_field_period_a_case_waits_for_a_longer_one():
    again = plan("3.13", "09-08T20:00")
    assert (again.queue, again.due_at) == ("retry", almaty("09-08T23:00"))


def test_quarter_hours_of_a_day():
    slots = day_slots(date(2021, 8, 25), ALMATY, HOURS)
    assert len(slots) == 48
    assert (slots[0], slots[-1]) == (almaty("08-25T09:00"), almaty("08-25T20:45"))


# --- properties ------------------------------------------------------------------------------------------

ZONES = [ZoneInfo(name) for name in ("Asia/Almaty", "Asia/Aqtobe", "Asia/Tashkent", "Europe/Berlin", "Asia/Kamchatka")]
hours_of_day = st.tuples(st.integers(0, 22), st.sampled_from([0, 30])).map(lambda hm: time(*hm))


@st.composite
def calling_hours(draw) -> CallingHours:
    zones = tuple(draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True)))
    opens, closes = sorted(draw(st.lists(hours_of_day, min_size=2, max_size=2, unique=True)))
    # The period holds the change to winter time in Berlin.
    first = draw(st.dates(date(2021, 10, 20), date(2021, 10, 31)))
    return CallingHours(zones, opens, closes, first, first + timedelta(days=draw(st.integers(0, 20))))


minutes_of_autumn = st.integers(0, 35 * 24 * 60)
moments = minutes_of_autumn.map(lambda minutes: datetime(2021, 10, 18, tzinfo=UTC) + timedelta(minutes=minutes))
waiting = st.sampled_from(
    [code for code, d in TABLE.items() if d.recordable and d.handling not in {"final", "refusal_hard"}]
)


def within(moment: datetime, hours: CallingHours) -> bool:
    local = [moment.astimezone(zone) for zone in hours.zones]
    return all(
        hours.opens <= at.time() < hours.closes and hours.first_day <= at.date() <= hours.last_day for at in local
    )


@given(calling_hours(), moments)
def test_the_next_calling_moment_is_allowed_and_none_is_passed_over(hours, after):
    moment = hours.next_moment(after)
    assert hours.allow(after) == within(after, hours) == (moment == after)
    minutes = (after + timedelta(minutes=10 * n) for n in range(6 * 24 * 3))
    if moment is None:
        assert not any(within(at, hours) for at in minutes)
    else:
        assert moment >= after
        assert within(moment, hours)
        assert not any(within(at, hours) for at in minutes if at < moment)


@given(calling_hours(), moments, waiting, st.lists(st.tuples(moments, waiting), max_size=5), st.booleans())
def test_a_case_is_next_due_after_the_delay_and_in_calling_hours(hours, now, code, earlier, converts):
    outcome = TABLE[code]
    calls = [PastCall(at, past) for at, past in sorted(earlier) if at < now] + [PastCall(now, code)]
    again = plan_next(outcome, CaseFacts(calls, 7, converts, language_known=True), hours, now)
    assume(not again.closes)
    earliest = now + timedelta(minutes=outcome.delay_minutes)
    assert again.due_at >= earliest
    if hours.next_moment(earliest) is None:
        assert again.due_at == earliest
    else:
        assert within(again.due_at, hours)


@given(st.sampled_from(["3.12", "3.13", "3.161"]), st.integers(0, 60 * 24))
def test_seven_unanswered_attempts_take_at_least_three_days(code, minutes):
    hours = CallingHours((ALMATY,), time(9), time(21), date(2021, 8, 19), date(2021, 9, 8))
    moment = hours.next_moment(almaty("08-19T00:00") + timedelta(minutes=minutes))
    calls: list[PastCall] = []
    while True:
        calls.append(PastCall(moment, code))
        again = plan_next(TABLE[code], CaseFacts(calls, 7), hours, moment)
        if again.closes:
            break
        moment = again.due_at
    assert again.exhausted
    assert len(calls) == 7
    assert len({call.started_at.astimezone(ALMATY).date() for call in calls}) >= 3
    if code != "3.12":
        assert {daypart(call.started_at, hours) for call in calls} == {0, 1, 2}
