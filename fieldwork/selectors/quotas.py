"""Reading quotas: the board with its counts, and the interviews behind every number of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from fieldwork.models import Interview, PopulationCount, Quota, QuotaCell, Seat
from fieldwork.quota_arithmetic import margin_of_error
from questionnaires.language import ExpressionError, parse
from questionnaires.script import Script
from questionnaires.selectors.versions import current_version, load_script
from studies.models import Population, Study

#: Numbers of a cell that have interviews behind them.
SHOWN = ("complete", "held", "rejected", "quota_full")


@dataclass(frozen=True)
class Counts:
    """Interviews of one cell, or of several together.

    complete: seats kept by complete interviews; held: by interviews that run now; rejected: completes that an audit
    gave back; quota_full: respondents who were thanked because the cell was full.
    """

    target: int = 0
    complete: int = 0
    held: int = 0
    rejected: int = 0
    quota_full: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.target + other.target,
            self.complete + other.complete,
            self.held + other.held,
            self.rejected + other.rejected,
            self.quota_full + other.quota_full,
        )

    @property
    def live(self) -> int:
        """Places taken at this moment."""
        return self.complete + self.held

    @property
    def over(self) -> int:
        """Completes above the target."""
        return max(self.complete - self.target, 0)


@dataclass(frozen=True)
class CellCount:
    """A cell of the board."""

    id: int
    name: str
    label: Mapping[str, str]
    row: str
    column: str
    condition: str
    closed: bool
    counts: Counts
    #: Why the condition can't be evaluated on the questionnaire that is in the field; empty where it can.
    problem: str = ""

    @property
    def open(self) -> int:
        """Places that somebody can still take; none in a cell that is closed by hand."""
        return 0 if self.closed else max(self.counts.target - self.counts.live, 0)


@dataclass(frozen=True)
class Sums:
    """A row, a column, or the whole of a quota: what its cells have together."""

    key: str
    label: str
    counts: Counts
    open: int
    cells: tuple[CellCount | None, ...] = ()


@dataclass(frozen=True)
class QuotaTable:
    """One quota with its cells, as a matrix where the cells have places in one."""

    id: int
    name: str
    rule: str
    rule_text: str
    tolerance: int
    source: str
    cells: tuple[CellCount, ...]
    total: Sums
    rows: tuple[Sums, ...] = ()
    columns: tuple[Sums, ...] = ()

    @property
    def problems(self) -> list[CellCount]:
        return [cell for cell in self.cells if cell.problem]


@dataclass(frozen=True)
class QuotaBoard:
    """What a population has reached at one moment."""

    population: Population
    quotas: tuple[QuotaTable, ...]
    #: Complete interviews that no audit has rejected.
    complete: int
    #: Respondents who fitted no cell of some quota.
    without_cell: int

    @property
    def margin_percent(self) -> float | None:
        """Margin of error, percent, as for a simple random sample (95 %, p = 0.5); None without a complete."""
        return 100 * margin_of_error(self.complete) if self.complete else None


def quota_board(population: Population, now: datetime) -> QuotaBoard:
    """The board of one population; `now` decides which held seats still count."""
    return quota_boards(population.study, [population], now)[0]


def quota_boards(study: Study, populations: Sequence[Population], now: datetime) -> list[QuotaBoard]:
    """The boards of several populations of a study, in their order, with the same queries as for one."""
    quotas = list(Quota.objects.filter(population__in=populations).order_by("pk"))
    rows = list(QuotaCell.objects.filter(quota__in=quotas).order_by("quota", "position"))
    counts = _cell_counts(rows, now)
    names = screener_names(study)
    full_without_cell, completes = _interviews_without_seats(populations)
    cells: dict[int, list[CellCount]] = defaultdict(list)
    for row in rows:
        cells[row.quota_id].append(_cell(row, counts[row.pk], names))
    tables: dict[int, list[QuotaTable]] = defaultdict(list)
    for quota in quotas:
        tables[quota.population_id].append(_table(quota, tuple(cells[quota.pk])))
    return [
        QuotaBoard(
            population=population,
            quotas=tuple(tables[population.pk]),
            complete=completes.get(population.pk, 0),
            without_cell=full_without_cell.get(population.pk, 0),
        )
        for population in populations
    ]


def _cell_counts(cells: Sequence[QuotaCell], now: datetime) -> dict[int, Counts]:
    complete = Q(status=Seat.Status.COMPLETE)
    seats = (
        Seat.objects.filter(Seat.live_at(now) | Q(release_reason="rejected"), cell__in=cells)
        .order_by()
        .values("cell")
        .annotate(
            complete=Count("pk", filter=complete),
            held=Count("pk", filter=Q(status=Seat.Status.HELD)),
            rejected=Count("pk", filter=Q(status=Seat.Status.RELEASED)),
        )
    )
    by_cell = {row["cell"]: row for row in seats}
    full = Interview.objects.filter(status=Interview.Status.QUOTA_FULL, cell__in=cells).order_by()
    full_by_cell = dict(full.values_list("cell").annotate(Count("pk")))
    nothing = {"complete": 0, "held": 0, "rejected": 0}
    found = {}
    for cell in cells:
        row = by_cell.get(cell.pk, nothing)
        found[cell.pk] = Counts(
            cell.target, row["complete"], row["held"], row["rejected"], full_by_cell.get(cell.pk, 0)
        )
    return found


def _interviews_without_seats(populations: Sequence[Population]) -> tuple[dict[int, int], dict[int, int]]:
    """By population: respondents thanked without a cell, and completes that no audit has rejected."""
    without_cell = Q(status=Interview.Status.QUOTA_FULL, cell=None)
    complete = Q(status=Interview.Status.COMPLETED, rejected_at=None)
    rows = list(
        Interview.objects.filter(without_cell | complete, population__in=populations)
        .order_by()
        .values_list("population")
        .annotate(thanked=Count("pk", filter=without_cell), complete=Count("pk", filter=complete))
    )
    return {row[0]: row[1] for row in rows}, {row[0]: row[2] for row in rows}


def _cell(row: QuotaCell, counts: Counts, names: frozenset[str] | None) -> CellCount:
    return CellCount(
        id=row.pk,
        name=row.name,
        label=row.label or {"en": row.name},
        row=row.place.get("row", ""),
        column=row.place.get("column", ""),
        condition=row.condition,
        closed=row.closed,
        counts=counts,
        problem=_condition_problem(row.condition, names),
    )


def _condition_problem(condition: str, names: frozenset[str] | None) -> str:
    try:
        parse(condition, names=names, allow_self=False)
    except ExpressionError as error:
        return str(error)
    return ""


def _table(quota: Quota, cells: tuple[CellCount, ...]) -> QuotaTable:
    rows: tuple[Sums, ...] = ()
    columns: tuple[Sums, ...] = ()
    at = {(cell.row, cell.column): cell for cell in cells}
    if cells and len(at) == len(cells) and all(cell.row and cell.column for cell in cells):
        row_keys = list(dict.fromkeys(cell.row for cell in cells))
        column_keys = list(dict.fromkeys(cell.column for cell in cells))
        rows = tuple(_sums(key, [at.get((key, column)) for column in column_keys]) for key in row_keys)
        columns = tuple(_sums(key, [at.get((row, key)) for row in row_keys]) for key in column_keys)
    return QuotaTable(
        id=quota.pk,
        name=quota.name,
        rule=quota.rule,
        rule_text=quota.get_rule_display(),
        tolerance=quota.tolerance,
        source=quota.source,
        cells=cells,
        total=_sums("", list(cells)),
        rows=rows,
        columns=columns,
    )


def _sums(key: str, cells: Sequence[CellCount | None]) -> Sums:
    there = [cell for cell in cells if cell is not None]
    return Sums(
        key=key,
        label=place_label(key),
        counts=sum((cell.counts for cell in there), Counts()),
        open=sum(cell.open for cell in there),
        cells=tuple(cells),
    )


def place_label(key: str) -> str:
    """How a row or column of the board is headed: `M` is Men, `18-29` has a dash."""
    words = {"M": _("Men"), "F": _("Women")}
    return words.get(key, key.replace("-", "–"))


def screener_names(study: Study) -> frozenset[str] | None:
    """The variables that a quota condition can use: those known when the screener ends.

    None as long as no script is published.
    """
    version = current_version(study)
    return None if version is None else names_until_checkpoint(load_script(version))


def names_until_checkpoint(script: Script) -> frozenset[str]:
    """Names of questions, calculations and presets outside of loops, up to the item with the checkpoint `screener`."""
    names = []
    for item in script.items():
        if item.type != "note" and not item.loops:
            names.append(item.name)
        if item.checkpoint == "screener":
            break
    return frozenset(names)


def interviews_behind(*, cells: Iterable[int], show: str, now: datetime) -> QuerySet[Interview]:
    """The interviews that a number of the board counts, newest first. `show` is one of SHOWN. Raises ValueError."""
    ids = list(cells)
    seats = {
        "complete": Q(status=Seat.Status.COMPLETE),
        "held": Q(status=Seat.Status.HELD, lease_until__gt=now),
        "rejected": Q(status=Seat.Status.RELEASED, release_reason="rejected"),
    }
    if show == "quota_full":
        found = Interview.objects.filter(status=Interview.Status.QUOTA_FULL, cell__in=ids)
    elif show in seats:
        found = Interview.objects.filter(pk__in=Seat.objects.filter(seats[show], cell__in=ids).values("interview"))
    else:
        raise ValueError(show)
    return (
        found.select_related("case", "interviewer", "cell", "population")
        .defer("answers", "calculated", "preset", "off_route")
        .order_by("-started_at", "-pk")
    )


@dataclass(frozen=True)
class PopulationTable:
    """A loaded population table: persons of a population from one source."""

    source: str
    year: int
    rows: int
    persons: int
    adults: int


def population_tables(population: Population) -> list[PopulationTable]:
    """The population tables that quota targets can be computed from."""
    rows = (
        PopulationCount.objects.filter(population=population)
        .order_by("source", "year")
        .values_list("source", "year")
        .annotate(rows=Count("pk"), everybody=Sum("persons"), adults=Sum("persons", filter=Q(age__gte=18), default=0))
    )
    return [PopulationTable(*row) for row in rows]
