"""Interviews laid out as a table: one column per variable of the dataset, one row per interview. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import pandas as pd

from exports.dataset import Dataset, Record, Variable


def build_table(dataset: Dataset, records: Iterable[Record]) -> pd.DataFrame:
    """Shape (interviews, variables).

    Numeric columns are float64 with NaN for "not asked", strings are objects with "" for it (as SPSS has it), times are
    naive datetimes in the population's zone.
    """
    rows = list(records)
    return pd.DataFrame({variable.name: _column(variable, rows) for variable in dataset.variables})


def _column(variable: Variable, rows: list[Record]) -> pd.Series:
    values = [variable.extract(row) for row in rows]
    if variable.kind == "numeric":
        return pd.Series(values, dtype="float64")
    if variable.kind == "datetime":
        return pd.Series(pd.to_datetime(values)).dt.floor("s").astype("datetime64[ns]")
    return pd.Series(["" if value is None else value for value in values], dtype="object")


def content_hash(dataset: Dataset, table: pd.DataFrame) -> str:
    """SHA-256 (hex) over the dictionary and the data: equal when the content is, whatever the day it was written."""
    digest = hashlib.sha256()
    for variable in dataset.variables:
        description = [
            variable.name,
            variable.kind,
            dict(variable.label),
            [[value.value, dict(value.label), value.missing] for value in variable.values],
        ]
        digest.update(json.dumps(description, ensure_ascii=False, sort_keys=True).encode())
    digest.update(table.to_csv(index=False, date_format="%Y-%m-%dT%H:%M:%S").encode())
    return digest.hexdigest()
