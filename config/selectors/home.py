"""Puts the desks of a person together, study by study."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from config.selectors.desks.coder import CoderDesk, coder_desks
from config.selectors.desks.interviewer import InterviewerDesk, interviewer_desks
from config.selectors.desks.lead import LeadDesk, lead_desks
from config.selectors.desks.supervisor import PopulationField, population_fields
from studies.models import Population, Study, StudyMember, User
from studies.models.study import Role

#: Studies in the field come first on the page.
_STATUS_ORDER = (Study.Status.FIELD, Study.Status.DESIGN, Study.Status.CLOSED)


@dataclass
class Desk:
    """What one person has to do in one study: a part for each of their roles."""

    study: Study
    roles: set[str]
    populations: list[Population] = field(default_factory=list)
    #: The field by population, for supervisors (their populations) and leads (all).
    fields: list[PopulationField] = field(default_factory=list)
    interviewer: InterviewerDesk | None = None
    coder: CoderDesk | None = None
    lead: LeadDesk | None = None

    @property
    def supervises(self) -> bool:
        return Role.SUPERVISOR in self.roles

    def total(self, name: str) -> int:
        """Sum of one number over the populations."""
        return sum(getattr(one, name) for one in self.fields)

    @property
    def shows_field(self) -> bool:
        """Whether there is a field to look at: not before the study has a sample or a complete interview."""
        return any(one.replicates or one.complete for one in self.fields)

    @property
    def target(self) -> int:
        return sum(one.population.target for one in self.fields)

    @property
    def complete(self) -> int:
        return self.total("complete")

    @property
    def on_a_case(self) -> int:
        return sum(len(one.on_a_case) for one in self.fields)


def desks_of(user: User, now: datetime, *, only: Study | None = None) -> list[Desk]:
    """The desks of a person by study code; with `only` that of one study. A fixed number of queries per role."""
    members = StudyMember.objects.filter(user=user).select_related("study").prefetch_related("populations")
    if only is not None:
        members = members.filter(study=only)
    desks: dict[int, Desk] = {}
    supervised: dict[int, set[int]] = {}
    coded: dict[int, list[str]] = {}
    for member in members.order_by("study__code", "role"):
        desk = desks.setdefault(member.study_id, Desk(member.study, set()))
        desk.roles.add(member.role)
        if member.role == Role.SUPERVISOR:
            supervised[member.study_id] = {population.pk for population in member.populations.all()}
        elif member.role == Role.CODER:
            coded[member.study_id] = member.languages
    populations: dict[int, list[Population]] = defaultdict(list)
    for population in Population.objects.filter(study__in=desks).order_by("study", "code"):
        populations[population.study_id].append(population)
    for study, desk in desks.items():
        desk.populations = populations[study]
    _add_interviewers(desks, user, now)
    _add_fields(desks, supervised, now)
    _add_coders(desks, coded, user, now)
    leading = [study for study, desk in desks.items() if Role.LEAD in desk.roles]
    for study, lead in (lead_desks(leading) if leading else {}).items():
        desks[study].lead = lead
    return sorted(desks.values(), key=lambda desk: (_STATUS_ORDER.index(desk.study.status), desk.study.code))


def _add_interviewers(desks: dict[int, Desk], user: User, now: datetime) -> None:
    mine = [desk for desk in desks.values() if Role.INTERVIEWER in desk.roles]
    if not mine:
        return
    found = interviewer_desks(user, [population for desk in mine for population in desk.populations], now)
    for desk in mine:
        desk.interviewer = found[desk.study.pk]


def _add_fields(desks: dict[int, Desk], supervised: dict[int, set[int]], now: datetime) -> None:
    shown: list[Population] = []
    for study, desk in desks.items():
        chosen = supervised.get(study)
        if Role.LEAD in desk.roles or chosen == set():
            shown += desk.populations
        elif chosen:
            shown += [population for population in desk.populations if population.pk in chosen]
    if shown:
        for one in population_fields(shown, now).values():
            desks[one.population.study_id].fields.append(one)


def _add_coders(desks: dict[int, Desk], coded: dict[int, list[str]], user: User, now: datetime) -> None:
    """Coders see their languages, leads all."""
    languages: dict[int, list[str]] = {}
    for study, desk in desks.items():
        if Role.LEAD in desk.roles:
            languages[study] = []
        elif study in coded:
            languages[study] = coded[study]
    if not languages:
        return
    populations = [population for study in languages for population in desks[study].populations]
    for study, coder in coder_desks(user, languages, populations, now).items():
        desks[study].coder = coder
