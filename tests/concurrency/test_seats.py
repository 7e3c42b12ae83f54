"""Many interviews want the last seats of a cell at once, against a real database."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TypeVar

import pytest
from django.db import connection

from fieldwork.models import Interview, Quota, Seat
from fieldwork.services.quotas import SEAT_LEASE, give_back_seats, keep_seats, renew_seats, take_seat
from studies.models import Population
from tests.factories import NOW, make_interview, make_member, make_population, make_quota

THREADS = 16
T = TypeVar("T")

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


def at_once(jobs: Sequence[Callable[[], T]]) -> list[T]:
    """Run every job in a thread of its own, all starting at the same moment; what one raises is raised here."""
    barrier = Barrier(len(jobs))

    def run(job: Callable[[], T]) -> T:
        try:
            barrier.wait(timeout=30)
            return job()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, job) for job in jobs]]


def make_interviews(population: Population, count: int) -> list[Interview]:
    interviewer = make_member(population.study).user
    return [make_interview(population, interviewer=interviewer) for _ in range(count)]


def live(population: Population) -> int:
    return Seat.objects.filter(Seat.live_at(NOW), cell__quota__population=population).count()


def test_one_of_sixteen_gets_the_last_seat() -> None:
    population = make_population()
    make_quota(population, [("all", "true()", 3)])
    first = make_interviews(population, 2)
    for interview in first:
        take_seat(interview=interview, values={}, now=NOW)
    racing = make_interviews(population, THREADS)
    decisions = at_once([lambda each=each: take_seat(interview=each, values={}, now=NOW) for each in racing])  # type: ignore[misc]
    assert sum(decision.open for decision in decisions) == 1
    assert live(population) == 3


def test_two_tabs_of_one_interview_get_one_seat() -> None:
    population = make_population()
    make_quota(population, [("young", "${age} < 30", 5), ("ru", "${language} = 'ru'", 5)])
    interview = make_interview(population)
    values = {"age": 20, "language": "ru"}
    decisions = at_once([lambda: take_seat(interview=interview, values=values, now=NOW)] * THREADS)
    assert len({decision.cell for decision in decisions}) == 1
    assert interview.seats.count() == 1


def test_marginal_quotas_asked_for_in_any_order_do_not_wait_for_each_other() -> None:
    """Respondents who fit many cells of three quotas: no deadlock, no cell above its target."""
    population = make_population()
    targets = {"a": 4, "b": 6, "c": 5, "d": 7, "e": 6, "f": 4}
    for pair in ("ab", "cd", "ef"):
        make_quota(population, [(name, f"${{{name}}} = '1'", targets[name]) for name in pair])
    chance = random.Random(3)
    wishes = [
        {name: "1" for pair in ("ab", "cd", "ef") for name in (pair if chance.random() < 0.5 else chance.choice(pair))}
        for _ in range(THREADS * 2)
    ]
    racing = list(zip(make_interviews(population, len(wishes)), wishes, strict=True))
    decisions = at_once([lambda i=i, v=v: take_seat(interview=i, values=v, now=NOW) for i, v in racing])  # type: ignore[misc]
    for name, target in targets.items():
        assert Seat.objects.filter(cell__name=name, status=Seat.Status.HELD).count() <= target
    for (interview, _), decision in zip(racing, decisions, strict=True):
        assert interview.seats.filter(status=Seat.Status.HELD).count() == (3 if decision.open else 0)
    assert 1 <= sum(decision.open for decision in decisions) <= 10


@pytest.mark.parametrize(("rule", "tolerance"), [(Quota.Rule.STRICT, 0), (Quota.Rule.FINISH, 2)])
def test_nobody_overshoots_while_seats_come_and_go(rule: str, tolerance: int) -> None:
    population = make_population()
    cell = make_quota(population, [("all", "true()", 12)], rule=rule, tolerance=tolerance).cells.get()
    interviews = make_interviews(population, THREADS * 4)
    most_seen: list[int] = []

    def work(number: int) -> None:
        chance = random.Random(number)
        for interview in interviews[number::THREADS]:
            if not take_seat(interview=interview, values={}, now=NOW).open:
                continue
            most_seen.append(live(population))
            renew_seats(interview=interview, now=NOW + timedelta(minutes=16))
            if chance.random() < 0.5:
                give_back_seats(interview=interview, reason="break_off", now=NOW)
            else:
                keep_seats(interview=interview, now=NOW)

    at_once([lambda number=number: work(number) for number in range(THREADS)])  # type: ignore[misc]
    complete = cell.seats.filter(status=Seat.Status.COMPLETE).count()
    assert max(most_seen) <= 12 + tolerance
    assert 0 < complete <= 12 + tolerance
    assert not cell.seats.filter(status=Seat.Status.HELD).exists()


def test_an_expired_lease_and_a_newcomer_race_for_one_place() -> None:
    population = make_population()
    make_quota(population, [("all", "true()", 1)])
    slow, *newcomers = make_interviews(population, THREADS)
    take_seat(interview=slow, values={}, now=NOW)
    later = NOW + SEAT_LEASE + timedelta(minutes=1)
    renewals = [lambda: renew_seats(interview=slow, now=later)]
    arrivals = [lambda each=each: take_seat(interview=each, values={}, now=later).open for each in newcomers]  # type: ignore[misc]
    assert sum(at_once([*renewals, *arrivals])) == 1
    assert Seat.objects.filter(Seat.live_at(later)).count() == 1
