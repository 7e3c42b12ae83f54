"""The work of one population: what a process of the simulation does, told in a few commands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import monotonic

from django.conf import settings

from config.simulation.audits import measure_waiting, record_drawn
from config.simulation.field import Field, be_quick, working_days
from config.simulation.model import read_models
from config.simulation.orders import Day, Order, Report
from studies.errors import InvalidInput
from studies.models import Population, StudyMember, User
from studies.models.study import Role

FOLDER = settings.BASE_DIR / "examples" / "reference-study"
#: Seconds between two reports of a branch.
REPORT_EVERY = 0.25


class Branch:
    """Simulates one population in this process."""

    def __init__(self, order: Order) -> None:
        be_quick()
        self.order = order
        population = Population.objects.select_related("study").get(study__code=order.study, code=order.population)
        models = read_models(FOLDER)
        if order.population not in models:
            known = ", ".join(sorted(models))
            text = f"There are no simulated respondents for {population}: only for {known} of the reference study."
            raise InvalidInput("no_model", text)
        self.field = Field(population, models[order.population], order.seed, supervisor_of(population), order.target)
        self.days = working_days(population, self.field.begins_at(), order.until)[: order.days]
        self.moment = self.field.begins_at()

    def plan(self) -> list[Day]:
        """The days that the branch will work."""
        return self.days

    def work(self, number: int, tell: Callable[[Report], None]) -> datetime:
        """Simulate a day (by its place in the plan, from 0). Returns the moment of the last act."""
        reported = monotonic()

        def hear(moment: datetime) -> None:
            nonlocal reported
            self.moment = moment
            if monotonic() - reported > REPORT_EVERY:
                reported = monotonic()
                tell(self.report())

        self.field.work(self.days[number], self.days[number + 1 :], hear)
        tell(self.report())
        return self.moment

    def report(self) -> Report:
        tally = self.field.room.tally
        return Report(self.order.population, tally.calls, tally.completes, self.moment)

    def record(self, now: datetime) -> int:
        """Let the recordings of drawn interviews arrive."""
        return record_drawn(self.field.population, pace=self.field.room.pace, seed=self.order.seed, now=now)

    def measure(self, now: datetime, before: datetime, most: int | None) -> int:
        """Measure recordings that arrived before a moment, `most` at most."""
        return measure_waiting(self.field.population, before=before, now=now, most=most)


def supervisor_of(population: Population) -> User:
    """The first supervisor of the study. Raises StudyMember.DoesNotExist where it has none."""
    supervisors = StudyMember.objects.filter(study=population.study, role=Role.SUPERVISOR)
    return supervisors.select_related("user").earliest("pk").user
