"""The published figures of the reference study beside those of a data file (.sav), in standard errors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, fsum, lgamma, log, log1p, sqrt
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat

from questionnaires.language import compile_plain, parse, to_boolean
from questionnaires.language.evaluation import PlainEnvironment

#: Published figures are rounded to whole percents, most of them; the model meets them to half a point.
ROUNDING = 0.5
#: A figure is wrong where chance alone takes it that far, to that side, in fewer than one of so many files: for large
#: samples that is four standard errors. Of some 70 figures, one would be called wrong for nothing in 1 of 220 files.
#: Simulated interviews are independent, and the quota can only make figures steadier than the simple random sample that
#: is assumed here.
ONE_IN = 31_574


@dataclass(frozen=True, slots=True)
class Figure:
    """One published percentage: of whom (`where`, an expression), which question, which options or codes together."""

    population: str
    key: str
    codes: tuple[str, ...]
    coded: bool
    where: str
    percent: float
    at_most: bool
    source: str

    @property
    def title(self) -> str:
        return f"{self.key} = {' + '.join(self.codes)}" + (f", {self.where}" if self.where else "")


@dataclass(frozen=True, slots=True)
class Finding:
    """A figure and what the file has instead: percent of the `base` people who were asked."""

    figure: Figure
    percent: float
    base: int

    @property
    def standard_error(self) -> float:
        """Of the percentage, were the published one true: sqrt(p (1 - p) / n)."""
        share = self.figure.percent / 100
        return 100 * sqrt(share * (1 - share) / self.base) if self.base else float("inf")

    @property
    def errors(self) -> float:
        """The difference in standard errors; nothing where the figure is an upper limit that is kept."""
        difference = self.percent - self.figure.percent
        if self.figure.at_most:
            difference = max(0.0, difference)
        return difference / self.standard_error

    @property
    def agrees(self) -> bool:
        """Whether chance and rounding explain the difference (exact binomial tail). Where nobody was asked, they do."""
        share = self.figure.percent / 100
        hits = round(self.base * self.percent / 100)
        rounding = ROUNDING / 100
        many = tail(hits, self.base, min(share + rounding, 1.0))
        few = 1.0 if self.figure.at_most else tail(self.base - hits, self.base, min(1 - share + rounding, 1.0))
        return min(many, few) * ONE_IN >= 1


def tail(least: int, trials: int, share: float) -> float:
    """The chance of `least` hits or more, exactly (binomial distribution)."""
    if least <= 0 or share >= 1:
        return 1.0
    logs = (
        lgamma(trials + 1)
        - lgamma(hits + 1)
        - lgamma(trials - hits + 1)
        + hits * log(share)
        + (trials - hits) * log1p(-share)
        for hits in range(least, trials + 1)
    )
    return min(1.0, fsum(map(exp, logs)))


def read_figures(path: Path) -> list[Figure]:
    """The figures of expected.json."""
    rows = json.loads(path.read_text(encoding="utf-8"))["figures"]
    return [Figure(**{**row, "codes": tuple(row["codes"]), "percent": float(row["percent"])}) for row in rows]


def compare(file: Path, figures: Iterable[Figure], populations: Sequence[str]) -> list[Finding]:
    """Find every figure in an SPSS file of the study.

    Args:
        populations: codes of those in the file, sorted: the variable `pop` counts them from 1.

    Raises KeyError where the file lacks a variable.
    """
    frame, _ = pyreadstat.read_sav(str(file), user_missing=True)
    people = {code: frame[frame["pop"] == number] for number, code in enumerate(sorted(populations), start=1)}
    return [find(figure, people[figure.population]) for figure in figures if figure.population in people]


def find(figure: Figure, people: pd.DataFrame) -> Finding:
    """One figure among the people of its population. Don't know and refused are part of the base."""
    if figure.where:
        people = people[list(fitting(figure.where, people))]
    name = figure.key.replace("@", "_")
    if figure.coded:
        columns = [f"{name}_c{int(code):02d}" for code in figure.codes]
        asked = people[columns[0]].notna()
        hits = (people.loc[asked, columns] == 1).any(axis=1)
    else:
        asked = people[name].notna()
        hits = people.loc[asked, name].isin([float(code) for code in figure.codes])
    base = int(asked.sum())
    return Finding(figure, 100 * float(hits.sum()) / base if base else 0.0, base)


def fitting(where: str, people: pd.DataFrame) -> Iterator[bool]:
    """For each person whether the expression is true of them."""
    condition = compile_plain(parse(where))
    names = [name for name in people.columns if f"${{{name}}}" in where]
    for values in people[names].to_dict("records"):
        yield to_boolean(condition(PlainEnvironment(answers_of(values))))


def answers_of(values: Mapping[Any, Any]) -> dict[str, str]:
    """Values of an SPSS file as answers: codes are whole numbers, and what is missing was not asked."""
    return {str(name): str(int(value)) for name, value in values.items() if pd.notna(value)}


def table(findings: Iterable[Finding]) -> str:
    """The comparison as a Markdown table, one row per figure."""
    lines = [
        "| population | question | where | published | in the file | n | standard errors |",
        "|---|---|---|---:|---:|---:|---:|",
    ]
    for finding in findings:
        figure = finding.figure
        published = f"{'at most ' if figure.at_most else ''}{figure.percent:g}"
        where = figure.where.replace("|", "\\|")
        lines.append(
            f"| {figure.population} | `{figure.key}` {'+'.join(figure.codes)} | {f'`{where}`' if where else ''} "
            f"| {published} | {finding.percent:.1f} | {finding.base} | {finding.errors:+.1f} |"
        )
    return "\n".join(lines)
