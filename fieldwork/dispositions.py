"""Outcomes of call attempts and the final disposition of a case. Pure.

The code table is data with an edition (`data/aapor_phone_9.csv`). Which outcome wins follows AAPOR Standard
Definitions on turning temporary dispositions into final ones (see `final_disposition`).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from fieldwork.outcome_rates import GROUPS

EDITION = "9"
DATA = Path(__file__).parent / "data"

# Codes that the system gives by itself, or on which a rule turns.
COMPLETE = "1.1"
PARTIAL = "1.2"
HARD_REFUSAL = "2.11"
BREAK_OFF = "2.12"
OTHER_ELIGIBLE = "2.30"
UNTOUCHED = "3.11"
#: Of an interview that turned out to be faked or unusable: an eligible case without an interview.
INVALIDATED = "2.36"
UNKNOWN_ELIGIBILITY = "3.90"
NOT_ELIGIBLE = "4.70"
QUOTA_FULL = "4.80"

#: The outcomes of nearly all calls to mobile numbers, the most frequent first: interviewers find them under one digit.
FREQUENT = (
    *("2.112", "2.35", "3.21", "2.12", "2.11", "4.70", "2.332", "2.34", "2.111"),
    *("3.13", "3.12", "3.161", "4.31", "3.14", "4.32", "3.15", "3.16", "4.33"),
)
#: Found by asking the person, so that they take back what was assumed of the person before.
SCREENED = frozenset({NOT_ELIGIBLE, QUOTA_FULL})
#: Never chosen by an interviewer: they follow from the interview or from the case.
GIVEN_BY_SYSTEM = frozenset({COMPLETE, PARTIAL, UNTOUCHED, QUOTA_FULL})

HANDLINGS = frozenset(
    {"final", "retry", "callback", "appointment", "refusal_soft", "refusal_hard", "language", "fresh", "group"}
)
ELIGIBLE_GROUPS = frozenset({"I", "P", "R", "NC", "O"})
UNKNOWN_GROUPS = frozenset({"UH", "UO"})


class TableError(ValueError):
    """The code table can't be read: says the line and why."""


@dataclass(frozen=True, slots=True)
class Disposition:
    """One code. `handling` is explained in data/README.md; `contact` says whether a person was spoken to."""

    code: str
    group: str
    labels: Mapping[str, str]
    handling: str
    delay_minutes: int
    contact: bool

    def label(self, language: str) -> str:
        """The label in a language of the interface, else in English."""
        return self.labels.get(language) or self.labels["en"]

    @property
    def eligible(self) -> bool:
        return self.group in ELIGIBLE_GROUPS

    @property
    def unknown(self) -> bool:
        return self.group in UNKNOWN_GROUPS

    @property
    def recordable(self) -> bool:
        """Whether an interviewer may record it as the outcome of a call attempt."""
        return self.handling not in {"group", "fresh"} and self.code not in GIVEN_BY_SYSTEM

    @property
    def takes_appointment(self) -> bool:
        """Whether a time can be agreed: somebody was reached and may be called again."""
        return self.handling in {"callback", "appointment", "language"} or (self.handling == "retry" and self.contact)


@lru_cache(maxsize=4)
def disposition_table(edition: str = EDITION) -> Mapping[str, Disposition]:
    """The codes of an edition in their order. Raises TableError where the file is broken."""
    with (DATA / f"aapor_phone_{edition}.csv").open(encoding="utf-8", newline="") as file:
        return {disposition.code: disposition for disposition in read_table(file, edition)}


def read_table(lines: Iterable[str], edition: str) -> list[Disposition]:
    """Read a code table from CSV. Raises TableError."""
    found: list[Disposition] = []
    for line, row in enumerate(csv.DictReader(lines), start=2):
        if row["edition"] != edition:
            raise TableError(f"line {line}: edition {row['edition']!r} in the table of edition {edition!r}")
        if row["group"] not in GROUPS or row["handling"] not in HANDLINGS:
            raise TableError(f"line {line}: unknown group {row['group']!r} or handling {row['handling']!r}")
        if any(known.code == row["code"] for known in found):
            raise TableError(f"line {line}: code {row['code']} stands there twice")
        found.append(
            Disposition(
                code=row["code"],
                group=row["group"],
                labels={language: row[f"label_{language}"] for language in ("en", "ru", "kk", "uz")},
                handling=row["handling"],
                delay_minutes=int(row["delay_minutes"] or 0),
                contact=row["contact"] == "yes",
            )
        )
    return found


def recordable_dispositions(*, contact: bool) -> list[Disposition]:
    """What an interviewer may record after reaching a person, or without; the frequent ones first."""
    found = [one for one in disposition_table().values() if one.recordable and one.contact == contact]
    return sorted(found, key=lambda one: FREQUENT.index(one.code) if one.code in FREQUENT else len(FREQUENT))


def final_disposition(
    outcomes: Sequence[str],
    *,
    ever_eligible: bool = False,
    exhausted: bool = False,
    enough_answered: bool = False,
    rejected: bool = False,
) -> str:
    """The code of a released case from the outcomes of its call attempts, oldest first.

    It can be computed again from the attempts at any time. While the case is open it says where the case stands.

    1. Complete, then partial: an interview outranks everything; one that an audit has rejected is none, but its case
       stays among the eligible ones, as miscellaneous non-interview (2.36), where AAPOR puts cases invalidated later.
    2. What the screener found (no eligible person, quota full) replaces what came before it: a refusal of somebody who
       turned out to be under age is no refusal of the population.
    3. Refusal or break-off, the latest; then a final reason of an eligible person (such as death).
    4. Attempts used up: 2.30 if the case was ever known to be eligible.
    5. Other eligible non-interview, then non-contact; eligible by the screener alone is 2.30. Never back to unknown.
    6. A final not eligible (such as a number that does not work), which an unknown outcome can't outrank.
    7. Unknown: the latest, or 3.90 when attempts are used up; then a temporary not eligible.

    Args:
        outcomes: codes of the attempts that have an outcome.
        ever_eligible: the screener showed an eligible person.
        exhausted: the attempts are used up.
        enough_answered: the interview is not complete but enough of it is answered for a partial.
        rejected: an audit has taken the complete or partial interview out of the data.

    Raises:
        KeyError: a code is not in the table.
    """
    if rejected:
        return INVALIDATED
    if COMPLETE in outcomes:
        return COMPLETE
    if enough_answered or PARTIAL in outcomes:
        return PARTIAL
    table = disposition_table()
    calls = since_screening([table[code] for code in outcomes])
    return eligible_disposition(calls, ever_eligible, exhausted) or ineligible_or_unknown(calls, exhausted)


def since_screening(calls: list[Disposition]) -> list[Disposition]:
    """The calls from the last one that the screener ended."""
    for index in range(len(calls) - 1, -1, -1):
        if calls[index].code in SCREENED:
            return calls[index:]
    return calls


def eligible_disposition(calls: list[Disposition], ever_eligible: bool, exhausted: bool) -> str:
    """The code of a case that showed itself eligible (rules 3 to 5), else an empty string."""
    if calls and calls[0].code in SCREENED:
        ever_eligible = False
    refusal = latest(call for call in calls if call.group == "R")
    settled = latest(call for call in calls if call.group == "O" and call.handling == "final")
    if refusal or settled:
        return refusal or settled
    if exhausted and (ever_eligible or any(call.eligible for call in calls)):
        return OTHER_ELIGIBLE
    other = latest(call for call in calls if call.group == "O")
    absent = latest(call for call in calls if call.group == "NC")
    return other or (OTHER_ELIGIBLE if ever_eligible else absent)


def ineligible_or_unknown(calls: list[Disposition], exhausted: bool) -> str:
    """The code of a case that never showed itself eligible (rules 6 and 7)."""
    settled = latest(call for call in calls if call.group == "NE" and call.handling == "final")
    unknown = latest(call for call in calls if call.unknown)
    if settled:
        return settled
    if unknown:
        return UNKNOWN_ELIGIBILITY if exhausted else unknown
    return latest(calls) or UNTOUCHED


def latest(calls: Iterable[Disposition]) -> str:
    """Code of the last call, or an empty string."""
    return next(reversed([call.code for call in calls]), "")
