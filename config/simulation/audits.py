"""Simulated auditors: recordings for what is drawn, listening, blind re-entry, and a verdict."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from config.simulation.chance import Dice, Shares
from config.simulation.pace import Pace
from config.simulation.recordings import measure, record_interview
from fieldwork.models import Interview, Recording
from fieldwork.selectors.recordings import has_recording, recordings_of
from qc.listening import INAUDIBLE, SECTIONS
from qc.models import Audit
from qc.selectors.interviews import state_of
from qc.services.audits import claim_audit, judge_audit, save_listening
from questionnaires import flow
from studies.access import StudyAccess
from studies.errors import Conflict
from studies.models import Population

#: Per mille of blind entries in which the auditor hears another option, or can't make it out.
MISHEARS, INAUDIBLE_SHARE = 8, 15
VERDICTS = Shares.read({"accept": 940, "recontact": 25, "reject": 35})
POINTS = Shares.read({"2": 860, "1": 125, "0": 15})
#: Share of a recording that an auditor listens to, and how fast.
HEARD = (0.25, 0.6)
SPEED = 1.4
COMMENTS = {
    "correct": "The respondent gives another answer than the one that was entered; heard twice.",
    "recontact": "The line breaks off several times. Please ask the respondent again about what is missing.",
    "reject": "Several questions were not read at all, and answers were entered before the respondent spoke.",
}
POOR = {"reject": ("verbatim", "probing", "pace"), "recontact": ("pace",)}


def record_drawn(population: Population, *, pace: Pace, seed: object, now: datetime) -> int:
    """Let the recordings arrive of all interviews that are to be audited; returns how many interviews."""
    drawn = Interview.objects.filter(population=population, audits__status=Audit.Status.OPEN)
    waiting = drawn.exclude(has_recording(Recording.Status.values)).distinct().order_by("ended_at", "pk")
    documents = ("version__form", "version__script", "version__problems")
    interviews = list(waiting.select_related("case", "population__study", "version").defer(*documents))
    for interview in interviews:
        record_interview(interview, pace=pace, seed=seed, now=now)
    return len(interviews)


def measure_waiting(population: Population, *, before: datetime, now: datetime, most: int | None = None) -> int:
    """Measure recordings that arrived before a moment, the oldest first; the rest is left to the workers.

    Returns how many (`most` at most).
    """
    waiting = Recording.objects.filter(population=population, status=Recording.Status.UPLOADED, uploaded_at__lt=before)
    recordings = list(waiting.order_by("uploaded_at", "pk")[:most])
    measure(recordings, now)
    return len(recordings)


class Auditor:
    """Somebody who listens."""

    def __init__(self, access: StudyAccess, seed: object) -> None:
        self.access = access
        self.seed = seed

    def audit_all(self, now: datetime) -> int:
        """Take and judge audits until none is left that can be heard; returns how many."""
        count = 0
        while True:
            try:
                audit = claim_audit(access=self.access, now=now)
            except Conflict:
                return count
            now = self.audit_one(audit, now) + timedelta(seconds=30)
            count += 1

    def audit_one(self, audit: Audit, now: datetime) -> datetime:
        """Listen to an audit in hand and judge it. Returns the moment when it is done."""
        interview = Interview.objects.select_related("population", "version", "case").get(pk=audit.interview_id)
        dice = Dice(self.seed, interview.population.code, interview.case.number, "audit")
        state = state_of(interview)
        now = self.listen(audit, interview, dice, now)
        entered = {key: self.hear(state, key, dice) for key in audit.blind}
        wrong = [key for key, value in entered.items() if value != INAUDIBLE and value != state.answers.get(key)]
        verdict = VERDICTS.at(dice.uniform("verdict"))
        if wrong and verdict == "accept":
            verdict = "correct"
        judge_audit(
            audit=audit,
            actor=self.access.user,
            verdict=verdict,
            sheet={section: self.points(section, verdict, dice) for section in SECTIONS},
            reentered=entered,
            confirmed=wrong if verdict == "correct" else (),
            comment=COMMENTS.get(verdict, ""),
            now=now,
        )
        return now

    def listen(self, audit: Audit, interview: Interview, dice: Dice, now: datetime) -> datetime:
        for place, recording in enumerate(recordings_of(interview)):
            length = recording.duration_ms or 0
            heard = int(length * dice.between(f"heard {place}", *HEARD))
            begins = int((length - heard) * dice.uniform(f"from {place}"))
            now += timedelta(milliseconds=heard / SPEED)
            save_listening(
                audit=audit,
                recording=recording,
                stretches=list(pieces(begins, begins + heard)),
                actor=self.access.user,
                now=now,
            )
        return now + timedelta(seconds=dice.whole("writes", 40, 150))

    def hear(self, state: flow.State, key: str, dice: Dice) -> Any:
        """An answer as the auditor hears it: nearly always what was entered."""
        answer = state.answers.get(key)
        if dice.happens(f"inaudible {key}", INAUDIBLE_SHARE):
            return dict(INAUDIBLE)
        item = state.script.item(key)
        if item.type == "select_one" and not item.role and dice.happens(f"mishears {key}", MISHEARS):
            others = [one.code for one in flow.options(state, key) if one.code != answer]
            return dice.pick(f"instead {key}", others) if others else answer
        return answer

    def points(self, section: str, verdict: str, dice: Dice) -> int:
        if section in POOR.get(verdict, ()):
            return 0
        return int(POINTS.at(dice.uniform(f"points {section}")))


def pieces(begins: int, ends: int) -> Iterable[tuple[int, int]]:
    """A stretch as players report it: in pieces of half a minute."""
    step = 30_000
    return ((start, min(start + step, ends)) for start in range(begins, ends, step))
