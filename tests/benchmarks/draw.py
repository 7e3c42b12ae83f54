"""1,000,000 numbers drawn and stored. Floor: numpy draws as many, and the same rows go through COPY, in one
transaction.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np
from django.db import connection, transaction

from fieldwork.models import Case, NumberingPlan, Sample
from fieldwork.services.sample import claim_sample, create_sample, draw_sample, load_numbering_plan
from studies.models import Population
from tests.benchmarks.measure import Comparison, seconds
from tests.factories import NOW, make_study

SIZE = 1_000_000
EXAMPLE = "examples/reference-study/numbering_kz.csv"


def measure() -> Iterator[Comparison]:
    population = make_study("BENCH").populations.get()
    with open(EXAMPLE, "rb") as file:
        plan = load_numbering_plan(file=file, country="KZ", name="plan", source="example", actor=None, now=NOW)
    taken = seconds(lambda: draw(population, plan))
    rows = list(
        Case.objects.order_by("pk").values_list(
            "population_id", "sample_id", "replicate_id", "number", "operator", "inclusion_probability", "shuffle",
            "phone__e164", "phone__digest",
        )
    )  # fmt: skip
    floor = seconds(lambda: copy(rows))
    yield Comparison("1,000,000 numbers drawn and stored", "numpy draw plus COPY", taken, taken, floor, 1)


def draw(population: Population, plan: NumberingPlan) -> Sample:
    sample = create_sample(
        population=population,
        plan=plan,
        seed=1,
        size=SIZE,
        replicate_size=1000,
        plan_date=date(2021, 8, 19),
        actor=None,
        now=NOW,
    )
    claimed = claim_sample(sample_id=sample.pk, now=NOW)
    assert claimed is not None
    return draw_sample(sample=claimed, now=NOW)


def copy(rows: list[tuple[object, ...]]) -> None:
    """The rows of both tables as they are, into tables with the same columns, indexes and keys."""
    np.random.default_rng(1).choice(130_000_000, SIZE, replace=False, shuffle=False)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bare_case (LIKE fieldwork_case INCLUDING ALL)")
        cursor.execute("CREATE TABLE bare_phone (LIKE fieldwork_casephone INCLUDING ALL)")
        columns = "id, population_id, sample_id, replicate_id, number, operator, inclusion_probability, shuffle"
        rest = "time_zone, status, queue, attempts, language, needs_converter, ever_eligible, last_disposition"
        last = "final_disposition, disposition"
        with cursor.copy(f"COPY bare_case ({columns}, {rest}, {last}) FROM STDIN") as out:
            for place, row in enumerate(rows, 1):
                out.write_row((place, *row[:7], "", "sampled", 4, 0, "", False, False, "", "", ""))
        with cursor.copy("COPY bare_phone (case_id, population_id, e164, digest) FROM STDIN") as out:
            for place, row in enumerate(rows, 1):
                out.write_row((place, row[0], row[7], bytes(row[8])))  # type: ignore[arg-type]
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bare_case, bare_phone")
