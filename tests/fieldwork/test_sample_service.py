"""Numbering plans and population tables taken in, samples drawn and stored, replicates released."""

from __future__ import annotations

import io
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from fieldwork import numbering
from fieldwork.models import Case, CasePhone, NumberingPlan, NumberRange, PopulationCount, Replicate, Sample
from fieldwork.selectors.sample import ranges_of
from fieldwork.services import sample as samples
from fieldwork.services.sample import (
    create_sample,
    draw_sample,
    load_numbering_plan,
    load_population_counts,
    release_next_replicates,
    release_replicate,
)
from fieldwork.tasks import sample as tasks
from studies.errors import Conflict, InvalidInput
from studies.models import ActivityLog, Population
from studies.models.study import Role
from tests.factories import NOW, make_member, make_population, make_user

DATA = Path(__file__).parent / "data"
HEADER = (
    "country_code,prefix,operator_or_area,type,subscriber_digits,time_zone,valid_from,valid_to,in_population_rdd,source"
)
#: 1,100 mobile numbers for the population, and some that a draw must not touch.
PLAN = f"""{HEADER}
7,70100,Kcell,mobile,3,,,,yes,invented
7,70200,Beeline,mobile,2,,,,yes,invented
7,75100,VoIP,voip,3,,,,no,invented
7,72700,Almaty,landline,3,Asia/Almaty,,2020-12-31,yes,invented
"""
DAY = date(2021, 8, 19)


def make_plan(text: str = PLAN, country: str = "KZ", **fields: Any) -> NumberingPlan:
    return load_numbering_plan(
        file=io.BytesIO(text.encode()), country=country, name="invented", source="tests", actor=None, now=NOW, **fields
    )


def order(population: Population, plan: NumberingPlan | None = None, **fields: Any) -> Sample:
    plan = plan or NumberingPlan.objects.first() or make_plan()
    defaults: dict[str, Any] = {
        "seed": 1,
        "size": 100,
        "replicate_size": 30,
        "plan_date": DAY,
        "actor": None,
        "now": NOW,
    }
    return create_sample(population=population, plan=plan, **{**defaults, **fields})


def draw(population: Population, plan: NumberingPlan | None = None, **fields: Any) -> Sample:
    return draw_sample(sample=order(population, plan, **fields), now=NOW)


def numbers_of(sample: Sample) -> list[str]:
    return list(CasePhone.objects.filter(case__sample=sample).order_by("case__shuffle").values_list("e164", flat=True))


# --- tables in -------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_plan_is_stored_with_its_ranges_and_logged() -> None:
    plan = make_plan()
    assert plan.ranges.count() == 4
    almaty = plan.ranges.get(prefix="72700")
    assert (almaty.time_zone, almaty.valid_to, almaty.kind) == ("Asia/Almaty", date(2020, 12, 31), "landline")
    assert ActivityLog.objects.get().action == "numbering_plan.loaded"
    assert ranges_of(plan.ranges.order_by("pk")) == numbering.read_ranges(PLAN.encode())[0]


@pytest.mark.django_db
def test_a_bad_plan_is_not_loaded_and_every_bad_cell_is_named() -> None:
    with pytest.raises(InvalidInput) as caught:
        make_plan(f"{HEADER}\n7,701,Kcell,mobile,7,,,,yes,\n7,7x2,Kcell,mobile,7,,2021-13-01,,yes,\n7,701,a\n")
    assert caught.value.fields["file"] == [
        "Line 3, column prefix: “7x2” should be digits only.",
        "Line 3, column valid_from: “2021-13-01” is not a date. Write year-month-day, as in 2021-08-01.",
        "Line 4: The row has another number of cells than the first row (3/10).",
    ]
    assert not NumberingPlan.objects.exists()
    assert not NumberRange.objects.exists()


@pytest.mark.django_db
def test_a_plan_of_another_country_is_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        make_plan(country="UZ")
    assert "+7 is not the code of this country" in caught.value.fields["file"][0]  # type: ignore[index]
    with pytest.raises(InvalidInput, match="no country"):
        make_plan(country="XQ")


@pytest.mark.django_db
def test_the_same_file_is_not_loaded_twice() -> None:
    make_plan()
    with pytest.raises(Conflict, match="loaded before"):
        make_plan()


@pytest.mark.django_db
def test_a_file_far_too_large_is_not_read() -> None:
    with pytest.raises(InvalidInput, match="larger than 5 MB"):
        make_plan("x" * (samples.MOST_TABLE_BYTES + 1))


@pytest.mark.django_db
def test_a_population_table_is_taken_once() -> None:
    population = make_population()

    def load() -> int:
        with (DATA / "population_kz_2021_wpp2019.csv").open("rb") as file:
            return load_population_counts(
                file=file, population=population, source="WPP 2019", year=2021, actor=None, now=NOW
            )

    assert load() == population.counts.count()
    adults = sum(count.persons for count in PopulationCount.objects.filter(age__gte=18))
    assert adults == 12_686_782
    with pytest.raises(Conflict, match="WPP 2019, 2021"):
        load()


@pytest.mark.django_db
def test_a_bad_population_table_is_not_loaded() -> None:
    population = make_population()
    with pytest.raises(InvalidInput) as caught:
        load_population_counts(
            file=io.BytesIO(b"age,sex,persons\n18,male,1 000\n"),
            population=population,
            source="x",
            year=2021,
            actor=None,
            now=NOW,
        )
    assert caught.value.fields["file"] == ["Line 2, column persons: “1 000” is not a whole number."]
    assert not population.counts.exists()


# --- drawing ---------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_drawn_sample_has_its_cases_numbers_and_replicates() -> None:
    population = make_population()
    sample = draw(population)
    assert (sample.status, sample.progress) == (Sample.Status.READY, 100)
    assert [replicate.size for replicate in sample.replicates.all()] == [30, 30, 30, 10]
    cases = list(sample.cases.order_by("number").select_related("replicate", "phone"))
    assert [case.number for case in cases] == list(range(1, 101))
    assert [case.replicate.number for case in cases] == [1] * 30 + [2] * 30 + [3] * 30 + [4] * 10
    assert all(earlier.shuffle < later.shuffle for earlier, later in pairwise(cases))
    assert {case.status for case in cases} == {Case.Status.SAMPLED}
    assert {case.inclusion_probability for case in cases} == {100 / 1100} == {sample.inclusion_probability}
    for case in cases:
        assert case.phone.e164.startswith("+770100" if case.operator == "Kcell" else "+770200")
        assert bytes(case.phone.digest) == numbering.number_digest(case.phone.e164, KEY)
    assert len({case.phone.e164 for case in cases}) == 100


KEY = b"used-in-tests-only-0123456789abcdefghijklmnopqrstuvwxyz"


@pytest.mark.django_db
def test_the_frame_and_what_was_drawn_of_it_stay_with_the_sample() -> None:
    sample = Sample.objects.get(pk=draw(make_population()).pk)
    assert sample.frame["size"] == 1100
    assert [found["lead"] for found in sample.frame["ranges"]] == ["+770100", "+770200"]
    assert sum(found["drawn"] for found in sample.frame["ranges"]) == 100
    assert sample.frame["excluded"] == {"earlier_samples": 0}
    assert ActivityLog.objects.filter(action="sample.drawn").exists()


@pytest.mark.django_db
def test_the_same_plan_day_and_seed_give_the_same_numbers_in_the_same_order() -> None:
    plan = make_plan()
    first, second = draw(make_population(), plan), draw(make_population(), plan)
    larger = draw(make_population(), plan, size=200)
    other = draw(make_population(), plan, seed=2)
    assert numbers_of(first) == numbers_of(second) == numbers_of(larger)[:100]
    assert numbers_of(first) != numbers_of(other)


@pytest.mark.django_db
def test_numbers_of_earlier_samples_are_passed_over_counted_and_replaced() -> None:
    population = make_population()
    first, second = draw(population, size=600), draw(population, size=400, seed=2)
    again = draw(population, size=100, seed=1)
    assert second.frame["excluded"]["earlier_samples"] > 100
    # The same seed begins with the 600 numbers of the first sample.
    assert again.frame["excluded"]["earlier_samples"] >= 600
    numbers = numbers_of(first) + numbers_of(second) + numbers_of(again)
    assert len(set(numbers)) == 1100
    assert sorted(population.cases.values_list("number", flat=True)) == list(range(1, 1101))
    assert second.inclusion_probability == 400 / 1100


@pytest.mark.django_db
def test_purged_numbers_are_recognised() -> None:
    population = make_population()
    first = draw(population)
    numbers = set(numbers_of(first))
    CasePhone.objects.update(e164="")
    assert not numbers & set(numbers_of(draw(population, size=101)))


@pytest.mark.django_db
def test_another_population_may_have_the_same_numbers() -> None:
    assert numbers_of(draw(make_population())) == numbers_of(draw(make_population()))


@pytest.mark.django_db
def test_a_frame_without_numbers_left_stores_nothing() -> None:
    population = make_population()
    draw(population, size=1000)
    sample = order(population, size=101)
    with pytest.raises(Conflict, match="only 100 numbers"):
        draw_sample(sample=sample, now=NOW)
    sample.refresh_from_db()
    assert sample.status == Sample.Status.QUEUED
    assert not sample.cases.exists()
    assert not sample.replicates.exists()


@pytest.mark.django_db
def test_progress_is_told_and_may_stop_the_draw() -> None:
    told: list[int] = []
    sample = draw_sample(sample=order(make_population()), now=NOW, progress=told.append)
    assert told == [100]

    def stop(percent: int) -> None:
        raise Conflict("sample_not_waiting", "cancelled")

    stopped = order(make_population())
    with pytest.raises(Conflict, match="cancelled"):
        draw_sample(sample=stopped, now=NOW, progress=stop)
    assert not stopped.cases.exists()
    with pytest.raises(Conflict):
        draw_sample(sample=sample, now=NOW)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"size": 0}, "size"),
        ({"size": 1101}, "size"),
        ({"size": 10**7}, "size"),
        ({"replicate_size": 101}, "replicate_size"),
        ({"seed": -1}, "seed"),
        ({"seed": 2**63}, "seed"),
    ],
)
def test_a_sample_that_cannot_be_drawn_is_not_ordered(fields: dict[str, int], field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        order(make_population(), **fields)
    assert list(caught.value.fields) == [field]
    assert not Sample.objects.exists()


@pytest.mark.django_db
def test_a_plan_must_be_of_the_country_and_have_ranges_of_the_day() -> None:
    plan = make_plan(f"{HEADER}\n7,70100,Kcell,mobile,3,,2022-01-01,,yes,\n")
    with pytest.raises(InvalidInput, match="no range"):
        order(make_population(), plan)
    with pytest.raises(InvalidInput, match="another country"):
        order(make_population(code="UZ"), plan)


# --- the task --------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_the_task_draws_once_however_often_it_is_delivered() -> None:
    sample = order(make_population())
    tasks.draw_sample(sample.pk)
    tasks.draw_sample(sample.pk)
    sample.refresh_from_db()
    assert (sample.status, sample.progress, sample.cases.count()) == (Sample.Status.READY, 100, 100)


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_from_outside_while_nothing_is_stored_yet() -> None:
    sample = order(make_population())
    claimed = samples.claim_sample(sample_id=sample.pk, now=NOW)
    assert claimed is not None
    seen: list[tuple[int, int]] = []
    outside = connection.copy()
    try:
        with tasks.visible_progress(claimed) as progress:

            def tell(percent: int) -> None:
                progress(percent)
                with outside.cursor() as cursor:
                    cursor.execute("SELECT progress, (SELECT count(*) FROM fieldwork_case) FROM fieldwork_sample")
                    seen.append(cursor.fetchone())

            draw_sample(sample=claimed, now=NOW, progress=tell)
    finally:
        outside.close()
    assert seen == [(100, 0)]
    assert sample.cases.count() == 100


@pytest.mark.django_db(transaction=True)
def test_a_cancelled_draw_stops_and_can_be_ordered_again() -> None:
    lead = make_user(first_name="Aigerim")
    sample = order(make_population())
    claimed = samples.claim_sample(sample_id=sample.pk, now=NOW)
    assert claimed is not None
    samples.cancel_draw(sample=sample, actor=lead, now=NOW)
    with tasks.visible_progress(claimed) as progress, pytest.raises(Conflict):
        draw_sample(sample=claimed, now=NOW, progress=progress)
    sample.refresh_from_db()
    assert (sample.status, sample.error) == (Sample.Status.FAILED, "Cancelled by Aigerim.")
    assert not sample.cases.exists()
    samples.retry_draw(sample=sample, actor=lead, now=NOW)
    tasks.draw_sample(sample.pk)
    assert sample.cases.count() == 100
    with pytest.raises(Conflict):
        samples.cancel_draw(sample=sample, actor=lead, now=NOW)
    with pytest.raises(Conflict):
        samples.retry_draw(sample=sample, actor=lead, now=NOW)


@pytest.mark.django_db(transaction=True)
def test_what_went_wrong_stands_in_the_row() -> None:
    population = make_population()
    draw(population, size=1100)
    sample = order(population)
    tasks.draw_sample(sample.pk)
    sample.refresh_from_db()
    assert sample.status == Sample.Status.FAILED
    assert sample.error.startswith("The frame has only 0 numbers")


@pytest.mark.django_db(transaction=True)
def test_what_went_wrong_is_said_in_the_language_of_the_one_who_ordered() -> None:
    population = make_population()
    draw(population, size=1100)
    sample = order(population, actor=make_user("aigerim", language="ru"))
    tasks.draw_sample(sample.pk)
    sample.refresh_from_db()
    assert sample.error.startswith("В основе только 0 номеров")


@pytest.mark.django_db
def test_a_draw_that_lost_its_worker_is_given_out_again() -> None:
    lost, running, waiting = order(make_population()), order(make_population()), order(make_population())
    samples.claim_sample(sample_id=lost.pk, now=NOW)
    samples.claim_sample(sample_id=running.pk, now=NOW + timedelta(minutes=10))
    assert set(samples.return_stuck_samples(now=NOW + timedelta(minutes=21))) == {lost.pk, waiting.pk}
    # The first worker comes back to life: the sample is no longer its own.
    lost.status, lost.claimed_at = Sample.Status.DRAWING, NOW
    with pytest.raises(Conflict):
        draw_sample(sample=lost, now=NOW)
    assert not lost.cases.exists()


@pytest.mark.django_db(transaction=True)
def test_a_draw_that_the_database_refuses_fails_without_a_number_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    sample = order(make_population())
    # As if a range had come in past the checks of a plan: its numbers don't fit into their column.
    NumberRange.objects.filter(prefix="70100").update(country_code="7777", prefix="77777777", subscriber_digits=8)
    tasks.draw_sample(sample.pk)
    sample.refresh_from_db()
    assert (sample.status, Case.objects.count()) == (Sample.Status.FAILED, 0)
    assert "fieldwork_casephone" in caplog.text
    assert "77777777" not in caplog.text


# --- replicates ------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_release_opens_the_cases_of_the_replicate_and_no_others() -> None:
    population = make_population()
    supervisor = make_member(population.study, Role.SUPERVISOR).user
    sample = draw(population)
    first = sample.replicates.get(number=1)
    assert release_replicate(replicate=first, actor=supervisor, now=NOW, reason="field start") == 30
    opened = sample.cases.filter(status=Case.Status.OPEN)
    assert set(opened.values_list("replicate__number", "due_at", "queue")) == {(1, NOW, Case.Queue.FRESH)}
    assert opened.count() == 30
    first.refresh_from_db()
    assert (first.released_at, first.released_by, first.release_reason) == (NOW, supervisor, "field start")
    logged = ActivityLog.objects.get(action="replicates.released")
    assert (logged.actor, logged.data["replicates"], logged.data["cases"]) == (supervisor, [1], 30)
    assert logged.data["reason"] == "field start"


@pytest.mark.django_db
def test_a_replicate_is_released_once_and_in_order() -> None:
    sample = draw(make_population())
    replicates = list(sample.replicates.all())
    with pytest.raises(Conflict) as caught:
        release_replicate(replicate=replicates[1], actor=None, now=NOW)
    assert caught.value.code == "out_of_order"
    release_replicate(replicate=replicates[0], actor=None, now=NOW)
    with pytest.raises(Conflict) as caught:
        release_replicate(replicate=replicates[0], actor=None, now=NOW)
    assert caught.value.code == "already_released"
    assert sample.cases.filter(status=Case.Status.OPEN).count() == 30


@pytest.mark.django_db
def test_several_replicates_are_released_together_but_not_on_old_knowledge() -> None:
    sample = draw(make_population())
    assert release_next_replicates(sample=sample, count=2, after=0, actor=None, now=NOW) == 60
    with pytest.raises(Conflict, match="meanwhile"):
        release_next_replicates(sample=sample, count=2, after=0, actor=None, now=NOW)
    with pytest.raises(InvalidInput):
        release_next_replicates(sample=sample, count=3, after=2, actor=None, now=NOW)
    assert release_next_replicates(sample=sample, count=2, after=2, actor=None, now=NOW) == 40
    assert not Replicate.objects.filter(released_at=None).exists()


@pytest.mark.django_db
def test_nothing_is_released_of_a_sample_that_is_not_drawn() -> None:
    sample = order(make_population())
    Replicate.objects.create(sample=sample, number=1, size=30)
    with pytest.raises(Conflict) as caught:
        release_next_replicates(sample=sample, count=1, actor=None, now=NOW)
    assert caught.value.code == "sample_not_ready"
