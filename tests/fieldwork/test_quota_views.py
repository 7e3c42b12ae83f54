"""The quota board and what stands behind its numbers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from fieldwork.models import Interview, Quota, QuotaCell
from fieldwork.selectors.quotas import interviews_behind, population_tables, quota_board, quota_boards, screener_names
from fieldwork.services.quotas import close_cell, give_back_seats, keep_seats, take_seat
from studies.models import Population, Study, User
from studies.models.study import Role
from tests.factories import NOW, make_interview, make_member, make_population, make_quota, make_study
from tests.fieldwork.test_quota_service import MEN_WOMEN, age_gender_quota, make_table, publish

pytestmark = pytest.mark.django_db
MAN, WOMAN = {"gender": "1"}, {"gender": "2"}


def log_in(client: Client, study: Study, role: Role) -> User:
    user = make_member(study, role).user
    client.force_login(user)
    return user


def url(name: str, *args: object) -> str:
    return reverse(f"fieldwork:{name}", args=args)


def hold(population: Population, values: dict[str, Any], count: int = 1) -> list[Interview]:
    interviews = [make_interview(population) for _ in range(count)]
    for interview in interviews:
        assert take_seat(interview=interview, values=values, now=timezone.now()).open
    return interviews


def complete(population: Population, values: dict[str, Any], count: int = 1) -> list[Interview]:
    interviews = hold(population, values, count)
    for interview in interviews:
        keep_seats(interview=interview, now=timezone.now())
        interview.status, interview.ended_at = Interview.Status.COMPLETED, NOW
        interview.save()
    return interviews


def fill(population: Population) -> Quota:
    """Men 5: 2 complete, 1 held; women 4: 4 complete, 1 of them rejected later, 1 thanked while it was full."""
    quota = make_quota(population, [("men", "${gender} = '1'", 5), ("women", "${gender} = '2'", 4)])
    complete(population, MAN, 2)
    hold(population, MAN)
    women = complete(population, WOMAN, 4)
    thanked = make_interview(population, status=Interview.Status.QUOTA_FULL, ended_at=NOW)
    assert not take_seat(interview=thanked, values=WOMAN, now=timezone.now()).open
    give_back_seats(interview=women[0], reason="rejected", now=timezone.now())
    Interview.objects.filter(pk=women[0].pk).update(rejected_at=NOW)
    return quota


# --- selectors -------------------------------------------------------------------------------------------


def test_the_board_counts_every_kind_of_seat() -> None:
    population = make_population()
    fill(population)
    board = quota_board(population, timezone.now())
    men, women = board.quotas[0].cells
    assert (men.counts.target, men.counts.complete, men.counts.held, men.open) == (5, 2, 1, 2)
    assert (women.counts.complete, women.counts.rejected, women.counts.quota_full, women.open) == (3, 1, 1, 1)
    assert (board.complete, board.without_cell) == (5, 0)
    total = board.quotas[0].total
    assert (total.counts.target, total.counts.complete, total.counts.live, total.open) == (9, 5, 6, 3)


def test_a_lease_that_ran_out_is_not_counted_as_held() -> None:
    population = make_population()
    make_quota(population, MEN_WOMEN)
    hold(population, MAN)
    later = timezone.now() + timedelta(hours=2)
    assert quota_board(population, later).quotas[0].cells[0].counts.held == 0


def test_age_by_gender_stands_in_a_matrix() -> None:
    population = make_population()
    make_table(population)
    age_gender_quota(population)
    table = quota_board(population, NOW).quotas[0]
    assert [row.label for row in table.rows] == ["18–29", "30–39", "40–49", "50–59", "60+"]
    assert [column.label for column in table.columns] == ["Men", "Women"]
    assert [column.counts.target for column in table.columns] == [376, 424]
    assert [row.counts.target for row in table.rows] == [182, 193, 146, 128, 151]
    assert table.total.counts.target == 800


def test_completes_above_the_target_are_shown_as_such() -> None:
    population = make_population()
    make_quota(population, MEN_WOMEN)
    complete(population, MAN, 2)
    late = make_interview(population)
    keep_seats(interview=late, values=MAN, now=NOW)
    cell = quota_board(population, NOW).quotas[0].cells[0]
    assert (cell.counts.complete, cell.counts.over, cell.open) == (3, 1, 0)


def test_a_closed_cell_has_no_open_place() -> None:
    population = make_population()
    cell = make_quota(population, MEN_WOMEN).cells.get(name="men")
    close_cell(cell=cell, reason="x", actor=None, now=NOW)
    assert [each.open for each in quota_board(population, NOW).quotas[0].cells] == [0, 3]


def test_the_margin_of_error_is_that_of_the_completes() -> None:
    population = make_population()
    assert quota_board(population, NOW).margin_percent is None
    make_quota(population, MEN_WOMEN)
    complete(population, MAN, 2)
    # 1.96 x sqrt(0.25 / 2)
    assert quota_board(population, NOW).margin_percent == pytest.approx(69.295, abs=1e-3)


def test_respondents_without_a_cell_are_counted() -> None:
    population = make_population()
    make_quota(population, MEN_WOMEN)
    lost = make_interview(population, status=Interview.Status.QUOTA_FULL, ended_at=NOW)
    take_seat(interview=lost, values={}, now=NOW)
    assert quota_board(population, NOW).without_cell == 1


def test_a_condition_that_no_longer_fits_the_questionnaire_is_said() -> None:
    population = make_population()
    make_quota(population, MEN_WOMEN)
    publish(population, "sex", checkpoint="sex")
    problems = quota_board(population, NOW).quotas[0].problems
    assert [cell.name for cell in problems] == ["men", "women"]
    assert "gender" in problems[0].problem


def test_conditions_may_use_what_is_asked_until_the_checkpoint() -> None:
    population = make_population()
    assert screener_names(population.study) is None
    publish(population, "age", "gender", "attitude", checkpoint="gender")
    assert screener_names(population.study) == {"age", "gender"}


def test_boards_take_as_many_queries_for_much_as_for_little() -> None:
    study = make_study(populations=("KZ", "UZ"))
    kazakhstan, uzbekistan = study.populations.order_by("code")
    fill(kazakhstan)
    quota_boards(study, [kazakhstan], NOW)
    with CaptureQueriesContext(connection) as little:
        quota_boards(study, [kazakhstan], NOW)
    fill(uzbekistan)
    make_quota(kazakhstan, [(f"cell {number}", "true()", 1) for number in range(20)])
    with CaptureQueriesContext(connection) as much:
        quota_boards(study, [kazakhstan, uzbekistan], NOW)
    assert len(much) == len(little) <= 6


def test_population_tables_are_summed_up() -> None:
    population = make_population()
    make_table(population)
    table = population_tables(population)[0]
    assert (table.source, table.year, table.adults) == ("WPP 2019", 2021, 12_686_782)
    assert table.persons > table.adults


def test_the_interviews_behind_a_number_are_as_many_as_the_number() -> None:
    population = make_population()
    quota = fill(population)
    now = timezone.now()
    for cell in quota_board(population, now).quotas[0].cells:
        for kind in ("complete", "held", "rejected", "quota_full"):
            assert interviews_behind(cells=[cell.id], show=kind, now=now).count() == getattr(cell.counts, kind)
    everything = [cell.pk for cell in quota.cells.all()]
    assert interviews_behind(cells=everything, show="complete", now=now).count() == 5
    with pytest.raises(ValueError, match="phone"):
        interviews_behind(cells=everything, show="phone", now=now)


# --- pages -----------------------------------------------------------------------------------------------


def page_urls(study: Study) -> dict[str, str]:
    cell = QuotaCell.objects.first()
    assert cell is not None
    return {
        "board": url("quotas", study.code),
        "interviews": url("quota_interviews", study.code, cell.quota_id),
        "cell": url("quota_cell", study.code, cell.pk),
        "rule": url("quota_rule", study.code, cell.quota_id),
        "new": url("quota_new", study.code, "KZ"),
        "paste": url("quota_paste", study.code, "KZ"),
    }


@pytest.mark.parametrize(
    ("role", "closed"),
    [
        (Role.LEAD, set()),
        (Role.SUPERVISOR, {"rule", "new", "paste"}),
        (Role.INTERVIEWER, {"board", "interviews", "cell", "rule", "new", "paste"}),
        (Role.CODER, {"board", "interviews", "cell", "rule", "new", "paste"}),
    ],
)
def test_who_sees_which_page(client: Client, role: Role, closed: set[str]) -> None:
    study = make_study()
    make_quota(study.populations.get(), MEN_WOMEN)
    log_in(client, study, role)
    answers = {name: client.get(page).status_code for name, page in page_urls(study).items()}
    assert answers == {name: 403 if name in closed else 200 for name in answers}


def test_strangers_learn_nothing(client: Client) -> None:
    study = make_study()
    make_quota(study.populations.get(), MEN_WOMEN)
    pages = page_urls(study).values()
    log_in(client, make_study(), Role.LEAD)
    assert {client.get(page).status_code for page in pages} == {404}


def test_the_board_shows_numbers_with_their_base_and_says_how_the_margin_was_calculated(client: Client) -> None:
    study = make_study(populations=("KZ", "UZ"))
    fill(study.populations.get(code="KZ"))
    log_in(client, study, Role.SUPERVISOR)
    text = client.get(url("quotas", study.code)).content.decode()
    for words in ("5 of 800", "calculated as for a simple random sample", "Kazakhstan, 18 and over", "Uzbekistan"):
        assert words in text
    assert "No quota: every respondent" in text


def test_the_board_asks_for_its_middle_part_alone(client: Client) -> None:
    study = make_study()
    fill(study.populations.get())
    log_in(client, study, Role.LEAD)
    page = url("quotas", study.code)
    answer = client.get(page)
    assert "HX-Request" in answer.headers["Vary"]
    whole = answer.content.decode()
    part = client.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "<html" in whole
    assert "<html" not in part
    assert 'hx-trigger="every 10s"' in part
    assert part.strip().splitlines()[0] in whole


def test_one_click_leads_from_a_number_to_its_interviews_without_phone_numbers(client: Client) -> None:
    study = make_study()
    population = study.populations.get()
    quota = fill(population)
    log_in(client, study, Role.SUPERVISOR)
    women = quota.cells.get(name="women")
    board = client.get(url("quotas", study.code)).content.decode()
    link = f"{url('quota_interviews', study.code, quota.pk)}?cell={women.pk}"
    assert link in board
    text = client.get(link).content.decode()
    numbers = Interview.objects.filter(seats__cell=women, seats__status="complete").values_list(
        "case__number", flat=True
    )
    assert len(numbers) == 3
    for number in numbers:
        assert f">{number}<" in text
    assert "3 rows" in text
    assert "rejected by an audit" in text


def test_lists_of_rows_columns_and_unknown_kinds(client: Client) -> None:
    study = make_study()
    population = study.populations.get()
    make_table(population)
    quota = age_gender_quota(population)
    log_in(client, study, Role.SUPERVISOR)
    complete(population, {"gender": "1", "age_group": "1"}, 2)
    complete(population, {"gender": "2", "age_group": "1"})
    page = url("quota_interviews", study.code, quota.pk)
    assert "3 rows" in client.get(page, {"row": "18-29"}).content.decode()
    assert "2 rows" in client.get(page, {"column": "M"}).content.decode()
    assert "No interview." in client.get(page, {"row": "60+"}).content.decode()
    assert client.get(page, {"show": "phones"}).status_code == 404


def test_the_list_takes_as_many_queries_for_much_as_for_little(client: Client) -> None:
    study = make_study()
    population = study.populations.get()
    quota = make_quota(population, [("men", "${gender} = '1'", 50)])
    log_in(client, study, Role.LEAD)
    page = url("quota_interviews", study.code, quota.pk)
    complete(population, MAN, 1)
    client.get(page)
    with CaptureQueriesContext(connection) as little:
        client.get(page)
    complete(population, MAN, 10)
    with CaptureQueriesContext(connection) as much:
        client.get(page)
    assert len(much) == len(little)


def test_a_lead_computes_a_quota_from_a_population_table(client: Client) -> None:
    study = make_study()
    population = study.populations.get()
    log_in(client, study, Role.LEAD)
    page = url("quota_new", study.code, "KZ")
    assert "no population table" in client.get(page).content.decode()
    make_table(population)
    data = {
        "table": "0",
        "age_groups": "18-29, 30+",
        "target": 100,
        "name": "Two groups",
        "rule": "finish",
        "tolerance": 2,
    }
    client.post(page, data)
    quota = Quota.objects.get()
    assert (quota.name, quota.rule, quota.tolerance) == ("Two groups", "finish", 2)
    assert sum(cell.target for cell in quota.cells.all()) == 100
    wrong = client.post(page, {**data, "age_groups": "18-29, 29+"})
    assert wrong.status_code == 422
    assert "does not begin right after" in wrong.content.decode()


def test_a_lead_pastes_a_quota_and_sees_what_is_wrong_with_it(client: Client) -> None:
    study = make_study()
    publish(study.populations.get(), "gender", checkpoint="gender")
    log_in(client, study, Role.LEAD)
    page = url("quota_paste", study.code, "KZ")
    data = {"name": "x", "table": "men; ${gender} = '1'; 10\nyoung; ${age} < 30; 5", "rule": "strict"}
    wrong = client.post(page, data)
    assert wrong.status_code == 422
    assert "There is no question called “age”" in wrong.content.decode()
    assert not Quota.objects.exists()
    client.post(page, {**data, "table": "men; ${gender} = '1'; 10"})
    assert QuotaCell.objects.get().target == 10


def test_leads_change_targets_and_supervisors_only_close(client: Client) -> None:
    study = make_study()
    cell = make_quota(study.populations.get(), MEN_WOMEN).cells.get(name="men")
    page = url("quota_cell", study.code, cell.pk)
    supervisor = log_in(client, study, Role.SUPERVISOR)
    assert client.post(page, {"act": "target", "target": 9, "reason": "x"}).status_code == 403
    assert client.post(page, {"act": "close", "reason": ""}).status_code == 422
    client.post(page, {"act": "close", "reason": "enough"})
    cell.refresh_from_db()
    assert (cell.closed, cell.target) == (True, 2)
    log_in(client, study, Role.LEAD)
    client.post(page, {"act": "reopen", "reason": "not enough"})
    client.post(page, {"act": "target", "target": 9, "reason": "client asked"})
    cell.refresh_from_db()
    assert (cell.closed, cell.target) == (False, 9)
    text = client.get(page).content.decode()
    for words in ("target 2 → 9", "client asked", "enough", supervisor.name):
        assert words in text


def test_a_lead_changes_the_rule(client: Client) -> None:
    study = make_study()
    quota = make_quota(study.populations.get(), MEN_WOMEN)
    log_in(client, study, Role.LEAD)
    page = url("quota_rule", study.code, quota.pk)
    assert client.post(page, {"rule": "finish", "tolerance": 1, "reason": ""}).status_code == 422
    client.post(page, {"rule": "finish", "tolerance": 1, "reason": "last places"})
    quota.refresh_from_db()
    assert (quota.rule, quota.tolerance) == ("finish", 1)
