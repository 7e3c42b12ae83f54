"""The sample room: what supervisors and leads see of samples, and what they may do."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fieldwork.models import Case, Interview, NumberingPlan, Sample
from fieldwork.selectors.sample import (
    frame_of,
    plan_rows,
    population_samples,
    range_rows,
    replicate_rows,
    time_left,
)
from fieldwork.services.sample import claim_sample, release_next_replicates
from studies.models import Population, Study, User
from studies.models.study import Role
from tests.factories import (
    NOW,
    make_attempt,
    make_interview,
    make_member,
    make_population,
    make_quota,
    make_study,
)
from tests.fieldwork.test_sample_service import DAY, HEADER, PLAN, draw, make_plan, order

pytestmark = pytest.mark.django_db


def log_in(client: Client, study: Study, role: Role) -> User:
    user = make_member(study, role).user
    client.force_login(user)
    return user


def url(name: str, *args: object) -> str:
    return reverse(f"fieldwork:{name}", args=args)


def work(population: Population, *, completes: int, tried: int) -> list[Case]:
    """Call the first cases of a population: `tried` of them once, of which the first `completes` give an interview."""
    cases = list(population.cases.filter(status=Case.Status.OPEN).order_by("number")[:tried])
    for case in cases[:completes]:
        make_interview(case=case, status=Interview.Status.COMPLETED, ended_at=NOW)
        case.status, case.final_disposition = Case.Status.CLOSED, "1.1"
        case.save()
    for case in cases[completes:]:
        make_attempt(case)
    return cases


# --- selectors -------------------------------------------------------------------------------------------


def test_yield_and_forecast_of_a_population() -> None:
    population = make_population()
    sample = draw(population, size=1000, replicate_size=100)
    quota = make_quota(population, [("slow", "true()", 40), ("quick", "true()", 20), ("new", "true()", 5)])
    release_next_replicates(sample=sample, count=2, actor=None, now=NOW)
    cases = work(population, completes=10, tried=150)
    for place, case in enumerate(cases[:10]):
        cell = quota.cells.get(name="slow" if place < 4 else "quick")
        cell.seats.create(interview=case.interview, status="complete", taken_at=NOW)
    summary = population_samples(population.study, [population], NOW)[0]
    counts = summary.counts
    assert (counts.released, counts.fresh, counts.waiting, counts.closed) == (200, 50, 140, 10)
    assert (counts.tried, counts.attempts, counts.completes) == (150, 150, 10)
    assert counts.completes_per_thousand == pytest.approx(1000 * 10 / 150)
    # slow: 36 open places at 4 completes from 150 numbers: 36 x 150 / 4 = 1,350; 50 are released and not called yet.
    assert summary.forecast.deciding is not None
    assert (summary.forecast.deciding.cell.name, summary.forecast.deciding.numbers) == ("slow", 1350)
    assert (summary.forecast.more, summary.replicates_needed) == (1300, 13)
    assert [need.cell.name for need in summary.forecast.unknown] == ["new"]
    assert summary.numbers == 1000


def test_rejected_interviews_are_not_completes() -> None:
    population = make_population()
    release_next_replicates(sample=draw(population), count=1, actor=None, now=NOW)
    cases = work(population, completes=2, tried=2)
    Interview.objects.filter(case=cases[0]).update(rejected_at=NOW)
    assert population_samples(population.study, [population], NOW)[0].counts.completes == 1


def test_replicates_tell_where_their_cases_stand() -> None:
    population = make_population()
    sample = draw(population)
    release_next_replicates(sample=sample, count=2, actor=None, now=NOW)
    work(population, completes=1, tried=32)
    rows = replicate_rows(sample.replicates.order_by("number"))
    assert [(row.counts.fresh, row.counts.waiting, row.counts.closed, row.counts.completes) for row in rows] == [
        (0, 29, 1, 1),
        (28, 2, 0, 0),
        (0, 0, 0, 0),
        (0, 0, 0, 0),
    ]


def test_the_overview_takes_as_many_queries_for_much_as_for_little(client: Client) -> None:
    study = make_study(populations=("KZ", "UZ"))
    log_in(client, study, Role.LEAD)
    plan = make_plan()
    kazakhstan = study.populations.get(code="KZ")
    make_quota(kazakhstan)
    release_next_replicates(sample=draw(kazakhstan, plan), count=1, actor=None, now=NOW)
    work(kazakhstan, completes=1, tried=2)
    client.get(url("sample", study.code))
    with CaptureQueriesContext(
        connection,
    ) as little:
        client.get(url("sample", study.code))
    for seed in (2, 3):
        sample = draw(kazakhstan, plan, seed=seed, replicate_size=10)
        release_next_replicates(sample=sample, count=5, actor=None, now=NOW)
    make_quota(kazakhstan, [("a", "true()", 2), ("b", "true()", 3)])
    work(kazakhstan, completes=8, tried=20)
    with CaptureQueriesContext(connection) as much:
        assert client.get(url("sample", study.code)).status_code == 200
    assert len(much) == len(little) <= 20


def test_the_replicate_table_takes_as_many_queries_for_much_as_for_little(client: Client) -> None:
    population = make_population()
    log_in(client, population.study, Role.SUPERVISOR)
    page = url("sample_detail", population.study.code, "KZ", 1)
    sample = draw(population, replicate_size=5)
    release_next_replicates(sample=sample, count=1, actor=None, now=NOW)
    client.get(page)
    with CaptureQueriesContext(connection) as little:
        client.get(page)
    release_next_replicates(sample=sample, count=15, actor=None, now=NOW)
    work(population, completes=3, tried=30)
    with CaptureQueriesContext(connection) as much:
        client.get(page)
    assert len(much) == len(little)


def test_time_left_follows_the_pace_so_far() -> None:
    sample = order(make_population())
    assert time_left(sample, NOW) is None
    claimed = claim_sample(sample_id=sample.pk, now=NOW)
    assert claimed is not None
    claimed.progress = 25
    assert time_left(claimed, NOW + timedelta(seconds=10)) == timedelta(seconds=30)


def test_plans_know_their_frame_and_where_phonenumbers_disagrees() -> None:
    plan = make_plan(
        f"{HEADER}\n7,701,Kcell,mobile,7,,,,yes,\n7,790,Nobody,mobile,7,,,2020-12-31,yes,\n7,727,Wrong,mobile,7,,,,no,\n"
    )
    assert [(row.ranges, row.frame_size) for row in plan_rows(["KZ"], DAY)] == [(3, 10**7)]
    assert frame_of(plan, DAY).size == 10**7
    assert [(row.range.prefix, row.disagrees) for row in range_rows(plan, DAY)] == [
        ("701", False),
        ("727", True),
        ("790", False),
    ]


# --- pages -----------------------------------------------------------------------------------------------


def page_urls(study: Study) -> dict[str, str]:
    plan = NumberingPlan.objects.get()
    return {
        "overview": url("sample", study.code),
        "detail": url("sample_detail", study.code, "KZ", 1),
        "plans": url("plans", study.code),
        "plan": url("plan", study.code, plan.pk),
        "new": url("sample_new", study.code, "KZ"),
        "frame": url("sample_frame", study.code, "KZ"),
        "progress": url("sample_progress", study.code, "KZ", 1),
        "tables": url("population_tables", study.code, "KZ"),
    }


@pytest.mark.parametrize(
    ("role", "closed"),
    [
        (Role.LEAD, set()),
        (Role.SUPERVISOR, {"new", "frame"}),
        (Role.INTERVIEWER, {"overview", "detail", "plans", "plan", "new", "frame", "progress", "tables"}),
        (Role.CODER, {"overview", "detail", "plans", "plan", "new", "frame", "progress", "tables"}),
    ],
)
def test_who_sees_which_page(client: Client, role: Role, closed: set[str]) -> None:
    study = make_study()
    draw(study.populations.get())
    log_in(client, study, role)
    answers = {name: client.get(page).status_code for name, page in page_urls(study).items()}
    assert answers == {name: 403 if name in closed else 200 for name in answers}


def test_strangers_learn_nothing(client: Client) -> None:
    study = make_study()
    draw(study.populations.get())
    log_in(client, make_study(), Role.LEAD)
    assert {client.get(page).status_code for page in page_urls(study).values()} == {404}


def test_the_overview_shows_how_the_sample_was_drawn_and_never_a_number(client: Client) -> None:
    study = make_study()
    population = study.populations.get()
    sample = draw(population, seed=4711)
    release_next_replicates(sample=sample, count=1, actor=None, now=NOW)
    log_in(client, study, Role.SUPERVISOR)
    text = client.get(url("sample", study.code)).content.decode()
    for words in ("1,100", "1 in 11", "4711", "1 of 4", "Next is replicate 2 of sample 1 with 30 numbers"):
        assert words in text
    detail = client.get(url("sample_detail", study.code, "KZ", 1)).content.decode()
    for page in (text, detail):
        assert not any(
            number.e164[1:] in page for number in (case.phone for case in sample.cases.select_related("phone"))
        )


def test_a_study_without_samples_says_so(client: Client) -> None:
    study = make_study()
    log_in(client, study, Role.LEAD)
    assert "No numbers have been drawn" in client.get(url("sample", study.code)).content.decode()
    assert "no numbering plan" in client.get(url("sample_new", study.code, "KZ")).content.decode()


def test_a_supervisor_releases_the_next_replicates_with_a_reason(client: Client) -> None:
    study = make_study()
    sample = draw(study.populations.get())
    user = log_in(client, study, Role.SUPERVISOR)
    page = url("sample_release", study.code, "KZ", 1)
    answer = client.post(page, {"count": 2, "after": 0, "reason": "field start"}, follow=True)
    assert "60 cases were opened." in answer.content.decode()
    assert {(each.number, each.released_by) for each in sample.replicates.exclude(released_at=None)} == {
        (1, user),
        (2, user),
    }
    again = client.post(page, {"count": 2, "after": 0, "reason": "pressed twice"})
    assert again.status_code == 422
    assert "released replicates meanwhile" in again.content.decode()
    assert sample.replicates.filter(released_at=None).count() == 2


@pytest.mark.parametrize(
    "data",
    [
        {"count": 0, "after": 0, "reason": "x"},
        {"count": 1, "after": 0, "reason": ""},
        {"count": 9, "after": 0, "reason": "x"},
    ],
)
def test_a_release_without_sense_is_refused_beside_the_field(client: Client, data: dict[str, Any]) -> None:
    study = make_study()
    sample = draw(study.populations.get())
    log_in(client, study, Role.LEAD)
    answer = client.post(url("sample_release", study.code, "KZ", 1), data)
    assert answer.status_code == 422
    assert "Not saved" in answer.content.decode()
    assert not sample.replicates.exclude(released_at=None).exists()


def test_interviewers_release_nothing(client: Client) -> None:
    study = make_study()
    sample = draw(study.populations.get())
    log_in(client, study, Role.INTERVIEWER)
    answer = client.post(url("sample_release", study.code, "KZ", 1), {"count": 1, "after": 0, "reason": "x"})
    assert answer.status_code == 403
    assert not sample.replicates.exclude(released_at=None).exists()


def test_a_lead_orders_a_draw_and_may_leave_the_page(client: Client) -> None:
    study = make_study()
    plan = make_plan()
    log_in(client, study, Role.LEAD)
    data = {"plan": plan.pk, "plan_date": "2021-08-19", "size": 50, "replicate_size": 20, "seed": 9}
    answer = client.post(url("sample_new", study.code, "KZ"), data, follow=True)
    sample = Sample.objects.get()
    assert (sample.seed, sample.size, sample.status) == (9, 50, Sample.Status.QUEUED)
    assert "You can leave this page" in answer.content.decode()
    assert url("sample_progress", study.code, "KZ", 1) in answer.content.decode()


def test_an_order_that_cannot_be_drawn_keeps_what_was_typed(client: Client) -> None:
    study = make_study()
    plan = make_plan()
    log_in(client, study, Role.LEAD)
    data = {"plan": plan.pk, "plan_date": "2021-08-19", "size": 5000, "replicate_size": 20, "seed": 9}
    answer = client.post(url("sample_new", study.code, "KZ"), data)
    assert answer.status_code == 422
    assert "has only 1100 numbers" in answer.content.decode()
    assert 'value="5000"' in answer.content.decode()
    assert not Sample.objects.exists()


def test_the_frame_is_shown_while_the_form_is_filled_in(client: Client) -> None:
    study = make_study()
    plan = make_plan()
    log_in(client, study, Role.LEAD)
    page = url("sample_frame", study.code, "KZ")
    text = client.get(page, {"plan": plan.pk, "plan_date": "2021-08-19", "size": 110}).content.decode()
    assert "1,100 numbers in 2 ranges" in text
    assert "1 in 10" in text
    # The landline range was in use until the end of 2020.
    assert (
        "2,100 numbers in 3 ranges" in client.get(page, {"plan": plan.pk, "plan_date": "2020-08-19"}).content.decode()
    )
    assert client.get(page).content.decode().strip() == ""


def test_progress_is_polled_and_the_page_loads_anew_at_the_end(client: Client) -> None:
    study = make_study()
    sample = order(study.populations.get())
    log_in(client, study, Role.SUPERVISOR)
    claim_sample(sample_id=sample.pk, now=timezone.now())
    Sample.objects.update(progress=40)
    page = url("sample_progress", study.code, "KZ", 1)
    running = client.get(page)
    assert "40 %" in running.content.decode()
    assert "every 1s" in running.content.decode()
    assert "Cancel" not in running.content.decode()
    Sample.objects.update(status=Sample.Status.READY)
    assert client.get(page).headers["HX-Refresh"] == "true"


def test_a_draw_is_cancelled_and_ordered_again(client: Client) -> None:
    study = make_study()
    sample = order(study.populations.get())
    log_in(client, study, Role.LEAD)
    text = client.post(url("sample_cancel", study.code, "KZ", 1), follow=True).content.decode()
    assert "Cancelled by" in text
    assert "Draw again" in text
    client.post(url("sample_retry", study.code, "KZ", 1))
    sample.refresh_from_db()
    assert sample.status == Sample.Status.QUEUED
    log_in(client, study, Role.SUPERVISOR)
    assert client.post(url("sample_cancel", study.code, "KZ", 1)).status_code == 403


def test_a_plan_is_loaded_from_a_file(client: Client) -> None:
    study = make_study()
    log_in(client, study, Role.LEAD)
    data = {"country": "KZ", "name": "August 2021", "source": "tests", "file": io.BytesIO(PLAN.encode())}
    answer = client.post(url("plans", study.code), data, follow=True)
    assert "4 ranges" in answer.content.decode()
    assert NumberingPlan.objects.get().name == "August 2021"


def test_a_bad_plan_shows_every_bad_cell_and_loads_nothing(client: Client) -> None:
    study = make_study()
    log_in(client, study, Role.LEAD)
    content = f"{HEADER}\n7,7x1,Kcell,mobile,7,,,,yes,\n7,702,,mobile,7,,,,yes,\n".encode()
    data = {"country": "KZ", "name": "x", "source": "tests", "file": io.BytesIO(content)}
    answer = client.post(url("plans", study.code), data)
    assert answer.status_code == 422
    assert "Line 2, column prefix" in answer.content.decode()
    assert "Line 3, column operator_or_area: The cell is empty." in answer.content.decode()
    assert not NumberingPlan.objects.exists()


def test_supervisors_load_no_plans(client: Client) -> None:
    study = make_study()
    log_in(client, study, Role.SUPERVISOR)
    assert client.post(url("plans", study.code), {}).status_code == 403
    assert client.post(url("population_tables", study.code, "KZ"), {}).status_code == 403


def test_a_plan_of_another_studys_country_is_not_shown(client: Client) -> None:
    study = make_study(populations=("UZ",))
    plan = make_plan()
    log_in(client, study, Role.LEAD)
    assert client.get(url("plan", study.code, plan.pk)).status_code == 404


def test_a_population_table_is_loaded_from_a_file(client: Client) -> None:
    study = make_study()
    log_in(client, study, Role.LEAD)
    data = {
        "source": "WPP 2019",
        "year": 2021,
        "file": io.BytesIO(b"age,sex,persons\n17,male,5\n18,male,10\n18,female,12\n"),
    }
    text = client.post(url("population_tables", study.code, "KZ"), data, follow=True).content.decode()
    assert "3 rows were loaded." in text
    assert ">27<" in text
    assert ">22<" in text
