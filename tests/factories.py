"""Plain functions that make rows with sensible values. Name what the test is about; leave the rest to the defaults.

Serial numbers keep codes and log-in names apart within a run; they carry no meaning.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from fieldwork.models import CallAttempt, Case, Interview, NumberingPlan, Quota, QuotaCell, Replicate, Sample
from questionnaires.models import Questionnaire, QuestionnaireVersion
from questionnaires.script import checksum_of
from studies.models import Population, Study, StudyMember, User
from studies.models.study import Role

#: A Tuesday in the field of the reference study: 15:00 in Almaty (UTC+6 then), 14:00 in Tashkent.
NOW = datetime(2021, 8, 24, 9, 0, tzinfo=UTC)

#: What `make_user` sets, so that a test can log in through the page.
PASSWORD = "nine-cranes-over-the-steppe"

_serial = count(1)


def make_user(username: str = "", *, password: str = "", **fields: Any) -> User:
    """A person who can log in. The slow password hash is made only where a password is asked for."""
    user = User(username=username or f"person{next(_serial)}", **fields)
    if password:
        user.set_password(password)
    else:
        user.set_unusable_password()
    user.save()
    return user


def make_administrator(username: str = "", **fields: Any) -> User:
    return make_user(username, is_superuser=True, is_staff=True, **fields)


def make_study(code: str = "", *, populations: Sequence[str] = ("KZ",), **fields: Any) -> Study:
    """A study in the field with one target population per code in `populations` (KZ and UZ are known countries)."""
    code = code or f"STUDY{next(_serial)}"
    fields.setdefault("status", Study.Status.FIELD)
    study = Study.objects.create(code=code, **{"name": f"Study {code}", **fields})
    for population in populations:
        make_population(study, population)
    return study


def make_population(study: Study | None = None, code: str = "KZ", **fields: Any) -> Population:
    """Adults of Kazakhstan or (code UZ) of Uzbekistan, 800 interviews, calls from 09:00 to 21:00."""
    if study is None:
        study = make_study(populations=())
    uzbek = code == "UZ"
    defaults: dict[str, Any] = {
        "name": "Uzbekistan, 18 and over" if uzbek else "Kazakhstan, 18 and over",
        "country": "UZ" if uzbek else "KZ",
        "languages": ["uz", "ru"] if uzbek else ["kk", "ru"],
        "time_zones": ["Asia/Tashkent"] if uzbek else ["Asia/Almaty", "Asia/Aqtobe"],
        "field_start": date(2021, 8, 19),
        "field_end": date(2021, 9, 8),
        "target": 800,
    }
    population = Population(study=study, code=code, **{**defaults, **fields})
    population.save()
    # Defaults given as text ("09:00") become times only when they are read back.
    population.refresh_from_db()
    return population


def make_member(
    study: Study,
    role: Role = Role.INTERVIEWER,
    *,
    user: User | None = None,
    languages: Sequence[str] = (),
    populations: Iterable[Population] = (),
    converts_refusals: bool = False,
) -> StudyMember:
    """One role of one person in `study`; the person is made too where none is given."""
    member = StudyMember.objects.create(
        study=study,
        user=user or make_user(),
        role=role,
        languages=list(languages),
        converts_refusals=converts_refusals,
    )
    member.populations.set(populations)
    return member


def make_sample(population: Population | None = None, **fields: Any) -> Sample:
    """A drawn sample with one released replicate; without numbers of its own."""
    population = population or make_population()
    plan, _ = NumberingPlan.objects.get_or_create(
        country=population.country,
        name="plan of tests",
        defaults={"source": "invented", "loaded_at": NOW},
    )
    defaults: dict[str, Any] = {
        "plan": plan,
        "number": next(_serial),
        "seed": 1,
        "size": 1000,
        "replicate_size": 1000,
        "plan_date": NOW.date(),
        "inclusion_probability": 0.001,
        "status": Sample.Status.READY,
        "progress": 100,
        "created_at": NOW,
    }
    sample = Sample.objects.create(population=population, **{**defaults, **fields})
    Replicate.objects.create(sample=sample, number=1, size=sample.size, released_at=NOW)
    return sample


def make_case(population: Population | None = None, **fields: Any) -> Case:
    """An open case, due now, that nobody has called. All cases of a population are in its first sample."""
    population = population or make_population()
    sample = population.samples.order_by("number").first() or make_sample(population)
    replicate = sample.replicates.get(number=1)
    number = next(_serial)
    defaults: dict[str, Any] = {
        "number": number,
        "inclusion_probability": 0.001,
        "shuffle": number,
        "status": Case.Status.OPEN,
        "due_at": NOW,
    }
    return Case.objects.create(population=population, sample=sample, replicate=replicate, **{**defaults, **fields})


def make_attempt(case: Case | None = None, interviewer: User | None = None, **fields: Any) -> CallAttempt:
    """A call attempt that has ended without contact (3.12); the case stays as it was but for its number of attempts."""
    case = case or make_case()
    case.attempts += 1
    case.save(update_fields=["attempts"])
    defaults: dict[str, Any] = {
        "number": case.attempts,
        "served_from": case.queue,
        "started_at": NOW,
        "ended_at": NOW,
        "disposition": "3.12",
    }
    return CallAttempt.objects.create(
        case=case, interviewer=interviewer or make_member(case.population.study).user, **{**defaults, **fields}
    )


#: A published questionnaire without a question (docs/script.md).
EMPTY_SCRIPT: dict[str, Any] = {
    "format": 1,
    "title": {},
    "languages": ["en", "kk", "ru", "uz"],
    "default_language": "ru",
    "missing_texts": {},
    "choices": {},
    "children": [],
}


def make_version(study: Study, script: dict[str, Any] | None = None, **fields: Any) -> QuestionnaireVersion:
    """A published version of the study's questionnaire; its script asks nothing where the test needs none."""
    questionnaire, _ = Questionnaire.objects.get_or_create(study=study, code="main", defaults={"title": "Main"})
    script = script or EMPTY_SCRIPT
    defaults: dict[str, Any] = {
        "number": questionnaire.versions.count() + 1,
        "status": QuestionnaireVersion.Status.PUBLISHED,
        "form": {},
        "script": script,
        "checksum": checksum_of(script),
        "created_at": NOW,
        "published_at": NOW,
    }
    return QuestionnaireVersion.objects.create(questionnaire=questionnaire, **{**defaults, **fields})


def make_interview(
    population: Population | None = None, *, case: Case | None = None, interviewer: User | None = None, **fields: Any
) -> Interview:
    """A running interview of a case and attempt of its own, without answers."""
    case = case or make_case(population)
    study = case.population.study
    attempt = fields.pop("attempt", None) or make_attempt(case, interviewer)
    version = fields.pop("version", None) or QuestionnaireVersion.objects.filter(questionnaire__study=study).first()
    defaults: dict[str, Any] = {
        "version": version or make_version(study),
        "interviewer": attempt.interviewer,
        "language": case.population.languages[0],
        "started_at": NOW,
    }
    return Interview.objects.create(case=case, population=case.population, attempt=attempt, **{**defaults, **fields})


def make_quota(
    population: Population | None = None,
    cells: Sequence[tuple[str, str, int]] = (("all", "true()", 10),),
    **fields: Any,
) -> Quota:
    """A quota with cells given as (name, condition, target)."""
    population = population or make_population()
    quota = Quota.objects.create(population=population, **{"name": f"quota {next(_serial)}", **fields})
    for position, (name, condition, target) in enumerate(cells, start=1):
        QuotaCell.objects.create(quota=quota, position=position, name=name, condition=condition, target=target)
    return quota
