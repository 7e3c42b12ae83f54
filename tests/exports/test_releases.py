"""Releases: asked for, written once, read back, offered; and what happens when something goes wrong on the way."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyreadstat
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import load_workbook

from exports.models import Release
from exports.services import releases as service
from exports.services.releases import (
    LOST_AFTER,
    STUCK_AFTER,
    cancel_release,
    request_release,
    requeue_stuck_releases,
    write_release,
)
from fieldwork.models import Interview
from qc.models import Correction, Verbatim
from qc.services.coding import code_verbatims, find_verbatims, load_code_frames
from studies.errors import Conflict, InvalidInput
from studies.models import ActivityLog, Study, User
from studies.models.study import Role
from tests.exports.scripts import small_script
from tests.factories import NOW, make_interview, make_member, make_study, make_user, make_version

pytestmark = pytest.mark.django_db

FRAME = {
    "name": "why",
    "title": {"en": "Why"},
    "items": ["why"],
    "codes": [{"number": 1, "label": {"en": "Borders"}}, {"number": 2, "label": {"en": "Politics"}}],
}


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.EXPORTS_ROOT = tmp_path / "exports"
    root: Path = settings.EXPORTS_ROOT
    return root


@pytest.fixture
def study() -> Study:
    study = make_study(populations=("KZ", "UZ"))
    make_version(study, small_script(), checksum=f"small-{study.pk}")
    load_code_frames(study=study, frames=[FRAME], actor=None, now=NOW)
    return study


@pytest.fixture
def lead(study: Study) -> User:
    return make_member(study, Role.LEAD).user


def interview(study: Study, population: str = "KZ", **fields: Any) -> Interview:
    defaults = {"status": Interview.Status.COMPLETED, "ended_at": NOW, "answers": {"age": 34, "friendly": "1"}}
    return make_interview(study.populations.get(code=population), **{**defaults, **fields})


def asked(study: Study, lead: User, **fields: Any) -> Release:
    wanted: dict[str, Any] = {"language": "ru", "populations": ["KZ", "UZ"], "include_partials": False}
    return request_release(study=study, actor=lead, now=NOW, **{**wanted, **fields})


def written(study: Study, lead: User, **fields: Any) -> Release:
    release = asked(study, lead, **fields)
    write_release(release_id=release.pk, clock=lambda: NOW)
    release.refresh_from_db()
    return release


def data(release: Release, folder: Path) -> Any:
    path = folder / release.files.get(kind="sav").path
    return pyreadstat.read_sav(str(path), user_missing=True)[0]


def test_a_release_has_three_files_with_hashes_and_the_accepted_interviews(
    study: Study, lead: User, folder: Path
) -> None:
    interview(study)
    interview(study, "UZ", answers={"age": {"missing": "refused"}})
    interview(study, rejected_at=NOW)
    interview(study, status=Interview.Status.SUSPENDED, ended_at=None)
    release = written(study, lead)
    assert release.status == Release.Status.READY, release.error
    assert {file.kind for file in release.files.all()} == {"sav", "xlsx", "codebook"}
    assert data(release, folder)["age"].tolist() == [34, -99]
    assert release.manifest["interviews_by_population"] == {"KZ": 1, "UZ": 1}
    workbook = load_workbook(folder / release.files.get(kind="xlsx").path)
    assert workbook["Codes"].max_row == 3


def test_partials_come_only_when_asked_for(study: Study, lead: User, folder: Path) -> None:
    interview(study, status=Interview.Status.PARTIAL)
    assert len(data(written(study, lead), folder)) == 0
    partial = data(written(study, lead, include_partials=True), folder)
    assert partial["complete"].tolist() == [0]


def test_corrections_replace_answers_and_answers_off_the_route_stay_out(study: Study, lead: User, folder: Path) -> None:
    row = interview(study, answers={"age": 34, "friendly": "1"}, off_route=["friendly"])
    Correction.objects.create(interview=row, key="age", old=34, new=43, reason="heard", made_by=lead, made_at=NOW)
    frame = data(written(study, lead), folder)
    assert frame["age"].tolist() == [43]
    assert frame["friendly"].isna().all()


def test_codes_are_in_the_file_and_what_waits_is_counted(study: Study, lead: User, folder: Path) -> None:
    for text in ("границы", "политика"):
        interview(study, answers={"why": text})
    find_verbatims(study=study, now=NOW)
    coder = make_member(study, Role.CODER).user
    code_verbatims(verbatims=Verbatim.objects.filter(text="границы"), coder=coder, codes=[1], now=NOW)
    release = written(study, lead)
    assert release.manifest["open_answers_not_coded"] == 1
    assert data(release, folder)["why_c01"].fillna(-1).tolist() == [1, -1]
    assert "why" not in data(release, folder).columns
    assert "why" in data(written(study, lead, with_verbatims=True), folder).columns


def test_nothing_identifies_anybody(study: Study, lead: User, folder: Path) -> None:
    made = interview(study)
    text = data(written(study, lead), folder).to_csv() + "".join(data(written(study, lead), folder).columns)
    assert made.interviewer.username not in text
    assert "phone" not in text


def test_the_same_content_has_the_same_hash(study: Study, lead: User) -> None:
    interview(study)
    first, second = written(study, lead), written(study, lead)
    assert (first.number, second.number) == (1, 2)
    assert first.content_hash == second.content_hash
    interview(study)
    assert written(study, lead).content_hash != first.content_hash


def test_a_task_that_is_delivered_twice_writes_once(study: Study, lead: User) -> None:
    release = written(study, lead)
    finished = release.finished_at
    write_release(release_id=release.pk, clock=lambda: NOW + timedelta(hours=1))
    release.refresh_from_db()
    assert release.finished_at == finished


def test_a_file_that_does_not_read_back_is_not_offered(
    study: Study, lead: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interview(study)
    real = service.write_xlsx

    def damaged(dataset: Any, table: Any, path: Path, *, language: str) -> None:
        real(dataset, table.assign(age=99.0), path, language=language)

    monkeypatch.setattr(service, "write_xlsx", damaged)
    release = written(study, lead)
    assert release.status == Release.Status.FAILED
    assert "age in row 1" in release.error
    assert not release.files.exists()
    assert not list(folder.rglob("*.sav"))


def test_a_cancelled_release_is_not_written(study: Study, lead: User, folder: Path) -> None:
    release = asked(study, lead)
    cancel_release(release=release, actor=lead, now=NOW)
    write_release(release_id=release.pk, clock=lambda: NOW)
    release.refresh_from_db()
    assert release.status == Release.Status.CANCELLED
    assert not folder.exists() or not list(folder.rglob("*.sav"))
    with pytest.raises(Conflict):
        cancel_release(release=release, actor=lead, now=NOW)


def test_a_release_whose_worker_died_is_written_after_all(study: Study, lead: User, folder: Path) -> None:
    release = asked(study, lead)
    Release.objects.filter(pk=release.pk).update(status=Release.Status.WRITING, claimed_at=NOW)
    half = folder / study.code / ".1.writing"
    half.mkdir(parents=True)
    (half / "half.sav").write_bytes(b"half")
    assert requeue_stuck_releases(now=NOW) == []
    assert requeue_stuck_releases(now=NOW + STUCK_AFTER * 2) == [release.pk]
    write_release(release_id=release.pk, clock=lambda: NOW)
    release.refresh_from_db()
    assert release.status == Release.Status.READY
    assert not half.exists()


def test_a_worker_that_lost_its_claim_leaves_the_release_of_the_next_one_alone(
    study: Study, lead: User, folder: Path
) -> None:
    interview(study)
    release = asked(study, lead)
    later = NOW + STUCK_AFTER * 2
    asked_for_the_time = []

    def slow_clock() -> datetime:
        """The first worker hangs after its files are written; meanwhile another one does the work."""
        asked_for_the_time.append(NOW)
        if len(asked_for_the_time) == 3:
            assert requeue_stuck_releases(now=later) == [release.pk]
            write_release(release_id=release.pk, clock=lambda: later)
        return NOW

    write_release(release_id=release.pk, clock=slow_clock)
    release.refresh_from_db()
    assert len(asked_for_the_time) == 3
    assert (release.status, release.finished_at) == (Release.Status.READY, later)
    for file in release.files.all():
        assert hashlib.sha256((folder / file.path).read_bytes()).hexdigest() == file.sha256
    assert [path.name for path in (folder / study.code).iterdir()] == ["1"]


def test_a_release_whose_task_was_never_started_is_found(study: Study, lead: User) -> None:
    release = asked(study, lead)
    assert requeue_stuck_releases(now=NOW + LOST_AFTER * 2) == [release.pk]


@pytest.mark.parametrize(
    ("wanted", "code"),
    [({"populations": []}, "population"), ({"populations": ["XX"]}, "population"), ({"language": "de"}, "language")],
)
def test_what_can_not_be_asked_for(study: Study, lead: User, wanted: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        asked(study, lead, **wanted)
    assert refused.value.code == code
    assert not Release.objects.exists()


def test_a_study_without_a_published_questionnaire_has_no_data_yet() -> None:
    study = make_study()
    with pytest.raises(InvalidInput) as refused:
        asked(study, make_member(study, Role.LEAD).user, populations=["KZ"])
    assert refused.value.code == "no_version"


def test_the_number_of_queries_does_not_grow_with_the_interviews(study: Study, lead: User) -> None:
    interview(study)
    release = asked(study, lead)
    with CaptureQueriesContext(connection) as few:
        write_release(release_id=release.pk, clock=lambda: NOW)
    for _ in range(10):
        interview(study)
    release = asked(study, lead)
    with CaptureQueriesContext(connection) as many:
        write_release(release_id=release.pk, clock=lambda: NOW)
    assert len(many) == len(few)
    # A questionnaire is as large as a thousand answers: it is read once, not with each interview.
    rows = [query["sql"] for query in many if 'FROM "fieldwork_interview"' in query["sql"]]
    assert rows
    assert not any('"script"' in sql or '"form"' in sql for sql in rows)


# --- pages ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.CODER, Role.INTERVIEWER])
def test_only_the_lead_sees_data(client: Client, study: Study, lead: User, role: Role) -> None:
    release = written(study, lead)
    client.force_login(make_member(study, role).user)
    for name, args in (("releases", []), ("release", [release.number]), ("download", [release.number, "sav"])):
        assert client.get(reverse(f"exports:{name}", args=[study.code, *args])).status_code == 403
    client.force_login(make_user())
    assert client.get(reverse("exports:releases", args=[study.code])).status_code == 404


def test_the_lead_downloads_what_the_hash_promises(client: Client, study: Study, lead: User) -> None:
    interview(study)
    release = written(study, lead)
    client.force_login(lead)
    page = client.get(reverse("exports:release", args=[study.code, release.number]))
    file = release.files.get(kind="sav")
    assert file.sha256 in page.content.decode()
    answer = client.get(reverse("exports:download", args=[study.code, release.number, "sav"]))
    content = b"".join(answer.streaming_content)  # type: ignore[arg-type]
    assert hashlib.sha256(content).hexdigest() == file.sha256
    assert ActivityLog.objects.filter(action="release.downloaded", actor=lead).count() == 1


def test_the_form_says_what_is_missing(client: Client, study: Study, lead: User) -> None:
    client.force_login(lead)
    answer = client.post(reverse("exports:releases", args=[study.code]), {"language": "ru"})
    assert answer.status_code == 422
    assert not Release.objects.exists()
