"""Recordings of simulated interviews: what was asked and answered, heard where the journal says."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle, islice

from config.simulation.chance import Dice
from config.simulation.pace import Pace
from config.simulation.voices import FRAME_MS, INTERVIEWERS, RESPONDENTS, Frames, library
from fieldwork.models import CallAttempt, Interview, Recording
from fieldwork.services.recordings import measure_recording, store_recording
from qc.listening import Mark, question_marks
from qc.selectors.interviews import acts_of
from questionnaires.script import Item, Script
from questionnaires.selectors.versions import load_script

#: Silence before the next question begins, so that one hears where.
GAP_MS = 450
#: Per mille of recordings on which there is nothing, because the recorder's plug was loose.
DEAD = 25
#: How much of a question's time the interviewer speaks at most.
MOST_READING = 0.7
AFTER_THE_END_MS = 2500
ELDER = 50


@dataclass(frozen=True, slots=True)
class Speakers:
    """The voices of a conversation."""

    interviewer: str
    respondent: str


class Track:
    """A recording in the making. Frames are placed by the clock, so that errors of rounding don't add up."""

    def __init__(self, dice: Dice) -> None:
        self._parts: list[bytes] = []
        self._count = 0
        self._dice = dice

    @property
    def now_ms(self) -> int:
        return self._count * FRAME_MS

    def fill(self, until_ms: float, sounds: Sequence[Frames]) -> None:
        """Go on with these sounds, in any order, until a moment of the recording."""
        missing = round(until_ms / FRAME_MS) - self._count
        if missing <= 0:
            return
        first = self._dice.whole(f"sound at {self._count}", 0, len(sounds) - 1)
        endless = (frame for sound in cycle((*sounds[first:], *sounds[:first])) for frame in sound)
        self._parts.extend(islice(endless, missing))
        self._count += missing

    def data(self) -> bytes:
        return b"".join(self._parts)


def recorded(
    marks: Sequence[Mark], *, reading_ms: Sequence[float], offset_ms: int, speakers: Speakers, dice: Dice
) -> bytes:
    """One sitting as an MP3 file.

    Args:
        marks: its questions, by the clock of the sitting.
        reading_ms: how long the interviewer reads each of them.
        offset_ms: where on the recording the sitting begins; before, the telephone rings and is answered.
    """
    sounds = library()
    asked, answered = sounds.phrases[speakers.interviewer], sounds.phrases[speakers.respondent]
    track = Track(dice)
    track.fill(offset_ms - 1500, [sounds.ringing])
    track.fill(offset_ms - GAP_MS, answered)
    for mark, reading in zip(marks, reading_ms, strict=True):
        begins, ends = offset_ms + mark.from_ms, offset_ms + mark.to_ms
        length = ends - begins
        read = begins + min(reading, MOST_READING * length)
        spoken = read + (ends - read) * dice.between(f"speaks {mark.key}", 0.3, 0.7)
        track.fill(begins, [sounds.hum])
        track.fill(read, asked)
        track.fill(read + 300, [sounds.hum])
        track.fill(spoken, answered)
        track.fill(ends - GAP_MS, [sounds.typing])
        track.fill(ends, [sounds.hum])
    end = offset_ms + (marks[-1].to_ms if marks else 0)
    track.fill(end + AFTER_THE_END_MS, asked)
    return track.data()


def dead_line(length_ms: int, title: str) -> bytes:
    """A file on which nothing can be heard. Its title (ID3v1) sets it apart from others of the same length."""
    track = Track(Dice(title))
    track.fill(length_ms, [library().nothing])
    return track.data() + b"TAG" + title.encode().ljust(125, b"\0")[:125]


def record_interview(interview: Interview, *, pace: Pace, seed: object, now: datetime) -> list[Recording]:
    """Store the recordings of an interview's sittings, as a recorder in the call centre would send them.

    Needs `case`, `population` and `version`. The recorder of some is not plugged in properly.
    """
    script = load_script(interview.version)
    marks = question_marks(acts_of(interview))
    dice = Dice(seed, interview.population.code, interview.case.number, "recording")
    dead = dice.happens("dead", DEAD)
    stored = []
    for attempt in CallAttempt.objects.filter(pk__in={mark.sitting for mark in marks}).order_by("number"):
        heard = [mark for mark in marks if mark.sitting == attempt.pk]
        offset = dice.whole(f"offset {attempt.number}", 4000, 9000)
        name = f"{interview.population}-{interview.case.number:06d}-{attempt.number:02d}"
        if dead:
            data = dead_line(offset + heard[-1].to_ms, name)
        else:
            data = recorded(
                heard,
                reading_ms=list(_reading_ms(heard, script, pace)),
                offset_ms=offset,
                speakers=_speakers(interview, attempt),
                dice=dice.of(attempt.number),
            )
        recording = store_recording(
            population=interview.population,
            file=io.BytesIO(data),
            name=f"{name}.mp3",
            attempt=attempt,
            uploaded_by=None,
            now=now,
            interview_offset_ms=offset,
        )
        stored.append(recording)
    return stored


def _reading_ms(marks: Iterable[Mark], script: Script, pace: Pace) -> Iterable[float]:
    for mark in marks:
        item: Item = script.item(mark.key)
        yield 1000 * pace.reading_seconds(item, mark.language or script.default_language)


def _speakers(interview: Interview, attempt: CallAttempt) -> Speakers:
    answers = interview.answers
    age = answers.get("age")
    older = isinstance(age, int) and age >= ELDER
    voices = RESPONDENTS.get(str(answers.get("gender")), RESPONDENTS["2"])
    return Speakers(INTERVIEWERS[attempt.interviewer_id % len(INTERVIEWERS)][0], voices[older][0])


def measure(recordings: Iterable[Recording], now: datetime) -> None:
    """Do what a worker does with new recordings, now and here."""
    for place, recording in enumerate(recordings):
        measure_recording(recording_id=recording.pk, now=now + timedelta(seconds=place))
