from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import available_timezones

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from studies.errors import InvalidInput
from studies.models import Population, Study, User
from studies.models.study import INTERVIEW_LANGUAGES

from .activity import log_activity
from .validation import check_fields

#: What may be changed later. The code is part of case names and file names and stays.
EDITABLE = (
    "name",
    "country",
    "languages",
    "time_zones",
    "calling_start",
    "calling_end",
    "field_start",
    "field_end",
    "target",
    "max_attempts",
    "checkpoint_rule",
)


@transaction.atomic
def create_population(*, study: Study, code: str, fields: Mapping[str, Any], actor: User, now: datetime) -> Population:
    """Create a target population of `study`. `fields` are those of EDITABLE. Raises InvalidInput."""
    population = Population(study=study, code=code, **_known(fields))
    _check(population)
    population.save()
    log_activity(study=study, actor=actor, action="population.created", target=population, data={"code": code}, now=now)
    return population


@transaction.atomic
def update_population(*, population: Population, fields: Mapping[str, Any], actor: User, now: datetime) -> Population:
    """Change the fields given (of EDITABLE); only what differs is written and logged. Raises InvalidInput."""
    changes: dict[str, tuple[Any, Any]] = {}
    for name, value in _known(fields).items():
        if getattr(population, name) != value:
            changes[name] = (getattr(population, name), value)
            setattr(population, name, value)
    if not changes:
        return population
    _check(population)
    population.save(update_fields=list(changes))
    log_activity(
        study=population.study,
        actor=actor,
        action="population.changed",
        target=population,
        data={name: [_plain(old), _plain(new)] for name, (old, new) in changes.items()},
        now=now,
    )
    return population


def _known(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: fields[name] for name in EDITABLE if name in fields}


def _plain(value: Any) -> Any:
    """A value as the log can hold it."""
    return value if isinstance(value, str | int | list) else str(value)


def _check(population: Population) -> None:
    check_fields(population, constraints=False)
    faults: dict[str, list[object]] = {}
    unknown = [language for language in population.languages if language not in INTERVIEW_LANGUAGES]
    if unknown:
        faults["languages"] = [_("Not a language of interviews: %(languages)s.") % {"languages": ", ".join(unknown)}]
    known_zones = available_timezones()
    strange = [zone for zone in population.time_zones if zone not in known_zones]
    if strange:
        faults["time_zones"] = [
            _("Not a time zone: %(zones)s. Write it as Asia/Almaty.") % {"zones": ", ".join(strange)}
        ]
    if population.field_end < population.field_start:
        faults["field_end"] = [_("The field can't end before it starts.")]
    if population.calling_end <= population.calling_start:
        faults["calling_end"] = [_("Calls must end after they begin.")]
    if faults:
        raise InvalidInput("invalid", _("Some of the input is not right."), faults)
    check_fields(population)
