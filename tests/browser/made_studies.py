"""Studies in the field today, at any hour: the calls of these tests are made by the clock of the machine."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

from django.utils import timezone

from fieldwork.models import Case, CasePhone, Interview
from questionnaires.script import checksum_of
from studies.models import Population, User
from studies.models.study import Role
from tests.factories import make_case, make_member, make_population, make_study, make_user, make_version
from tests.questionnaires.scripts import make_script

MISSING = {"dk": "8", "refused": "9"}


def label(ru: str, kk: str = "") -> dict[str, str]:
    return {"ru": ru, "kk": kk or f"{ru} (kk)"}


def question(name: str, kind: str, ru: str, kk: str = "", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "label": label(ru, kk), "required": kind != "note", **more}


#: Every kind of question in Russian and Kazakh: the quota's screener, a gate at 18, a filter, several answers.
SCRIPT = make_script(
    [
        {"name": "population", "type": "preset", "exported": False},
        question("gender", "select_one", "Пол", "Жынысы", choices="genders"),
        question(
            "age",
            "integer",
            "Сколько вам лет?",
            "Жасыңыз нешеде?",
            missing=MISSING,
            constraint=". >= 5 and . <= 99",
            checkpoint="screener",
        ),
        question("too_young", "note", "Спасибо, до свидания!", relevant="${age} < 18", ends="4.70"),
        question(
            "informed", "select_one", "Насколько вы информированы?", choices="scale", missing=MISSING, read_out=True
        ),
        question("army", "select_one", "Как вам служба?", choices="scale", relevant="${gender} = '1'"),
        question("first", "text", "Что первое приходит на ум?", missing=MISSING),
        question("visited", "select_multiple", "Где вы бывали?", choices="countries", missing=MISSING),
        question("last", "text", "Что ещё?", missing=MISSING),
    ],
    choices={
        "genders": [{"code": "1", "label": label("Мужской", "Ер")}, {"code": "2", "label": label("Женский", "Әйел")}],
        "scale": [{"code": str(code), "label": label(f"Вариант {code}", f"{code}-нұсқа")} for code in range(1, 5)],
        "countries": [{"code": code, "label": label(f"Страна {code}")} for code in ("1", "2", "12")],
    },
    languages=("ru", "kk"),
)

#: The keys that answer it to the end, as a woman of 25.
KEYS = (
    *(("gender", "2"), ("age", "25"), ("informed", "1"), ("first", "a")),
    *(("visited", "1"), ("last", "b")),
)


def field_study(script: dict[str, Any] = SCRIPT, *, cases: int = 2, country: str = "KZ", **fields: Any) -> Population:
    """A target population whose numbers may be called now, with a published questionnaire."""
    study = make_study(populations=())
    make_version(study, script, checksum=checksum_of(script))
    today = timezone.now().date()
    defaults = {
        "calling_start": time(0),
        "calling_end": time(23, 59, 59),
        "field_start": today - timedelta(days=5),
        "field_end": today + timedelta(days=5),
    }
    population = make_population(study, country, **{**defaults, **fields})
    for number in range(cases):
        add_case(population, f"+7701123{number:04}")
    return population


def add_case(population: Population, phone: str = "+77011234541", **fields: Any) -> Case:
    """A fresh number that is due."""
    case = make_case(population, **{"due_at": timezone.now() - timedelta(hours=1), **fields})
    CasePhone.objects.create(case=case, population=population, e164=phone, digest=case.pk.to_bytes(32))
    return case


def interviewer_of(population: Population, **fields: Any) -> User:
    return make_member(population.study, Role.INTERVIEWER, user=make_user(**fields)).user


def the_interview() -> Interview:
    """The only one there is, as it is now."""
    return Interview.objects.select_related("attempt", "case").get()
