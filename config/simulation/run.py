"""A whole run of simulated fieldwork: field days, evenings with audits, coding, and the first release."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from django.db import connection
from django.db.models import Max

from config.simulation.audits import Auditor
from config.simulation.branch import FOLDER, Branch, supervisor_of
from config.simulation.coding import code_open_answers
from config.simulation.field import be_quick
from config.simulation.model import read_models
from config.simulation.orders import Day, Order, Report
from config.simulation.process import RemoteBranch, answers, remote_branches
from exports.models import Release
from exports.services.releases import request_release, write_release
from fieldwork.models import Interview
from qc.services.audits import draw_audits
from studies.access import study_access
from studies.models import Population, Study, StudyMember, User
from studies.models.study import Role

#: Audits are drawn when the last calls of the day are over.
EVENING = timedelta(minutes=70)
#: Recordings that an evening's auditors get through per population, where the field goes on; the rest waits for people.
AUDITS_PER_EVENING = 2


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be simulated. `target` is per population, and counts accepted interviews."""

    study: Study
    target: int
    until: datetime
    seed: str = "1"
    days: int | None = None
    processes: int = 2
    finish: bool = False
    """Leave nothing to do: code everything, and judge what is drawn on the last evening too."""
    audits_per_evening: int | None = AUDITS_PER_EVENING
    """Recordings that are measured and heard each evening, per population; None: all."""


class Listener(Protocol):
    """Somebody who is told how far the run is."""

    def day(self, number: int, count: int, day: date) -> None: ...

    def report(self, report: Report) -> None: ...

    def say(self, text: str) -> None: ...


class Team(Protocol):
    """The branches, here or in processes of their own: each method asks all of `numbers` at once."""

    def ask(self, command: str, arguments: dict[int, tuple[Any, ...]]) -> dict[int, Any]: ...


@dataclass(frozen=True, slots=True)
class Here:
    """All branches in this process, one after the other."""

    branches: Sequence[Branch]
    tell: Callable[[Report], None]

    def ask(self, command: str, arguments: dict[int, tuple[Any, ...]]) -> dict[int, Any]:
        found = {}
        for place, given in arguments.items():
            more = (self.tell,) if command == "work" else ()
            found[place] = getattr(self.branches[place], command)(*given, *more)
        return found


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Each branch in its process, all at once."""

    branches: Sequence[RemoteBranch]
    tell: Callable[[Report], None]

    def ask(self, command: str, arguments: dict[int, tuple[Any, ...]]) -> dict[int, Any]:
        for place, given in arguments.items():
            self.branches[place].send(command, *given)
        chosen = [self.branches[place] for place in arguments]
        return dict(zip(arguments, answers(chosen, self.tell), strict=True))


@contextmanager
def _team(wish: Wish, listener: Listener) -> Iterator[Team]:
    codes = wish.study.populations.order_by("code").values_list("code", flat=True)
    orders = [Order(wish.study.code, code, wish.seed, wish.target, wish.until, wish.days) for code in codes]
    if wish.processes < 2 or len(orders) < 2:
        yield Here([Branch(order) for order in orders], listener.report)
        return
    processes: AbstractContextManager[list[RemoteBranch]] = remote_branches(
        orders, str(connection.settings_dict["NAME"])
    )
    with processes as branches:
        yield Elsewhere(branches, listener.report)


def simulate(wish: Wish, listener: Listener) -> Release:
    """Run fieldwork until the target is reached or the time is over, then write a release of the data.

    Whatever is there already stays: the run goes on from the last call. It can be stopped at any moment between two
    acts, each of which is a service's transaction.

    Raises BranchFailed or a DomainError where the study is not ready for fieldwork.
    """
    be_quick()
    count = wish.study.populations.count()
    with _team(wish, listener) as team:
        plans: dict[int, list[Day]] = team.ask("plan", dict.fromkeys(range(count), ()))
        office = Office(wish, team, count)
        calendar = days_of(plans)
        for number, (day, places) in enumerate(calendar):
            listener.day(number, len(calendar), day)
            last = max(team.ask("work", {place: (index,) for place, index in places.items()}).values())
            office.evening(max(last, end_of(plans, places)), last_one=number == len(calendar) - 1)
            if number == len(calendar) // 2 and not wish.finish:
                office.code(ended_before=last, now=office.now)
    listener.say("Coding open answers")
    office.code_the_rest()
    listener.say("Writing the first release")
    return office.release()


def days_of(plans: dict[int, list[Day]]) -> list[tuple[date, dict[int, int]]]:
    """The days of all branches together: for each, which branches work and which of their days it is."""
    found: dict[date, dict[int, int]] = {}
    for place, days in plans.items():
        for index, day in enumerate(days):
            found.setdefault(day.begins.date(), {})[place] = index
    return sorted(found.items())


def end_of(plans: dict[int, list[Day]], places: dict[int, int]) -> datetime:
    return max(plans[place][index].ends for place, index in places.items())


class Office:
    """What happens beside the calls: supervisors who audit, coders, and the lead who wants the data."""

    def __init__(self, wish: Wish, team: Team, count: int) -> None:
        self.wish = wish
        self.team = team
        self.places = range(count)
        self.now = wish.until
        self.last_evening = wish.until
        population = Population.objects.select_related("study").filter(study=wish.study).earliest("pk")
        supervisor = supervisor_of(population)
        self.auditor = Auditor(study_access(supervisor, wish.study.code, Role.SUPERVISOR), wish.seed)
        self.verbatims = next(iter(read_models(FOLDER).values())).verbatims

    def evening(self, last: datetime, *, last_one: bool) -> None:
        """Draw audits among the day's interviews, and listen to those whose recordings came on earlier evenings."""
        before = self.now = max(last, min(last + EVENING, self.wish.until))
        draw_audits(study=self.wish.study, now=self.now)
        self.ask("record", self.now)
        if self.wish.finish and last_one:
            before += timedelta(seconds=1)
        self.ask("measure", self.now, before, self.wish.audits_per_evening)
        if self.wish.finish or not last_one:
            self.auditor.audit_all(self.now)
        if self.wish.finish and last_one:
            self.replace_silent()
        if not last_one:
            self.last_evening = self.now

    def replace_silent(self) -> None:
        """At the end of a field, draw and hear those who stand in for recordings on which there was nothing."""
        draw_audits(study=self.wish.study, now=self.now)
        self.ask("record", self.now)
        self.ask("measure", self.now, self.now + timedelta(seconds=1), self.wish.audits_per_evening)
        self.auditor.audit_all(self.now)

    def ask(self, command: str, *arguments: Any) -> None:
        self.team.ask(command, dict.fromkeys(self.places, arguments))

    def code(self, *, ended_before: datetime | None, now: datetime) -> int:
        return code_open_answers(
            self.wish.study,
            verbatims=self.verbatims,
            coder=self.person(Role.CODER),
            ended_before=ended_before,
            now=now,
        )

    def code_the_rest(self) -> None:
        """Code what was said until the evening before the last, or everything."""
        self.code(ended_before=None if self.wish.finish else self.last_evening, now=self.now)

    def release(self) -> Release:
        """Have all data written, as the lead would ask for them."""
        study = self.wish.study
        ended = Interview.objects.filter(population__study=study).aggregate(last=Max("ended_at"))["last"]
        now = max(self.now, ended or self.now)
        release = request_release(
            study=study,
            language=study.reporting_language,
            populations=list(study.populations.order_by("code").values_list("code", flat=True)),
            include_partials=False,
            actor=self.person(Role.LEAD),
            now=now,
        )
        write_release(release_id=release.pk, clock=lambda: now)
        release.refresh_from_db()
        return release

    def person(self, role: Role) -> User:
        members = StudyMember.objects.filter(study=self.wish.study, role=role)
        return members.select_related("user").earliest("pk").user
