"""Quotas are made and changed; seats are taken, kept and given back."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fieldwork.models import Interview, Quota, QuotaCell, Seat
from fieldwork.services.quotas import (
    SEAT_LEASE,
    close_cell,
    create_age_gender_quota,
    create_quota,
    give_back_seats,
    keep_seats,
    renew_seats,
    reopen_cell,
    set_cell_target,
    set_quota_rule,
    take_seat,
)
from fieldwork.services.sample import load_population_counts
from questionnaires.script import checksum_of
from studies.errors import Conflict, InvalidInput
from studies.models import ActivityLog, Population
from studies.models.study import Role
from tests.factories import NOW, make_interview, make_member, make_population, make_quota, make_study, make_version

DATA = Path(__file__).parent / "data"
CELLS = json.loads((DATA / "quota_cells_n800.json").read_text())
AGE_GROUPS = ("18-29", "30-39", "40-49", "50-59", "60+")
MEN_WOMEN = (("men", "${gender} = '1'", 2), ("women", "${gender} = '2'", 3))
MAN, WOMAN = {"gender": "1"}, {"gender": "2"}
LATER = NOW + SEAT_LEASE


def make_table(population: Population) -> None:
    with (DATA / f"population_{population.code.lower()}_2021_wpp2019.csv").open("rb") as file:
        load_population_counts(file=file, population=population, source="WPP 2019", year=2021, actor=None, now=NOW)


def age_gender_quota(population: Population, **fields: Any) -> Quota:
    defaults = {"source": "WPP 2019", "year": 2021, "age_groups": AGE_GROUPS, "target": 800}
    return create_age_gender_quota(population=population, actor=None, now=NOW, **{**defaults, **fields})


def make_script(*names: str, checkpoint: str) -> dict[str, Any]:
    """A published script with these questions, the screener's checkpoint after one of them."""
    items = [
        {
            "kind": "item", "name": name, "type": "text", "label": {}, "hint": {}, "instruction": {}, "short": {},
            "choices": None, "choice_filter": None, "relevant": None, "required": False, "read_only": False,
            "constraint": None, "constraint_message": {}, "calculation": None, "default": None, "missing": [],
            "read_out": False, "role": "", "checkpoint": "screener" if name == checkpoint else "", "other_for": None,
            "exported": True, "appearance": "", "ends": "",
        }
        for name in names
    ]  # fmt: skip
    return {
        "format": 1, "title": {}, "languages": ["en"], "default_language": "en", "missing_texts": {}, "choices": {},
        "children": items,
    }  # fmt: skip


def publish(population: Population, *names: str, checkpoint: str) -> None:
    script = make_script(*names, checkpoint=checkpoint)
    make_version(population.study, script, checksum=checksum_of(script))


def seats_of(interview: Interview) -> list[tuple[str, str]]:
    return list(interview.seats.order_by("pk").values_list("cell__name", "status"))


# --- making quotas ---------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["KZ", "UZ"])
def test_cells_of_the_reference_study_are_computed_from_the_population_table(code: str) -> None:
    population = make_population(code=code)
    make_table(population)
    quota = age_gender_quota(population)
    assert {cell.name.replace(" ", "_"): cell.target for cell in quota.cells.all()} == CELLS[code]
    cell = quota.cells.get(name="F 60+")
    assert cell.condition == "${gender} = '2' and ${age_group} = '5'"
    assert cell.place == {"row": "60+", "column": "F"}
    assert cell.label["kk"] == "Әйелдер 60+"
    assert quota.source == "WPP 2019, 2021"
    assert ActivityLog.objects.filter(action="quota.created").get().data["targets"]["F 60+"] == cell.target


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"source": "WPP 2024"}, "source"),
        ({"year": 2022}, "source"),
        ({"age_groups": ["18-29", "29+"]}, "age_groups"),
        ({"age_groups": ["120+"]}, "age_groups"),
        ({"target": 0}, "target"),
        ({"rule": "loose"}, "rule"),
    ],
)
def test_a_quota_that_cannot_be_computed_names_the_field(fields: dict[str, Any], field: str) -> None:
    population = make_population()
    make_table(population)
    with pytest.raises(InvalidInput) as caught:
        age_gender_quota(population, **fields)
    assert list(caught.value.fields) == [field]
    assert not Quota.objects.exists()


@pytest.mark.django_db
def test_two_quotas_of_a_population_have_two_names() -> None:
    population = make_population()
    make_table(population)
    age_gender_quota(population)
    with pytest.raises(Conflict) as caught:
        age_gender_quota(population)
    assert list(caught.value.fields) == ["name"]


@pytest.mark.django_db
def test_a_condition_may_use_only_what_the_screener_asks() -> None:
    population = make_population()
    make_table(population)
    publish(population, "age", "gender", "attitude", checkpoint="gender")
    with pytest.raises(InvalidInput, match="no question called “age_group”"):
        age_gender_quota(population)
    table = "new\t${attitude} = '1'\t10\nold\t${age} > 60\t10\nmen\t${gendr} = '1'\t3"
    with pytest.raises(InvalidInput) as caught:
        create_quota(population=population, name="x", table=table, actor=None, now=NOW)
    problems = caught.value.fields["table"]
    assert len(problems) == 2  # type: ignore[arg-type]
    assert "Line 1" in problems[0]  # type: ignore[index]
    assert "attitude" in problems[0]  # type: ignore[index]
    assert "Did you mean gender?" in problems[1]  # type: ignore[index]
    assert not Quota.objects.exists()


@pytest.mark.django_db
def test_a_quota_is_pasted_as_a_table() -> None:
    table = "Russian, men\t${language} = 'ru' and ${gender} = '1'\t150\n\nKazakh\t${language} = \"kk\"\t250\n"
    quota = create_quota(
        population=make_population(), name="Language", table=table, rule="finish", tolerance=2, actor=None, now=NOW
    )
    assert list(quota.cells.values_list("position", "name", "condition", "target")) == [
        (1, "Russian, men", "${language} = 'ru' and ${gender} = '1'", 150),
        (2, "Kazakh", '${language} = "kk"', 250),
    ]


@pytest.mark.django_db
def test_a_pasted_table_may_place_its_cells_in_a_matrix() -> None:
    quota = create_quota(
        population=make_population(),
        name="x",
        table="a;true();1;north;men\nb;true();2;north;women",
        actor=None,
        now=NOW,
    )
    assert [cell.place for cell in quota.cells.all()] == [
        {"row": "north", "column": "men"},
        {"row": "north", "column": "women"},
    ]


@pytest.mark.django_db
def test_every_bad_line_of_a_pasted_table_is_named() -> None:
    table = "men\t${gender} = \t10\nmen\t${gender} = '1'\tmany\nwomen\t10\nall\ttrue()\t5\nall\ttrue()\t6\n\ttrue()\t1"
    with pytest.raises(InvalidInput) as caught:
        create_quota(population=make_population(), name="x", table=table, actor=None, now=NOW)
    problems = caught.value.fields["table"]
    assert [problem.partition(":")[0] for problem in problems] == ["Line 1", "Line 2", "Line 3", "Line 5", "Line 6"]  # type: ignore[attr-defined]
    assert "“many” is not a number of interviews" in problems[1]  # type: ignore[index]
    assert "2 columns" in problems[2]  # type: ignore[index]
    assert "There is another cell “all”" in problems[3]  # type: ignore[index]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "table", "field"), [("x", " \n", "table"), (" ", "a;true();1", "name")])
def test_a_quota_needs_a_name_and_a_cell(name: str, table: str, field: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        create_quota(population=make_population(), name=name, table=table, actor=None, now=NOW)
    assert list(caught.value.fields) == [field]


# --- taking seats ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_without_quotas_every_interview_goes_on() -> None:
    decision = take_seat(interview=make_interview(), values=MAN, now=NOW)
    assert (decision.open, decision.cell) == (True, None)


@pytest.mark.django_db
def test_strict_seats_are_taken_until_complete_and_held_reach_the_target() -> None:
    population = make_population()
    quota = make_quota(population, MEN_WOMEN)
    men = quota.cells.get(name="men")
    first, second, third = (make_interview(population) for _ in range(3))
    assert take_seat(interview=first, values=MAN, now=NOW).cell == men
    keep_seats(interview=first, now=NOW)
    assert take_seat(interview=second, values=MAN, now=NOW).open
    refused = take_seat(interview=third, values=MAN, now=NOW)
    assert (refused.open, refused.cell, refused.reason) == (False, men, "full")
    assert take_seat(interview=third, values=WOMAN, now=NOW).open
    third.refresh_from_db()
    assert third.cell == quota.cells.get(name="women")


@pytest.mark.django_db
def test_the_same_interview_asked_again_keeps_its_one_seat() -> None:
    population = make_population()
    make_quota(population, [("men", "${gender} = '1'", 1)])
    interview = make_interview(population)
    assert all(take_seat(interview=interview, values=MAN, now=NOW).open for _ in range(3))
    keep_seats(interview=interview, now=NOW)
    assert take_seat(interview=interview, values=MAN, now=NOW).open
    assert seats_of(interview) == [("men", "complete")]


@pytest.mark.django_db
def test_a_corrected_answer_moves_the_seat() -> None:
    population = make_population()
    make_quota(population, MEN_WOMEN)
    interview = make_interview(population)
    take_seat(interview=interview, values=MAN, now=NOW)
    assert take_seat(interview=interview, values=WOMAN, now=NOW).cell == interview.cell
    assert seats_of(interview) == [("men", "released"), ("women", "held")]
    assert interview.seats.get(status="released").release_reason == "answers_changed"


@pytest.mark.django_db
def test_who_loses_the_way_into_an_open_cell_gives_back_what_was_held() -> None:
    population = make_population()
    make_quota(population, [("men", "${gender} = '1'", 1), ("women", "${gender} = '2'", 0)])
    interview = make_interview(population)
    take_seat(interview=interview, values=MAN, now=NOW)
    assert not take_seat(interview=interview, values=WOMAN, now=NOW).open
    assert seats_of(interview) == [("men", "released")]


@pytest.mark.django_db
def test_finish_lets_running_interviews_exceed_the_target_by_the_tolerance_only() -> None:
    population = make_population()
    make_quota(population, [("all", "true()", 2)], rule=Quota.Rule.FINISH, tolerance=1)
    interviews = [make_interview(population) for _ in range(5)]
    assert [take_seat(interview=each, values={}, now=NOW).open for each in interviews[:4]] == [True, True, True, False]
    keep_seats(interview=interviews[0], now=NOW)
    give_back_seats(interview=interviews[1], reason="break_off", now=NOW)
    assert take_seat(interview=interviews[3], values={}, now=NOW).open
    assert keep_seats(interview=interviews[2], now=NOW) == []
    # The target is complete: nobody else begins, though the tolerance has a place.
    give_back_seats(interview=interviews[3], reason="break_off", now=NOW)
    assert not take_seat(interview=interviews[4], values={}, now=NOW).open


@pytest.mark.django_db
def test_a_respondent_who_fits_several_cells_goes_to_the_least_filled() -> None:
    population = make_population()
    cells = [("ru", "${language} = 'ru'", 10), ("young", "${age} < 30", 4), ("closed", "true()", 100)]
    quota = make_quota(population, cells)
    close_cell(cell=quota.cells.get(name="closed"), reason="test", actor=None, now=NOW)
    taken = []
    for _ in range(5):
        decision = take_seat(interview=make_interview(population), values={"language": "ru", "age": 25}, now=NOW)
        assert decision.cell is not None
        taken.append(decision.cell.name)
    # Shares after each: ru 1/10; young 1/4; ru 2/10; ru 3/10 (2/10 is less than 1/4); young 2/4.
    assert taken == ["ru", "young", "ru", "ru", "young"]


@pytest.mark.django_db
def test_marginal_quotas_are_all_taken_or_none() -> None:
    population = make_population()
    make_quota(population, MEN_WOMEN)
    make_quota(population, [("ru", "${language} = 'ru'", 1), ("kk", "${language} = 'kk'", 5)])
    first, second = make_interview(population), make_interview(population)
    assert take_seat(interview=first, values=MAN | {"language": "ru"}, now=NOW).open
    assert seats_of(first) == [("men", "held"), ("ru", "held")]
    refused = take_seat(interview=second, values=MAN | {"language": "ru"}, now=NOW)
    assert refused.cell is not None
    assert (refused.open, refused.cell.name) == (False, "ru")
    assert seats_of(second) == []
    second.refresh_from_db()
    assert second.cell == refused.cell


@pytest.mark.django_db
def test_who_fits_no_cell_is_not_interviewed() -> None:
    population = make_population()
    make_quota(population, MEN_WOMEN)
    decision = take_seat(interview=make_interview(population), values={"gender": {"missing": "refused"}}, now=NOW)
    assert (decision.open, decision.cell, decision.reason) == (False, None, "no_cell")


@pytest.mark.django_db
def test_quotas_of_another_population_do_not_count() -> None:
    study = make_study(populations=("KZ", "UZ"))
    kazakhstan, uzbekistan = study.populations.order_by("code")
    make_quota(kazakhstan, [("nobody", "true()", 0)])
    assert take_seat(interview=make_interview(uzbekistan), values={}, now=NOW).open


# --- leases ----------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_an_expired_seat_is_free_without_any_job() -> None:
    population = make_population()
    make_quota(population, [("all", "true()", 1)])
    gone, next_one = make_interview(population), make_interview(population)
    take_seat(interview=gone, values={}, now=NOW)
    just_before = LATER - timedelta(seconds=1)
    assert not take_seat(interview=next_one, values={}, now=just_before).open
    assert take_seat(interview=next_one, values={}, now=LATER).open


@pytest.mark.django_db
def test_a_seat_is_renewed_while_the_interview_goes_on() -> None:
    population = make_population()
    make_quota(population, [("all", "true()", 1)])
    running, waiting = make_interview(population), make_interview(population)
    take_seat(interview=running, values={}, now=NOW)
    for minutes in (1, 20, 40, 65):
        assert renew_seats(interview=running, now=NOW + timedelta(minutes=minutes))
    assert not take_seat(interview=waiting, values={}, now=NOW + timedelta(minutes=90)).open


@pytest.mark.django_db
@pytest.mark.parametrize("late", [timedelta(seconds=-30), timedelta(minutes=5)])
def test_a_lease_near_or_past_its_end_comes_back_only_where_the_place_is_free(late: timedelta) -> None:
    population = make_population()
    make_quota(population, [("all", "true()", 1)])
    slow, quick = make_interview(population), make_interview(population)
    take_seat(interview=slow, values={}, now=NOW)
    assert renew_seats(interview=slow, now=LATER + late)
    assert slow.seats.get().lease_until == LATER + late + SEAT_LEASE
    end = LATER + late + SEAT_LEASE
    assert take_seat(interview=quick, values={}, now=end).open
    assert not renew_seats(interview=slow, now=end + timedelta(minutes=1))


@pytest.mark.django_db
def test_a_complete_counts_even_if_its_lease_ran_out_and_the_cell_was_filled() -> None:
    population = make_population()
    quota = make_quota(population, [("all", "true()", 1)])
    slow, quick = make_interview(population), make_interview(population)
    take_seat(interview=slow, values={}, now=NOW)
    take_seat(interview=quick, values={}, now=LATER)
    assert keep_seats(interview=quick, now=LATER) == []
    assert keep_seats(interview=slow, now=LATER) == [quota.cells.get()]
    assert Seat.objects.filter(status=Seat.Status.COMPLETE).count() == 2
    assert ActivityLog.objects.get(action="quota.exceeded").data == {"cell": "all", "complete": 2, "target": 1}


@pytest.mark.django_db
def test_a_complete_whose_seat_was_given_back_sits_down_in_its_cell_again() -> None:
    population = make_population()
    make_quota(population, MEN_WOMEN)
    interview = make_interview(population)
    take_seat(interview=interview, values=MAN, now=NOW)
    give_back_seats(interview=interview, reason="lease_expired", now=LATER)
    keep_seats(interview=interview, now=LATER)
    assert seats_of(interview) == [("men", "released"), ("men", "complete")]


@pytest.mark.django_db
def test_a_complete_that_never_had_a_seat_counts_where_its_answers_fit() -> None:
    population = make_population()
    make_quota(population, MEN_WOMEN)
    interview = make_interview(population)
    keep_seats(interview=interview, values=WOMAN, now=NOW)
    interview.refresh_from_db()
    assert seats_of(interview) == [("women", "complete")]
    assert interview.cell is not None
    assert interview.cell.name == "women"


@pytest.mark.django_db
def test_a_complete_whose_answers_were_changed_moves_to_the_cell_that_they_fit() -> None:
    population = make_population()
    make_quota(population, MEN_WOMEN)
    make_quota(population, [("all", "true()", 5)])
    interview = make_interview(population)
    take_seat(interview=interview, values=MAN, now=NOW)
    keep_seats(interview=interview, values=WOMAN, now=LATER)
    interview.refresh_from_db()
    assert sorted(seats_of(interview)) == [("all", "complete"), ("men", "released"), ("women", "complete")]
    assert interview.cell is not None
    assert interview.cell.name in {"women", "all"}
    assert interview.seats.get(cell__name="men").release_reason == "answers_changed"


@pytest.mark.django_db
def test_seats_given_back_stay_as_rows_with_their_reason() -> None:
    population = make_population()
    make_quota(population, [("all", "true()", 1)])
    interview, other = make_interview(population), make_interview(population)
    take_seat(interview=interview, values={}, now=NOW)
    keep_seats(interview=interview, now=NOW)
    assert give_back_seats(interview=interview, reason="rejected", now=LATER) == 1
    assert give_back_seats(interview=interview, reason="rejected", now=LATER) == 0
    seat = interview.seats.get()
    assert (seat.status, seat.release_reason, seat.released_at) == (Seat.Status.RELEASED, "rejected", LATER)
    assert take_seat(interview=other, values={}, now=LATER).open


# --- changing quotas -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_changed_target_is_logged_with_old_new_and_reason() -> None:
    population = make_population()
    cell = make_quota(population, [("all", "true()", 1)]).cells.get()
    lead = make_member(population.study, Role.LEAD).user
    set_cell_target(cell=cell, target=2, reason="client asked", actor=lead, now=NOW)
    interviews = [make_interview(population) for _ in range(3)]
    assert [take_seat(interview=each, values={}, now=NOW).open for each in interviews] == [True, True, False]
    logged = ActivityLog.objects.get(action="quota.target_changed")
    assert (logged.actor, logged.data["old"], logged.data["new"], logged.data["reason"]) == (lead, 1, 2, "client asked")


@pytest.mark.django_db
def test_a_cell_closed_by_hand_takes_nobody_until_it_is_reopened() -> None:
    population = make_population()
    cell = make_quota(population, [("all", "true()", 5)]).cells.get()
    interview = make_interview(population)
    close_cell(cell=cell, reason="enough of them", actor=None, now=NOW)
    decision = take_seat(interview=interview, values={}, now=NOW)
    assert (decision.open, decision.reason) == (False, "closed")
    reopen_cell(cell=cell, reason="not enough", actor=None, now=NOW)
    assert take_seat(interview=interview, values={}, now=NOW).open
    actions = ActivityLog.objects.filter(action__startswith="quota.cell").order_by("pk")
    assert list(actions.values_list("action", flat=True)) == ["quota.cell_closed", "quota.cell_reopened"]


@pytest.mark.django_db
def test_running_interviews_of_a_closed_cell_go_on() -> None:
    population = make_population()
    cell = make_quota(population, [("all", "true()", 5)]).cells.get()
    interview = make_interview(population)
    take_seat(interview=interview, values={}, now=NOW)
    close_cell(cell=cell, reason="enough", actor=None, now=NOW)
    assert take_seat(interview=interview, values={}, now=NOW).open
    assert keep_seats(interview=interview, now=NOW) == []


@pytest.mark.django_db
def test_changes_need_a_reason_and_sense() -> None:
    cell = make_quota().cells.get()
    for change in (
        lambda: set_cell_target(cell=cell, target=5, reason=" ", actor=None, now=NOW),
        lambda: set_cell_target(cell=cell, target=-1, reason="x", actor=None, now=NOW),
        lambda: close_cell(cell=cell, reason="", actor=None, now=NOW),
        lambda: set_quota_rule(quota=cell.quota, rule="loose", tolerance=0, reason="x", actor=None, now=NOW),
    ):
        with pytest.raises(InvalidInput):
            change()
    assert not ActivityLog.objects.exists()
    assert QuotaCell.objects.get() == cell


@pytest.mark.django_db
def test_the_rule_of_a_quota_can_be_changed() -> None:
    population = make_population()
    quota = make_quota(population, [("all", "true()", 1)])
    set_quota_rule(quota=quota, rule="finish", tolerance=1, reason="last places", actor=None, now=NOW)
    interviews = [make_interview(population) for _ in range(3)]
    assert [take_seat(interview=each, values={}, now=NOW).open for each in interviews] == [True, True, False]
    assert ActivityLog.objects.get().data["old"] == {"rule": "strict", "tolerance": 0}


@pytest.mark.django_db
def test_setting_what_is_already_so_leaves_no_trace() -> None:
    cell = make_quota(cells=[("all", "true()", 10)]).cells.get()
    set_cell_target(cell=cell, target=10, reason="again", actor=None, now=NOW)
    assert not ActivityLog.objects.exists()
