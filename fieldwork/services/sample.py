"""Numbering plans and population tables in, samples drawn, replicates released."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import BinaryIO

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from fieldwork import numbering
from fieldwork.models import Case, NumberingPlan, NumberRange, PopulationCount, Replicate, Sample
from fieldwork.selectors.sample import frame_of
from fieldwork.services.sample_store import SampleStore, blocks_of
from studies.errors import Conflict, InvalidInput
from studies.models import Population, User
from studies.services.activity import log_activity

#: What a draw of one sample may take: a million is drawn in half a minute, and no study of this kind needs more.
MOST_NUMBERS = 5_000_000
#: Seeds fit the database's signed 64-bit integer.
HIGHEST_SEED = 2**63 - 1
#: Tables of ranges or ages have some hundred rows; a larger file is not one of them.
MOST_TABLE_BYTES = 5 * 1024 * 1024
#: A draw of the largest sample ends well before this; one that is older has lost its worker.
STUCK_AFTER = timedelta(minutes=20)

PROBLEMS: Mapping[str, object] = {
    "not_utf8": _("The file is not UTF-8. In Excel, save it as “CSV UTF-8”."),
    "not_text": _("The file is not a text: a zero byte stands in it."),
    "column_missing": _("This column is missing in the first row."),
    "column_twice": _("Two columns have this name."),
    "cell_count": _("The row has another number of cells than the first row (%(value)s)."),
    "no_rows": _("There is no row under the column names."),
    "empty": _("The cell is empty."),
    "not_digits": _("“%(value)s” should be digits only."),
    "not_whole_number": _("“%(value)s” is not a whole number."),
    "out_of_bounds": _("“%(value)s” is too small or too large."),
    "not_a_date": _("“%(value)s” is not a date. Write year-month-day, as in 2021-08-01."),
    "not_known": _("“%(value)s” is not known here. Write yes or no; for sex, male or female."),
    "no_such_zone": _("“%(value)s” is not a time zone. Write it as in Asia/Almaty."),
    "other_country": _("+%(value)s is not the code of this country."),
    "ends_before_start": _("The last day is before the first."),
    "too_long": _("The numbers of this range would have more than 15 digits."),
    "overlaps_line": _("Numbers of this range also belong to the range in line %(value)s, at the same time."),
    "repeats_line": _("Line %(value)s has the same age and sex."),
}


# --- tables in -------------------------------------------------------------------------------------------


@transaction.atomic
def load_numbering_plan(
    *, file: BinaryIO, country: str, name: str, source: str, actor: User | None, now: datetime
) -> NumberingPlan:
    """Take a numbering plan from CSV (columns: `numbering.PLAN_COLUMNS`), whole or not at all.

    Raises:
        InvalidInput: `no_country`, or `bad_table` with every bad cell by line and column under `fields["file"]`.
        Conflict: `plan_exists`, where the same file was loaded for this country before.
    """
    country = country.upper()
    calling_code = numbering.calling_code_of(country)
    if calling_code is None:
        raise InvalidInput("no_country", _("There is no country “%s”.") % country, {"country": country})
    content = _content(file)
    ranges, problems = numbering.read_ranges(content, calling_code=calling_code)
    _refuse(problems)
    digest = hashlib.sha256(content).hexdigest()
    earlier = NumberingPlan.objects.filter(country=country, sha256=digest).first()
    if earlier is not None:
        message = _("This very file was loaded before as “%(name)s”.") % {"name": earlier.name}
        raise Conflict("plan_exists", message, {"file": [message]})
    plan = NumberingPlan.objects.create(
        country=country, name=name or digest[:12], source=source, loaded_at=now, sha256=digest
    )
    NumberRange.objects.bulk_create(
        NumberRange(
            plan=plan,
            country_code=found.country_code,
            prefix=found.prefix,
            operator=found.operator,
            kind=found.kind,
            subscriber_digits=found.subscriber_digits,
            time_zone=found.time_zone,
            valid_from=found.valid_from,
            valid_to=found.valid_to,
            in_population_draw=found.in_population_draw,
            source=found.source,
        )
        for found in ranges
    )
    log_activity(
        study=None,
        actor=actor,
        action="numbering_plan.loaded",
        target=plan,
        data={"country": country, "name": plan.name, "ranges": len(ranges), "sha256": digest},
        now=now,
    )
    return plan


@transaction.atomic
def load_population_counts(
    *, file: BinaryIO, population: Population, source: str, year: int, actor: User | None, now: datetime
) -> int:
    """Take persons by single year of age and sex from CSV (columns age, sex, persons), whole or not at all.

    Returns:
        the number of rows taken.

    Raises:
        InvalidInput: `bad_table` with every bad cell by line and column under `fields["file"]`, or `no_source`.
        Conflict: `counts_exist`, where this population has a table of this source and year.
    """
    source = source.strip()
    if not source:
        raise InvalidInput("no_source", _("Say where the table comes from."), {"source": _("Missing.")})
    counts, problems = numbering.read_person_counts(_content(file))
    _refuse(problems)
    if PopulationCount.objects.filter(population=population, source=source, year=year).exists():
        message = _("%(population)s has a table “%(source)s, %(year)s”. Give the new one another name.") % {
            "population": population.name,
            "source": source,
            "year": year,
        }
        raise Conflict("counts_exist", message, {"source": message})
    PopulationCount.objects.bulk_create(
        PopulationCount(
            population=population,
            source=source,
            year=year,
            age=count.age,
            gender=count.gender,
            persons=count.persons,
        )
        for count in counts
    )
    log_activity(
        study=population.study,
        actor=actor,
        action="population_counts.loaded",
        target=population,
        data={"source": source, "year": year, "rows": len(counts)},
        now=now,
    )
    return len(counts)


def _content(file: BinaryIO) -> bytes:
    content = file.read(MOST_TABLE_BYTES + 1)
    if len(content) > MOST_TABLE_BYTES:
        message = _("The file is larger than 5 MB; such a table has some hundred rows.")
        raise InvalidInput("file_too_large", message, {"file": [message]})
    return content


def _refuse(problems: list[numbering.Problem]) -> None:
    """Raise all that is wrong with a table, each with its line and column."""
    if not problems:
        return
    lines = [_problem_text(problem) for problem in sorted(problems, key=lambda found: found.line)]
    message = _("The table was not loaded: %(count)d cells or rows are wrong.") % {"count": len(lines)}
    raise InvalidInput("bad_table", message, {"file": lines})


def _problem_text(problem: numbering.Problem) -> str:
    says = str(PROBLEMS[problem.code]) % {"value": problem.value}
    if problem.column:
        return translate("Line %(line)d, column %(column)s: %(says)s") % {
            "line": problem.line,
            "column": problem.column,
            "says": says,
        }
    return translate("Line %(line)d: %(says)s") % {"line": problem.line, "says": says}


# --- samples ---------------------------------------------------------------------------------------------


@transaction.atomic
def create_sample(
    *,
    population: Population,
    plan: NumberingPlan,
    seed: int,
    size: int,
    replicate_size: int,
    plan_date: date,
    actor: User | None,
    now: datetime,
) -> Sample:
    """Order a draw; the numbers are drawn by `draw_sample` (a task does it).

    Raises:
        InvalidInput: the field at fault is named in `fields`: another country's plan, no range in use on that day, more
            numbers than the frame has or than `MOST_NUMBERS`, a seed out of bounds, the seed of an equal order (a
            form sent twice).
    """
    if plan.country != population.country:
        raise _bad_field("plan", _("This is a plan of another country."))
    if not 0 <= seed <= HIGHEST_SEED:
        raise _bad_field("seed", _("The seed is a whole number from 0 to 9223372036854775807."))
    if not 0 < size <= MOST_NUMBERS:
        raise _bad_field("size", _("Draw between 1 and 5,000,000 numbers at once."))
    if not 0 < replicate_size <= size:
        raise _bad_field("replicate_size", _("A replicate has at least one number and at most the whole sample."))
    frame = frame_of(plan, plan_date)
    if not frame.ranges:
        raise _bad_field("plan_date", _("On that day no range of this plan was in use for a draw of the population."))
    if size > frame.size:
        message = _("The frame of that day has only %(size)d numbers.") % {"size": frame.size}
        raise _bad_field("size", message)
    # The lock gives two samples ordered at once two serial numbers, and one of two equal orders a refusal.
    Population.objects.select_for_update(no_key=True).get(pk=population.pk)
    same = population.samples.filter(plan=plan, seed=seed, size=size, plan_date=plan_date)
    if twin := same.exclude(status=Sample.Status.FAILED).first():
        equal = _("Sample %(number)d has been ordered with this seed, plan, day and size. Take another seed.")
        raise _bad_field("seed", equal % {"number": twin.number})
    last = population.samples.aggregate(last=Max("number"))["last"] or 0
    sample = Sample.objects.create(
        population=population,
        plan=plan,
        number=last + 1,
        seed=seed,
        size=size,
        replicate_size=replicate_size,
        plan_date=plan_date,
        created_by=actor,
        created_at=now,
    )
    log_activity(
        study=population.study,
        actor=actor,
        action="sample.ordered",
        target=sample,
        data={"plan": plan.pk, "seed": str(seed), "size": size, "plan_date": plan_date.isoformat()},
        now=now,
    )
    return sample


def _bad_field(name: str, message: object) -> InvalidInput:
    return InvalidInput(f"bad_{name}", message, {name: message})


@transaction.atomic
def draw_sample(*, sample: Sample, now: datetime, progress: Callable[[int], None] | None = None) -> Sample:
    """Draw the numbers of an ordered sample and store them as cases in replicates: all of them or none.

    Numbers that the population already has (earlier samples, also purged ones: they are known by their digest) are
    passed over and replaced by the next ones of the random sequence, and counted in `sample.frame["excluded"]`. The
    inclusion probability stays size / frame size: a number not drawn before, (1 - n1/N), is drawn now with n2/(N - n1).

    Draws of one population follow one another (advisory lock), since each has to know the numbers of the others.

    Args:
        progress: called with the percent stored, from within the transaction: to make it visible it has to write
            through another connection. It may raise to stop the draw; nothing is stored then.

    Raises:
        Conflict: `sample_not_waiting`, where it was drawn, cancelled or taken over; `frame_exhausted`, where the frame
            has too few numbers left.
    """
    if sample.status not in {Sample.Status.QUEUED, Sample.Status.DRAWING}:
        raise Conflict("sample_not_waiting", _("This sample is not waiting to be drawn."))
    frame = frame_of(sample.plan, sample.plan_date)
    store = SampleStore(sample, frame)
    store.lock_population()
    excluded = 0
    for block in blocks_of(numbering.drawing_order(frame.size, sample.seed)):
        excluded += store.add(block)
        if progress is not None:
            progress(100 * store.stored // sample.size)
        if store.is_full:
            break
    if not store.is_full:
        raise Conflict(
            "frame_exhausted",
            _("The frame has only %(left)d numbers that no earlier sample has; %(size)d were wanted.")
            % {"left": store.stored, "size": sample.size},
        )
    store.refresh_statistics()
    return _finish_draw(sample, frame, store, excluded, now)


def _finish_draw(sample: Sample, frame: numbering.Frame, store: SampleStore, excluded: int, now: datetime) -> Sample:
    sample.frame = {
        "size": frame.size,
        "plan": {"name": sample.plan.name, "source": sample.plan.source, "sha256": sample.plan.sha256},
        "excluded": {"earlier_samples": excluded},
        "ranges": [
            {"lead": found.lead, "operator": found.operator, "kind": found.kind, "numbers": found.size, "drawn": drawn}
            for found, drawn in zip(frame.ranges, store.drawn_by_range, strict=True)
        ],
    }
    sample.inclusion_probability = sample.size / frame.size
    # A cancelled sample, or one that was returned and taken by another worker, is no longer ours to finish.
    done = Sample.objects.filter(pk=sample.pk, status=sample.status, claimed_at=sample.claimed_at).update(
        frame=sample.frame,
        inclusion_probability=sample.inclusion_probability,
        status=Sample.Status.READY,
        progress=100,
        error="",
    )
    if not done:
        raise Conflict("sample_not_waiting", _("This draw was cancelled or taken over."))
    sample.status, sample.progress, sample.error = Sample.Status.READY, 100, ""
    log_activity(
        study=sample.population.study,
        actor=sample.created_by,
        action="sample.drawn",
        target=sample,
        data={"size": sample.size, "frame": frame.size, "excluded": excluded},
        now=now,
    )
    return sample


@transaction.atomic
def claim_sample(*, sample_id: int, now: datetime) -> Sample | None:
    """Take a waiting sample for drawing; None where it is not waiting (any more), so that a task may come twice."""
    taken = Sample.objects.filter(pk=sample_id, status=Sample.Status.QUEUED).update(
        status=Sample.Status.DRAWING, claimed_at=now, progress=0, error=""
    )
    if not taken:
        return None
    return Sample.objects.select_related("population__study", "plan", "created_by").get(pk=sample_id)


@transaction.atomic
def fail_sample(*, sample: Sample, error: str) -> None:
    """Note why a claimed draw came to nothing; without effect where the claim is no longer ours."""
    Sample.objects.filter(pk=sample.pk, status=Sample.Status.DRAWING, claimed_at=sample.claimed_at).update(
        status=Sample.Status.FAILED, error=error
    )


@transaction.atomic
def cancel_draw(*, sample: Sample, actor: User, now: datetime) -> None:
    """Stop a waiting or running draw. Nothing of it is kept; it can be ordered again as it was.

    Raises:
        Conflict: `draw_over`, where it has ended already.
    """
    waiting = (Sample.Status.QUEUED, Sample.Status.DRAWING)
    stopped = Sample.objects.filter(pk=sample.pk, status__in=waiting).update(
        status=Sample.Status.FAILED, error=translate("Cancelled by %(name)s.") % {"name": actor.name}
    )
    if not stopped:
        raise Conflict("draw_over", _("The draw has ended already."))
    log_activity(study=sample.population.study, actor=actor, action="sample.cancelled", target=sample, now=now)


@transaction.atomic
def retry_draw(*, sample: Sample, actor: User, now: datetime) -> None:
    """Order a failed or cancelled draw once more, unchanged.

    Raises:
        Conflict: `sample_not_failed`.
    """
    again = Sample.objects.filter(pk=sample.pk, status=Sample.Status.FAILED).update(
        status=Sample.Status.QUEUED, progress=0, error="", claimed_at=None
    )
    if not again:
        raise Conflict("sample_not_failed", _("This sample is drawn, or being drawn."))
    log_activity(study=sample.population.study, actor=actor, action="sample.retried", target=sample, now=now)


@transaction.atomic
def return_stuck_samples(*, now: datetime) -> list[int]:
    """Set draws whose worker was lost back to waiting; returns the ids of all samples that wait."""
    Sample.objects.filter(status=Sample.Status.DRAWING, claimed_at__lt=now - STUCK_AFTER).update(
        status=Sample.Status.QUEUED, progress=0, claimed_at=None
    )
    return list(Sample.objects.filter(status=Sample.Status.QUEUED).values_list("pk", flat=True))


# --- replicates ------------------------------------------------------------------------------------------


@transaction.atomic
def release_replicate(*, replicate: Replicate, actor: User | None, now: datetime, reason: str = "") -> int:
    """Open all cases of a replicate for calling. What is released gets the full protocol and is never taken back.

    Returns:
        the number of cases opened.

    Raises:
        Conflict: `already_released`; `out_of_order`, where an earlier replicate of the sample still waits (choosing
            among replicates would be choosing among numbers); `sample_not_ready`.
    """
    # One release at a time per sample: the order is checked under this lock.
    sample = (
        Sample.objects.select_for_update(no_key=True, of=("self",))
        .select_related("population__study")
        .get(pk=replicate.sample_id)
    )
    return _release(sample, [replicate.number], actor=actor, now=now, reason=reason)


@transaction.atomic
def release_next_replicates(
    *, sample: Sample, count: int, actor: User | None, now: datetime, reason: str = "", after: int | None = None
) -> int:
    """Open the cases of the next `count` replicates, in order.

    Args:
        after: the last replicate that was released when the person decided (0 for none); None doesn't check. Two people
            who press the button at once, or one who presses it twice, release once.

    Returns:
        the number of cases opened.

    Raises:
        InvalidInput: `bad_count`, where fewer than `count` replicates wait.
        Conflict: `already_released`, where others were released meanwhile; `sample_not_ready`.
    """
    sample = (
        Sample.objects.select_for_update(no_key=True, of=("self",))
        .select_related("population__study")
        .get(pk=sample.pk)
    )
    waiting = sample.replicates.filter(released_at=None).order_by("number")
    numbers = list(waiting.values_list("number", flat=True)[: max(count, 0)])
    if count < 1 or len(numbers) < count:
        message = _("At most %(count)d: no more replicates are waiting.") % {"count": waiting.count()}
        raise InvalidInput("bad_count", message, {"count": message})
    if after is not None and numbers[0] != after + 1:
        raise Conflict("already_released", _("Somebody has released replicates meanwhile. Look again, then decide."))
    return _release(sample, numbers, actor=actor, now=now, reason=reason)


def _release(sample: Sample, numbers: list[int], *, actor: User | None, now: datetime, reason: str) -> int:
    if sample.status != Sample.Status.READY:
        raise Conflict("sample_not_ready", _("This sample is not drawn yet."))
    if sample.replicates.filter(released_at=None, number__lt=min(numbers)).exists():
        raise Conflict("out_of_order", _("Earlier replicates of this sample still wait; release them first."))
    released = sample.replicates.filter(number__in=numbers, released_at=None).update(
        released_at=now, released_by=actor, release_reason=reason
    )
    if released != len(numbers):
        raise Conflict("already_released", _("This replicate was released before."))
    # By id, not through a join: on a table of which the database has no statistics yet (the sample was drawn a moment
    # ago) a join of the cases with themselves can take minutes.
    replicates = list(sample.replicates.filter(number__in=numbers).values_list("pk", flat=True))
    opened = Case.objects.filter(replicate__in=replicates, status=Case.Status.SAMPLED).update(
        status=Case.Status.OPEN, due_at=now, queue=Case.Queue.FRESH
    )
    log_activity(
        study=sample.population.study,
        actor=actor,
        action="replicates.released",
        target=sample,
        data={"sample": sample.number, "replicates": numbers, "cases": opened, "reason": reason},
        now=now,
    )
    return opened
