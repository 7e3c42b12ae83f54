"""The reference study's files, read for tests: nothing here is tested by itself."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "examples" / "reference-study"
Items = dict[str, dict[str, Any]]
LANGUAGES = {"en", "ru", "kk", "uz"}
POPULATIONS = ("KZ", "UZ")
#: Languages of a population by the code of `interview_language`.
OWN_LANGUAGE = {"KZ": {"1": "kk", "2": "ru"}, "UZ": {"3": "uz", "2": "ru"}}

#: Cells for 800 interviews by age and gender, computed from World Population Prospects 2019 by another program.
CELLS = {
    "KZ": {
        "M": {"18-29": 93, "30-39": 95, "40-49": 71, "50-59": 59, "60+": 58},
        "F": {"18-29": 89, "30-39": 98, "40-49": 75, "50-59": 69, "60+": 93},
    },
    "UZ": {
        "M": {"18-29": 123, "30-39": 102, "40-49": 70, "50-59": 52, "60+": 46},
        "F": {"18-29": 118, "30-39": 101, "40-49": 73, "50-59": 58, "60+": 57},
    },
}


def load(name: str) -> Any:
    return json.loads((FOLDER / name).read_text(encoding="utf-8"))


def dispositions() -> list[dict[str, str]]:
    with (ROOT / "fieldwork" / "data" / "aapor_phone_9.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def nodes_of(children: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for node in children:
        yield node
        yield from nodes_of(node.get("children", []))


def texts_of(value: Any) -> Iterator[dict[str, str]]:
    """Every text by language, wherever it stands in a JSON document."""
    if isinstance(value, dict):
        if value and set(value) <= LANGUAGES and all(isinstance(text, str) for text in value.values()):
            yield value
        else:
            for inner in value.values():
                yield from texts_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts_of(inner)


def rows_of(spec: Mapping[str, Any]) -> list[dict[str, int]]:
    return [spec["share"]] if "share" in spec else list(spec["rows"].values())
