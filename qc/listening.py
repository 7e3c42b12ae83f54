"""What listening is measured by: stretches really heard, questions on the timeline, answers compared, points. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

#: Two stretches that lie closer together than this are one: players report the time in steps.
GAP_MS = 250

#: Sections of the score sheet, in the order in which a call goes.
SECTIONS = ("consent", "verbatim", "probing", "neutrality", "pace", "language", "closing")
#: Points of a section: poor, fair, good.
POINTS = (0, 1, 2)
FULL_MARKS = max(POINTS)

#: What an auditor enters when the answer can't be made out. It is no mismatch and doesn't count in the base.
INAUDIBLE: dict[str, Any] = {"inaudible": True}

Stretch = tuple[int, int]


def merge_stretches(stretches: Iterable[Sequence[int]], *, end_ms: int) -> list[Stretch]:
    """Stretches of a recording, sorted, cut to the recording and joined where they overlap or almost touch.

    Args:
        stretches: pairs of milliseconds, from and to, in any order.
        end_ms: length of the recording.
    """
    inside = sorted((max(0, start), min(end, end_ms)) for start, end in stretches)
    merged: list[Stretch] = []
    for start, end in inside:
        if end <= start:
            continue
        if merged and start <= merged[-1][1] + GAP_MS:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def heard_ms(stretches: Iterable[Sequence[int]]) -> int:
    """Milliseconds in merged stretches: what was played twice counts once."""
    return sum(end - start for start, end in stretches)


# --- questions on the timeline ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Act:
    """One journal entry, as far as time is concerned. `sitting` is the call attempt in which it was made."""

    sitting: int
    kind: str
    item: str
    elapsed_ms: int
    language: str = ""


@dataclass(frozen=True)
class Mark:
    """A question on the screen: from the moment it appeared until it was answered, by the clock of its sitting.

    `from_ms` and `to_ms` count from the beginning of the sitting. `language` is the one it was read in, empty where
    unknown.
    """

    key: str
    sitting: int
    from_ms: int
    to_ms: int
    language: str


#: Entries after which another question (or the same one, anew) is on the screen.
_TURNS = ("answer", "back", "jump", "resume")


def question_marks(acts: Iterable[Act]) -> list[Mark]:
    """When each answered question stood on the screen, in the order of the journal.

    A question appears when the one before it is answered (or somebody goes back or jumps), the first one of a sitting
    when the sitting begins. A question that was answered twice has two marks. The clock of the interview goes on from
    sitting to sitting; a sitting begins where the one before it had stopped.
    """
    marks = []
    sitting: int | None = None
    begin = last = appeared = 0
    for act in acts:
        if act.sitting != sitting:
            sitting, begin, appeared = act.sitting, last, last
        if act.kind == "answer":
            until = max(act.elapsed_ms, appeared)
            marks.append(Mark(act.item, act.sitting, appeared - begin, until - begin, act.language))
        if act.kind in _TURNS:
            appeared = max(act.elapsed_ms, appeared)
        last = max(act.elapsed_ms, last)
    return marks


# --- answers as entered and as heard ---------------------------------------------------------------------


def is_inaudible(value: Any) -> bool:
    return isinstance(value, Mapping) and "inaudible" in value


def answers_agree(entered: Any, heard: Any) -> bool | None:
    """Whether the auditor heard what the interviewer entered; None where it could not be made out.

    The order of a multiple answer's codes doesn't matter, and neither do capitals and spaces of a text.
    """
    if is_inaudible(heard):
        return None
    if isinstance(entered, list) and isinstance(heard, list):
        return sorted(map(str, entered)) == sorted(map(str, heard))
    if isinstance(entered, str) and isinstance(heard, str):
        return " ".join(entered.casefold().split()) == " ".join(heard.casefold().split())
    return type(entered) is type(heard) and bool(entered == heard)


# --- points ----------------------------------------------------------------------------------------------


def score_of(sheet: Mapping[str, int | None]) -> int | None:
    """Score from 0 to 100: points out of full marks, over the sections that could be judged. None where none could."""
    points = [sheet[section] for section in SECTIONS if sheet.get(section) is not None]
    if not points:
        return None
    reached = sum(point for point in points if point is not None)
    # Half a point up, so that a reader's own calculation agrees.
    return (200 * reached + FULL_MARKS * len(points)) // (2 * FULL_MARKS * len(points))
