"""AAPOR outcome rates, exactly. Pure.

Formulas: AAPOR Standard Definitions, as implemented by ropensci/outcomerate. Counts may be numbers of cases or, for
weighted rates, sums of base weights as fractions. What is 0/0 is not defined (None), never zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, TypeAlias

Number: TypeAlias = int | Fraction

#: Groups of final dispositions: complete, partial, refusal and break-off, non-contact, other, unknown if an eligible
#: unit, eligibility of the unit unknown, not eligible.
GROUPS = ("I", "P", "R", "NC", "O", "UH", "UO", "NE")
INTERVIEWED = ("I", "P")
ELIGIBLE = ("I", "P", "R", "NC", "O")
UNKNOWN = ("UH", "UO")

RATES = (
    ("RR1", "RR2", "RR3", "RR4", "RR5", "RR6"),
    ("COOP1", "COOP2", "COOP3", "COOP4"),
    ("REF1", "REF2", "REF3"),
    ("CON1", "CON2", "CON3"),
)

Unknowns: TypeAlias = Literal["all", "e", "none"]


@dataclass(frozen=True, slots=True)
class Formula:
    """A rate: the sum of groups above the line, and below it a sum of groups and how much of the unknown cases."""

    above: tuple[str, ...]
    below: tuple[str, ...]
    unknowns: Unknowns

    def __str__(self) -> str:
        over = " + ".join(self.above)
        under = " + ".join(self.below) + {"all": " + UH + UO", "e": " + e (UH + UO)", "none": ""}[self.unknowns]
        return f"{over if len(self.above) == 1 else f'({over})'} / ({under})"


FORMULAS: Mapping[str, Formula] = {
    "RR1": Formula(("I",), ELIGIBLE, "all"),
    "RR2": Formula(INTERVIEWED, ELIGIBLE, "all"),
    "RR3": Formula(("I",), ELIGIBLE, "e"),
    "RR4": Formula(INTERVIEWED, ELIGIBLE, "e"),
    "RR5": Formula(("I",), ELIGIBLE, "none"),
    "RR6": Formula(INTERVIEWED, ELIGIBLE, "none"),
    "COOP1": Formula(("I",), ("I", "P", "R", "O"), "none"),
    "COOP2": Formula(INTERVIEWED, ("I", "P", "R", "O"), "none"),
    "COOP3": Formula(("I",), ("I", "P", "R"), "none"),
    "COOP4": Formula(INTERVIEWED, ("I", "P", "R"), "none"),
    "REF1": Formula(("R",), ELIGIBLE, "all"),
    "REF2": Formula(("R",), ELIGIBLE, "e"),
    "REF3": Formula(("R",), ELIGIBLE, "none"),
    "CON1": Formula(("I", "P", "R", "O"), ELIGIBLE, "all"),
    "CON2": Formula(("I", "P", "R", "O"), ELIGIBLE, "e"),
    "CON3": Formula(("I", "P", "R", "O"), ELIGIBLE, "none"),
}


def proportional_e(counts: Mapping[str, Number]) -> Fraction | None:
    """The share of unknown cases taken as eligible: that of the cases whose eligibility is known (CASRO).

    Source: AAPOR outcome rate calculator 4.0, default; outcomerate `eligibility_rate`.
    None where no eligibility is known.
    """
    eligible = total(counts, ELIGIBLE)
    return ratio(eligible, eligible + total(counts, ("NE",)))


def rates(counts: Mapping[str, Number], e: Number | None = None) -> dict[str, Fraction | None]:
    """All outcome rates by name, each between 0 and 1, or None where it is not defined.

    Args:
        counts: cases, or sums of weights, by group of `GROUPS`; absent groups are empty.
        e: share of unknown cases taken as eligible; by proportional allocation where None.

    Raises:
        ValueError: an unknown group, a negative count, or e outside 0..1.
    """
    check(counts, e)
    share = proportional_e(counts) if e is None else Fraction(e)
    return {name: rate(formula, counts, share) for name, formula in FORMULAS.items()}


def rate(formula: Formula, counts: Mapping[str, Number], e: Fraction | None) -> Fraction | None:
    """One rate. Without e, a rate that needs it is defined only where no case is unknown."""
    unknown = total(counts, UNKNOWN)
    if formula.unknowns == "none":
        unknown = Fraction(0)
    elif formula.unknowns == "e" and unknown:
        if e is None:
            return None
        unknown *= e
    return ratio(total(counts, formula.above), total(counts, formula.below) + unknown)


def total(counts: Mapping[str, Number], groups: tuple[str, ...]) -> Fraction:
    return Fraction(sum(Fraction(counts.get(group, 0)) for group in groups))


def ratio(part: Fraction, whole: Fraction) -> Fraction | None:
    return part / whole if whole else None


def check(counts: Mapping[str, Number], e: Number | None) -> None:
    for group, count in counts.items():
        if group not in GROUPS:
            raise ValueError(f"unknown group {group!r}")
        if count < 0:
            raise ValueError(f"negative count of {group}")
    if e is not None and not 0 <= e <= 1:
        raise ValueError("e is not between 0 and 1")
