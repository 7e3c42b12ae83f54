"""Writing a drawn sample: a million cases by COPY within one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import psycopg
from django.conf import settings
from django.db import DatabaseError, connection, models
from django.db.models import Max

from fieldwork import numbering
from fieldwork.models import Case, CasePhone, Replicate, Sample

#: Numbers that are checked and written together.
BLOCK = 2**15


def blocks_of(chunks: Iterable[numbering.Indices]) -> Iterator[numbering.Indices]:
    """The random sequence in the pieces in which it is written."""
    for indices in chunks:
        for start in range(0, len(indices), BLOCK):
            yield indices[start : start + BLOCK]


class SampleStore:
    """Takes numbers of the frame in drawn order until the sample is full. For use within one transaction."""

    def __init__(self, sample: Sample, frame: numbering.Frame) -> None:
        self.sample, self.frame = sample, frame
        self.stored = 0
        self.drawn_by_range = [0] * len(frame.ranges)
        self._key = settings.NUMBER_KEY.encode()
        self._case_columns, self._case_leads = self._case_format()
        self._phone_columns, self._phone_lead = _copy_format(
            CasePhone(population_id=sample.population_id), ("case_id", "e164", "digest")
        )

    def lock_population(self) -> None:
        """Wait for other draws of the population, make the replicates, and see what numbers the population has."""
        population = self.sample.population_id
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"draw of {population}"])
            # Foreign keys are checked with each block instead of all at the end, so that progress tells the truth.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        self._last_number = Case.objects.filter(population=population).aggregate(last=Max("number"))["last"] or 0
        self._has_earlier = CasePhone.objects.filter(population=population).exists()
        size, each = self.sample.size, self.sample.replicate_size
        replicates = Replicate.objects.bulk_create(
            Replicate(sample=self.sample, number=place + 1, size=min(each, size - place * each))
            for place in range(-(-size // each))
        )
        self._replicates = [replicate.pk for replicate in replicates]

    @property
    def is_full(self) -> bool:
        return self.stored == self.sample.size

    def add(self, indices: numbering.Indices) -> int:
        """Store the numbers of these places of the frame, as many as the sample still needs.

        Returns:
            how many were passed over because the population has them.
        """
        numbers = self.frame.numbers_at(indices)
        digests = [numbering.number_digest(number, self._key) for number in numbers]
        known = self._known(digests)
        wanted = self.sample.size - self.stored
        chosen = [at for at, digest in enumerate(digests) if digest not in known][:wanted]
        # What comes after the last number needed was never looked at.
        last = chosen[-1] if len(chosen) == wanted else len(digests) - 1
        excluded = last + 1 - len(chosen)
        places = self.frame.ranges_at(indices)[chosen].tolist() if chosen else []
        self._copy([numbers[at] for at in chosen], [digests[at] for at in chosen], places)
        for place, count in zip(*np.unique(places, return_counts=True), strict=True):
            self.drawn_by_range[int(place)] += int(count)
        self.stored += len(chosen)
        return excluded

    def refresh_statistics(self) -> None:
        """Tell the planner what is in the table: by itself it looks up to a minute later, and calls begin at once."""
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE fieldwork_case")

    def _known(self, digests: Sequence[bytes]) -> set[bytes]:
        if not self._has_earlier:
            return set()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT digest FROM fieldwork_casephone WHERE population_id = %s AND digest = ANY(%s)",
                [self.sample.population_id, list(digests)],
            )
            return {bytes(row[0]) for row in cursor.fetchall()}

    def _case_format(self) -> tuple[list[str], list[str]]:
        """Columns of a case, and for each range the part of its line that is the same for all its numbers."""
        columns: list[str] = []
        leads = []
        for found in self.frame.ranges:
            case = Case(
                population_id=self.sample.population_id,
                sample=self.sample,
                operator=found.operator,
                time_zone=found.time_zone,
                inclusion_probability=self.sample.size / self.frame.size,
            )
            columns, lead = _copy_format(case, ("id", "replicate_id", "number", "shuffle"))
            leads.append(lead)
        return columns, leads

    def _copy(self, numbers: list[str], digests: list[bytes], places: list[int]) -> None:
        if not numbers:
            return
        with connection.cursor() as cursor:
            ids = _next_ids(cursor, len(numbers))
            each, first = self.sample.replicate_size, self.stored
            cases = [
                f"{self._case_leads[place]}{pk}\t{self._replicates[at // each]}\t{serial}\t{serial}\n"
                for pk, place, at, serial in zip(
                    ids,
                    places,
                    range(first, first + len(ids)),
                    range(self._last_number + first + 1, self._last_number + first + len(ids) + 1),
                    strict=True,
                )
            ]
            phones = [
                f"{self._phone_lead}{pk}\t{number}\t\\\\x{digest.hex()}\n"
                for pk, number, digest in zip(ids, numbers, digests, strict=True)
            ]
            _copy_lines(cursor, Case, self._case_columns, cases)
            _copy_lines(cursor, CasePhone, self._phone_columns, phones)


def _copy_format(row: models.Model, varying: Sequence[str]) -> tuple[list[str], str]:
    """How lines for COPY are made of a model's row: all columns, with those that vary from line to line at the end.

    Built from the model, so that a column added to it comes along with its default.
    """
    fields = {field.attname: field for field in row._meta.concrete_fields}
    constant = [field for name, field in fields.items() if name not in varying]
    lead = "".join(_copy_text(field.pre_save(row, add=True)) + "\t" for field in constant)
    columns = [field.column for field in constant] + [fields[name].column for name in varying]
    return [str(column) for column in columns], lead


def _copy_text(value: Any) -> str:
    """A value in the text format of COPY (PostgreSQL manual, COPY, "Text Format")."""
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    text = str(value).replace("\\", "\\\\")
    return text.replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _copy_lines(cursor: Any, model: type[models.Model], columns: Sequence[str], lines: Sequence[str]) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    try:
        with cursor.copy(f'COPY "{model._meta.db_table}" ({names}) FROM STDIN') as copy:
            copy.write("".join(lines))
    except psycopg.Error as error:
        # PostgreSQL quotes the line at fault, and with it a phone number: that must not reach the log.
        raise DatabaseError(f"COPY into {model._meta.db_table} failed: {type(error).__name__}") from None


def _next_ids(cursor: Any, count: int) -> list[int]:
    cursor.execute(
        "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)", [Case._meta.db_table, count]
    )
    return [row[0] for row in cursor.fetchall()]
