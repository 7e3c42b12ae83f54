"""Loads the reference study (examples/reference-study) through the services that the pages use.

What a project lead would do by hand in an afternoon: people and roles, populations, numbering plans and population
tables, questionnaire imported and published, quotas, code frames, audit plan, samples drawn. Nothing is written past
the services.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction

from config.demo_accounts import DEMO_ACCOUNTS, PASSWORD
from fieldwork.models import NumberingPlan, Quota, Replicate
from fieldwork.services.quotas import create_age_gender_quota
from fieldwork.services.sample import (
    claim_sample,
    create_sample,
    draw_sample,
    load_numbering_plan,
    load_population_counts,
    release_replicate,
)
from qc.services.audits import create_audit_plan
from qc.services.coding import load_code_frames
from questionnaires.services.versions import create_questionnaire, import_workbook, publish_version
from studies.errors import DomainError
from studies.models import Population, Study, User
from studies.models.study import Role
from studies.services.members import add_member
from studies.services.people import create_user
from studies.services.populations import create_population
from studies.services.studies import create_study, update_study

FOLDER = settings.BASE_DIR / "examples" / "reference-study"
#: The demo is in the middle of its field period: it began so many days ago and ends so many days from now.
DAYS_SO_FAR, DAYS_TO_COME = 10, 11
DAY_AND_NIGHT = ("00:00", "23:59:59")
INTERVIEWERS_PER_POPULATION = 8
Say = Callable[[str], None]


class ExampleExists(DomainError):
    """The example is there already."""


@dataclass(frozen=True, slots=True)
class Seat:
    """An interviewer of the example: where, in which languages, with which skill."""

    username: str
    first_name: str
    last_name: str
    population: str
    languages: tuple[str, ...]
    converts_refusals: bool


@transaction.atomic
def load_example(
    *,
    now: datetime,
    say: Say = lambda text: None,
    folder: Path = FOLDER,
    days: int = DAYS_SO_FAR,
    target: int | None = None,
    at_any_hour: bool = True,
) -> Study:
    """Load the study so that its fieldwork began `days` days before `now`. All of it, or nothing.

    Args:
        target: interviews per population, where they are to be fewer than the study's.
        at_any_hour: respondents may be called day and night, so that whoever tries the example finds a case to call.

    Raises ExampleExists where its code is taken.
    """
    plan = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    if Study.objects.filter(code=plan["code"]).exists():
        raise ExampleExists(
            "example_exists",
            f"There is a study {plan['code']} already; nothing was changed. The example is loaded into a database "
            "without it: `make demo RESET=1` begins anew, and DATA_DIR names another place for the data.",
        )
    for row in plan["populations"]:
        row["target"] = target or row["target"]
        if at_any_hour:
            row["calling_start"], row["calling_end"] = DAY_AND_NIGHT
    start = (now - timedelta(days=days)).date()
    began = datetime.combine(start, time(3), tzinfo=now.tzinfo)
    people = _people(began)
    lead = people["lead"]
    say("people, study, populations")
    study = _study(plan, lead, people["admin"], began)
    end = (now + timedelta(days=DAYS_TO_COME - 1)).date()
    populations = {row["code"]: _population(study, row, (start, end), lead, began) for row in plan["populations"]}
    _members(study, people, populations, lead, began)
    say("questionnaire: import, check, publish")
    _questionnaire(study, plan, folder, lead, began)
    for row in plan["populations"]:
        _sample_and_quota(populations[row["code"]], row, folder, lead, began, say)
    say("code frames and audit plan")
    frames = json.loads((folder / plan["code_frames"]).read_text())["frames"]
    load_code_frames(study=study, frames=frames, actor=lead, now=began)
    create_audit_plan(study=study, actor=lead, now=began)
    return update_study(study=study, fields={"status": Study.Status.FIELD}, actor=lead, now=began)


def interviewers() -> Iterator[Seat]:
    """The call centre of the example: in each country most speak both languages, and two convert refusals."""
    rooms = {
        "KZ": (("kk", "ru"), ("ru", "kk"), ("kk",), ("kk", "ru"), ("kk", "ru"), ("ru",), ("kk", "ru"), ("ru", "kk")),
        "UZ": (("uz", "ru"), ("uz", "ru"), ("uz",), ("uz", "ru"), ("uz", "ru"), ("ru", "uz"), ("uz",), ("uz", "ru")),
    }
    for population, skills in rooms.items():
        for index in range(INTERVIEWERS_PER_POPULATION):
            first, last = NAMES[population][index]
            yield Seat(f"{population.lower()}{index + 1:02d}", first, last, population, skills[index], index < 2)


NAMES = {
    "KZ": (
        ("Айгүл", "Сәрсенова"), ("Динара", "Омарова"), ("Елена", "Ким"), ("Гүлнар", "Тілеуова"),
        ("Асель", "Жүнісова"), ("Ольга", "Петренко"), ("Мәдина", "Әлиева"), ("Жанар", "Бекова"),
    ),
    "UZ": (
        ("Nilufar", "Karimova"), ("Dilnoza", "Rahimova"), ("Shahnoza", "Yusupova"), ("Gulbahor", "Ergasheva"),
        ("Zulfiya", "Toshpoʻlatova"), ("Malika", "Azimova"), ("Feruza", "Qodirova"), ("Sevara", "Umarova"),
    ),
}  # fmt: skip


def _people(now: datetime) -> dict[str, User]:
    """The accounts of demo_accounts.py and the call centre's interviewers, by log-in name."""
    admin = User.objects.filter(username="admin").first()
    if admin is None:
        admin = User.objects.create_superuser("admin", password=PASSWORD, first_name="Admin")
    people = {"admin": admin}
    for account in DEMO_ACCOUNTS:
        if account.username not in people:
            people[account.username] = _person(account.username, account.password, "", "", admin, now)
    for seat in interviewers():
        # Nobody logs in as these. Making a password that is hard to guess takes a third of a second each.
        people[seat.username] = _person(seat.username, "", seat.first_name, seat.last_name, admin, now)
    return people


def _person(username: str, password: str, first: str, last: str, admin: User, now: datetime) -> User:
    fields = {"first_name": first or username.capitalize(), "last_name": last}
    return create_user(username=username, password=password, fields=fields, actor=admin, now=now)


def _study(plan: Mapping[str, Any], lead: User, admin: User, now: datetime) -> Study:
    language = plan["reporting_language"]
    fields = {
        "name": plan["name"][language],
        "description": plan["description"][language],
        "reporting_language": language,
    }
    return create_study(code=plan["code"], fields=fields, lead=lead, actor=admin, now=now)


def _population(
    study: Study, row: Mapping[str, Any], field: tuple[date, date], lead: User, now: datetime
) -> Population:
    fields = {
        "name": row["adults"]["en"],
        "country": row["country"],
        "languages": row["languages"],
        "time_zones": row["time_zones"],
        "calling_start": time.fromisoformat(row["calling_start"]),
        "calling_end": time.fromisoformat(row["calling_end"]),
        "field_start": field[0],
        "field_end": field[1],
        "target": row["target"],
        "max_attempts": row["max_attempts"],
        "checkpoint_rule": row["checkpoint_rule"],
    }
    return create_population(study=study, code=row["code"], fields=fields, actor=lead, now=now)


def _members(
    study: Study, people: Mapping[str, User], populations: Mapping[str, Population], lead: User, now: datetime
) -> None:
    add_member(study=study, user=people["supervisor"], role=Role.SUPERVISOR, actor=lead, now=now)
    add_member(study=study, user=people["coder"], role=Role.CODER, actor=lead, now=now)
    everybody = ("kk", "ru", "uz")
    add_member(study=study, user=people["interviewer"], role=Role.INTERVIEWER, languages=everybody, actor=lead, now=now)
    for seat in interviewers():
        add_member(
            study=study,
            user=people[seat.username],
            role=Role.INTERVIEWER,
            languages=seat.languages,
            populations=[populations[seat.population]],
            converts_refusals=seat.converts_refusals,
            actor=lead,
            now=now,
        )


def _questionnaire(study: Study, plan: Mapping[str, Any], folder: Path, lead: User, now: datetime) -> None:
    row = plan["questionnaire"]
    questionnaire = create_questionnaire(study=study, code=row["name"], title=study.name, actor=lead, now=now)
    path = folder / row["file"]
    with path.open("rb") as file:
        draft = import_workbook(questionnaire=questionnaire, file=file, name=path.name, actor=lead, now=now)
    publish_version(version=draft, actor=lead, now=now)


def _sample_and_quota(
    population: Population, row: Mapping[str, Any], folder: Path, lead: User, now: datetime, say: Say
) -> None:
    numbering, counts, quota, draw = row["numbering"], row["population_counts"], row["quota"], row["sample"]
    say(f"{population}: numbering plan, draw of {draw['size']:,} numbers")
    plan = _numbering_plan(population, numbering, folder, lead, now)
    sample = create_sample(
        population=population,
        plan=plan,
        seed=draw["seed"],
        size=draw["size"],
        replicate_size=draw["replicate_size"],
        plan_date=date.fromisoformat(numbering["plan_date"]),
        actor=lead,
        now=now,
    )
    claimed = claim_sample(sample_id=sample.pk, now=now)
    if claimed is not None:
        draw_sample(sample=claimed, now=now)
    say(f"{population}: quota of {population.target} interviews by age and gender")
    with (folder / counts["file"]).open("rb") as file:
        load_population_counts(
            file=file, population=population, source=counts["source"], year=counts["year"], actor=lead, now=now
        )
    create_age_gender_quota(
        population=population,
        name=quota["name"]["en"],
        source=counts["source"],
        year=counts["year"],
        age_groups=[group["name"] for group in quota["rows"]],
        target=population.target,
        rule=Quota.Rule(quota["rule"]),
        tolerance=quota["tolerance"],
        source_date=date.fromisoformat(quota["source_date"]),
        actor=lead,
        now=now,
    )
    first = Replicate.objects.filter(sample=sample).order_by("number").first()
    if first is not None:
        release_replicate(replicate=first, actor=lead, now=now)


def _numbering_plan(
    population: Population, row: Mapping[str, Any], folder: Path, lead: User, now: datetime
) -> NumberingPlan:
    """The plan of the example, loaded now or by an earlier study."""
    content = (folder / row["file"]).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    there = NumberingPlan.objects.filter(country=population.country, sha256=digest).first()
    return there or load_numbering_plan(
        file=BytesIO(content),
        country=population.country,
        name=row["name"],
        source=row["source"],
        actor=lead,
        now=now,
    )
