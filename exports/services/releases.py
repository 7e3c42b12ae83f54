"""Releases: asked for by a person, written by a task, offered only after they have been read back.

Who may do what at once: a release row is claimed by a conditional UPDATE, so that a task delivered twice writes once,
and only who still has the claim changes the row. Files are written into a folder of this claim with a temporary name.
When all of them are right, the row becomes READY and the folder gets its name in one transaction: the lock of the row
keeps everybody else from the place meanwhile. A process killed at any point leaves a WRITING row that
`requeue_stuck_releases` returns, and folders that the next try removes.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import pyreadstat
from django.conf import settings
from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils.translation import gettext_lazy as _

from exports.labels import LabelBook
from exports.models import Release, ReleaseFile
from exports.readback import ReadBackError, check_sav, check_xlsx
from exports.selectors.records import StudyData, read_study_data
from exports.table import build_table, content_hash
from exports.writers.codebook import write_codebook
from exports.writers.sav import write_sav
from exports.writers.xlsx import write_xlsx
from questionnaires.models import QuestionnaireVersion
from studies.errors import Conflict, InvalidInput
from studies.models import Study, User
from studies.models.study import INTERVIEW_LANGUAGES
from studies.services.activity import log_activity

STUCK_AFTER = timedelta(minutes=30)
#: A queued release without a task: the web server died between storing the row and starting the task.
LOST_AFTER = timedelta(minutes=2)


class ReleaseCancelled(Exception):
    """Somebody cancelled the release while it was being written, or another worker has it now."""


def release_folder() -> Path:
    """Where the files of releases lie."""
    return Path(settings.EXPORTS_ROOT)


@transaction.atomic
def request_release(
    *,
    study: Study,
    language: str,
    populations: Sequence[str],
    include_partials: bool,
    actor: User,
    now: datetime,
    with_verbatims: bool = False,
) -> Release:
    """Queue a release; the caller starts `tasks.write_release_files` for it.

    Raises InvalidInput for an unknown language or population, or where no questionnaire is published.
    """
    Study.objects.select_for_update().get(pk=study.pk)
    known = set(study.populations.values_list("code", flat=True))
    if not populations or not known.issuperset(populations):
        raise InvalidInput(
            "population", _("Choose at least one population of this study."), {"populations": _("required")}
        )
    if language not in INTERVIEW_LANGUAGES:
        raise InvalidInput("language", _("Choose a language for the labels."), {"language": _("unknown language")})
    if not QuestionnaireVersion.objects.filter(questionnaire__study=study, published_at__isnull=False).exists():
        raise InvalidInput("no_version", _("No questionnaire of this study is published yet."))
    last = study.releases.aggregate(last=Max("number"))["last"] or 0
    release = Release.objects.create(
        study=study,
        number=last + 1,
        language=language,
        populations=sorted(populations),
        include_partials=include_partials,
        with_verbatims=with_verbatims,
        created_by=actor,
        created_at=now,
    )
    log_activity(
        study=study,
        actor=actor,
        action="release.requested",
        target=release,
        data={"number": release.number, "language": language, "populations": sorted(populations)},
        now=now,
    )
    return release


@transaction.atomic
def cancel_release(*, release: Release, actor: User, now: datetime) -> None:
    """Stop a release that is not finished. Raises Conflict where it is."""
    changed = Release.objects.filter(pk=release.pk, status__in=[Release.Status.QUEUED, Release.Status.WRITING]).update(
        status=Release.Status.CANCELLED, finished_at=now
    )
    if not changed:
        raise Conflict("finished", _("This release is already finished."))
    log_activity(study=release.study, actor=actor, action="release.cancelled", target=release, now=now)


@transaction.atomic
def open_release_file(*, file: ReleaseFile, actor: User, now: datetime) -> BinaryIO:
    """Open a file of a finished release for reading; who took it is logged."""
    log_activity(
        study=file.release.study,
        actor=actor,
        action="release.downloaded",
        target=file.release,
        data={"file": file.name, "sha256": file.sha256},
        now=now,
    )
    return (release_folder() / file.path).open("rb")


def write_release(*, release_id: int, clock: Callable[[], datetime]) -> None:
    """Do the work of one release. A second delivery of the same task finds nothing to claim and returns."""
    if not _claim(release_id, clock()):
        return
    release = Release.objects.select_related("study").get(pk=release_id)
    try:
        _write_files(release, clock)
    except ReleaseCancelled:
        shutil.rmtree(_temporary(release), ignore_errors=True)
    except (ReadBackError, pyreadstat.ReadstatError, OSError, ValueError) as error:
        shutil.rmtree(_temporary(release), ignore_errors=True)
        _claimed(release).update(
            status=Release.Status.FAILED, error=f"{type(error).__name__}: {error}", finished_at=clock()
        )


def requeue_stuck_releases(*, now: datetime) -> list[int]:
    """Return releases whose writer has died to the queue; their ids, so that tasks can be started for them."""
    stuck = Release.objects.filter(status=Release.Status.WRITING, claimed_at__lt=now - STUCK_AFTER)
    lost = Release.objects.filter(status=Release.Status.QUEUED, created_at__lt=now - LOST_AFTER)
    ids = list(stuck.values_list("pk", flat=True))
    stuck.filter(pk__in=ids).update(status=Release.Status.QUEUED, claimed_at=None, progress=0)
    return ids + list(lost.exclude(pk__in=ids).values_list("pk", flat=True))


# --- the steps of the task -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Written:
    """A file that was written and read back."""

    kind: ReleaseFile.Kind
    path: Path


def _claim(release_id: int, now: datetime) -> bool:
    claimed = Release.objects.filter(pk=release_id, status=Release.Status.QUEUED).update(
        status=Release.Status.WRITING, claimed_at=now, error="", progress=1, stage="reading"
    )
    return claimed == 1


def _write_files(release: Release, clock: Callable[[], datetime]) -> None:
    study = release.study
    data = read_study_data(
        study,
        populations=release.populations,
        include_partials=release.include_partials,
        with_verbatims=release.with_verbatims,
    )
    _progress(release, 25, "writing_sav")
    folder = _temporary(release)
    for left in folder.parent.glob(f".{release.number}.*writing"):
        shutil.rmtree(left, ignore_errors=True)
    folder.mkdir(parents=True)
    stem = f"{study.code}_r{release.number}_{release.language}"
    table, labels = build_table(data.dataset, data.records), LabelBook()
    sav, xlsx = folder / f"{stem}.sav", folder / f"{stem}.xlsx"
    title = f"{study.code} release {release.number}"
    write_sav(data.dataset, table, sav, language=release.language, title=title, labels=labels)
    _progress(release, 40, "writing_xlsx")
    write_xlsx(data.dataset, table, xlsx, language=release.language)
    _progress(release, 60, "writing_codebook")
    release.content_hash = content_hash(data.dataset, table)
    release.manifest = _manifest(release, data, len(labels.cuts), clock())
    codebook = folder / f"{stem}_codebook.xlsx"
    write_codebook(data.dataset, table, codebook, languages=data.languages, about=release.manifest, cuts=labels.cuts)
    _progress(release, 75, "checking")
    check_sav(data.dataset, table, sav, language=release.language)
    check_xlsx(data.dataset, table, xlsx)
    _finish(
        release,
        [
            _Written(ReleaseFile.Kind.SAV, sav),
            _Written(ReleaseFile.Kind.XLSX, xlsx),
            _Written(ReleaseFile.Kind.CODEBOOK, codebook),
        ],
        clock(),
    )


def _claimed(release: Release) -> QuerySet[Release]:
    """The row, as long as this claim stands."""
    return Release.objects.filter(pk=release.pk, status=Release.Status.WRITING, claimed_at=release.claimed_at)


def _progress(release: Release, percent: int, stage: str) -> None:
    """Tell the waiting person where we are. Raises ReleaseCancelled where they don't want it any more."""
    if not _claimed(release).update(progress=percent, stage=stage):
        raise ReleaseCancelled


def _manifest(release: Release, data: StudyData, cuts: int, now: datetime) -> dict[str, object]:
    by_population = {
        code: sum(1 for record in data.records if record.population == code) for code in release.populations
    }
    return {
        "study": release.study.code,
        "release": release.number,
        "written_at": now.isoformat(timespec="seconds"),
        "label_language": release.language,
        "interviews": len(data.records),
        "interviews_by_population": by_population,
        "partials": sum(1 for record in data.records if not record.complete),
        "variables": len(data.dataset.variables),
        "questionnaire_versions": {str(v.number): v.checksum for v in data.versions},
        "open_answers_not_coded": data.uncoded,
        "labels_shortened": cuts,
        "content_hash": release.content_hash,
    }


def _finish(release: Release, written: list[_Written], now: datetime) -> None:
    final = release_folder() / release.study.code / str(release.number)
    with transaction.atomic():
        done = _claimed(release).update(
            status=Release.Status.READY,
            progress=100,
            stage="",
            content_hash=release.content_hash,
            manifest=release.manifest,
            finished_at=now,
        )
        if not done:
            raise ReleaseCancelled
        shutil.rmtree(final, ignore_errors=True)
        _temporary(release).rename(final)
        release.files.all().delete()
        for file in written:
            path = final / file.path.name
            ReleaseFile.objects.create(
                release=release,
                kind=file.kind,
                path=str(path.relative_to(release_folder())),
                name=path.name,
                size=path.stat().st_size,
                sha256=_sha256(path),
            )


def _temporary(release: Release) -> Path:
    claim = f"{release.claimed_at:%Y%m%d%H%M%S%f}" if release.claimed_at else ""
    return release_folder() / release.study.code / f".{release.number}.{claim}.writing"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
