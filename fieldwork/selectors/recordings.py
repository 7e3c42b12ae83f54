"""Recordings: which there are, which belong to an interview, what is wrong with one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fieldwork.models import Interview, JournalEntry, Recording
from studies.models import Population, Study

#: Sentences for the codes of waveform.NotSound, and for a file that is gone from the disk.
PROBLEMS: dict[str, Promise] = {
    "not_audio": _("The file begins like a sound file, but can't be read as one. Send it again from the recorder."),
    "no_track": _("There is no sound in the file, only other tracks."),
    "broken": _("No part of the file can be played. It was probably cut off while it was copied: send it again."),
    "too_long": _("The file plays for more than twelve hours. Cut it, or check the recorder's settings."),
    "silent": _("The recording is silent from beginning to end. Check the recorder's input."),
    "lost": _("The file is gone from the disk of the server. Tell the administrator, or send it again."),
}


def problem_of(recording: Recording) -> str:
    """Why the recording can't be used and what to do, in the reader's language; empty where nothing is wrong."""
    if recording.status != Recording.Status.FAILED:
        return ""
    return str(PROBLEMS.get(recording.error, recording.error))


@dataclass(frozen=True)
class RecordingCounts:
    """How many recordings a study has, by what has to be done with them."""

    total: int
    unmatched: int
    failed: int
    waiting: int


def recording_counts(study: Study) -> RecordingCounts:
    """Counts of all recordings of a study that are not purged."""
    status = Recording.Status
    counts = _of_study(study).aggregate(
        total=Count("pk"),
        unmatched=Count("pk", filter=Q(attempt__isnull=True)),
        failed=Count("pk", filter=Q(status=status.FAILED)),
        waiting=Count("pk", filter=Q(status__in=[status.UPLOADED, status.MEASURING])),
    )
    return RecordingCounts(**counts)


def _of_study(study: Study) -> QuerySet[Recording]:
    return Recording.objects.filter(population__study=study).exclude(status=Recording.Status.PURGED)


def recordings_listed(
    study: Study, *, show: str = "", population: Population | None = None, case_number: int | None = None
) -> QuerySet[Recording]:
    """Recordings of a study, newest first, with what a list shows.

    Args:
        show: `unmatched`, `failed`, `waiting` or, for all, empty.
    """
    found = _of_study(study).select_related("population", "attempt__case", "attempt__interviewer", "uploaded_by")
    if population is not None:
        found = found.filter(population=population)
    if case_number is not None:
        found = found.filter(attempt__case__number=case_number)
    if show == "unmatched":
        found = found.filter(attempt__isnull=True)
    elif show == "failed":
        found = found.filter(status=Recording.Status.FAILED)
    elif show == "waiting":
        found = found.filter(status__in=[Recording.Status.UPLOADED, Recording.Status.MEASURING])
    return found.order_by("-uploaded_at", "-pk")


def recordings_of(interview: Interview) -> list[Recording]:
    """The recordings of an interview's sittings that can be heard, in the order in which they were spoken.

    A recording of a call in which nobody was interviewed (a ringing tone, a refusal) is none of them.
    """
    spoken = JournalEntry.objects.filter(interview=interview, attempt=OuterRef("attempt_id"))
    return list(
        Recording.objects.filter(
            Q(attempt=interview.attempt_id) | Q(Exists(spoken)),
            attempt__case=interview.case_id,
            status=Recording.Status.READY,
        )
        .select_related("attempt", "population")
        .order_by("attempt__number", "uploaded_at", "pk")
    )


def has_recording(statuses: Iterable[str], of: str = "") -> Exists:
    """Condition on interviews: there is a recording of one of its sittings with one of these statuses.

    For rows that only lead to an interview, `of` is the way there (`interview__`).
    """
    spoken = JournalEntry.objects.filter(interview=OuterRef(OuterRef(f"{of}pk")), attempt=OuterRef("attempt_id"))
    return Exists(
        Recording.objects.filter(
            Q(attempt=OuterRef(f"{of}attempt_id")) | Q(Exists(spoken)),
            attempt__case=OuterRef(f"{of}case_id"),
            status__in=list(statuses),
        )
    )
