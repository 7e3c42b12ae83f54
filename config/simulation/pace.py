"""How long questions and answers take, so that the journal's times are those of a conversation. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from questionnaires.script import Item, Script

#: Words per second of an interviewer who reads slowly enough to be understood over the telephone. Kazakh and Uzbek put
#: into one word what Russian says with three.
WORDS_PER_SECOND = {"ru": 1.6, "kk": 1.35, "uz": 1.4, "en": 2.0}
#: From the question to the answer, in seconds: people think, ask what was meant, have the question read again, and say
#: more than the code of an option.
THINKING = {"select_one": 13.0, "select_multiple": 16.0, "integer": 6.0, "text": 28.0, "note": 0.6}
#: An answer is heard and entered; open ones are typed while the respondent speaks, about a second and a half a word.
ENTERING = 2.0
SECONDS_PER_WORD = 2.3
#: From the first ring until somebody says hello, at the start of a call, in seconds.
GREETING = (4.0, 11.0)


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and its answer, in milliseconds: read, thought about, answered and entered."""

    reading: int
    answering: int

    @property
    def length(self) -> int:
        return self.reading + self.answering


class Pace:
    """Reading times of a Script's questions by language, counted once."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._seconds: dict[tuple[str, str], float] = {}

    def reading_seconds(self, item: Item, language: str) -> float:
        """How long the question and the options that are read aloud take at the usual pace."""
        found = self._seconds.get((item.name, language))
        if found is None:
            words = len(self._script.text(item.label, language).split())
            if item.read_out and item.choices:
                options = self._script.choices[item.choices]
                words += sum(len(self._script.text(one.label, language).split()) for one in options if one.read_out)
            found = self._seconds[item.name, language] = max(0.7, words / WORDS_PER_SECOND.get(language, 1.75))
        return found

    def turn(self, item: Item, language: str, words: int, pace: float, mood: float) -> Turn:
        """The time of a question.

        Args:
            words: of the answer.
            pace: of the respondent, 1 for the median.
            mood: how this question differs from the respondent's others, 1 for not at all.
        """
        answering = THINKING.get(item.type, 3.0) * mood + ENTERING
        if item.type == "text":
            answering += words * SECONDS_PER_WORD * mood
        if item.type == "note":
            answering = THINKING["note"]
        return Turn(round(self.reading_seconds(item, language) * pace * 1000), round(answering * pace * 1000))
