"""Simulated interviewers: they take cases, dial, hold interviews and record outcomes."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from config.simulation.chance import Dice
from config.simulation.clock import Acts
from config.simulation.conversation import BROKEN_OFF, REMARKS, Conversation
from config.simulation.model import PopulationModel
from config.simulation.pace import GREETING, Pace
from config.simulation.people import CONTACT, INTERVIEW, SampledNumber
from fieldwork.dispositions import disposition_table
from fieldwork.models import CallAttempt, Case, Interview
from fieldwork.services.calls import AppointmentRequest, record_outcome, take_next_case
from fieldwork.services.interviews import begin_interview
from studies.access import StudyAccess
from studies.errors import Conflict
from studies.models import Population

#: Seconds from taking a case to the outcome, by what dialling gives; what isn't here takes as long as a contact.
DIALLING = {"4.31": 11, "4.32": 13, "3.16": 15, "3.161": 17, "3.12": 12, "3.13": 41, "3.14": 29, "3.15": 14, "4.20": 12}
TALKING = (25, 95)
#: Between two calls the interviewer writes down the outcome and takes breath.
PAUSE = (8, 40)
#: Waiting before one asks again whether there is something to call.
ASK_AGAIN = timedelta(minutes=5)
#: Respondents agree on times of day like these, whatever the study's calling hours are.
DAYTIME = (9, 20)
NOTES = {
    "ru": ("просил перезвонить позже", "на работе, лучше вечером", "ответила жена, муж будет вечером", "за рулём"),
    "kk": ("кейінірек қоңырау шалуды сұрады", "жұмыста, кешке ыңғайлы", "көлікте"),
    "uz": ("keyinroq qoʻngʻiroq qilishni soʻradi", "ishda, kechqurun qulay", "mashina haydayapti"),
}
WRITES_NOTE = 300


@dataclass(slots=True)
class Tally:
    """What has happened so far, for the progress display and the planning of shifts."""

    calls: int = 0
    held: float = 0
    """Completes of this run, and the seconds worked for them: those of earlier days count less and less."""
    completes: int = 0
    """Accepted interviews, those of earlier runs included."""
    talking: int = 0
    seconds_worked: float = 0

    def forget(self, share: float) -> None:
        self.held *= 1 - share
        self.seconds_worked *= 1 - share


@dataclass(frozen=True, slots=True)
class Room:
    """A population's call centre: what all its interviewers share."""

    population: Population
    model: PopulationModel
    seed: object
    pace: Pace
    languages: dict[str, str]
    """Language by code of the question about it."""
    tally: Tally
    known: dict[int, SampledNumber] = field(default_factory=dict)

    def number(self, case: Case) -> SampledNumber:
        found = self.known.get(case.number)
        if found is None:
            found = self.known[case.number] = SampledNumber(self.model, self.seed, case.number, self.languages)
        return found


@dataclass(frozen=True, slots=True)
class Interviewer:
    """Somebody who calls. `spoken` are the languages of the population that they speak, the best first."""

    access: StudyAccess
    spoken: tuple[str, ...]
    room: Room

    def shift(self, begins: datetime, ends: datetime, goal: int) -> Acts:
        """Call from `begins` until `ends`, or until the room has `goal` interviews. No case is taken after `ends`."""
        now = begins
        while now < ends:
            yield now
            tally = self.room.tally
            if tally.completes + tally.talking >= goal:
                break
            try:
                attempt = take_next_case(access=self.access, now=now)
            except Conflict as nothing:
                now = max(now + ASK_AGAIN, self.next_due(nothing, now))
                continue
            ended = yield from Call(self, attempt, now).hold()
            tally.seconds_worked += (ended - now).total_seconds()
            now = ended

    def next_due(self, nothing: Conflict, now: datetime) -> datetime:
        due = nothing.fields.get("next_due_at")
        return datetime.fromisoformat(due) if isinstance(due, str) else now


class Call:
    """One call attempt."""

    def __init__(self, interviewer: Interviewer, attempt: CallAttempt, now: datetime) -> None:
        self.interviewer = interviewer
        self.room = interviewer.room
        self.attempt = attempt
        self.case = attempt.case
        self.now = now
        self.number = self.room.number(self.case)
        self.dice: Dice = self.number.dice.of("call", attempt.number)

    def hold(self) -> Generator[datetime, None, datetime]:
        """Dial, and do what follows. Returns when the interviewer is free again."""
        self.room.tally.calls += 1
        agreed = self.attempt.served_from == Case.Queue.APPOINTMENT
        outcome = self.number.ring(self.attempt.number, agreed=agreed)
        if outcome != CONTACT:
            self.pass_seconds(DIALLING.get(outcome, 30) * self.dice.between("dialling", 0.8, 1.4))
            yield self.now
            self.record(outcome)
        else:
            yield from self.speak()
        self.pass_seconds(self.dice.between("break", *PAUSE))
        return self.now

    def speak(self) -> Generator[datetime, None, None]:
        self.pass_seconds(self.dice.between("greeting", *GREETING))
        interview = Interview.objects.filter(case=self.case).only("status", "checkpoints", "last_seq").first()
        earlier = self.earlier_outcomes()
        broke_off = interview is not None and "2.12" in earlier
        reaction = self.number.reaction(self.attempt.number, earlier, broke_off=broke_off)
        person = self.number.respondent
        if reaction != INTERVIEW:
            self.pass_seconds(self.dice.between("talking", *TALKING))
            yield self.now
            self.record(reaction)
        elif person.language not in self.interviewer.spoken:
            self.pass_seconds(self.dice.between("talking", *TALKING))
            yield self.now
            self.record("2.333", language=person.language)
        else:
            yield from self.interview(first_sitting=not broke_off)

    def earlier_outcomes(self) -> list[str]:
        if self.attempt.number == 1:
            return []
        calls = CallAttempt.objects.filter(case=self.case).exclude(disposition="").order_by("number")
        return list(calls.values_list("disposition", flat=True))

    def interview(self, *, first_sitting: bool) -> Generator[datetime, None, None]:
        yield self.now
        interview = begin_interview(attempt=self.attempt, language=self.opening_language(), now=self.now)
        interview.case, interview.attempt = self.case, self.attempt
        talk = Conversation.begin(
            interview,
            self.number.respondent,
            self.room.pace,
            self.now,
            spoken=self.interviewer.spoken,
            first_sitting=first_sitting,
        )
        self.room.tally.talking += 1
        ending = yield from talk.talk()
        self.room.tally.talking -= 1
        self.now = talk.now
        if ending == BROKEN_OFF:
            self.part()
        elif talk.state.ended == "2.35":
            self.record("2.35")
        else:
            talk.complete()
            done = talk.interview.status == Interview.Status.COMPLETED
            self.room.tally.completes += done
            self.room.tally.held += done

    def opening_language(self) -> str:
        """Most begin in the language that they hear; some in their own, and change when they have asked."""
        heard = self.number.respondent.language
        return self.interviewer.spoken[0] if self.dice.happens("begins in own language", 300) else heard

    def part(self) -> None:
        """The respondent has hung up in mid-interview."""
        self.pass_seconds(self.dice.between("parting", 5, 20))
        if self.number.respondent.resumes or self.dice.happens("parts in peace", 400):
            self.record("2.12")
        else:
            self.record("2.112")

    def record(self, outcome: str, *, language: str = "") -> None:
        """Record the outcome, with an appointment where one was made, and sometimes with a note."""
        disposition = disposition_table()[outcome]
        appointment = None
        if disposition.handling == "appointment" or (outcome == "2.12" and self.dice.happens("agrees on a time", 600)):
            appointment = self.appointment()
        note = ""
        if disposition.contact and self.dice.happens("writes a note", WRITES_NOTE):
            words = NOTES if disposition.takes_appointment else REMARKS
            note = self.dice.pick("note", words[self.interviewer.spoken[0]])
        record_outcome(
            attempt=self.attempt,
            disposition=outcome,
            note=note,
            appointment=appointment,
            language=language,
            now=self.now,
        )

    def appointment(self) -> AppointmentRequest | None:
        """A time that suits the respondent: within the hours ahead of the model, at daytime, in the field period."""
        population = self.room.population
        low, high = self.room.model.appointment["hours_ahead"]
        zone = population.time_zones[0]
        local = self.now.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        wanted = local + timedelta(hours=self.dice.between("hours ahead", low, high))
        wanted = wanted.replace(minute=wanted.minute // 15 * 15, second=0, microsecond=0)
        if not DAYTIME[0] <= wanted.hour < DAYTIME[1]:
            wanted = wanted.replace(hour=self.dice.whole("hour", DAYTIME[0] + 2, DAYTIME[1] - 1))
        if wanted.date() > population.field_end or wanted < local + timedelta(minutes=30):
            return None
        return AppointmentRequest(wanted, zone, hard=self.dice.happens("agreed firmly", 700))

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=round(seconds))
