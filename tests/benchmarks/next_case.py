"""The next case among 1,000,000 released numbers. Floor: the bare SKIP LOCKED statement on the same table."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import connection, transaction

from fieldwork.models import Case
from fieldwork.services.calls import record_outcome, take_next_case
from studies.access import study_access
from studies.models import Population
from studies.models.study import Role
from tests.benchmarks.measure import Comparison, percentile, seconds
from tests.factories import NOW, make_member

RUNS = 300
BARE = """
    SELECT id FROM fieldwork_case
    WHERE population_id = %s AND status = 'open' AND queue = 4 AND due_at <= %s
    ORDER BY shuffle LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
"""


def measure() -> Iterator[Comparison]:
    population = Population.objects.get(study__code="BENCH")
    Case.objects.filter(population=population).update(status=Case.Status.OPEN, due_at=NOW)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE fieldwork_case")
    member = make_member(population.study, Role.INTERVIEWER, languages=["kk", "ru"])
    access = study_access(member.user, population.study.code)
    taken: list[float] = []
    bare: list[float] = []
    for _ in range(RUNS):
        taken.append(seconds(lambda: take_next_case(access=access, now=NOW)))
        record_outcome(attempt=take_next_case(access=access, now=NOW), disposition="4.31", now=NOW)
        bare.append(seconds(lambda: bare_statement(population)))
    middle = sorted(taken)[RUNS // 2], percentile(taken), sorted(bare)[RUNS // 2]
    yield Comparison("next case at 1,000,000 numbers", "the bare SKIP LOCKED statement", *middle, RUNS)


def bare_statement(population: Population) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(BARE, [population.pk, NOW])
        cursor.fetchone()
