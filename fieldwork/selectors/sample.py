"""Reading samples: what was drawn, what is released, what it has yielded, and what is still needed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet, Sum

from fieldwork import numbering
from fieldwork.models import Case, Interview, NumberingPlan, NumberRange, Replicate, Sample
from fieldwork.quota_arithmetic import numbers_needed
from fieldwork.selectors.quotas import CellCount, QuotaBoard, quota_boards
from studies.models import Population, Study

NOT_REJECTED_COMPLETE = Q(interview__status=Interview.Status.COMPLETED, interview__rejected_at=None)


@dataclass(frozen=True)
class CaseCounts:
    """Released cases by where they stand, and what they have yielded.

    fresh: never called; waiting: called before and to be called again; held: in work now; closed: with a final
    disposition.
    """

    fresh: int = 0
    waiting: int = 0
    held: int = 0
    closed: int = 0
    attempts: int = 0
    completes: int = 0

    @property
    def released(self) -> int:
        return self.fresh + self.waiting + self.held + self.closed

    @property
    def tried(self) -> int:
        """Cases that were called at least once, or are being called."""
        return self.released - self.fresh

    @property
    def completes_per_thousand(self) -> float | None:
        """Complete interviews per 1,000 numbers tried; None before any was."""
        return 1000 * self.completes / self.tried if self.tried else None


@dataclass(frozen=True)
class SampleRow:
    """A sample with how much of it is released."""

    sample: Sample
    replicates: int
    released: int
    released_numbers: int
    #: Number of the next replicate to release, and its size; None where none waits.
    next_number: int | None
    next_size: int

    @property
    def waiting(self) -> int:
        return self.replicates - self.released

    @property
    def one_in(self) -> int | None:
        """The inclusion probability as "1 number in ..."."""
        probability = self.sample.inclusion_probability
        return round(1 / probability) if probability else None

    @property
    def frame_size(self) -> int | None:
        """Numbers in the frame; None before the draw."""
        size: int | None = self.sample.frame.get("size")
        return size

    @property
    def excluded(self) -> int:
        return sum(self.sample.frame.get("excluded", {}).values())

    @property
    def is_being_drawn(self) -> bool:
        return self.sample.status in {Sample.Status.QUEUED, Sample.Status.DRAWING}


@dataclass(frozen=True)
class CellNeed:
    """Numbers that the open places of one cell need at its yield so far; None before it has any."""

    cell: CellCount
    numbers: int | None


@dataclass(frozen=True)
class Forecast:
    """How many more numbers have to be released, and which cell says so.

    Numbers can't be chosen by cell, so the cell with the slowest yield decides. The yield is that of all numbers tried,
    also of those that will be called again: rather too many numbers are foretold than too few.
    """

    needs: tuple[CellNeed, ...]
    counts: CaseCounts

    @property
    def deciding(self) -> CellNeed | None:
        known = [need for need in self.needs if need.numbers is not None]
        return max(known, key=lambda need: need.numbers or 0, default=None)

    @property
    def unknown(self) -> list[CellNeed]:
        """Open cells without a complete, of which nothing can be foretold."""
        return [need for need in self.needs if need.numbers is None]

    @property
    def more(self) -> int | None:
        """Numbers to release beyond those that are released and not tried yet."""
        if self.deciding is None or self.deciding.numbers is None:
            return None
        return max(self.deciding.numbers - self.counts.fresh, 0)


@dataclass(frozen=True)
class PopulationSample:
    """All samples of a population together."""

    population: Population
    samples: tuple[SampleRow, ...]
    counts: CaseCounts
    forecast: Forecast

    @property
    def numbers(self) -> int:
        """Numbers drawn so far."""
        return sum(row.sample.size for row in self.samples if row.sample.status == Sample.Status.READY)

    @property
    def replicates_needed(self) -> int | None:
        """How many of the next replicates hold the numbers needed, where some wait."""
        row = next((row for row in self.samples if row.next_number is not None), None)
        if row is None or not self.forecast.more:
            return None
        return -(-self.forecast.more // row.sample.replicate_size)


def population_samples(study: Study, populations: Sequence[Population], now: datetime) -> list[PopulationSample]:
    """The samples of several populations with yield and forecast, in a fixed number of queries."""
    samples: dict[int, list[SampleRow]] = defaultdict(list)
    for row in sample_rows(Sample.objects.filter(population__in=populations)):
        samples[row.sample.population_id].append(row)
    counts = _counts_by(
        "population", Case.objects.filter(population__in=populations, replicate__released_at__isnull=False)
    )
    boards = quota_boards(study, populations, now)
    return [
        PopulationSample(
            population=board.population,
            samples=tuple(samples[board.population.pk]),
            counts=counts.get(board.population.pk, CaseCounts()),
            forecast=_forecast(board, counts.get(board.population.pk, CaseCounts())),
        )
        for board in boards
    ]


def _forecast(board: QuotaBoard, counts: CaseCounts) -> Forecast:
    cells = [cell for quota in board.quotas for cell in quota.cells if cell.open]
    needs = [
        CellNeed(
            cell,
            numbers_needed(open_places=cell.open, completes=cell.counts.complete, numbers_used=counts.tried),
        )
        for cell in cells
    ]
    return Forecast(tuple(needs), counts)


def sample_rows(samples: QuerySet[Sample]) -> list[SampleRow]:
    """Samples with their replicates counted, by number."""
    released = Q(replicates__released_at__isnull=False)
    found = (
        samples.select_related("plan", "created_by", "population")
        .annotate(
            all_replicates=Count("replicates"),
            released_replicates=Count("replicates", filter=released),
            released_numbers=Sum("replicates__size", filter=released, default=0),
            next_number=Min("replicates__number", filter=Q(replicates__released_at=None)),
        )
        .order_by("population", "number")
    )
    return [
        SampleRow(
            sample=sample,
            replicates=sample.all_replicates,
            released=sample.released_replicates,
            released_numbers=sample.released_numbers,
            next_number=sample.next_number,
            next_size=_replicate_size(sample, sample.next_number),
        )
        for sample in found
    ]


def _replicate_size(sample: Sample, number: int | None) -> int:
    """All replicates have the size ordered, but for the last."""
    if number is None:
        return 0
    return min(sample.replicate_size, sample.size - (number - 1) * sample.replicate_size)


@dataclass(frozen=True)
class ReplicateRow:
    """A replicate with where its cases stand."""

    replicate: Replicate
    counts: CaseCounts


def replicate_rows(replicates: Iterable[Replicate]) -> list[ReplicateRow]:
    """Replicates with their cases counted, in one query for all of them."""
    listed = list(replicates)
    counts = _counts_by(
        "replicate", Case.objects.filter(replicate__in=[each.pk for each in listed if each.released_at])
    )
    return [ReplicateRow(replicate, counts.get(replicate.pk, CaseCounts())) for replicate in listed]


def _counts_by(group: str, cases: QuerySet[Case]) -> dict[int, CaseCounts]:
    is_open = Q(status=Case.Status.OPEN)
    rows = (
        cases.order_by()
        .values(group)
        .annotate(
            fresh=Count("pk", filter=is_open & Q(attempts=0)),
            waiting=Count("pk", filter=is_open & Q(attempts__gt=0)),
            held=Count("pk", filter=Q(status=Case.Status.HELD)),
            closed=Count("pk", filter=Q(status=Case.Status.CLOSED)),
            all_attempts=Sum("attempts", default=0),
            completes=Count("pk", filter=NOT_REJECTED_COMPLETE),
        )
    )
    return {
        row[group]: CaseCounts(
            row["fresh"], row["waiting"], row["held"], row["closed"], row["all_attempts"], row["completes"]
        )
        for row in rows
    }


def time_left(sample: Sample, now: datetime) -> timedelta | None:
    """How long a running draw will still take at its pace so far; None before there is a pace."""
    if sample.status != Sample.Status.DRAWING or sample.claimed_at is None or not sample.progress:
        return None
    return (now - sample.claimed_at) * (100 - sample.progress) / sample.progress


@dataclass(frozen=True)
class PlanRow:
    """A numbering plan with its frame on one day."""

    plan: NumberingPlan
    ranges: int
    frame_size: int


def plan_rows(countries: Iterable[str], day: date) -> list[PlanRow]:
    """The plans of some countries, newest first, with the size of their frame on that day."""
    plans = NumberingPlan.objects.filter(country__in=set(countries)).prefetch_related("ranges")
    return [
        PlanRow(plan, len(plan.ranges.all()), frame_of(plan, day).size)
        for plan in plans.order_by("country", "-loaded_at", "-pk")
    ]


def frame_of(plan: NumberingPlan, day: date) -> numbering.Frame:
    """The frame that a draw of the general population from this plan has on that day."""
    return numbering.Frame(numbering.ranges_of_draw(ranges_of(plan.ranges.all()), day))


def ranges_of(rows: Iterable[NumberRange]) -> list[numbering.Range]:
    """The ranges of a stored plan as values."""
    return [
        numbering.Range(
            country_code=row.country_code,
            prefix=row.prefix,
            operator=row.operator,
            kind=row.kind,
            subscriber_digits=row.subscriber_digits,
            time_zone=row.time_zone,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            in_population_draw=row.in_population_draw,
            source=row.source,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class RangeRow:
    """A range with what `phonenumbers` says of it."""

    range: numbering.Range
    opinion: numbering.Opinion
    disagrees: bool


def range_rows(plan: NumberingPlan, day: date) -> list[RangeRow]:
    """The ranges of a plan, each with a second opinion.

    They disagree where the metadata of today know no valid number in a range that is in use on that day, or call it
    something else than the plan does.
    """
    rows = []
    for found in ranges_of(plan.ranges.order_by("country_code", "prefix", "valid_from")):
        opinion = numbering.second_opinion(found.country_code, found.prefix, found.subscriber_digits)
        rows.append(RangeRow(found, opinion, found.is_valid_on(day) and opinion.contradicts(found.kind)))
    return rows
