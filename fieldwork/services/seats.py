"""Seats: places in quota cells, held while an interview runs and kept when it is complete.

How a race for the last seat is decided
---------------------------------------
Counts are never stored. A cell's places are counted from its seats while its row is locked, so that only one
interview at a time looks at a cell and sits down in it:

1. The row of the interview is locked first. Two requests for one interview (two tabs, a repeated message) come one
   after the other, and the second finds the seats of the first.
2. Then the rows of all cells that the respondent fits are locked, over all quotas, in the order of their ids. Since
   everybody locks in this order, nobody waits for somebody who waits for them.
3. Only then are seats counted. Under READ COMMITTED the count sees everything that was committed before the lock was
   granted. A seat counts while it is complete, or held with a lease that has not run out; an expired one counts as
   free without any job having to run.
4. The interview gets one seat in each quota, or none at all.

Who gives a seat back needs no lock on the cell: at worst a place is found free a moment later. Who wants to count
again (a seat whose lease has run out, or will within a minute) locks as above, since somebody else may have sat down
meanwhile. The minute is there because the clocks of two requests may differ a little.

An interview that is completed after its lease ran out is never thrown away: it counts as complete, even if the cell
was filled meanwhile, and the board shows the cell above its target. To make that rare the lease is renewed with
every batch of the journal and outlives a long loss of connection.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.db import transaction
from django.db.models import Count, F, Q

from fieldwork.models import Interview, Quota, QuotaCell, Seat
from fieldwork.quota_arithmetic import least_filled
from questionnaires.language import compile_plain, parse, to_boolean
from questionnaires.language.evaluation import Evaluator, PlainEnvironment
from studies.services.activity import log_activity

#: How long a held seat stands without a sign of life. The rest of a 25-minute interview fits into it without a
#: connection; longer would block the last places of a cell behind somebody who is gone.
SEAT_LEASE = timedelta(minutes=30)
#: A lease this close to its end is renewed under the cell's lock only.
CLOSE_TO_END = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SeatDecision:
    """Whether the interview goes on, and in which cell it counts (of the first quota, where there are several).

    Where it doesn't, `cell` is the cell that is full or closed, and `reason` is `full`, `closed` or `no_cell` (a quota
    has no cell that the respondent fits).
    """

    open: bool
    cell: QuotaCell | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """Seats of a cell: complete, and live (complete or held)."""

    complete: int = 0
    live: int = 0


def has_place(cell: QuotaCell, filled: Filled) -> bool:
    """Whether the quota's rule lets one more interview into the cell.

    strict: complete and held together stay within the target. finish: goes on until the target is complete, with at
    most `tolerance` interviews beyond the target under way.
    """
    if cell.closed:
        return False
    if cell.quota.rule == Quota.Rule.STRICT:
        return filled.live < cell.target
    return filled.complete < cell.target and filled.live < cell.target + cell.quota.tolerance


@transaction.atomic
def take_seat(*, interview: Interview, values: Mapping[str, object], now: datetime) -> SeatDecision:
    """Decide at the end of the screener whether an interview goes on, and hold its seats.

    Asked again for the same interview, it gives the same seats. Where answers were corrected so that the respondent
    fits other cells, the old seats are given back and others taken. Sets `interview.cell`.

    Args:
        values: the answers of the screener by name, as stored, with its calculations (`age_group`).
    """
    _lock_interview(interview)
    fitting = _fitting_cells(interview.population_id, values)
    if not fitting:
        return SeatDecision(open=True, cell=None)
    cells = _lock_cells(cell.pk for group in fitting.values() for cell in group)
    filled = _count(cells, now, without=interview)
    own = {seat.cell_id: seat for seat in _own_seats(interview)}
    if any(seat.status == Seat.Status.COMPLETE for seat in own.values()):
        return SeatDecision(open=True, cell=interview.cell)
    chosen: list[QuotaCell] = []
    for group in fitting.values():
        found = _seat_in(group, cells, filled, own, now)
        if isinstance(found, SeatDecision):
            _release(own.values(), "quota_full", now)
            _note_cell(interview, found.cell)
            return found
        chosen.append(found)
    keep = {cell.pk for cell in chosen}
    _release([seat for cell, seat in own.items() if cell not in keep], "answers_changed", now)
    for cell in chosen:
        _sit_down(interview, cell, own.get(cell.pk), now)
    _note_cell(interview, chosen[0])
    return SeatDecision(open=True, cell=chosen[0])


def _seat_in(
    group: Sequence[QuotaCell],
    cells: Mapping[int, QuotaCell],
    filled: Mapping[int, Filled],
    own: Mapping[int, Seat],
    now: datetime,
) -> QuotaCell | SeatDecision:
    """The cell of one quota that the interview sits in or can sit down in, or why there is none."""
    if not group:
        return SeatDecision(open=False, cell=None, reason="no_cell")
    for cell in group:
        if cell.pk in own and _is_live(own[cell.pk], now):
            return cells[cell.pk]
    # As they are now, under the lock: a target may have been changed since they were read.
    current = [cells[cell.pk] for cell in group]
    free = {cell.pk: (filled[cell.pk].live, cell.target) for cell in current if has_place(cell, filled[cell.pk])}
    if free:
        return cells[least_filled(free)]
    return SeatDecision(open=False, cell=current[0], reason="closed" if current[0].closed else "full")


@transaction.atomic
def renew_seats(*, interview: Interview, now: datetime) -> bool:
    """Prolong the leases of an interview that is going on; to be called with each batch of its journal.

    Returns:
        whether the interview holds its seats. False, where a lease had run out and the place is taken: the interview
        goes on all the same, and its complete counts above the target.
    """
    seats = list(Seat.objects.filter(interview=interview, status=Seat.Status.HELD))
    if all(seat.lease_until is not None and seat.lease_until > now + SEAT_LEASE / 2 for seat in seats):
        return True
    safe = [seat.pk for seat in seats if seat.lease_until is not None and seat.lease_until > now + CLOSE_TO_END]
    renewed = Seat.objects.filter(pk__in=safe, status=Seat.Status.HELD, lease_until__gt=now + CLOSE_TO_END).update(
        lease_until=now + SEAT_LEASE
    )
    return True if renewed == len(seats) else _renew_late(interview, now)


def _renew_late(interview: Interview, now: datetime) -> bool:
    """Sit down again in cells whose lease has run out, where there is still a place."""
    _lock_interview(interview)
    late = [
        seat
        for seat in _own_seats(interview)
        if seat.status == Seat.Status.HELD and seat.lease_until is not None and seat.lease_until <= now + CLOSE_TO_END
    ]
    cells = _lock_cells(seat.cell_id for seat in late)
    filled = _count(cells, now, without=interview)
    back = [seat for seat in late if _is_live(seat, now) or has_place(cells[seat.cell_id], filled[seat.cell_id])]
    Seat.objects.filter(pk__in=[seat.pk for seat in back]).update(lease_until=now + SEAT_LEASE)
    return len(back) == len(late)


@transaction.atomic
def keep_seats(*, interview: Interview, now: datetime, values: Mapping[str, object] | None = None) -> list[QuotaCell]:
    """Turn the seats of an interview that is complete into completes of their cells.

    A complete always counts, in a cell that its answers fit: where it sits, else where it sat (an expired lease), else
    the least filled one (the server could not be reached at the checkpoint, or answers were changed after it).

    Args:
        values: as in `take_seat`; None leaves the seats where they are.

    Returns:
        the cells that are now above what their rule allows (rare; logged as `quota.exceeded`).
    """
    _lock_interview(interview)
    own = {seat.cell_id: seat for seat in _own_seats(interview)}
    cells = _lock_cells(_cells_to_count_in(interview, values, now))
    _release([seat for cell, seat in own.items() if cell not in cells], "answers_changed", now)
    for cell in cells.values():
        seat = own.get(cell.pk) or Seat(cell=cell, interview=interview, taken_at=now)
        seat.status, seat.lease_until = Seat.Status.COMPLETE, None
        seat.save()
    if interview.cell_id not in cells:
        _note_cell(interview, cells[min(cells)] if cells else None)
    filled = _count(cells, now)
    exceeded = [cell for cell in cells.values() if filled[cell.pk].complete > _most_completes(cell)]
    for cell in exceeded:
        log_activity(
            study=interview.population.study,
            actor=None,
            action="quota.exceeded",
            target=cell,
            data={"cell": cell.name, "complete": filled[cell.pk].complete, "target": cell.target},
            now=now,
        )
    return exceeded


def _most_completes(cell: QuotaCell) -> int:
    return cell.target + (cell.quota.tolerance if cell.quota.rule == Quota.Rule.FINISH else 0)


def _cells_to_count_in(interview: Interview, values: Mapping[str, object] | None, now: datetime) -> list[int]:
    """One cell of each quota for a complete: where it sits, else where it sat last, else the least filled that fits."""
    seats = Seat.objects.filter(interview=interview).order_by(F("released_at").desc(nulls_first=True))
    sat = list(seats.values_list("cell__quota", "cell"))
    if values is None:
        return list(dict(reversed(sat)).values())
    found = []
    for group in _fitting_cells(interview.population_id, values).values():
        fitting = {cell.pk: max(cell.target, 1) for cell in group}
        known = next((cell for _quota, cell in sat if cell in fitting), None)
        if known is None and fitting:
            filled = _count(fitting, now)
            known = least_filled({cell: (filled[cell].live, target) for cell, target in fitting.items()})
        if known is not None:
            found.append(known)
    return found


@transaction.atomic
def give_back_seats(*, interview: Interview, reason: str, now: datetime) -> int:
    """Give back all seats of an interview that broke off, was screened out or was rejected by an audit.

    Args:
        reason: `break_off`, `lease_expired`, `screened_out`, `rejected`, ... (at most 32 letters).

    Returns:
        the number of seats given back; 0 where it had none.
    """
    _lock_interview(interview)
    return _release(_own_seats(interview), reason, now)


# --- pieces ----------------------------------------------------------------------------------------------


def _lock_interview(interview: Interview) -> None:
    Interview.objects.select_for_update(no_key=True).values_list("pk").get(pk=interview.pk)


def _lock_cells(ids: Iterable[int]) -> dict[int, QuotaCell]:
    locked = QuotaCell.objects.filter(pk__in=list(ids)).select_for_update(no_key=True, of=("self",))
    return {cell.pk: cell for cell in locked.select_related("quota").order_by("pk")}


def _own_seats(interview: Interview) -> list[Seat]:
    return list(Seat.objects.filter(interview=interview).exclude(status=Seat.Status.RELEASED).order_by("cell"))


def _is_live(seat: Seat, now: datetime) -> bool:
    return seat.status == Seat.Status.COMPLETE or (seat.lease_until is not None and seat.lease_until > now)


def _count(cells: Iterable[int], now: datetime, without: Interview | None = None) -> dict[int, Filled]:
    """Seats by cell, for every cell asked for."""
    seats = Seat.objects.filter(Seat.live_at(now), cell__in=list(cells))
    if without is not None:
        seats = seats.exclude(interview=without)
    counted = seats.values("cell").annotate(
        live=Count("pk"), complete=Count("pk", filter=Q(status=Seat.Status.COMPLETE))
    )
    filled: dict[int, Filled] = defaultdict(Filled)
    filled.update({row["cell"]: Filled(row["complete"], row["live"]) for row in counted.order_by()})
    return filled


def _sit_down(interview: Interview, cell: QuotaCell, seat: Seat | None, now: datetime) -> None:
    if seat is None:
        Seat.objects.create(cell=cell, interview=interview, taken_at=now, lease_until=now + SEAT_LEASE)
    elif seat.status == Seat.Status.HELD:
        seat.lease_until = now + SEAT_LEASE
        seat.save(update_fields=["lease_until"])


def _release(seats: Iterable[Seat], reason: str, now: datetime) -> int:
    return Seat.objects.filter(pk__in=[seat.pk for seat in seats]).update(
        status=Seat.Status.RELEASED, released_at=now, release_reason=reason, lease_until=None
    )


def _note_cell(interview: Interview, cell: QuotaCell | None) -> None:
    interview.cell = cell
    Interview.objects.filter(pk=interview.pk).update(cell=cell)


def _fitting_cells(population: int, values: Mapping[str, object]) -> dict[int, list[QuotaCell]]:
    """For each quota of the population, by id, the cells that a respondent with these answers fits."""
    fitting: dict[int, list[QuotaCell]] = {pk: [] for pk in _quotas(population)}
    environment = PlainEnvironment(values)
    for cell in QuotaCell.objects.filter(quota__in=list(fitting)).order_by("quota", "position"):
        if to_boolean(_compiled(cell.condition)(environment)):
            fitting[cell.quota_id].append(cell)
    return fitting


def _quotas(population: int) -> list[int]:
    return list(Quota.objects.filter(population=population).order_by("pk").values_list("pk", flat=True))


@lru_cache(maxsize=2048)
def _compiled(condition: str) -> Evaluator:
    return compile_plain(parse(condition))
