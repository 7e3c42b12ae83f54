"""The browser's side of a simulated interview: walks the questionnaire, keeps the journal, sends it in batches."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from config.simulation.chance import Dice
from config.simulation.pace import Pace
from config.simulation.people import Respondent
from fieldwork.models import Interview
from fieldwork.services.interview_state import open_state
from fieldwork.services.interviews import Entry, accept_entries, complete_interview, reach_checkpoint
from questionnaires import flow
from questionnaires.flow.state import Step

#: Entries that wait for each other before they are sent.
BATCH = (14, 22)
#: Questions of a usual interview: what shares of an interview are reckoned with.
USUAL_LENGTH = 53
#: Per mille of questions after which the interviewer goes back and enters the same answer again, interrupts the
#: conversation for a moment, or writes a note.
GOES_BACK, PAUSES, NOTES = 3, 1, 1
REMARKS = {
    "ru": ("связь прерывается", "рядом дети, говорит тихо", "отвечает с интересом", "просит говорить громче"),
    "kk": ("байланыс нашар", "жанында балалар бар", "асықпай жауап береді", "қаттырақ сөйлеуді сұрады"),
    "uz": ("aloqa uzilib turibdi", "yonida bolalar bor", "qiziqib javob beryapti", "balandroq gapirishni soʻradi"),
}

ENDED, QUOTA_FULL, BROKEN_OFF = "ended", "quota full", "broken off"


class ServerDisagrees(Exception):
    """The server refused an entry that the same flow had accepted here: a defect of the system, never chance."""


@dataclass(slots=True)
class Conversation:
    """One sitting of an interview."""

    interview: Interview
    respondent: Respondent
    pace: Pace
    began: datetime
    spoken: tuple[str, ...]
    """Languages of the population that the interviewer speaks."""
    first_sitting: bool
    state: flow.State
    dice: Dice
    now: datetime
    pending: list[Entry]
    seq: int
    base_ms: int

    @classmethod
    def begin(
        cls,
        interview: Interview,
        respondent: Respondent,
        pace: Pace,
        now: datetime,
        *,
        spoken: tuple[str, ...],
        first_sitting: bool,
    ) -> Conversation:
        return cls(
            interview=interview,
            respondent=respondent,
            pace=pace,
            began=now,
            spoken=spoken,
            first_sitting=first_sitting,
            state=open_state(interview),
            dice=respondent.dice.of("call", interview.attempt.number),
            now=now,
            pending=[],
            seq=interview.last_seq,
            base_ms=interview.elapsed_ms,
        )

    def talk(self) -> Generator[datetime, None, str]:
        """Ask and answer until the end, or until somebody leaves. Returns how it ended."""
        self.take_up()
        batch = self.dice.whole("first batch", *BATCH)
        while (step := self.state.current) is not None:
            if self.wants_to_leave():
                yield self.now
                self.send()
                return BROKEN_OFF
            checkpoints = self.ask(step)
            if checkpoints:
                yield self.now
                self.send()
                for name in checkpoints:
                    if self.check(name) == "quota_full":
                        return QUOTA_FULL
            elif len(self.pending) >= batch:
                yield self.now
                self.send()
                batch = self.dice.whole(f"batch {self.seq}", *BATCH)
        yield self.now
        self.send()
        return ENDED

    def complete(self) -> None:
        """End an interview that is at its end, or that the quota has ended."""
        self.interview = complete_interview(interview=self.interview, epoch=self.interview.epoch, now=self.now)

    # --- one question ------------------------------------------------------------------------------------

    def take_up(self) -> None:
        """Where an earlier call ended with a goodbye, go back to the question that led there."""
        if self.state.ended:
            self.write("back", item=self.state.route[-2].key)

    def ask(self, step: Step) -> tuple[str, ...]:
        """Read a question, wait for the answer, enter it. Returns the checkpoints that it reached."""
        self.change_language()
        language = self.state.language
        occasion = f"in call {self.interview.attempt.number}"
        answer = self.respondent.answer(step.key, step.item, language, occasion)
        mood = 0.6 + self.dice.uniform(f"time for {step.key}") * 0.8
        self.pass_time(self.pace.turn(step.item, language, answer.words, self.respondent.pace, mood).length)
        reached = self.write("answer", item=step.key, value=answer.value)
        if step.item.role == "language" and language != self.respondent.language:
            self.write("language", language=self.respondent.language)
        self.be_human(step, answer.value)
        return reached

    def change_language(self) -> None:
        if len(self.state.route) / USUAL_LENGTH < self.respondent.changes_language_at:
            return
        others = [language for language in self.spoken if language != self.respondent.language]
        if others and self.state.language == self.respondent.language:
            self.pass_time(4000)
            self.write("language", language=others[0])

    def be_human(self, step: Step, value: Any) -> None:
        """Now and then an interviewer goes back, is interrupted, or writes a note."""
        name = f"after {step.key}"
        if step.item.type != "note" and not step.item.checkpoint and self.dice.happens(f"back {name}", GOES_BACK):
            self.pass_time(2500)
            self.write("back", item=step.key)
            self.pass_time(4000)
            self.write("answer", item=step.key, value=value)
        if self.dice.happens(f"pause {name}", PAUSES):
            self.write("pause")
            self.pass_time(self.dice.whole(f"length of pause {name}", 10_000, 90_000))
            self.write("resume")
        if self.dice.happens(f"note {name}", NOTES):
            self.write("note", value=self.dice.pick(f"remark {name}", REMARKS[self.state.language]))

    def wants_to_leave(self) -> bool:
        """Whether the respondent hangs up here. Only those who have passed the screener break off, and only once."""
        person = self.respondent
        return (
            self.first_sitting
            and person.breaks_off
            and "screener" in self.state.walk.checkpoints
            and len(self.state.route) / USUAL_LENGTH >= person.leaves_at
        )

    # --- the journal -------------------------------------------------------------------------------------

    def pass_time(self, milliseconds: int) -> None:
        self.now += timedelta(milliseconds=milliseconds)

    def write(self, kind: str, *, item: str = "", value: Any = None, language: str = "") -> tuple[str, ...]:
        """Apply an act here, and put it into the journal."""
        entry = Entry(
            seq=self.seq + 1,
            kind=kind,
            item=item,
            value=value,
            language=language or self.state.language,
            at=self.now,
            elapsed_ms=self.base_ms + round((self.now - self.began).total_seconds() * 1000),
        )
        applied = flow.apply(
            self.state, {"kind": kind, "item": item or None, "value": value, "language": entry.language}
        )
        if applied.refusal is not None:
            raise ServerDisagrees(f"{self.interview}: {kind} {item} {value!r}: {applied.refusal}")
        self.seq += 1
        self.pending.append(entry)
        return applied.checkpoints

    def send(self) -> None:
        """Send what is pending, as the browser does; everything has to be acknowledged."""
        if not self.pending:
            return
        interview = self.interview
        found = accept_entries(interview=interview, epoch=interview.epoch, entries=self.pending, now=self.now)
        if found.refusals or found.last_seq != self.seq:
            raise ServerDisagrees(f"{interview}: entries up to {self.seq} became {found}")
        self.pending = []
        # The page reads the case anew with every request: whether its lease is renewed depends on it.
        interview.case.refresh_from_db(fields=["lease_until"])

    def check(self, name: str) -> str:
        decision = reach_checkpoint(interview=self.interview, epoch=self.interview.epoch, name=name, now=self.now)
        return decision.decision
