"""A .sav of 10,000 interviews of the reference questionnaire. Floor:
pyreadstat on the finished frame, with the same labels.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyreadstat

from exports.dataset import FrameCode, Record, define_dataset
from exports.labels import LabelBook
from exports.table import build_table
from exports.writers.sav import missing_values, value_labels, write_sav
from questionnaires.compile import compile_form
from questionnaires.script import Item, Script
from questionnaires.xlsform.reader import read_workbook
from tests.benchmarks.measure import Comparison, compare

INTERVIEWS = 10_000
EXAMPLE = Path("examples/reference-study")
POPULATIONS = [("KZ", {"en": "Kazakhstan"}), ("UZ", {"en": "Uzbekistan"})]


def measure() -> Iterator[Comparison]:
    document = compile_form(read_workbook((EXAMPLE / "questionnaire.xlsx").read_bytes())).script
    assert document is not None
    script = Script.load(document)
    frames = {item: codes for frame in read_frames() for item, codes in frame.items()}
    dataset = define_dataset([script], frames, POPULATIONS)
    chance = random.Random(1)
    keys = [variable.origin for variable in dataset.variables]
    records = [make_record(script, sorted(set(keys)), number, chance) for number in range(INTERVIEWS)]
    table = build_table(dataset, records)
    labels = value_labels(dataset, "ru", LabelBook())
    names = {v.name: dataset.text(v.label, "ru")[:120] for v in dataset.variables}
    missing = {v.name: missing_values(v) for v in dataset.variables if missing_values(v)}
    with TemporaryDirectory() as folder:
        ours, bare = Path(folder, "ours.sav"), Path(folder, "bare.sav")

        def release() -> None:
            made = build_table(dataset, records)
            write_sav(dataset, made, ours, language="ru", title="bench", labels=LabelBook())

        def floor() -> None:
            pyreadstat.write_sav(
                table, str(bare), column_labels=names, variable_value_labels=labels, missing_ranges=missing
            )

        name = f".sav of {INTERVIEWS:,} interviews, {len(dataset.variables)} variables"
        yield compare(name, "pyreadstat on the finished frame", release, floor, runs=3)


def read_frames() -> Iterator[dict[str, list[FrameCode]]]:
    for frame in json.loads((EXAMPLE / "code_frames.json").read_text())["frames"]:
        codes = [FrameCode(code["number"], code["label"]) for code in frame["codes"]]
        yield dict.fromkeys(frame["items"], codes)


def make_record(script: Script, keys: list[str], number: int, chance: random.Random) -> Record:
    answers = {key: answer for key in keys if (answer := some_answer(script, key, chance)) is not None}
    return Record(
        case=number,
        population=chance.choice(["KZ", "UZ"]),
        language="ru",
        interviewer=7,
        version=1,
        started_at=datetime(2021, 8, 19, 10, number % 60),  # noqa: DTZ001 - the wall clock of the population
        duration_ms=25 * 60_000,
        attempts=2,
        complete=True,
        cell="M 18-29",
        design_weight=5416.6667,
        answers=answers,
        codes={key: [chance.randint(1, 8)] for key in keys if isinstance(answers.get(key), str)},
    )


def some_answer(script: Script, key: str, chance: random.Random) -> Any:
    item: Item | None = script.nodes.get(key.partition("@")[0])  # type: ignore[assignment]
    if item is None or chance.random() < 0.1:
        return None
    options = [option.code for option in script.choices.get(item.choices or "", ())]
    if item.type == "select_multiple":
        return [chance.choice(options)]
    if options:
        return chance.choice(options)
    return chance.randint(18, 90) if item.type == "integer" else "Гостеприимство и общая история"
