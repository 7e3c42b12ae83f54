"""When a case is called again, and by whom. Pure.

The defaults: busy after 30 minutes; no answer and the like after 180 minutes in another daypart; a soft refusal after
7 days by somebody else; at most 7 attempts over at least 3 days. Delays by outcome stand in the code table
(dispositions.py). Moments are aware datetimes; what a respondent's clock shows is reckoned in every zone in which they
may live.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal, TypeAlias
from zoneinfo import ZoneInfo

from fieldwork.dispositions import Disposition

QueueName: TypeAlias = Literal["appointment", "callback", "retry"]

LEASE = timedelta(minutes=15)
#: A hard appointment waits this long for the interviewer who made it; then anybody may call.
RESERVATION_GRACE = timedelta(minutes=10)
MINIMUM_DAYS = 3
SLOT = timedelta(minutes=15)

#: Local times at which the afternoon and the evening begin: unanswered calls are spread over the three dayparts.
DAYPARTS = (time(12), time(17))
#: A shorter delay means to catch somebody who is there (busy), so that the daypart stays.
DAYPART_DELAY = timedelta(minutes=60)


@dataclass(frozen=True, slots=True)
class CallingHours:
    """When calls are allowed: in each of `zones` the local time is in [opens, closes) on a day of the field period."""

    zones: tuple[ZoneInfo, ...]
    opens: time
    closes: time
    first_day: date
    last_day: date

    def allow(self, moment: datetime) -> bool:
        return all(self._opening(moment, zone) == moment for zone in self.zones)

    def next_moment(self, after: datetime) -> datetime | None:
        """The first allowed moment at or after `after` (UTC), or None where there is none in the field period."""
        moment = after.astimezone(UTC)
        waiting = True
        while waiting:
            waiting = False
            for zone in self.zones:
                opening = self._opening(moment, zone)
                if opening is None:
                    return None
                waiting = waiting or opening > moment
                moment = opening
        return moment

    def _opening(self, moment: datetime, zone: ZoneInfo) -> datetime | None:
        """The first moment at or after `moment` that is allowed in one zone."""
        local = moment.astimezone(zone)
        day = max(local.date(), self.first_day)
        if day == local.date():
            if self.opens <= local.time() < self.closes and day <= self.last_day:
                return moment
            if local.time() >= self.closes:
                day += timedelta(days=1)
        if day > self.last_day:
            return None
        opening = at_local(day, self.opens, zone)
        # In the hour that the clock shows twice, the second showing may be meant.
        return opening if opening > moment else at_local(day, self.opens, zone, fold=1)


@dataclass(frozen=True, slots=True)
class Window:
    """The agreed time of an appointment."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call attempt that has an outcome."""

    started_at: datetime
    disposition: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of a case after a call: closed, or waiting in a queue from `due_at`."""

    queue: QueueName | None = None
    due_at: datetime | None = None
    due_until: datetime | None = None
    needs_converter: bool = False
    other_interviewer: bool = False
    exhausted: bool = False

    @property
    def closes(self) -> bool:
        return self.queue is None


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What the plan turns on besides the outcome: the calls so far (this one included, oldest first) and the case.

    refused_before: an earlier soft refusal waits for conversion. language_known: somebody else could hold the interview
    in the language that the respondent wants.
    """

    calls: Sequence[PastCall]
    max_attempts: int
    refused_before: bool = False
    language_known: bool = False


def plan_next(
    outcome: Disposition, facts: CaseFacts, hours: CallingHours, now: datetime, appointment: Window | None = None
) -> Plan:
    """What happens to the case after `outcome`. An appointment ignores the maximum of attempts and the dayparts."""
    if appointment is not None:
        return Plan("appointment", appointment.starts_at, appointment.ends_at, needs_converter=facts.refused_before)
    if is_final(outcome, facts):
        return Plan()
    if len(facts.calls) >= facts.max_attempts:
        return Plan(exhausted=True)
    refusal = outcome.handling == "refusal_soft"
    return Plan(
        queue="retry" if outcome.handling == "retry" and not outcome.contact else "callback",
        due_at=next_due(outcome, facts, hours, now),
        needs_converter=refusal or facts.refused_before,
        other_interviewer=refusal,
    )


def is_final(outcome: Disposition, facts: CaseFacts) -> bool:
    if outcome.handling == "refusal_soft":
        return facts.refused_before
    if outcome.handling == "language":
        return not facts.language_known
    return outcome.handling in {"final", "refusal_hard"}


def next_due(outcome: Disposition, facts: CaseFacts, hours: CallingHours, now: datetime) -> datetime:
    """When the case may be called again: after the outcome's delay, in calling hours, in another daypart than the last
    unanswered calls, and on a new day where the remaining attempts would otherwise not reach `MINIMUM_DAYS` days.

    Where the field period has no such moment left, only the delay counts: the case waits for a longer field period.
    """
    delay = timedelta(minutes=outcome.delay_minutes)
    earliest = (now + delay).astimezone(UTC)
    spread = outcome.handling == "retry" and not outcome.contact and delay >= DAYPART_DELAY
    for moment in allowed_moments(earliest, hours):
        if needs_new_day(facts, hours) and local_day(moment, hours) in called_days(facts, hours):
            continue
        if not spread or daypart(moment, hours) in least_tried_dayparts(facts, hours):
            return moment
    return hours.next_moment(earliest) or earliest


def allowed_moments(earliest: datetime, hours: CallingHours) -> Iterator[datetime]:
    """The first allowed moment of each daypart from `earliest` to the end of the field period."""
    moment = hours.next_moment(earliest)
    while moment is not None:
        yield moment
        moment = hours.next_moment(next_daypart(moment, hours))


def needs_new_day(facts: CaseFacts, hours: CallingHours) -> bool:
    missing = MINIMUM_DAYS - len(called_days(facts, hours))
    return missing >= facts.max_attempts - len(facts.calls)


def called_days(facts: CaseFacts, hours: CallingHours) -> set[date]:
    return {local_day(call.started_at, hours) for call in facts.calls}


def least_tried_dayparts(facts: CaseFacts, hours: CallingHours) -> set[int]:
    """The dayparts with calling hours that were called least often, without the one that was called last."""
    tried = [daypart(call.started_at, hours) for call in facts.calls]
    possible = {part for part in range(len(DAYPARTS) + 1) if has_calling_hours(part, hours)} - set(tried[-1:])
    fewest = min((tried.count(part) for part in possible), default=0)
    return {part for part in possible if tried.count(part) == fewest} or set(range(len(DAYPARTS) + 1))


def has_calling_hours(part: int, hours: CallingHours) -> bool:
    begins = DAYPARTS[part - 1] if part else time.min
    ends = DAYPARTS[part] if part < len(DAYPARTS) else time.max
    return begins < hours.closes and hours.opens < ends


def daypart(moment: datetime, hours: CallingHours) -> int:
    """0 morning, 1 afternoon, 2 evening, on the clock of the first zone."""
    local = moment.astimezone(hours.zones[0]).time()
    return sum(begins <= local for begins in DAYPARTS)


def next_daypart(moment: datetime, hours: CallingHours) -> datetime:
    zone = hours.zones[0]
    day = local_day(moment, hours)
    for begins in DAYPARTS:
        if (start := at_local(day, begins, zone)) > moment:
            return start
    return at_local(day + timedelta(days=1), time.min, zone)


def local_day(moment: datetime, hours: CallingHours) -> date:
    return moment.astimezone(hours.zones[0]).date()


def at_local(day: date, clock: time, zone: ZoneInfo, fold: int = 0) -> datetime:
    """The moment (UTC) at which the clock of `zone` shows `clock` on `day`."""
    return datetime.combine(day, clock, tzinfo=zone).replace(fold=fold).astimezone(UTC)


def day_slots(day: date, zone: ZoneInfo, hours: CallingHours) -> list[datetime]:
    """Beginnings of the quarter hours from opening to closing on a respondent's day (aware, in `zone`)."""
    start = datetime.combine(day, hours.opens)
    slots = []
    while start.date() == day and start.time() < hours.closes:
        slots.append(start.replace(tzinfo=zone))
        start += SLOT
    return slots
