"""A small questionnaire with every kind of variable, and records that answer it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from exports.dataset import Dataset, FrameCode, Record, define_dataset
from questionnaires.script import Script
from tests.questionnaires.scripts import make_script

LONG = "Очень длинная подпись значения, которая не помещается в сто двадцать байтов файла, потому что она по-русски"
MISSING = {"dk": "8", "refused": "9"}
YES_NO = [{"code": "1", "label": {"en": "Yes", "ru": "Да"}}, {"code": "2", "label": {"en": "No", "ru": LONG}}]
COUNTRIES = [
    {"code": "KG", "label": {"en": "Kyrgyzstan", "ru": "Кыргызстан"}},
    {"code": "TJ", "label": {"en": "Tajikistan", "ru": "Таджикистан"}},
]
FRAMES = {
    "why": [
        FrameCode(1, {"en": "Borders", "ru": "Границы"}),
        FrameCode(2, {"en": "Politics", "ru": "Политика"}),
        FrameCode(201, {"en": "Both (net)", "ru": "Обе (группа)"}, (1, 2)),
    ]
}
POPULATIONS = [("KZ", {"en": "Kazakhstan"}), ("UZ", {"en": "Uzbekistan"})]


def small_script() -> dict[str, Any]:
    return make_script(
        [
            {"name": "age", "type": "integer", "label": "How old?", "missing": {"dk": "-98", "refused": "-99"}},
            {"name": "friendly", "type": "select_one", "choices": "yes_no", "missing": MISSING},
            {"name": "turn_to", "type": "select_multiple", "choices": "yes_no", "missing": MISSING},
            {"name": "home", "type": "select_one", "choices": "countries", "missing": MISSING},
            {
                "name": "visits",
                "over": "'KG TJ'",
                "choices": "countries",
                "children": [
                    {"name": "visited", "type": "select_one", "choices": "yes_no", "missing": MISSING},
                ],
            },
            {"name": "why", "type": "text", "missing": MISSING},
            {"name": "hello", "type": "note"},
            {"name": "group", "type": "calculate", "calculation": "if(${age} < 30, '1', '2')", "choices": "yes_no"},
            {"name": "secret", "type": "text", "exported": False},
        ],
        {"yes_no": YES_NO, "countries": COUNTRIES},
    )


def small_dataset(**fields: Any) -> Dataset:
    return define_dataset([Script.load(small_script())], FRAMES, POPULATIONS, **fields)


def make_record(number: int = 1, **answers: Any) -> Record:
    codes = answers.pop("codes", {})
    return Record(
        case=number,
        population="KZ" if number % 2 else "UZ",
        language="ru",
        interviewer=7,
        version=1,
        started_at=datetime(2021, 8, 19, 10, number % 60, 3),  # noqa: DTZ001 - the wall clock of the population
        duration_ms=25 * 60_000,
        attempts=2,
        complete=True,
        cell="M 18-29",
        design_weight=5416.6667,
        answers={key.replace("__", "@"): value for key, value in answers.items()},
        codes=codes,
    )
