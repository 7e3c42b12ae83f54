"""One interview whose journal arrives many times over, from several windows at once."""

from __future__ import annotations

import pytest

from fieldwork.models import Interview, JournalEntry, Seat
from fieldwork.services.calls import record_outcome
from fieldwork.services.interviews import begin_interview, complete_interview, reach_checkpoint
from studies.errors import Conflict
from tests.concurrency.test_next_case import THREADS, at_once
from tests.factories import NOW, make_case, make_member, make_quota, make_study
from tests.fieldwork.calls_data import ANSWERS, SCREENER, begin, entries, entry, loaded, publish, say, send

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def interview():
    study = make_study()
    publish(study)
    make_case(study.populations.get())
    return begin(make_member(study))


def test_a_batch_that_is_sent_sixteen_times_at_once_is_stored_once(interview):
    batch = entries(ANSWERS)
    # Some senders have only the beginning, as after a lost acknowledgement.
    works = [lambda size=size: send(interview, *batch[: 1 + size % len(batch)]) for size in range(THREADS)]
    results = at_once([*works, lambda: send(interview, *batch)])
    assert not [one for one in results if isinstance(one, Conflict)]
    assert list(JournalEntry.objects.order_by("seq").values_list("seq", flat=True)) == [1, 2, 3, 4, 5, 6]
    stored = loaded(interview)
    assert (stored.answers, stored.last_seq, stored.duration_ms) == (dict(ANSWERS), 6, 60_000)


def test_of_different_entries_under_one_number_one_is_kept(interview):
    ages = range(20, 20 + THREADS)
    send(interview, *entries(SCREENER[:1]))
    results = at_once([lambda age=age: send(interview, entry(2, item="age", value=age)) for age in ages])
    refused = [one for one in results if isinstance(one, Conflict)]
    assert len(refused) == THREADS - 1
    assert {one.code for one in refused} == {"seq_conflict"}
    assert loaded(interview).answers["age"] == JournalEntry.objects.get(seq=2).value


def test_of_many_windows_only_the_last_one_writes(interview):
    opened = at_once(
        [lambda: begin_interview(attempt=interview.attempt, language="ru", now=NOW) for _ in range(THREADS)]
    )
    epochs = sorted(one.epoch for one in opened)
    assert epochs == list(range(2, THREADS + 2))
    results = at_once(
        [lambda one=one: send(interview, entry(1, item="gender", value="2"), epoch=one.epoch) for one in opened]
    )
    refused = [one for one in results if isinstance(one, Conflict)]
    assert len(refused) == THREADS - 1
    assert {one.code for one in refused} == {"taken_over"}
    assert JournalEntry.objects.count() == 1


def test_checkpoint_and_end_that_are_asked_for_at_once_happen_once(interview):
    make_quota(interview.population, [("all", "true()", 1)])
    say(interview, ANSWERS)
    found = loaded(interview)
    at_once([lambda: reach_checkpoint(interview=found, epoch=1, name="screener", now=NOW)] * 8)
    assert Seat.objects.filter(status="held").count() == 1
    results = at_once([lambda: complete_interview(interview=found, epoch=1, now=NOW)] * 8)
    assert {one.status for one in results} == {"completed"}
    assert Interview.objects.get().attempt.disposition == "1.1"
    assert Seat.objects.get().status == "complete"


def test_entries_and_the_outcome_that_cross_each_other_lose_nothing(interview):
    batch = entries(ANSWERS)
    results = at_once(
        [
            *[lambda: send(interview, *batch) for _ in range(8)],
            lambda: record_outcome(attempt=interview.attempt, disposition="3.21", now=NOW),
            lambda: send(interview, *batch[:3]),
        ]
    )
    assert not [one for one in results if isinstance(one, Conflict)]
    assert loaded(interview).answers == dict(ANSWERS)
    assert loaded(interview).status == "suspended"
