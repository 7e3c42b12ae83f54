"""The codebook: what every variable and value means, in all languages, how often it occurs, and how the release was
made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from openpyxl import Workbook

from exports.dataset import LANGUAGE_NAMES, Dataset
from exports.labels import Cut
from exports.writers.xlsx import add_sheet


def write_codebook(
    dataset: Dataset,
    table: pd.DataFrame,
    path: Path,
    *,
    languages: Sequence[str],
    about: Mapping[str, object],
    cuts: Sequence[Cut],
) -> None:
    """Sheets `Release`, `Variables`, `Values` (with counts), `Sets` and, where labels had to be shortened,
    `Shortened`.
    """
    book = Workbook(write_only=True)
    names = [LANGUAGE_NAMES.get(code, code) for code in languages]
    add_sheet(book, "Release", ("field", "value"), ((k, str(v)) for k, v in about.items()), widths=(36, 100))
    head = ["name", "type", "measure", "origin", "missing values", *[f"label: {n}" for n in names]]
    head += [f"question: {n}" for n in names]
    add_sheet(book, "Variables", head, _variables(dataset, languages), widths=(24, 10, 10, 26, 14))
    head = ["variable", "value", "missing", "interviews", *names]
    add_sheet(book, "Values", head, _values(dataset, table, languages), widths=(24, 10, 10, 12, 40, 40, 40, 40))
    sets = ((s.name, s.label.get(code, ""), code, " ".join(s.variables)) for s in dataset.sets for code in languages)
    add_sheet(book, "Sets", ("set", "label", "language", "variables"), sets, widths=(24, 60, 10, 100))
    if cuts:
        rows = ((c.variable, c.value, c.full, c.kept) for c in cuts)
        add_sheet(
            book, "Shortened", ("variable", "value", "label in full", "label in the .sav"), rows, (24, 10, 80, 80)
        )
    book.save(path)


def _variables(dataset: Dataset, languages: Sequence[str]) -> Iterator[list[Any]]:
    for v in dataset.variables:
        missing = ", ".join(str(value) for value in v.missing_values)
        labels = [v.label.get(code, "") for code in languages]
        questions = [v.question.get(code, "") for code in languages]
        yield [v.name, v.kind, v.measure, v.origin, missing, *labels, *questions]


def _values(dataset: Dataset, table: pd.DataFrame, languages: Sequence[str]) -> Iterator[list[Any]]:
    for v in dataset.variables:
        if not v.values:
            continue
        counts = table[v.name].value_counts().to_dict()
        for value in v.values:
            labels = [value.label.get(code, "") for code in languages]
            yield [v.name, value.value, "yes" if value.missing else "", int(counts.get(value.value, 0)), *labels]
