"""The model of the simulated respondents (examples/reference-study/respondents.json), read once. Pure.

The file's `about` explains the notation.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import sqrt
from pathlib import Path
from typing import Any

from config.simulation.chance import STANDARD, Dice, Shares
from fieldwork.numbering import read_person_counts

#: Lower ends of the age groups of the report, by their code.
AGE_GROUPS = ((60, "5"), (50, "4"), (40, "3"), (30, "2"), (18, "1"))
GENDERS = {"male": "1", "female": "2"}
#: What a refused or unknown answer is called in the model.
MISSING = ("dk", "refused")


def age_group_of(age: int) -> str:
    """The code of the age group; empty below 18."""
    return next((code for least, code in AGE_GROUPS if age >= least), "")


@dataclass(frozen=True, slots=True)
class Distribution:
    """How one answer is distributed: one row, or a row for each combination of the respondent's values of `by`."""

    by: tuple[str, ...]
    rows: Mapping[str, Shares]
    factor: float

    @classmethod
    def read(cls, spec: Mapping[str, Any]) -> Distribution:
        rows = spec["rows"] if "rows" in spec else {"*": spec["share"]}
        return cls(
            tuple(spec.get("by", ())), {name: Shares.read(row) for name, row in rows.items()}, spec.get("factor", 0)
        )

    def draw(self, values: Mapping[str, str], uniform: float, trait: float) -> str:
        """The answer at `uniform`, drawn towards the respondent's trait (standard normal) where there is a factor."""
        name = "|".join(values[key] for key in self.by)
        row = self.rows.get(name) or self.rows["*"]
        if self.factor:
            own = STANDARD.inv_cdf(min(max(uniform, 1e-12), 1 - 1e-12))
            uniform = STANDARD.cdf(self.factor * trait + sqrt(1 - self.factor**2) * own)
        return row.at(uniform)


@dataclass(frozen=True, slots=True)
class Texts:
    """What people say, each text with its weight."""

    texts: tuple[str, ...]
    shares: Shares

    def at(self, uniform: float) -> str:
        return self.texts[int(self.shares.at(uniform))]


@dataclass(slots=True)
class _Collected:
    texts: list[str] = field(default_factory=list)
    weights: dict[str, float] = field(default_factory=dict)


class Verbatims:
    """What simulated respondents say to open questions, and with which codes it was written."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        collected: defaultdict[tuple[str, str, str, str], _Collected] = defaultdict(_Collected)
        self._codes: dict[tuple[str, str], tuple[int, ...]] = {}
        for item, rows in document["items"].items():
            for row in rows:
                codes = " ".join(map(str, row["codes"]))
                for key in row.get("keys", ("",)):
                    found = collected[item, key, row["language"], codes]
                    found.weights[str(len(found.texts))] = row["weight"]
                    found.texts.append(row["text"])
                self._codes[item, row["text"]] = tuple(row["codes"])
        self._texts = {
            place: Texts(tuple(found.texts), Shares.read(found.weights)) for place, found in collected.items()
        }

    def text(self, key: str, language: str, codes: str, uniform: float) -> str:
        """Something that a respondent with these codes says to the question `key`. Raises KeyError."""
        item, _, round_key = key.partition("@")
        found = self._texts.get((item, round_key, language, codes)) or self._texts[item, "", language, codes]
        return found.at(uniform)

    def codes_of(self, key: str, text: str) -> tuple[int, ...]:
        """The codes with which a text was written; none where nobody wrote it."""
        return self._codes.get((key.partition("@")[0], text), ())


class PopulationModel:
    """One population: its adults by age and gender, what they are, what they answer, what their numbers give."""

    def __init__(self, code: str, document: Mapping[str, Any], persons: bytes, verbatims: Verbatims) -> None:
        self.code = code
        self.verbatims = verbatims
        self.profile = {key: Distribution.read(spec) for key, spec in document["profile"].items()}
        self.answers = {key: Distribution.read(spec) for key, spec in document["answers"].items()}
        self.open = {key: Shares.read(shares) for key, shares in document["open"].items()}
        calls = document["calls"]
        self.numbers = Shares.read({kind: spec["share"] for kind, spec in calls["numbers"].items()})
        self.attempts = {kind: Shares.read(spec["attempt"]) for kind, spec in calls["numbers"].items()}
        rare = sum(calls["person"].values())
        self.persons = Shares.read({**calls["person"], "adult": 1000 - rare})
        self.contacts = {name: Shares.read(calls[name]) for name in calls if name.startswith("contact")}
        self.consent = Shares.read(calls["consent"])
        self.convenient = Shares.read(calls["convenient"])
        self.under_18: list[int] = calls["under_18"]["ages"]
        self.break_off: Mapping[str, int] = calls["break_off"]
        self.minutes: Mapping[str, int] = calls["minutes"]
        self.appointment: Mapping[str, Any] = calls["appointment"]
        self.adults = _adults(persons, calls["reach"])

    def adult(self, uniform: float) -> tuple[str, int]:
        """Gender and age of an adult who is reached by telephone."""
        gender, age = self.adults.at(uniform).split("|")
        return gender, int(age)

    def answer(self, key: str, values: Mapping[str, str], dice: Dice, trait: float) -> str:
        """The answer to a closed question, in the notation of the model. Raises KeyError for an unknown key."""
        spec = self.answers.get(key) or self.profile[key]
        return spec.draw(values, dice.uniform(key), trait)


def _adults(table: bytes, reach: Mapping[str, int]) -> Shares:
    counts, problems = read_person_counts(table)
    if problems:
        raise ValueError(f"the population table can't be read: {problems[0]}")
    weights: dict[str, float] = {}
    for count in counts:
        if count.age >= 18:
            gender = GENDERS[count.gender]
            age = min(count.age, 99)
            chance = count.persons * reach[f"{gender}|{age_group_of(age)}"]
            weights[f"{gender}|{age}"] = weights.get(f"{gender}|{age}", 0) + chance
    return Shares.read(weights)


def read_models(folder: Path) -> dict[str, PopulationModel]:
    """The models of all populations of the study in the folder, by code."""
    study = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    document = json.loads((folder / study["respondents"]).read_text(encoding="utf-8"))
    verbatims = Verbatims(json.loads((folder / "verbatims.json").read_text(encoding="utf-8")))
    return {
        row["code"]: PopulationModel(
            row["code"],
            document["populations"][row["code"]],
            (folder / row["population_counts"]["file"]).read_bytes(),
            verbatims,
        )
        for row in study["populations"]
    }
