"""Arithmetic of quotas and of the precision that is quoted for them. Pure: no Django, no database."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class AgeGroup:
    """Ages in completed years, both ends included; `oldest` is None for an open group."""

    youngest: int
    oldest: int | None

    @property
    def name(self) -> str:
        """`18-29`, `60+`."""
        return f"{self.youngest}+" if self.oldest is None else f"{self.youngest}-{self.oldest}"

    def has(self, age: int) -> bool:
        """Whether somebody of this age belongs to the group."""
        return self.youngest <= age and (self.oldest is None or age <= self.oldest)


class AgeGroupError(ValueError):
    """Age groups can't be read or do not follow on each other. `code` names what is wrong, `text` where."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code, self.text = code, text


def read_age_groups(names: Iterable[str]) -> list[AgeGroup]:
    """Read names such as `18-29`, `30-39`, `60+`.

    Raises:
        AgeGroupError: `unreadable`; `not_in_order` where a group doesn't begin right after the one before it, so that
            an age would belong to two groups or to none; `none` where there is no group.
    """
    groups: list[AgeGroup] = []
    for name in names:
        found = re.fullmatch(r"\s*(\d{1,3})\s*(?:[-\u2010-\u2015]\s*(\d{1,3})|(\+))\s*", name)
        if not found:
            raise AgeGroupError("unreadable", name)
        group = AgeGroup(int(found[1]), None if found[3] else int(found[2]))
        if group.oldest is not None and group.oldest < group.youngest:
            raise AgeGroupError("unreadable", name)
        if groups and (groups[-1].oldest is None or group.youngest != groups[-1].oldest + 1):
            raise AgeGroupError("not_in_order", name)
        groups.append(group)
    if not groups:
        raise AgeGroupError("none", "")
    return groups


def largest_remainder(weights: Sequence[int], total: int) -> list[int]:
    """Share out `total` whole places in proportion to the weights (Hare-Niemeyer), in exact integer arithmetic.

    Everybody gets the whole part of weight * total / sum; the places left go to the largest remainders. Equal
    remainders: the larger weight first, then the earlier place, so that the result is the same everywhere.

    Args:
        weights: not negative, e.g. persons; their sum is positive.
        total: places to share out, not negative.

    Returns:
        the places in the order of the weights; they add up to `total`.

    Raises:
        ValueError: a weight or the total is negative, or all weights are zero.

    Source: Hamilton's or Hare-Niemeyer method; Balinski and Young, Fair Representation (1982), chapter 2.
    """
    whole = sum(weights)
    if total < 0 or whole <= 0 or min(weights) < 0:
        raise ValueError("weights and total must not be negative, and the weights not all zero")
    places = [weight * total // whole for weight in weights]
    remainders = [weight * total % whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda at: (-remainders[at], -weights[at], at))
    for at in order[: total - sum(places)]:
        places[at] += 1
    return places


def margin_of_error(
    n: int, *, population: int | None = None, design_effect: float = 1.0, share: float = 0.5, confidence: float = 0.95
) -> float:
    """Half the width of the confidence interval of a share, as for a simple random sample without replacement.

    `z * sqrt(deff * p(1-p)/n * (N-n)/(N-1))`; a quota sample has no sampling error in the strict sense, so say
    beside the figure how it was calculated.

    Args:
        n: interviews, at least 1.
        population: persons in the population N (at least n and 2); None for an infinite one.
        design_effect: variance by design and weighting over that of a simple random sample.
        share: the share p that is estimated; 0.5 gives the widest interval.
        confidence: 0.95 for 95 %.

    Returns:
        the margin as a share (0.035 is 3.5 %).

    Source: Cochran, Sampling Techniques (3rd ed. 1977), sections 2.6 and 3.2.
    """
    if n < 1 or (population is not None and population < max(2, n)):
        raise ValueError("n must be at least 1 and at most the population")
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    correction = 1.0 if population is None else (population - n) / (population - 1)
    return z * math.sqrt(design_effect * share * (1 - share) / n * correction)


def sample_size(
    margin: float, *, population: int | None = None, design_effect: float = 1.0, confidence: float = 0.95
) -> int:
    """The interviews needed for a margin of error (a share) at p = 0.5, rounded up.

    `n0 = deff z^2 p(1-p) / margin^2`, `n = n0 / (1 + (n0 - 1)/N)`. Source: Cochran, section 4.4.
    """
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    size = design_effect * z**2 * 0.25 / margin**2
    if population is not None:
        size = size / (1 + (size - 1) / population)
    return math.ceil(size)


def design_effect(weights: Sequence[float]) -> float:
    """Kish's design effect of unequal weights: `n * sum(w^2) / sum(w)^2`, which is 1 + CV^2 with the population CV.

    Source: Kish, Survey Sampling (1965), section 11.7.

    Raises:
        ValueError: no weights, or they add up to zero.
    """
    whole = math.fsum(weights)
    if not whole:
        raise ValueError("the weights add up to zero")
    return len(weights) * math.fsum(weight * weight for weight in weights) / whole**2


def numbers_needed(*, open_places: int, completes: int, numbers_used: int) -> int | None:
    """How many more numbers the open places need if they yield as those used so far.

    Rounded up; None as long as there is no yield to reckon with.
    """
    if open_places <= 0:
        return 0
    if completes <= 0 or numbers_used <= 0:
        return None
    return -(-open_places * numbers_used // completes)


def least_filled(cells: Mapping[int, tuple[int, int]]) -> int:
    """Which of some open cells the next respondent goes to: the one with the lowest share of its target.

    Args:
        cells: cell id to (live seats, target); targets are positive, since a cell without a target is never open.

    Returns:
        the id; among equal shares the cell with more places left, then the smaller id.
    """

    def rank(cell: int) -> tuple[float, int, int]:
        seats, target = cells[cell]
        return seats / target, seats - target, cell

    return min(cells, key=rank)
