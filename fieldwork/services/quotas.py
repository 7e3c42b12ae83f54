"""Quotas: their cells and targets. What happens in a cell while interviews run is in `seats`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from fieldwork.models import PopulationCount, Quota, QuotaCell
from fieldwork.quota_arithmetic import AgeGroup, AgeGroupError, largest_remainder, read_age_groups
from fieldwork.selectors.quotas import screener_names
from fieldwork.services.seats import (
    SEAT_LEASE,
    SeatDecision,
    give_back_seats,
    keep_seats,
    renew_seats,
    take_seat,
)
from questionnaires.language import MESSAGES, ExpressionError, parse
from studies.errors import Conflict, InvalidInput
from studies.models import Population, User
from studies.services.activity import log_activity

__all__ = [
    "SEAT_LEASE",
    "SeatDecision",
    "close_cell",
    "create_age_gender_quota",
    "create_quota",
    "give_back_seats",
    "keep_seats",
    "renew_seats",
    "reopen_cell",
    "set_cell_target",
    "set_quota_rule",
    "take_seat",
]

HIGHEST_TARGET = 1_000_000
#: The column of the board, the code in the questionnaire, the gender of population tables, and the word by language.
GENDERS = (
    ("M", "1", PopulationCount.Gender.MALE, {"en": "Men", "ru": "Мужчины", "kk": "Ерлер", "uz": "Erkaklar"}),
    ("F", "2", PopulationCount.Gender.FEMALE, {"en": "Women", "ru": "Женщины", "kk": "Әйелдер", "uz": "Ayollar"}),
)
AGE_GROUP_PROBLEMS = {
    "unreadable": _("“%(text)s” is not an age group. Write 18-29 or 60+."),
    "not_in_order": _("“%(text)s” does not begin right after the group before it."),
    "none": _("Give at least one age group."),
}


# --- making quotas ---------------------------------------------------------------------------------------


@transaction.atomic
def create_age_gender_quota(
    *,
    population: Population,
    source: str,
    year: int,
    age_groups: Iterable[str],
    target: int,
    rule: str = Quota.Rule.STRICT,
    tolerance: int = 0,
    actor: User | None,
    now: datetime,
    name: str = "",
    source_date: date | None = None,
) -> Quota:
    """Make interlocked cells of age group by gender, in proportion to a loaded population table (largest remainder).

    Cell `M 18-29` has the condition `${gender} = '1' and ${age_group} = '1'`: the questionnaire's variables `gender`
    (1 man, 2 woman) and `age_group` (1 is the first group).

    Args:
        source, year: which population table (`load_population_counts`).
        age_groups: names such as `18-29`, ..., `60+`, each beginning right after the one before.
        target: interviews to share out.

    Raises:
        InvalidInput: the field at fault is named in `fields` (no such table, unreadable age groups, nobody in them, a
            variable that the screener of the published questionnaire lacks, ...).
        Conflict: `quota_exists`, where the population has a quota of this name.
    """
    try:
        groups = read_age_groups(age_groups)
    except AgeGroupError as error:
        raise _bad_field("age_groups", AGE_GROUP_PROBLEMS[error.code] % {"text": error.text}) from None
    persons = _persons(population, source, year, groups)
    if not 0 < target <= HIGHEST_TARGET:
        raise _bad_field("target", _("The target is a number of interviews, at least 1."))
    targets = iter(
        largest_remainder([persons[group, column] for group in groups for column, *_rest in GENDERS], target)
    )
    rows = [
        CellRow(
            name=f"{column} {group.name}",
            condition=f"${{gender}} = '{code}' and ${{age_group}} = '{place}'",
            target=next(targets),
            label={language: f"{word} {group.name.replace('-', '–')}" for language, word in words.items()},
            place={"row": group.name, "column": column},
        )
        for place, group in enumerate(groups, start=1)
        for column, code, _gender, words in GENDERS
    ]
    names = screener_names(population.study)
    for row in rows:
        _check_condition(row.condition, names, "age_groups")
    return _store_quota(
        Quota(
            population=population,
            name=name.strip() or translate("Age by gender"),
            rule=rule,
            tolerance=tolerance,
            source=f"{source}, {year}",
            source_date=source_date,
        ),
        rows,
        actor=actor,
        now=now,
    )


def _persons(
    population: Population, source: str, year: int, groups: Sequence[AgeGroup]
) -> dict[tuple[AgeGroup, str], int]:
    counts = list(PopulationCount.objects.filter(population=population, source=source, year=year))
    if not counts:
        message = _("%(population)s has no population table “%(source)s, %(year)s”. Load it first.")
        raise _bad_field("source", message % {"population": population.name, "source": source, "year": year})
    persons = {
        (group, column): sum(count.persons for count in counts if count.gender == gender and group.has(count.age))
        for group in groups
        for column, _code, gender, _words in GENDERS
    }
    if not any(persons.values()):
        raise _bad_field("age_groups", _("The population table has nobody in these age groups."))
    return persons


@dataclass(frozen=True)
class CellRow:
    """A cell before it is stored."""

    name: str
    condition: str
    target: int
    label: dict[str, str]
    place: dict[str, str]


@transaction.atomic
def create_quota(
    *,
    population: Population,
    name: str,
    table: str,
    rule: str = Quota.Rule.STRICT,
    tolerance: int = 0,
    source: str = "",
    source_date: date | None = None,
    actor: User | None,
    now: datetime,
) -> Quota:
    """Make a quota from a pasted table: one line per cell with name, condition, target, parted by tabs or semicolons.

    Two more columns, row and column, place the cells in a matrix on the board. A respondent who fits none of the cells
    is thanked as if the quota were full, so that the cells should cover everybody who is wanted.

    Raises:
        InvalidInput: `bad_table`, with every bad line under `fields["table"]`; nothing is stored.
        Conflict: `quota_exists`, where the population has a quota of this name.
    """
    rows, problems = _read_cells(table, screener_names(population.study))
    if problems:
        message = _("The quota was not made: %(count)d lines are wrong.") % {"count": len(problems)}
        raise InvalidInput("bad_table", message, {"table": problems})
    if not name.strip():
        raise _bad_field("name", _("Give the quota a name."))
    quota = Quota(
        population=population,
        name=name.strip(),
        rule=rule,
        tolerance=tolerance,
        source=source.strip(),
        source_date=source_date,
    )
    return _store_quota(quota, rows, actor=actor, now=now)


def _read_cells(table: str, names: Collection[str] | None) -> tuple[list[CellRow], list[str]]:
    rows: list[CellRow] = []
    problems: list[str] = []
    reader = csv.reader(io.StringIO(table.strip("\r\n")), delimiter="\t" if "\t" in table else ";")
    for line, cells in enumerate(reader, start=1):
        try:
            row = _read_cell([cell.strip() for cell in cells], names) if any(cells) else None
            if row is not None and any(row.name == known.name for known in rows):
                raise InvalidInput("bad_line", _("There is another cell “%s”.") % row.name)
        except InvalidInput as error:
            problems.append(translate("Line %(line)d: %(says)s") % {"line": line, "says": error})
            continue
        if row is not None:
            rows.append(row)
    if not rows and not problems:
        problems.append(translate("There is no line with a cell."))
    return rows, problems


def _read_cell(cells: Sequence[str], names: Collection[str] | None) -> CellRow:
    if len(cells) not in {3, 5}:
        message = _("%(count)d columns, where cell, condition and target (and row and column) were expected.")
        raise InvalidInput("bad_line", message % {"count": len(cells)})
    name, condition, target, *place = cells
    if not name or len(name) > 100:
        raise InvalidInput("bad_line", _("The cell's name is empty or longer than 100 letters."))
    if not target.isdecimal() or int(target) > HIGHEST_TARGET:
        raise InvalidInput("bad_line", _("“%s” is not a number of interviews.") % target)
    _check_condition(condition, names, "table")
    placed = dict(zip(("row", "column"), place, strict=True)) if place else {}
    return CellRow(name, condition, int(target), {}, placed)


def _check_condition(condition: str, names: Collection[str] | None, field: str) -> None:
    """Raises InvalidInput where the condition can't be read, or uses what the screener doesn't ask."""
    try:
        parse(condition, names=names, allow_self=False)
    except ExpressionError as error:
        says = translate(MESSAGES[error.code]).format(**error.params)
        message = _("The condition “%(condition)s” can't be used. %(says)s") % {"condition": condition, "says": says}
        raise InvalidInput("bad_condition", message, {field: message}) from None


def _store_quota(quota: Quota, rows: Sequence[CellRow], *, actor: User | None, now: datetime) -> Quota:
    if quota.rule not in Quota.Rule.values:
        raise _bad_field("rule", _("There is no such rule."))
    if quota.tolerance < 0:
        raise _bad_field("tolerance", _("The tolerance is not negative."))
    if Quota.objects.filter(population=quota.population, name=quota.name).exists():
        message = _("%(population)s has a quota “%(name)s”. Give the new one another name.")
        text = message % {"population": quota.population.name, "name": quota.name}
        raise Conflict("quota_exists", text, {"name": text})
    quota.save()
    QuotaCell.objects.bulk_create(
        QuotaCell(
            quota=quota,
            position=position,
            name=row.name,
            label=row.label,
            place=row.place,
            condition=row.condition,
            target=row.target,
        )
        for position, row in enumerate(rows, start=1)
    )
    log_activity(
        study=quota.population.study,
        actor=actor,
        action="quota.created",
        target=quota,
        data={"name": quota.name, "source": quota.source, "targets": {row.name: row.target for row in rows}},
        now=now,
    )
    return quota


def _bad_field(name: str, message: object) -> InvalidInput:
    return InvalidInput(f"bad_{name}", message, {name: message})


# --- changing quotas -------------------------------------------------------------------------------------


@transaction.atomic
def set_cell_target(*, cell: QuotaCell, target: int, reason: str, actor: User | None, now: datetime) -> QuotaCell:
    """Change a target. Below what is complete already it closes the cell in effect; nothing is taken away.

    Raises:
        InvalidInput: no reason, or no number of interviews.
    """
    if not 0 <= target <= HIGHEST_TARGET:
        raise _bad_field("target", _("The target is a number of interviews."))

    def change(locked: QuotaCell) -> tuple[object, object]:
        old, locked.target = locked.target, target
        return old, target

    return _change_cell(cell, "quota.target_changed", change, reason, actor, now)


@transaction.atomic
def close_cell(*, cell: QuotaCell, reason: str, actor: User | None, now: datetime) -> QuotaCell:
    """Let nobody else into the cell; interviews that run in it go on. Raises InvalidInput without a reason."""
    return _change_cell(cell, "quota.cell_closed", lambda locked: _set_closed(locked, True), reason, actor, now)


@transaction.atomic
def reopen_cell(*, cell: QuotaCell, reason: str, actor: User | None, now: datetime) -> QuotaCell:
    """Undo `close_cell`. Raises InvalidInput without a reason."""
    return _change_cell(cell, "quota.cell_reopened", lambda locked: _set_closed(locked, False), reason, actor, now)


def _set_closed(cell: QuotaCell, closed: bool) -> tuple[object, object]:
    old, cell.closed = cell.closed, closed
    return old, closed


def _change_cell(
    cell: QuotaCell,
    action: str,
    change: Callable[[QuotaCell], tuple[object, object]],
    reason: str,
    actor: User | None,
    now: datetime,
) -> QuotaCell:
    """Change a cell under its lock, so that no seat is taken on the strength of what it was, and log what changed."""
    reason = _needed_reason(reason)
    locked = (
        QuotaCell.objects.select_for_update(no_key=True, of=("self",))
        .select_related("quota__population__study")
        .get(pk=cell.pk)
    )
    old, new = change(locked)
    if old == new:
        return locked
    locked.save(update_fields=["target", "closed"])
    _log_change(
        locked, locked.quota, action, {"cell": locked.name, "old": old, "new": new, "reason": reason}, actor, now
    )
    return locked


@transaction.atomic
def set_quota_rule(*, quota: Quota, rule: str, tolerance: int, reason: str, actor: User | None, now: datetime) -> Quota:
    """Change how full a cell may become while interviews run. Raises InvalidInput (no reason, no such rule)."""
    reason = _needed_reason(reason)
    if rule not in Quota.Rule.values or tolerance < 0:
        raise _bad_field("rule", _("There is no such rule."))
    # Seats are taken under the lock of their cell, so the rule changes under the locks of all cells.
    list(quota.cells.select_for_update(no_key=True).order_by("pk"))
    locked = Quota.objects.select_related("population__study").get(pk=quota.pk)
    old = {"rule": locked.rule, "tolerance": locked.tolerance}
    locked.rule, locked.tolerance = rule, tolerance
    locked.save(update_fields=["rule", "tolerance"])
    new = {"rule": rule, "tolerance": tolerance}
    _log_change(locked, locked, "quota.rule_changed", {"old": old, "new": new, "reason": reason}, actor, now)
    return locked


def _needed_reason(reason: str) -> str:
    if not reason.strip():
        raise _bad_field("reason", _("Say why: the reason stands in the study's log."))
    return reason.strip()


def _log_change(
    target: Model, quota: Quota, action: str, data: dict[str, object], actor: User | None, now: datetime
) -> None:
    log_activity(
        study=quota.population.study,
        actor=actor,
        action=action,
        target=target,
        data={"population": quota.population.code, "quota": quota.name, **data},
        now=now,
    )
