"""Counts of dispositions and outcome rates, by population and for the whole study."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.db.models import Count, Value
from django.db.models.functions import Coalesce, NullIf

from fieldwork.dispositions import EDITION, UNTOUCHED, Disposition, disposition_table
from fieldwork.models import Case
from fieldwork.outcome_rates import ELIGIBLE, FORMULAS, GROUPS, RATES, proportional_e, rates, total
from studies.models import Population, Study


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate with its formula; `value` is None where it is not defined."""

    name: str
    formula: str
    value: Fraction | None


@dataclass(frozen=True, slots=True)
class OutcomeReport:
    """Released cases by disposition, and the rates that follow.

    Attributes:
        population: None for all populations together.
        codes: the dispositions that occur, in the order of the table, with the number of cases.
        groups: number of cases by group of AAPOR, all groups.
        not_released: cases outside the rates.
        in_progress: released cases that are not closed; they count with their disposition so far.
        e: share of the unknown cases taken as eligible; None where it is not defined.
        entered: whether e was entered by a person; else it is by proportional allocation.
    """

    population: Population | None
    edition: str
    codes: Sequence[tuple[Disposition, int]]
    groups: Mapping[str, int]
    not_released: int
    in_progress: int
    e: Fraction | None
    entered: bool
    rates: Sequence[Sequence[Rate]]

    @property
    def released(self) -> int:
        return sum(self.groups.values())

    @property
    def eligible(self) -> int:
        """Cases known as eligible: the numerator of e."""
        return int(total(self.groups, ELIGIBLE))

    @property
    def known(self) -> int:
        """Cases whose eligibility is known: the denominator of e."""
        return self.eligible + self.groups["NE"]

    @property
    def unknown(self) -> int:
        return self.groups["UH"] + self.groups["UO"]


def outcome_reports(study: Study, e: Fraction | None = None) -> list[OutcomeReport]:
    """A report for each population, and one for all where there are several. Two queries."""
    populations = list(study.populations.all())
    counted = disposition_counts(study)
    reports = [outcome_report(one, counted.get(one.pk, {}), e) for one in populations]
    if len(populations) > 1:
        together: Counter[tuple[str, str]] = Counter()
        for counts in counted.values():
            together.update(counts)
        reports.append(outcome_report(None, together, e))
    return reports


def disposition_counts(study: Study) -> dict[int, Counter[tuple[str, str]]]:
    """Number of cases by population, (status, disposition). What was released and never called is 3.11. One query."""
    code = Coalesce(NullIf("final_disposition", Value("")), NullIf("disposition", Value("")), Value(UNTOUCHED))
    rows = (
        Case.objects.filter(population__study=study)
        .annotate(code=code)
        .values("population", "status", "code")
        .annotate(cases=Count("pk"))
        .order_by()
    )
    counted: dict[int, Counter[tuple[str, str]]] = {}
    for row in rows:
        counted.setdefault(row["population"], Counter())[row["status"], row["code"]] = row["cases"]
    return counted


def outcome_report(
    population: Population | None, counts: Mapping[tuple[str, str], int], e: Fraction | None
) -> OutcomeReport:
    """The report of one set of counts by (status, disposition)."""
    by_code: Counter[str] = Counter()
    not_released = in_progress = 0
    for (status, code), cases in counts.items():
        if status == Case.Status.SAMPLED:
            not_released += cases
            continue
        by_code[code] += cases
        if status != Case.Status.CLOSED:
            in_progress += cases
    table = disposition_table()
    groups = dict.fromkeys(GROUPS, 0)
    for code, cases in by_code.items():
        groups[table[code].group] += cases
    values = rates(groups, e)
    return OutcomeReport(
        population=population,
        edition=EDITION,
        codes=[(table[code], by_code[code]) for code in table if by_code[code]],
        groups=groups,
        not_released=not_released,
        in_progress=in_progress,
        e=proportional_e(groups) if e is None else e,
        entered=e is not None,
        rates=[[Rate(name, str(FORMULAS[name]), values[name]) for name in family] for family in RATES],
    )
