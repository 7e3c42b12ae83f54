"""What the listening page shows: the sound, the questions with the answers, and where each one is on the sound."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldwork.models import Interview, Recording
from fieldwork.selectors.recordings import recordings_of
from qc.blind import hide_answers
from qc.listening import Mark, is_inaudible, question_marks
from qc.models import Audit
from qc.selectors.interviews import acts_of, state_of
from questionnaires import flow
from questionnaires.flow import State, Step


@dataclass(frozen=True)
class Track:
    """One recording on the common line of time; `starts_ms` is where it begins, `sitting` the call attempt's id."""

    recording: Recording
    starts_ms: int
    sitting: int | None

    @property
    def duration_ms(self) -> int:
        return self.recording.duration_ms or 0


@dataclass(frozen=True)
class Visit:
    """A question on the common line of time, from its appearing on the screen to its answer. `track` counts from 0.

    `sitting_ms` is the same moment on the clock of the sitting: with it the marks of a track can be moved.
    """

    track: int
    from_ms: int
    to_ms: int
    sitting_ms: int


@dataclass(frozen=True)
class Choice:
    """An answer that can be chosen: code and label."""

    code: str
    label: str


@dataclass(frozen=True)
class Question:
    """One row of the questions: what was read out, when, and what was entered.

    Attributes:
        number: place on the route, from 1.
        kind: type of the item.
        heading: labels of groups and loops around it, from where they differ from those of the row before.
        language: the one in which the text is given here.
        hidden: the auditor has to enter what they hear before the answer is shown.
        blind: it is or was hidden.
        answer: as entered by the interviewer, empty while hidden.
        heard: as entered by the auditor, None where nothing was.
        agrees: whether both agree; None where nothing was entered or nothing could be made out.
        entering: an entry can be made now; only then `choices` and `missing` are there.
    """

    number: int
    key: str
    kind: str
    heading: tuple[str, ...]
    text: str
    instruction: str
    language: str
    visits: tuple[Visit, ...]
    hidden: bool
    blind: bool
    answer: str
    heard: str | None
    inaudible: bool
    agrees: bool | None
    entering: bool
    choices: tuple[Choice, ...]
    missing: tuple[Choice, ...]

    @property
    def from_ms(self) -> int | None:
        """Where it is first heard, or None where no recording has it."""
        return self.visits[0].from_ms if self.visits else None


@dataclass(frozen=True)
class Listening:
    """All that the page needs beside the audit itself."""

    tracks: list[Track]
    questions: list[Question]
    languages: list[str]

    @property
    def total_ms(self) -> int:
        return sum(track.duration_ms for track in self.tracks)

    @property
    def missing_blind(self) -> int:
        """How many answers are still to be entered blind."""
        return sum(question.hidden for question in self.questions)


def listening_of(audit: Audit, *, language: str = "", entering: str = "") -> Listening:
    """The page's content. Needs the audit with `interview__population` and `interview__version`.

    Args:
        language: the one in which questions are shown; empty for the one in which each was read out.
        entering: key of a question whose answer the auditor wants to enter though it is not hidden.
    """
    interview = audit.interview
    state = state_of(interview)
    tracks = tracks_of(interview)
    marks: dict[str, list[Mark]] = defaultdict(list)
    for mark in question_marks(acts_of(interview)):
        marks[mark.key].append(mark)
    chosen = language if language in state.script.languages else ""
    view = _View(audit, state, tracks, chosen, entering)
    questions = []
    before: tuple[str, ...] = ()
    for number, step in enumerate(_asked(state), start=1):
        question = view.question(number, step, marks[step.key], before)
        before = view.heading(step, question.language)
        questions.append(question)
    return Listening(tracks, questions, list(state.script.languages))


def question_of(audit: Audit, key: str, *, language: str = "", entering: bool = False) -> Question | None:
    """One row of the page, or None where the key is not on the route."""
    listening = listening_of(audit, language=language, entering=key if entering else "")
    return next((each for each in listening.questions if each.key == key), None)


def tracks_of(interview: Interview) -> list[Track]:
    """The interview's recordings one after the other."""
    tracks: list[Track] = []
    starts = 0
    for recording in recordings_of(interview):
        tracks.append(Track(recording, starts, recording.attempt_id))
        starts += recording.duration_ms or 0
    return tracks


def _asked(state: State) -> Iterable[Step]:
    return (step for step in state.route if step.key in state.answers)


def mark_data(questions: Sequence[Question]) -> list[dict[str, Any]]:
    """Marks for the player, in the order of time."""
    marks = [
        {
            "key": question.key,
            "number": question.number,
            "track": visit.track,
            "at": visit.from_ms,
            "until": visit.to_ms,
            "sitting": visit.sitting_ms,
        }
        for question in questions
        for visit in question.visits
    ]
    return sorted(marks, key=lambda mark: (mark["at"], mark["number"]))


def track_data(tracks: Sequence[Track], urls: Mapping[str, str]) -> list[dict[str, Any]]:
    """Tracks for the player; `urls` are the addresses of the sounds by the recordings' uid."""
    return [
        {
            "uid": str(track.recording.uid),
            "url": urls[str(track.recording.uid)],
            "starts": track.starts_ms,
            "duration": track.duration_ms,
            "offset": track.recording.interview_offset_ms,
            "peaks": track.recording.peaks,
        }
        for track in tracks
    ]


def _new_part(heading: tuple[str, ...], before: tuple[str, ...]) -> tuple[str, ...]:
    """The labels of a heading from the first that the one before did not have."""
    same = next(
        (place for place, pair in enumerate(zip(heading, before, strict=False)) if pair[0] != pair[1]), len(before)
    )
    return heading[same:]


class _View:
    """Builds rows: an audit, its state, its tracks and the language of reading."""

    def __init__(self, audit: Audit, state: State, tracks: Sequence[Track], language: str, entering: str) -> None:
        self.audit = audit
        self.state = state
        self.language = language
        self.wanted = entering
        # The first recording of a sitting has its beginning; a second one can't be placed without knowing more.
        self.by_sitting = {track.sitting: place for place, track in reversed(list(enumerate(tracks)))}
        self.tracks = tracks
        done = audit.status == Audit.Status.DONE
        self.hidden = {} if done else {key: True for key in audit.blind if key not in audit.reentered}

    def heading(self, step: Step, language: str) -> tuple[str, ...]:
        return tuple(flow.heading(self.state, step, language))

    def question(self, number: int, step: Step, marks: Sequence[Mark], before: tuple[str, ...]) -> Question:
        read_in = next((mark.language for mark in marks if mark.language), self.audit.interview.language)
        language = self.language or read_in
        key, item = step.key, step.item
        heading = self.heading(step, language)
        hidden = key in self.hidden
        heard = self.audit.reentered.get(key)
        inaudible = is_inaudible(heard)
        entering = hidden or (key == self.wanted and heard is None and item.type != "note")
        return Question(
            number=number,
            key=key,
            kind=item.type,
            heading=_new_part(heading, before),
            text=self.text(item.label, language, step),
            instruction=self.text(item.instruction, language, step),
            language=language,
            visits=tuple(self.visits(marks)),
            hidden=hidden,
            blind=key in self.audit.blind,
            answer="" if hidden else self.shown(key, language),
            heard=self.shown_value(key, heard, language) if key in self.audit.reentered and not inaudible else None,
            inaudible=inaudible,
            agrees=self.audit.compared.get(key),
            entering=entering,
            choices=self.choices(key, language) if entering else (),
            missing=self.missing(key, language) if entering else (),
        )

    def choices(self, key: str, language: str) -> tuple[Choice, ...]:
        script = self.state.script
        return tuple(Choice(each.code, script.text(each.label, language)) for each in flow.options(self.state, key))

    def missing(self, key: str, language: str) -> tuple[Choice, ...]:
        return tuple(Choice(each.kind, label) for each, label in flow.missing_answers(self.state, key, language))

    def text(self, texts: Mapping[str, str], language: str, step: Step) -> str:
        return flow.render_text(self.state, hide_answers(texts, self.hidden), language, step)

    def shown(self, key: str, language: str) -> str:
        return "" if self.state.answers.get(key) is True else flow.show_value(self.state, key, language)

    def shown_value(self, key: str, value: Any, language: str) -> str:
        """A heard answer as people read it. It is not on the route, so it is put there for the moment."""
        answers = self.state.answers
        entered = answers.get(key)
        if entered == value:
            return self.shown(key, language)
        other = State(self.state.script, self.state.context, {**answers, key: value}, self.state.language)
        return flow.show_value(other, key, language) or str(value)

    def visits(self, marks: Sequence[Mark]) -> Iterable[Visit]:
        for mark in marks:
            place = self.by_sitting.get(mark.sitting)
            if place is None:
                continue
            track = self.tracks[place]
            begins = track.recording.interview_offset_ms
            inside = [
                track.starts_ms + min(max(begins + moment, 0), track.duration_ms)
                for moment in (mark.from_ms, mark.to_ms)
            ]
            yield Visit(place, inside[0], inside[1], mark.from_ms)
