"""Recordings: taking files in, matching them to call attempts, measuring them.

Locks: a recording's row is locked while it is matched. Measuring claims the row by a conditional UPDATE and holds
no lock while it decodes; only who still has the claim may write the result, so that a task that is delivered twice
does no harm.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import IO
from uuid import uuid4

from celery import current_app
from django.conf import settings
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from fieldwork import recording_files
from fieldwork.models import CallAttempt, Recording
from fieldwork.recording_files import Received, TooLarge, received
from fieldwork.sound_formats import SoundFormat, mistaken_for, sound_format
from studies.errors import Conflict, InvalidInput
from studies.models import Population, User
from studies.services.activity import log_activity

MEASURE_TASK = "fieldwork.tasks.measure_recording"
#: A measurement takes seconds. After this time its worker is gone.
CLAIM_LASTS = timedelta(minutes=15)
#: A row that nobody has begun to measure after this time has lost its message.
MESSAGE_LOST = timedelta(minutes=5)
#: Files without a row that are older than this belong to no upload that is still going on.
ORPHAN_AGE = timedelta(hours=24)
#: Going back and forth in one recording is one hearing; the log gets one row in this time.
HEARING_LASTS = timedelta(hours=1)
#: Nobody starts a recorder hours before or after the interview.
LARGEST_OFFSET_MS = 6 * 60 * 60 * 1000


def store_recording(
    *,
    population: Population,
    file: IO[bytes],
    name: str,
    attempt: CallAttempt | None = None,
    uploaded_by: User | None,
    now: datetime,
    interview_offset_ms: int = 0,
) -> Recording:
    """Take in one sound file. It is measured afterwards, by a task.

    Args:
        name: its file name; where no `attempt` is given, a name as in `attempt_named` says which one it belongs to.
        interview_offset_ms: where on the recording the interview begins.

    Returns:
        The new recording; or, when the same file was stored for the same attempt before, that one.

    Raises:
        InvalidInput: the file is empty, too large or no sound file, or the attempt belongs to another population.
        Conflict: the same file is there already, for another call attempt or for none.
    """
    name = _clean_name(name)
    attempt = attempt or attempt_named(population=population, name=name)
    _check_attempt(population, attempt)
    _check_offset(interview_offset_ms)
    try:
        with received(file, limit=settings.MAX_UPLOAD_BYTES) as arrived:
            kind = _check_kind(arrived, name)
            return _find_same(population, arrived, attempt, name) or _keep_recording(
                arrived,
                kind,
                Recording(
                    population=population,
                    attempt=attempt,
                    original_name=name,
                    interview_offset_ms=interview_offset_ms,
                    uploaded_by=uploaded_by,
                    uploaded_at=now,
                ),
            )
    except TooLarge:
        raise InvalidInput(
            "too_large",
            _("“%(name)s” is larger than %(limit)d MB, the most that a recording may have. Save it as MP3 or Opus.")
            % {"name": name, "limit": settings.MAX_UPLOAD_BYTES // 2**20},
        ) from None


def _keep_recording(arrived: Received, kind: SoundFormat, recording: Recording) -> Recording:
    """Move the file into place and write its row. Either both are there afterwards, or neither."""
    recording.uid = uuid4()
    recording.path = f"{recording.population_id}/{recording.uid}.{kind.suffix}"
    recording.size = arrived.size
    recording.sha256 = arrived.sha256
    recording.media_type = kind.media_type
    place = recording_files.keep(arrived, recording.path)
    try:
        with transaction.atomic():
            recording.save(force_insert=True)
            log_activity(
                study=recording.population.study,
                actor=recording.uploaded_by,
                action="recording.stored",
                target=recording,
                data={"sha256": recording.sha256, "attempt": recording.attempt_id},
                now=recording.uploaded_at,
            )
            # Without a broker the file is stored all the same; `return_stuck` queues it later.
            transaction.on_commit(partial(send_to_measuring, [recording.pk]), robust=True)
    except IntegrityError:
        # Somebody stored the same file between our look and our write.
        place.unlink()
        same = _find_same(recording.population, arrived, recording.attempt, recording.original_name)
        if same is None:
            raise
        return same
    except BaseException:
        place.unlink(missing_ok=True)
        raise
    return recording


def _find_same(population: Population, arrived: Received, attempt: CallAttempt | None, name: str) -> Recording | None:
    """The recording with the same content for the same attempt. Raises Conflict where it belongs elsewhere."""
    same = (
        Recording.objects.filter(population=population, sha256=arrived.sha256).select_related("attempt__case").first()
    )
    if same is None or (attempt is not None and same.attempt_id == attempt.pk):
        return same
    if same.attempt is None:
        place = _("where it waits to be matched to a call")
    else:
        place = _("for case %(case)d, attempt %(attempt)d") % {
            "case": same.attempt.case.number,
            "attempt": same.attempt.number,
        }
    raise Conflict(
        "duplicate_recording",
        _("“%(name)s” is stored already, %(place)s: the content is the same, byte for byte.")
        % {"name": name, "place": place},
        {"recording": str(same.uid)},
    )


def _clean_name(name: str) -> str:
    """The last part of a path of any system, without characters that no file name has, 255 characters at most."""
    last = re.split(r"[\\/]", name.replace("\x00", ""))[-1].strip()
    return last[-255:] or "recording"


def _check_attempt(population: Population, attempt: CallAttempt | None) -> None:
    if attempt is not None and attempt.case.population_id != population.pk:
        raise InvalidInput(
            "other_population",
            _("This call attempt belongs to another population than %(population)s.") % {"population": population},
            {"attempt": _("another population")},
        )


def _check_offset(offset_ms: int) -> None:
    if abs(offset_ms) > LARGEST_OFFSET_MS:
        raise InvalidInput(
            "offset_out_of_range",
            _("The interview can't begin more than six hours before or after the recording."),
            {"interview_offset_ms": _("at most six hours")},
        )


def _check_kind(arrived: Received, name: str) -> SoundFormat:
    if not arrived.size:
        raise InvalidInput("empty", _("“%(name)s” is empty. Look whether the recorder has saved it.") % {"name": name})
    kind = sound_format(arrived.head)
    if kind is None:
        other = mistaken_for(arrived.head)
        text = (
            _("“%(name)s” is a %(other)s file, not a sound file.")
            if other
            else _("“%(name)s” is not a sound file that we know. WAV, MP3, Ogg, M4A, AMR, 3GP and FLAC can be stored.")
        )
        raise InvalidInput("not_sound", text % {"name": name, "other": other})
    return kind


# --- matching --------------------------------------------------------------------------------------------


def attempt_named(*, population: Population, name: str) -> CallAttempt | None:
    """The call attempt that a file name speaks of: `<study>-<population>-<case>-<attempt>`, then anything.

    `UCA-2021-KZ-1827-3.mp3` and `uca-2021-kz-001827-03_kate.wav` are attempt 3 of case 1827 of population KZ.
    """
    pattern = rf"{re.escape(str(population))}-(\d{{1,9}})-(\d{{1,4}})(?!\d)"
    match = re.match(pattern, name, re.IGNORECASE | re.ASCII)
    if match is None:
        return None
    return (
        CallAttempt.objects.filter(case__population=population, case__number=int(match[1]), number=int(match[2]))
        .select_related("case")
        .first()
    )


def population_named(*, populations: Iterable[Population], name: str) -> Population | None:
    """The population that a file name begins with, the longest name first."""
    for population in sorted(populations, key=lambda each: -len(str(each))):
        if re.match(rf"{re.escape(str(population))}-\d", name, re.IGNORECASE | re.ASCII):
            return population
    return None


def find_attempt(*, population: Population, case_number: int, attempt_number: int) -> CallAttempt:
    """The call attempt of these numbers. Raises InvalidInput where there is none."""
    found = (
        CallAttempt.objects.filter(case__population=population, case__number=case_number, number=attempt_number)
        .select_related("case")
        .first()
    )
    if found is None:
        raise InvalidInput(
            "no_such_attempt",
            _("%(population)s has no call attempt %(attempt)d of case %(case)d.")
            % {"population": population, "attempt": attempt_number, "case": case_number},
            {"attempt_number": _("no such call attempt")},
        )
    return found


@transaction.atomic
def match_recording(*, recording: Recording, attempt: CallAttempt, actor: User, now: datetime) -> Recording:
    """Say which call attempt a recording belongs to, or correct it; old and new are logged.

    Raises:
        InvalidInput: the attempt belongs to another population.
    """
    locked = Recording.objects.select_for_update().get(pk=recording.pk)
    _check_attempt(recording.population, attempt)
    if locked.attempt_id != attempt.pk:
        log_activity(
            study=recording.population.study,
            actor=actor,
            action="recording.matched",
            target=locked,
            data={"old": locked.attempt_id, "new": attempt.pk},
            now=now,
        )
        locked.attempt = attempt
        locked.save(update_fields=["attempt"])
    return locked


@transaction.atomic
def set_interview_offset(*, recording: Recording, offset_ms: int, actor: User, now: datetime) -> Recording:
    """Say where on the recording the interview begins, in milliseconds. Raises InvalidInput for more than six hours."""
    _check_offset(offset_ms)
    locked = Recording.objects.select_for_update().get(pk=recording.pk)
    if locked.interview_offset_ms != offset_ms:
        log_activity(
            study=recording.population.study,
            actor=actor,
            action="recording.offset_set",
            target=locked,
            data={"old": locked.interview_offset_ms, "new": offset_ms},
            now=now,
        )
        locked.interview_offset_ms = offset_ms
        locked.save(update_fields=["interview_offset_ms"])
    return locked


# --- hearing ---------------------------------------------------------------------------------------------


def note_hearing(*, recording: Recording, actor: User, now: datetime) -> None:
    """Log that a person hears a recording: once an hour, however often their player asks for parts of it."""
    seconds = int(HEARING_LASTS.total_seconds())
    if cache.add(f"recording-heard:{recording.pk}:{actor.pk}", True, timeout=seconds):
        log_activity(study=recording.population.study, actor=actor, action="recording.heard", target=recording, now=now)


# --- measuring -------------------------------------------------------------------------------------------


def send_to_measuring(recordings: Iterable[int]) -> None:
    """Put recordings (by id) into the queue of the workers. By the task's name, since tasks import services."""
    for recording in recordings:
        current_app.send_task(MEASURE_TASK, args=[recording])


def measure_recording(*, recording_id: int, now: datetime) -> bool:
    """Find out duration and waveform of a recording. Does nothing where another worker has it or had it; then False.

    What can't be played becomes FAILED with its reason.
    """
    # Only workers decode; the web server needn't load FFmpeg.
    from fieldwork.waveform import COPY_SUFFIX, NotSound, measure_sound, write_playable

    claimed = Recording.objects.filter(pk=recording_id, status=Recording.Status.UPLOADED).update(
        status=Recording.Status.MEASURING, claimed_at=now, error=""
    )
    if not claimed:
        return False
    recording = Recording.objects.get(pk=recording_id)
    try:
        sound = measure_sound(path_of(recording))
        copy = "" if sound.plays else f"{recording.population_id}/{recording.uid}.play.{COPY_SUFFIX}"
        if copy:
            write_playable(path_of(recording), recording_files.folder() / copy)
        result = {
            "status": Recording.Status.READY,
            "play_path": copy,
            "duration_ms": sound.duration_ms,
            "peaks": base64.b64encode(sound.peaks).decode(),
        }
    except NotSound as reason:
        result = {"status": Recording.Status.FAILED, "error": reason.code}
    except FileNotFoundError:
        result = {"status": Recording.Status.FAILED, "error": "lost"}
    # Whoever lost the claim meanwhile (returned as stuck) leaves the row to the next.
    return bool(
        Recording.objects.filter(pk=recording_id, status=Recording.Status.MEASURING, claimed_at=now).update(**result)
    )


def path_of(recording: Recording) -> Path:
    """Where the file lies."""
    return recording_files.folder() / recording.path


def play_path_of(recording: Recording) -> Path:
    """Where the file lies that browsers play: the file itself, or its copy."""
    return recording_files.folder() / (recording.play_path or recording.path)


def return_stuck(*, now: datetime) -> int:
    """Queue recordings again whose worker or message got lost. Returns how many."""
    Recording.objects.filter(status=Recording.Status.MEASURING, claimed_at__lt=now - CLAIM_LASTS).update(
        status=Recording.Status.UPLOADED, claimed_at=None
    )
    waiting = list(
        Recording.objects.filter(status=Recording.Status.UPLOADED, uploaded_at__lt=now - MESSAGE_LOST).values_list(
            "pk", flat=True
        )
    )
    send_to_measuring(waiting)
    return len(waiting)


def remove_orphans(*, now: datetime) -> int:
    """Delete what broken uploads have left: temporary files, and stored files without a row. Returns how many."""
    removed = 0
    oldest = (now - ORPHAN_AGE).timestamp()
    for place in (recording_files.incoming(), Path(settings.FILE_UPLOAD_TEMP_DIR)):
        removed += _remove(path for path in place.glob("*") if _older(path, oldest))
    for place in recording_files.folder().glob("*/"):
        if place == recording_files.incoming():
            continue
        old = {f"{place.name}/{path.name}": path for path in place.iterdir() if _older(path, oldest)}
        rows = Recording.objects.filter(Q(path__in=old) | Q(play_path__in=old)).values_list("path", "play_path")
        known = {name for row in rows for name in row}
        removed += _remove(path for name, path in old.items() if name not in known)
    return removed


def _older(path: Path, oldest: float) -> bool:
    return path.is_file() and path.stat().st_mtime < oldest


def _remove(paths: Iterable[Path]) -> int:
    count = 0
    for path in list(paths):
        path.unlink(missing_ok=True)
        count += 1
    return count
