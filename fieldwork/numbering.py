"""Numbering plans, frames and draws. Pure: no Django, no database.

The frame of a draw is never written down: it is a list of ranges, and number i of the frame is found by arithmetic.
A draw is one random sequence over the frame, given by the seed alone: without repetition and in random order, so that
its first n numbers are a simple random sample without replacement, already shuffled. A number that must not be called
is passed over and the sequence goes on; what is left is a simple random sample of the numbers that may be called.

The sequence uses nothing but the raw 64-bit output of PCG64, which NumPy promises to keep the same for ever (NEP 19;
its `choice` and `shuffle` may change between versions). Anybody can draw the sample again.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TypeVar
from zoneinfo import available_timezones

import numpy as np
import numpy.typing as npt
import phonenumbers

Indices = npt.NDArray[np.int64]
V = TypeVar("V")

PLAN_COLUMNS = (
    "country_code",
    "prefix",
    "operator_or_area",
    "type",
    "subscriber_digits",
    "time_zone",
    "valid_from",
    "valid_to",
    "in_population_rdd",
    "source",
)
POPULATION_COLUMNS = ("age", "sex", "persons")
GENDERS = {"male": "male", "m": "male", "female": "female", "f": "female"}
ANSWERS = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
#: ITU-T E.164: a number has at most 15 digits, country code included.
MOST_DIGITS = 15
OLDEST_AGE = 130

#: Frames up to this size are put in random order whole; larger ones are drawn from number by number.
WHOLE_FRAME = 2**23
#: Indices looked at together; the sequence doesn't depend on it.
CHUNK = 2**18


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong in one cell of a table: `line` counts from 1 as text editors do, `code` names the kind."""

    line: int
    column: str
    code: str
    value: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """All numbers `+country_code prefix` followed by `subscriber_digits` digits."""

    country_code: str
    prefix: str
    operator: str
    kind: str
    subscriber_digits: int
    time_zone: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    in_population_draw: bool = True
    source: str = ""

    @property
    def size(self) -> int:
        """How many numbers the range has."""
        return int(10**self.subscriber_digits)

    @property
    def lead(self) -> str:
        """What every number of the range begins with, in E.164: `+7701`."""
        return f"+{self.country_code}{self.prefix}"

    def is_valid_on(self, day: date) -> bool:
        """Whether the range was in use on that day (both ends belong to it)."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day <= self.valid_to)

    def meets(self, other: Range) -> bool:
        """Whether some number belongs to both ranges on some day."""
        shared = self.lead.startswith(other.lead) or other.lead.startswith(self.lead)
        apart = _is_before(self.valid_to, other.valid_from) or _is_before(other.valid_to, self.valid_from)
        return shared and not apart


def _is_before(end: date | None, start: date | None) -> bool:
    return end is not None and start is not None and end < start


# --- tables ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PersonCount:
    """Persons of one age in completed years and one gender (`male`, `female`)."""

    age: int
    gender: str
    persons: int


def read_ranges(content: bytes, *, calling_code: int | None = None) -> tuple[list[Range], list[Problem]]:
    """Read a numbering plan from CSV with the columns PLAN_COLUMNS (in any order; `source` may be missing).

    Args:
        content: the file, UTF-8 with or without a byte order mark, parted by commas or semicolons.
        calling_code: the code that every range must have, where the country is known.

    Returns:
        the ranges in the order of the file, and everything that is wrong; use the ranges only if nothing is.
    """
    rows, problems = _read_table(content, PLAN_COLUMNS, optional=("source",))
    ranges: list[tuple[int, Range]] = []
    for line, row in rows:
        cells = _Cells(line, row, problems)
        found = _range_of(cells, calling_code)
        if found is not None:
            problems += [
                Problem(line, "prefix", "overlaps_line", str(earlier))
                for earlier, known in ranges
                if known.meets(found)
            ][:1]
            ranges.append((line, found))
    return [found for _, found in ranges], problems


def read_person_counts(content: bytes) -> tuple[list[PersonCount], list[Problem]]:
    """Read a population table from CSV with the columns age, sex (male, female, m, f) and persons.

    Returns:
        the counts in the order of the file, and everything that is wrong; use the counts only if nothing is.
    """
    rows, problems = _read_table(content, POPULATION_COLUMNS)
    counts: dict[tuple[int, str], tuple[int, PersonCount]] = {}
    for line, row in rows:
        cells = _Cells(line, row, problems)
        age = cells.whole_number("age", most=OLDEST_AGE)
        gender = cells.one_of("sex", GENDERS)
        persons = cells.whole_number("persons")
        if age is None or gender is None or persons is None:
            continue
        if (age, gender) in counts:
            problems.append(Problem(line, "age", "repeats_line", str(counts[age, gender][0])))
        counts[age, gender] = (line, PersonCount(age, gender, persons))
    return [count for _, count in counts.values()], problems


def _read_table(
    content: bytes, columns: Sequence[str], optional: Sequence[str] = ()
) -> tuple[list[tuple[int, dict[str, str]]], list[Problem]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return [], [Problem(line, "", "not_utf8")]
    if "\0" in text:
        return [], [Problem(text.count("\n", 0, text.index("\0")) + 1, "", "not_text")]
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    header = [name.strip().lower() for name in next(reader, [])]
    problems = [Problem(1, name, "column_missing") for name in columns if name not in header and name not in optional]
    problems += [Problem(1, name, "column_twice") for name in columns if header.count(name) > 1]
    if problems:
        return [], problems
    rows = []
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            problems.append(Problem(reader.line_num, "", "cell_count", f"{len(cells)}/{len(header)}"))
            continue
        rows.append((reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True))))
    if not rows and not problems:
        problems.append(Problem(1, "", "no_rows"))
    return rows, problems


class _Cells:
    """The cells of one row; each reading method notes a problem and returns None where the cell can't be read."""

    def __init__(self, line: int, row: dict[str, str], problems: list[Problem]) -> None:
        self.line, self.row, self.problems = line, row, problems

    def text(self, column: str) -> str:
        return self.row.get(column, "")

    def complain(self, column: str, code: str) -> None:
        self.problems.append(Problem(self.line, column, code, self.text(column)))

    def needed_text(self, column: str) -> str | None:
        if not self.text(column):
            self.complain(column, "empty")
            return None
        return self.text(column)

    def digits(self, column: str, *, most: int) -> str | None:
        text = self.text(column).removeprefix("+")
        if not re.fullmatch(rf"[0-9]{{1,{most}}}", text):
            self.complain(column, "not_digits")
            return None
        return text

    def whole_number(self, column: str, *, least: int = 0, most: int | None = None) -> int | None:
        text = self.text(column)
        if not re.fullmatch(r"[0-9]{1,10}", text):
            self.complain(column, "not_whole_number")
            return None
        if int(text) < least or (most is not None and int(text) > most):
            self.complain(column, "out_of_bounds")
            return None
        return int(text)

    def day(self, column: str) -> date | None:
        text = self.text(column)
        try:
            return date.fromisoformat(text) if text else None
        except ValueError:
            self.complain(column, "not_a_date")
            return None

    def one_of(self, column: str, known: Mapping[str, V]) -> V | None:
        if self.text(column).lower() not in known:
            self.complain(column, "not_known")
            return None
        return known[self.text(column).lower()]


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    """Names of all time zones; Python looks through a folder of some hundred files for them."""
    return frozenset(available_timezones())


def _range_of(cells: _Cells, calling_code: int | None) -> Range | None:
    before = len(cells.problems)
    country_code = cells.digits("country_code", most=3)
    prefix = cells.digits("prefix", most=8)
    operator, kind = cells.needed_text("operator_or_area"), cells.needed_text("type")
    subscriber_digits = cells.whole_number("subscriber_digits", least=1, most=10)
    valid_from, valid_to = cells.day("valid_from"), cells.day("valid_to")
    in_draw = cells.one_of("in_population_rdd", ANSWERS)
    if cells.text("time_zone") and cells.text("time_zone") not in known_zones():
        cells.complain("time_zone", "no_such_zone")
    if country_code and calling_code is not None and country_code != str(calling_code):
        cells.complain("country_code", "other_country")
    if valid_from and valid_to and valid_to < valid_from:
        cells.complain("valid_to", "ends_before_start")
    if country_code is None or prefix is None or operator is None or kind is None or in_draw is None:
        return None
    if subscriber_digits is None or len(cells.problems) > before:
        return None
    if len(country_code + prefix) + subscriber_digits > MOST_DIGITS:
        cells.complain("subscriber_digits", "too_long")
        return None
    return Range(
        country_code=country_code,
        prefix=prefix,
        operator=operator,
        kind=kind,
        subscriber_digits=subscriber_digits,
        time_zone=cells.text("time_zone"),
        valid_from=valid_from,
        valid_to=valid_to,
        in_population_draw=in_draw,
        source=cells.text("source"),
    )


# --- second opinion --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Opinion:
    """What the metadata of `phonenumbers` say of a range: how many in a hundred numbers are valid, of which types."""

    valid_percent: int
    types: tuple[str, ...]

    def contradicts(self, kind: str) -> bool:
        """Whether the plan calls mobile what the metadata call something else, or nothing is valid at all."""
        mobile = {"mobile", "fixed line or mobile"} & set(self.types)
        return self.valid_percent == 0 or ("mobile" in kind.lower() and not mobile)


@lru_cache(maxsize=4096)
def second_opinion(country_code: str, prefix: str, subscriber_digits: int) -> Opinion:
    """Ask `phonenumbers` about 100 numbers spread over a range. Its metadata are of today, not of the plan's date."""
    step = max(1, 10**subscriber_digits // 100)
    types: dict[str, None] = {}
    valid = 0
    for place in range(100):
        subscriber = (place * step + place * 7919) % 10**subscriber_digits
        number = phonenumbers.PhoneNumber(
            country_code=int(country_code), national_number=int(f"{prefix}{subscriber:0{subscriber_digits}d}")
        )
        if phonenumbers.is_valid_number(number):
            valid += 1
            kind = phonenumbers.PhoneNumberType.to_string(phonenumbers.number_type(number))
            types[kind.lower().replace("_", " ")] = None
    return Opinion(valid, tuple(types))


def calling_code_of(country: str) -> int | None:
    """The country calling code of a two-letter country (ISO 3166), or None where there is no such country."""
    return phonenumbers.country_code_for_region(country.upper()) or None


# --- frame and draw --------------------------------------------------------------------------------------


class Frame:
    """All numbers of some ranges, in the order of country code and prefix, counted from 0.

    The order of the ranges given doesn't matter, so that the same ranges make the same frame.
    """

    def __init__(self, ranges: Iterable[Range]) -> None:
        self.ranges = tuple(sorted(ranges, key=lambda found: (found.lead, found.subscriber_digits)))
        sizes = [found.size for found in self.ranges]
        self._ends = np.cumsum(np.array(sizes, dtype=np.int64))
        self._starts = self._ends - np.array(sizes, dtype=np.int64)

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return int(self._ends[-1]) if self.ranges else 0

    def ranges_at(self, indices: Indices) -> Indices:
        """The place in `ranges` of each number."""
        return np.searchsorted(self._ends, indices, side="right").astype(np.int64)

    def numbers_at(self, indices: Indices) -> list[str]:
        """The numbers in E.164."""
        places = self.ranges_at(indices)
        subscribers = (indices - self._starts[places]).tolist()
        forms = [f"{found.lead}%0{found.subscriber_digits}d" for found in self.ranges]
        return [forms[place] % subscriber for place, subscriber in zip(places.tolist(), subscribers, strict=True)]


def ranges_of_draw(ranges: Iterable[Range], day: date) -> list[Range]:
    """The ranges from which a draw of the general population is made: in use on that day and meant for it."""
    return [found for found in ranges if found.in_population_draw and found.is_valid_on(day)]


def drawing_order(size: int, seed: int) -> Iterator[Indices]:
    """All numbers 0 .. size-1 in a random order that depends on size and seed only, in chunks of at most CHUNK.

    Taking the first n of them is a simple random sample of n without replacement. Memory grows with what has been
    taken, not with the frame: 8 bytes a number, and up to 130 MB for a small frame, which is put in order whole.

    Small frames (up to WHOLE_FRAME) are sorted by one random 64-bit key per number; two equal keys, which would favour
    the smaller number, have a probability below 1 in 500,000. In larger frames indices are drawn uniformly (the high
    bits of each raw value; values beyond the frame are dropped) and those that came before are dropped.
    """
    bits = np.random.PCG64(seed)
    if size <= WHOLE_FRAME:
        order = np.argsort(bits.random_raw(size), kind="stable") if size else np.empty(0, dtype=np.int64)
        for start in range(0, size, CHUNK):
            yield order[start : start + CHUNK]
        return
    shift = np.uint64(64 - (size - 1).bit_length())
    taken = np.empty(0, dtype=np.int64)
    while taken.size < size:
        drawn = (bits.random_raw(CHUNK) >> shift).astype(np.int64)
        drawn = drawn[drawn < size]
        firsts = np.sort(np.unique(drawn, return_index=True)[1])
        drawn = drawn[firsts]
        fresh = drawn[~_contained(drawn, taken)]
        # Both runs are in order, which a stable sort only has to merge.
        taken = np.sort(np.concatenate((taken, np.sort(fresh))), kind="stable")
        yield fresh


def _contained(values: Indices, ordered: Indices) -> npt.NDArray[np.bool_]:
    """Which of the values occur in `ordered`, which is sorted."""
    if not ordered.size:
        return np.zeros(values.shape, dtype=np.bool_)
    places = np.minimum(np.searchsorted(ordered, values), ordered.size - 1)
    return np.asarray(ordered[places] == values)


def number_digest(number: str, key: bytes) -> bytes:
    """Keyed SHA-256 (HMAC, RFC 2104) of a number in E.164: 32 bytes that recognise it after the number is purged.

    Without the key every number of a country could be hashed and compared within a minute.
    """
    return hmac.digest(key, number.encode("ascii"), hashlib.sha256)


# --- numbers that people write ---------------------------------------------------------------------------


class NumberError(ValueError):
    """A text is no phone number of the country. `code` is one of empty, rounded, characters, length, country."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


_WRITTEN = re.compile(r"[0-9()\s.\-/\u00a0\u2010-\u2015]+")
#: Country: (country code, digits of the national number, digits dialled before it within the country).
_NATIONAL = {"KZ": ("7", 10, "8"), "UZ": ("998", 9, "")}


def normalise_number(text: str, country: str) -> str:
    """Bring a number as people write it to E.164: `8 (701) 123-45-67` in Kazakhstan is `+77011234567`.

    Args:
        text: the number, international (+, 00 or country code first), national, or with the trunk 8 of Kazakhstan.
        country: two letters; what the national form means depends on it (+7 is also Russia's).

    Raises:
        NumberError: `rounded` is what a spreadsheet has made of a long number (7.70712E+09).
    """
    text = text.strip()
    if not text:
        raise NumberError("empty")
    if re.fullmatch(r"[0-9]([.,][0-9]+)?[eE]\+?[0-9]+", text):
        raise NumberError("rounded")
    international = text.startswith(("+", "00"))
    written = text.removeprefix("+")
    if not _WRITTEN.fullmatch(written):
        raise NumberError("characters")
    digits = re.sub(r"[^0-9]", "", written)
    if text.startswith("00"):
        digits = digits[2:]
    if country not in _NATIONAL:
        return _normalise_by_metadata(text, country)
    code, length, trunk = _NATIONAL[country]
    if not international and len(digits) == length:
        national = digits
    elif not international and trunk and len(digits) == length + len(trunk) and digits.startswith(trunk):
        national = digits[len(trunk) :]
    elif len(digits) == length + len(code) and digits.startswith(code):
        national = digits[len(code) :]
    else:
        raise NumberError("country" if international and not digits.startswith(code) else "length")
    # The plan that Russia and Kazakhstan share: 6xx and 7xx are Kazakh.
    if country == "KZ" and national[0] not in "67":
        raise NumberError("country")
    return f"+{code}{national}"


def _normalise_by_metadata(text: str, country: str) -> str:
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        raise NumberError("length") from None
    if number.country_code != calling_code_of(country):
        raise NumberError("country")
    if not phonenumbers.is_possible_number(number):
        raise NumberError("length")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
