"""Who is behind a sampled number: what the number is, who answers it, and what they say. Pure.

Everything about a number follows from the seed and its case number, so that it is the same person in every call.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import exp
from typing import Any

from config.simulation.chance import Dice
from config.simulation.model import MISSING, PopulationModel, age_group_of
from fieldwork.dispositions import disposition_table
from questionnaires.script import Item, Script

#: Per mille of respondents who change to the other language of the country in mid-interview, where it is spoken.
CHANGES_LANGUAGE = 25
#: Nobody is reached before somebody picks up.
CONTACT = "contact"
INTERVIEW = "interview"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to a question: the answer as the journal takes it, and in how many words."""

    value: Any
    words: int = 1


class Respondent:
    """An adult (or a child who has picked up), with a profile and opinions."""

    def __init__(self, model: PopulationModel, dice: Dice, languages: Mapping[str, str], *, child: bool) -> None:
        """`languages` gives the language behind each code of the question about it."""
        self.model = model
        self.dice = dice
        self.gender, self.age = model.adult(dice.uniform("person"))
        if child:
            self.age = dice.pick("age of a child", model.under_18)
        self.age_group = age_group_of(self.age)
        self.trait = dice.normal("trait")
        self.values = {"gender": self.gender, "age_group": self.age_group or "1"}
        for key in ("nationality", "interview_language", "region"):
            self.values[key] = model.answer(key, self.values, dice, self.trait)
        self.language_code = self.values["interview_language"]
        self.language = languages[self.language_code]

    def answer(self, key: str, item: Item, language: str, occasion: str) -> Answer:
        """The answer to a question in the language of the screen.

        `occasion` names the call, for what a person may say differently another time (whether they agree to talk).
        """
        if item.type == "note":
            return Answer(True, 0)
        if item.role == "language":
            return Answer(self.language_code)
        if key in ("consent", "convenient"):
            shares = self.model.consent if key == "consent" else self.model.convenient
            return Answer(shares.at(self.dice.uniform(f"{key} {occasion}")))
        if key == "gender":
            return Answer(self.gender)
        if item.type == "text":
            return self.say(key, language)
        return self.closed(key, item)

    def closed(self, key: str, item: Item) -> Answer:
        found = self.model.answer(key, self.values, self.dice, self.trait)
        if found in MISSING:
            return Answer({"missing": found}, 2)
        if found == "given":
            return Answer(self.age if key == "age" else self.age_group or "0", 2)
        if item.type == "select_multiple":
            return Answer(found.split())
        return Answer(int(found) if item.type == "integer" else found)

    def say(self, key: str, language: str) -> Answer:
        codes = self.model.open[key].at(self.dice.uniform(key))
        if codes in MISSING:
            return Answer({"missing": codes}, 3)
        text = self.model.verbatims.text(key, language, codes, self.dice.uniform(f"words of {key}"))
        return Answer(text, len(text.split()) + 4)

    @cached_property
    def pace(self) -> float:
        """How much longer this person's interview takes than the median one; 1 for the median."""
        spread = self.model.minutes["spread_percent"] / 100
        return exp(spread * self.dice.normal("pace"))

    @cached_property
    def breaks_off(self) -> bool:
        return self.dice.happens("breaks off", self.model.break_off["share"])

    @cached_property
    def resumes(self) -> bool:
        """Whether somebody who broke off goes on in a later call."""
        return self.dice.happens("resumes", self.model.break_off["resumes"])

    @cached_property
    def leaves_at(self) -> float:
        """How far somebody comes who breaks off: share of the interview."""
        return self.dice.between("leaves at", 0.08, 0.85)

    @cached_property
    def changes_language_at(self) -> float:
        """Where somebody changes to another language, as a share of the interview; 2 for those who don't."""
        if not self.dice.happens("changes language", CHANGES_LANGUAGE):
            return 2
        return self.dice.between("changes language at", 0.15, 0.9)


class SampledNumber:
    """One number of the sample, and what calls to it give."""

    def __init__(self, model: PopulationModel, seed: object, case: int, languages: Mapping[str, str]) -> None:
        self.model = model
        self.dice = Dice(seed, model.code, case)
        self.kind = model.numbers.at(self.dice.uniform("kind"))
        self.person = model.persons.at(self.dice.uniform("who"))
        self._languages = languages

    @cached_property
    def respondent(self) -> Respondent:
        return Respondent(self.model, self.dice, self._languages, child=self.person == "under_18")

    def ring(self, attempt: int, *, agreed: bool) -> str:
        """What dialling gives: a disposition without contact, or `CONTACT`. `agreed`: at the time of an appointment."""
        if agreed and self.dice.happens(f"keeps {attempt}", self.model.appointment["kept"]):
            return CONTACT
        if agreed:
            return "3.13"
        return self.model.attempts[self.kind].at(self.dice.uniform(f"attempt {attempt}"))

    def reaction(self, attempt: int, earlier: Sequence[str], *, broke_off: bool) -> str:
        """What somebody who picks up says: `INTERVIEW`, or the disposition of the call.

        `earlier` are the dispositions of the calls before, `broke_off` whether an interview waits to be gone on with.
        """
        if self.person == "language_barrier":
            return "2.332"
        if self.person == "unable":
            return "2.32"
        if broke_off:
            return INTERVIEW if self.respondent.resumes else "2.112"
        table = disposition_table()
        known = [table[code] for code in earlier]
        if any(one.group == "R" for one in known):
            name = "contact_after_refusal"
        else:
            name = "contact_again" if any(one.contact for one in known) else "contact"
        return self.model.contacts[name].at(self.dice.uniform(f"contact {attempt}"))


def languages_by_code(script: Script) -> dict[str, str]:
    """The language behind each option of the question about the language of the interview."""
    item = next(item for item in script.items() if item.role == "language")
    return {option.code: option.props["language"] for option in script.choices[item.choices or ""]}
