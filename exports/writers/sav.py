"""SPSS system files (.sav): labels in one language, user-missing values, multiple response sets.

pyreadstat writes everything but multiple response sets; those are one more record of the file's dictionary (type 7,
subtype 7, described in the
documentation of GNU PSPP), which is put in before the record that ends the dictionary.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyreadstat

from exports.dataset import Dataset, Variable
from exports.labels import LabelBook, shorten

#: SPSS takes at most three discrete user-missing values per variable.
MAX_MISSING = 3
LONG_STRING_BYTES = 8
FILE_LABEL_BYTES = 64
_END_OF_DICTIONARY = struct.pack("<ii", 999, 0)


def write_sav(
    dataset: Dataset, table: pd.DataFrame, path: Path, *, language: str, title: str, labels: LabelBook
) -> None:
    """Write `table` to `path` with labels in `language`. Labels that had to be shortened are in `labels.cuts`
    afterwards.
    """
    pyreadstat.write_sav(
        table,
        str(path),
        file_label=shorten(title, FILE_LABEL_BYTES),
        column_labels={
            v.name: labels.variable_label(v.name, dataset.text(v.label, language)) for v in dataset.variables
        },
        variable_value_labels=value_labels(dataset, language, labels),
        missing_ranges={v.name: missing_values(v) for v in dataset.variables if missing_values(v)},
        variable_measure={v.name: v.measure for v in dataset.variables},
        variable_format={v.name: _format(v) for v in dataset.variables if v.kind == "numeric"},
    )
    _insert_sets(dataset, path, language)


def value_labels(dataset: Dataset, language: str, labels: LabelBook) -> dict[str, dict[Any, str]]:
    """Value labels by variable, as pyreadstat takes them."""
    return {
        v.name: {
            value.value: labels.value_label(v.name, value.value, dataset.text(value.label, language))
            for value in v.values
        }
        for v in dataset.variables
        if v.values
    }


def missing_values(variable: Variable) -> list[Any]:
    """The user-missing values that the file can declare (SPSS: three, and no longer strings than eight bytes)."""
    values = [v for v in variable.missing_values if isinstance(v, int) or len(v.encode()) <= LONG_STRING_BYTES]
    return values[:MAX_MISSING]


def _format(variable: Variable) -> str:
    width = 8 if variable.measure != "scale" else 12
    return f"F{width}.{variable.decimals}"


def _insert_sets(dataset: Dataset, path: Path, language: str) -> None:
    if not dataset.sets:
        return
    content = path.read_bytes()
    end = _dictionary_end(content)
    definition = "".join(_set_definition(dataset, index, language) for index in range(len(dataset.sets))).encode()
    record = struct.pack("<iiii", 7, 7, 1, len(definition)) + definition
    path.write_bytes(content[:end] + record + content[end:])


def _set_definition(dataset: Dataset, index: int, language: str) -> str:
    mset = dataset.sets[index]
    label = shorten(dataset.text(mset.label, language), 255)
    return f"${mset.name}=D1 1 {len(label.encode())} {label} {' '.join(name.lower() for name in mset.variables)}\n"


def _dictionary_end(content: bytes) -> int:
    """Offset of the record that ends the dictionary.

    The records are walked rather than searched for, since the same eight bytes may stand inside a label.
    """
    position = 176
    while True:
        kind = _int(content, position)
        if kind == 999:
            return position
        position += _record_length(content, position, kind)


def _record_length(content: bytes, at: int, kind: int) -> int:
    if kind == 2:
        has_label, missing = _int(content, at + 8), abs(_int(content, at + 12))
        label = 4 + (_int(content, at + 32) + 3) // 4 * 4 if has_label else 0
        return 32 + label + 8 * missing
    if kind == 3:
        length = 8
        for _ in range(_int(content, at + 4)):
            length += 8 + (content[at + length + 8] + 8) // 8 * 8
        return length
    if kind == 4:
        return 8 + 4 * _int(content, at + 4)
    if kind == 6:
        return 8 + 80 * _int(content, at + 4)
    if kind == 7:
        return 16 + _int(content, at + 8) * _int(content, at + 12)
    raise ValueError(f"unknown record {kind} at byte {at} of the SPSS dictionary")


def _int(content: bytes, at: int) -> int:
    return int(struct.unpack_from("<i", content, at)[0])


def read_sets(path: Path) -> Sequence[str]:
    """Names of the multiple response sets that a file carries, for reading back."""
    _, meta = pyreadstat.read_sav(str(path), metadataonly=True)
    return sorted(meta.mr_sets or {})
