"""Studies, populations, members and people: who may change what, and what the log keeps of it."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from rest_framework.authtoken.models import Token

from studies.errors import Conflict, DomainError, InvalidInput, NotAllowed
from studies.models import ActivityLog, Population, Study, StudyMember, User
from studies.models.study import Role
from studies.services.members import add_member, remove_member, update_member
from studies.services.people import create_user, renew_token, set_password, set_preferences, update_user
from studies.services.populations import create_population, update_population
from studies.services.studies import create_study, update_study
from tests.factories import NOW, make_administrator, make_member, make_population, make_study, make_user

pytestmark = pytest.mark.django_db

GOOD_PASSWORD = "seven-mares-in-the-wind"


def logged() -> list[str]:
    return list(ActivityLog.objects.order_by("pk").values_list("action", flat=True))


# --- studies ---------------------------------------------------------------------------------------------


def test_whoever_creates_a_study_leads_it() -> None:
    lead = make_member(make_study(), Role.LEAD).user

    study = create_study(code="NEW-1", fields={"name": "New"}, lead=lead, actor=lead, now=NOW)

    assert list(study.members.values_list("user", "role")) == [(lead.pk, Role.LEAD)]
    assert study.status == Study.Status.DESIGN
    entry = ActivityLog.objects.get()
    assert (entry.study, entry.actor, entry.action, entry.at) == (study, lead, "study.created", NOW)


@pytest.mark.parametrize("role", [Role.INTERVIEWER, Role.SUPERVISOR, Role.CODER])
def test_only_leads_and_administrators_create_studies(role: Role) -> None:
    person = make_member(make_study(), role).user
    with pytest.raises(NotAllowed):
        create_study(code="NEW-1", fields={"name": "New"}, lead=person, actor=person, now=NOW)
    assert not Study.objects.filter(code="NEW-1").exists()


def test_an_administrator_creates_a_study_for_somebody_else_and_a_lead_does_not() -> None:
    other = make_user()
    study = create_study(code="NEW-1", fields={"name": "New"}, lead=other, actor=make_administrator(), now=NOW)
    assert study.members.get().user == other

    lead = make_member(make_study(), Role.LEAD).user
    with pytest.raises(NotAllowed):
        create_study(code="NEW-2", fields={"name": "New"}, lead=other, actor=lead, now=NOW)


@pytest.mark.parametrize("code", ["TAKEN", "not a code", "", "слово"])
def test_a_study_needs_a_code_of_its_own(code: str) -> None:
    make_study("TAKEN")
    administrator = make_administrator()
    with pytest.raises(InvalidInput) as error:
        create_study(code=code, fields={"name": "New"}, lead=administrator, actor=administrator, now=NOW)
    assert "code" in error.value.fields


def test_a_change_of_a_study_is_logged_with_old_and_new_and_no_change_is_not() -> None:
    study = make_study(name="Old")
    lead = make_member(study, Role.LEAD).user
    update_study(study=study, fields={"name": "New", "organisation": ""}, actor=lead, now=NOW)
    update_study(study=study, fields={"name": "New"}, actor=lead, now=NOW)
    study.refresh_from_db()
    assert study.name == "New"
    assert ActivityLog.objects.get().data == {"name": ["Old", "New"]}


# --- populations -----------------------------------------------------------------------------------------

KAZAKHSTAN: dict[str, Any] = {
    "name": "Kazakhstan, 18 and over",
    "country": "KZ",
    "languages": ["kk", "ru"],
    "time_zones": ["Asia/Almaty", "Asia/Aqtobe"],
    "field_start": date(2021, 8, 19),
    "field_end": date(2021, 9, 8),
    "target": 800,
}


def test_a_population_gets_the_usual_hours_and_attempts() -> None:
    study = make_study(populations=())
    create_population(study=study, code="KZ", fields=KAZAKHSTAN, actor=make_user(), now=NOW)
    population = Population.objects.get()
    assert (population.calling_start, population.calling_end) == (time(9), time(21))
    assert population.max_attempts == 7
    assert population.zone.key == "Asia/Almaty"


@pytest.mark.parametrize(
    ("field", "value", "fault"),
    [
        ("field_end", date(2021, 8, 18), "field_end"),
        ("calling_end", time(9), "calling_end"),
        ("calling_end", time(8, 30), "calling_end"),
        ("time_zones", ["Asia/Almaty", "Asia/Nowhere"], "time_zones"),
        ("time_zones", [], "time_zones"),
        ("languages", ["xx"], "languages"),
        ("languages", [], "languages"),
        ("target", 0, "target"),
        ("field_start", None, "field_start"),
    ],
)
def test_a_population_that_can_not_be_is_refused_with_the_field_at_fault(field: str, value: object, fault: str) -> None:
    study = make_study(populations=())
    with pytest.raises(InvalidInput) as error:
        create_population(study=study, code="KZ", fields={**KAZAKHSTAN, field: value}, actor=make_user(), now=NOW)
    assert list(error.value.fields) == [fault]
    assert not Population.objects.exists()
    assert logged() == []


def test_the_code_of_a_population_is_its_own_in_the_study() -> None:
    study = make_study(populations=("KZ",))
    with pytest.raises(InvalidInput):
        create_population(study=study, code="KZ", fields=KAZAKHSTAN, actor=make_user(), now=NOW)
    create_population(study=make_study(populations=()), code="KZ", fields=KAZAKHSTAN, actor=make_user(), now=NOW)


def test_a_changed_target_is_logged_with_old_and_new() -> None:
    population = make_population(target=800)
    update_population(
        population=population, fields={"target": 820, "calling_end": time(20, 30)}, actor=make_user(), now=NOW
    )
    population.refresh_from_db()
    assert population.target == 820
    assert ActivityLog.objects.get().data == {"target": [800, 820], "calling_end": ["21:00:00", "20:30:00"]}


def test_the_code_of_a_population_stays() -> None:
    population = make_population(code="KZ")
    update_population(population=population, fields={"code": "XX", "name": "New"}, actor=make_user(), now=NOW)
    population.refresh_from_db()
    assert (population.code, population.name) == ("KZ", "New")


# --- members ---------------------------------------------------------------------------------------------


def test_a_member_has_languages_and_populations_and_the_log_says_so() -> None:
    study = make_study(populations=("KZ", "UZ"))
    person = make_user("dilshod")
    member = add_member(
        study=study,
        user=person,
        role=Role.INTERVIEWER,
        languages=["uz", "ru"],
        populations=study.populations.filter(code="UZ"),
        converts_refusals=True,
        actor=make_user(),
        now=NOW,
    )
    assert member.languages == ["ru", "uz"]
    assert [population.code for population in member.populations.all()] == ["UZ"]
    assert ActivityLog.objects.get().data == {
        "person": "dilshod",
        "role": "interviewer",
        "languages": ["ru", "uz"],
        "populations": ["UZ"],
        "converts_refusals": True,
    }


def test_a_role_is_given_once_but_a_person_may_have_several() -> None:
    member = make_member(make_study(), Role.SUPERVISOR)
    add_member(study=member.study, user=member.user, role=Role.CODER, actor=make_user(), now=NOW)
    with pytest.raises(Conflict):
        add_member(study=member.study, user=member.user, role=Role.SUPERVISOR, actor=make_user(), now=NOW)
    assert StudyMember.objects.filter(user=member.user).count() == 2


@pytest.mark.parametrize(
    "fault",
    [{"role": "king"}, {"languages": ["xx"]}, {"populations": "another study's"}, {"user": "closed account"}],
)
def test_a_member_that_can_not_be_is_refused(fault: dict[str, Any]) -> None:
    study = make_study()
    arguments: dict[str, Any] = {"user": make_user(), "role": Role.CODER}
    if "populations" in fault:
        fault = {"populations": [make_population()]}
    if "user" in fault:
        fault = {"user": make_user(is_active=False)}
    with pytest.raises(DomainError):
        add_member(study=study, actor=make_user(), now=NOW, **{**arguments, **fault})
    assert not study.members.exists()


def test_changing_a_member_logs_before_and_after() -> None:
    member = make_member(make_study(), Role.INTERVIEWER, languages=["ru"])
    for _ in range(2):
        update_member(
            member=member, languages=["ru", "kk"], populations=[], converts_refusals=True, actor=make_user(), now=NOW
        )
    entry = ActivityLog.objects.get()
    assert entry.data["before"]["languages"] == ["ru"]
    assert entry.data["after"]["languages"] == ["kk", "ru"]


def test_a_study_keeps_a_lead() -> None:
    study = make_study()
    first = make_member(study, Role.LEAD)
    with pytest.raises(Conflict) as error:
        remove_member(member=first, reason="leaves", actor=first.user, now=NOW)
    assert error.value.code == "last_lead"

    make_member(study, Role.LEAD)
    remove_member(member=first, reason="leaves", actor=first.user, now=NOW)
    assert study.members.count() == 1
    assert ActivityLog.objects.get().data["reason"] == "leaves"


# --- people ----------------------------------------------------------------------------------------------


def test_administrators_create_people_who_can_log_in() -> None:
    user = create_user(
        username="madina", password=GOOD_PASSWORD, fields={"first_name": "Madina"}, actor=make_administrator(), now=NOW
    )
    assert User.objects.get(username="madina").check_password(GOOD_PASSWORD)
    assert not user.is_superuser


def test_nobody_else_creates_changes_or_lets_in_people() -> None:
    lead = make_member(make_study(), Role.LEAD).user
    other = make_user()
    with pytest.raises(NotAllowed):
        create_user(username="madina", password=GOOD_PASSWORD, fields={}, actor=lead, now=NOW)
    with pytest.raises(NotAllowed):
        update_user(user=other, fields={"is_superuser": True}, actor=lead, now=NOW)
    with pytest.raises(NotAllowed):
        set_password(user=other, password=GOOD_PASSWORD, actor=lead, now=NOW)


@pytest.mark.parametrize(("username", "password", "fault"), [("taken", GOOD_PASSWORD, "username"), ("new", "12345", "password"), ("new one", GOOD_PASSWORD, "username")])  # fmt: skip  # noqa: E501
def test_an_account_that_can_not_be_is_refused(username: str, password: str, fault: str) -> None:
    make_user("taken")
    with pytest.raises(InvalidInput) as error:
        create_user(username=username, password=password, fields={}, actor=make_administrator(), now=NOW)
    assert list(error.value.fields) == [fault]


def test_administrators_do_not_lock_themselves_out() -> None:
    administrator = make_administrator()
    for fields in ({"is_superuser": False}, {"is_active": False}):
        with pytest.raises(Conflict):
            update_user(user=User.objects.get(pk=administrator.pk), fields=fields, actor=administrator, now=NOW)
    administrator.refresh_from_db()
    assert administrator.is_superuser
    assert administrator.is_active


def test_the_log_of_people_names_fields_and_no_values() -> None:
    user = make_user()
    update_user(user=user, fields={"email": "x@example.org"}, actor=make_administrator(), now=NOW)
    assert ActivityLog.objects.get().data == {"fields": ["email"]}


def test_language_and_colours_are_remembered_and_others_refused() -> None:
    user = make_user()
    set_preferences(user=user, language="kk", theme="dark")
    set_preferences(user=user)
    user.refresh_from_db()
    assert (user.language, user.theme) == ("kk", "dark")
    with pytest.raises(InvalidInput):
        set_preferences(user=user, language="xx")


def test_a_new_token_replaces_the_old_one_and_is_not_in_the_log() -> None:
    user = make_user()
    first = renew_token(user=user, now=NOW)
    second = renew_token(user=user, now=NOW)
    assert list(Token.objects.filter(user=user).values_list("key", flat=True)) == [second]
    assert first != second
    assert second not in str(list(ActivityLog.objects.values()))
