"""The field of one population, day by day: who works when, and when more of the sample is released."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from math import ceil

from django.db import connection
from django.db.models import Max

from config.simulation.calls import Interviewer, Room, Tally
from config.simulation.clock import Acts, Clock
from config.simulation.model import PopulationModel
from config.simulation.orders import Day
from config.simulation.pace import Pace
from config.simulation.people import languages_by_code
from fieldwork.models import CallAttempt, Case, Sample
from fieldwork.selectors.interviews import accepted_interviews
from fieldwork.services.calls import expire_leases
from fieldwork.services.sample import release_next_replicates
from questionnaires.selectors.versions import current_version, load_script
from studies.access import study_access
from studies.errors import Conflict, InvalidInput
from studies.models import Population, StudyMember, User
from studies.models.study import Role

#: Hours of the day (on the population's clock) in which the call centre works.
OPENS, CLOSES = time(10), time(20)
#: A shift is this long where the interviewers are enough, and lengthened where they are not.
SHIFT_HOURS = 5
#: Working hours per complete interview, before the field has shown it.
HOURS_PER_COMPLETE = 0.7
#: The expectation weighs as much as so many completes; what was learnt weighs so much less a day later.
EXPECTED = 8
FORGOTTEN_OVERNIGHT = 0.5
#: Where the field is to be finished, each day takes this much more than its share: the last cells fill slowly.
AHEAD = 1.15
#: Interviewers do not stop in mid-interview. The last case is taken this long before the end of the simulated time.
LAST_CASE = timedelta(minutes=55)
#: The supervisor looks this often whether numbers are left, and releases more when fewer than this are.
LOOKS_EVERY = timedelta(minutes=20)
FEW_NUMBERS = 120
RELEASE_REASON = "Few fresh numbers are left"


def working_days(population: Population, start: datetime, until: datetime) -> list[Day]:
    """The days on which the population is called between two moments."""
    days = []
    day = max(start.astimezone(population.zone).date(), population.field_start)
    while day <= min(until.astimezone(population.zone).date(), population.field_end):
        begins = max(_at(day, OPENS, population), start)
        ends = min(_at(day, CLOSES, population), until - LAST_CASE)
        if ends > begins:
            days.append(Day(begins, ends))
        day += timedelta(days=1)
    return days


def _at(day: date, clock: time, population: Population) -> datetime:
    return datetime.combine(day, clock, tzinfo=population.zone)


class Field:
    """Simulated fieldwork of one population."""

    def __init__(
        self, population: Population, model: PopulationModel, seed: object, supervisor: User, target: int
    ) -> None:
        """`target` is the number of accepted interviews to reach, those that are there included."""
        version = current_version(population.study)
        if version is None:
            raise Conflict("no_questionnaire", "No questionnaire is published in this study yet.")
        script = load_script(version)
        self.population = population
        self.supervisor = supervisor
        self.target = target
        self.to_the_end = target >= population.target
        self.room = Room(population, model, seed, Pace(script), languages_by_code(script), Tally())
        self.interviewers = [self._interviewer(member) for member in self._members()]

    def _members(self) -> Iterator[StudyMember]:
        """The interviewers who work for this population alone: the others are people."""
        members = StudyMember.objects.filter(
            study=self.population.study, role=Role.INTERVIEWER, populations=self.population
        )
        return iter(members.select_related("user").order_by("user__username"))

    def _interviewer(self, member: StudyMember) -> Interviewer:
        access = study_access(member.user, self.population.study.code, Role.INTERVIEWER)
        spoken = tuple(one for one in member.languages if one in self.population.languages)
        return Interviewer(access, spoken, self.room)

    def begins_at(self) -> datetime:
        """The moment from which to go on: after the last call, or the first morning.

        Where a run was stopped, whoever was in a call has lost it by then.
        """
        last = CallAttempt.objects.filter(case__population=self.population).order_by("-started_at").first()
        if last is None:
            return _at(self.population.field_start, OPENS, self.population)
        held = Case.objects.filter(population=self.population, status=Case.Status.HELD)
        lapses = held.aggregate(last=Max("lease_until"))["last"]
        ends = [moment for moment in (last.started_at, last.ended_at, lapses) if moment is not None]
        return max(ends) + timedelta(minutes=1)

    def work(self, day: Day, days_after: list[Day], tell: Callable[[datetime], None]) -> None:
        """Simulate one day. `days_after` share the rest of the target with it; `tell` hears of every act."""
        expire_leases(now=day.begins)
        tally = self.room.tally
        tally.forget(FORGOTTEN_OVERNIGHT)
        tally.completes = accepted_interviews(self.population.study, [self.population]).count()
        clock = Clock()
        clock.add(self.look_after_sample(day))
        for acts in self.roster(day, days_after):
            clock.add(acts)
        clock.run(tell)

    def roster(self, day: Day, days_after: list[Day]) -> Iterator[Acts]:
        """The shifts of the day: as many and as long as the rest of the target needs, in turns."""
        tally = self.room.tally
        left = self.target - tally.completes
        share = day.hours / (day.hours + sum(one.hours for one in days_after))
        if left <= 0 or not day.hours:
            return
        goal = ceil(left * min(1, share * (AHEAD if self.to_the_end else 1)))
        hours = goal * self.hours_per_complete()
        if self.to_the_end and not days_after:
            hours = day.hours * len(self.interviewers)
        length = min(SHIFT_HOURS, day.hours)
        count = min(ceil(hours / length), len(self.interviewers))
        length = min(max(hours / count, 0.5), day.hours)
        for place in range(count):
            delay = (day.hours - length) * (place / (count - 1) if count > 1 else 0.5)
            begins = day.begins + timedelta(hours=delay, seconds=place)
            turn = (day.begins.toordinal() * count + place) % len(self.interviewers)
            yield self.interviewers[turn].shift(begins, begins + timedelta(hours=length), self.goal_of(day, goal))

    def goal_of(self, day: Day, goal: int) -> int:
        """Good days may get ahead of the plan a little, but never of the target."""
        return min(self.target, self.room.tally.completes + goal + goal // 5)

    def hours_per_complete(self) -> float:
        """What a complete takes, as the last days have shown it; at the beginning, what is expected.

        Towards the end it takes longer, since more and more people are of groups that are full.
        """
        tally = self.room.tally
        return (tally.seconds_worked / 3600 + EXPECTED * HOURS_PER_COMPLETE) / (tally.held + EXPECTED)

    def look_after_sample(self, day: Day) -> Acts:
        """The supervisor releases a replicate whenever few fresh numbers are left."""
        now = day.begins
        while now < day.ends:
            yield now
            self.release_if_needed(now)
            now += LOOKS_EVERY

    def release_if_needed(self, now: datetime) -> None:
        fresh = Case.objects.filter(population=self.population, status=Case.Status.OPEN, queue=Case.Queue.FRESH)
        if fresh.count() >= FEW_NUMBERS:
            return
        for sample in Sample.objects.filter(population=self.population, status=Sample.Status.READY).order_by("number"):
            try:
                release_next_replicates(sample=sample, count=1, actor=self.supervisor, now=now, reason=RELEASE_REASON)
            except InvalidInput:
                continue  # all of this sample is released
            return


def be_quick() -> None:
    """Let the database answer before its journal is on the disk: a crash loses moments of a simulation, at worst."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off")
