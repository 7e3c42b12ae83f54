"""Taking recordings in, matching and measuring them."""

from __future__ import annotations

import base64
import io
import os
from datetime import timedelta

import pytest
from django.db import IntegrityError

from fieldwork import recording_files
from fieldwork.models import Recording
from fieldwork.selectors.recordings import problem_of, recording_counts
from fieldwork.services import recordings as services
from fieldwork.sound_formats import sound_format
from fieldwork.waveform import SLICES
from studies.errors import Conflict, InvalidInput
from studies.models import ActivityLog
from studies.models.study import Role
from tests.factories import NOW, make_attempt, make_case, make_member, make_population, make_study
from tests.sounds import sound_file, speech, steps

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=1)


@pytest.fixture(autouse=True)
def recordings_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "incoming"
    settings.FILE_UPLOAD_TEMP_DIR.mkdir()
    return tmp_path / "recordings"


@pytest.fixture
def population():
    return make_population(make_study("UCA-2021", populations=()), "KZ")


def files_in(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def store(population, content=None, name="voice.wav", **fields):
    content = sound_file(speech(2)) if content is None else content
    return services.store_recording(
        population=population, file=io.BytesIO(content), name=name, uploaded_by=None, now=NOW, **fields
    )


def stored_and_measured(population, content=None, **fields):
    recording = store(population, content, **fields)
    assert services.measure_recording(recording_id=recording.pk, now=LATER)
    recording.refresh_from_db()
    return recording


# --- taking in -------------------------------------------------------------------------------------------


def test_a_stored_file_is_on_disk_byte_for_byte_with_its_row_and_log(population, recordings_folder):
    content = sound_file(speech(3), "mp3")
    supervisor = make_member(population.study, Role.SUPERVISOR).user
    recording = services.store_recording(
        population=population, file=io.BytesIO(content), name="C:\\calls\\one.mp3", uploaded_by=supervisor, now=NOW
    )
    assert services.path_of(recording).read_bytes() == content
    assert files_in(recordings_folder) == [services.path_of(recording)]
    assert (recording.status, recording.size, recording.media_type) == ("uploaded", len(content), "audio/mpeg")
    assert recording.original_name == "one.mp3"
    log = ActivityLog.objects.get(action="recording.stored")
    assert log.data["sha256"] == recording.sha256


def test_storing_queues_the_measurement(population, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        store(population)
    assert len(callbacks) == 1


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", "empty", "is empty"),
        (b"%PDF-1.7 invoice", "not_sound", "a PDF file"),
        (b"just some text", "not_sound", "not a sound file"),
    ],
)
def test_what_is_no_sound_is_refused_with_its_name_and_leaves_nothing(
    population, recordings_folder, content, code, words
):
    with pytest.raises(InvalidInput) as caught:
        store(population, content, name="bill.mp3")
    assert caught.value.code == code
    assert "bill.mp3" in str(caught.value)
    assert words in str(caught.value)
    assert not Recording.objects.exists()
    assert files_in(recordings_folder) == []


def test_a_file_over_the_limit_is_refused_before_it_fills_the_disk(population, recordings_folder, settings):
    settings.MAX_UPLOAD_BYTES = 2**20
    endless = io.BytesIO(b"RIFF" + bytes(3 * 2**20))
    with pytest.raises(InvalidInput, match="larger than 1 MB"):
        services.store_recording(population=population, file=endless, name="x.wav", uploaded_by=None, now=NOW)
    assert endless.tell() <= 2 * 2**20
    assert files_in(recordings_folder) == []


def test_a_broken_upload_leaves_neither_row_nor_file(population, recordings_folder):
    class Torn(io.BytesIO):
        def read(self, size=-1):
            if self.tell():
                raise OSError("the line is gone")
            return super().read(1000)

    with pytest.raises(OSError, match="line is gone"):
        services.store_recording(
            population=population, file=Torn(sound_file(speech(1))), name="x.wav", uploaded_by=None, now=NOW
        )
    assert not Recording.objects.exists()
    assert files_in(recordings_folder) == []


def test_a_row_that_cannot_be_written_takes_its_file_with_it(population, recordings_folder):
    with pytest.raises(IntegrityError):
        services.store_recording(
            population=population, file=io.BytesIO(sound_file(speech(1))), name="x.wav", uploaded_by=None, now=None
        )
    assert not Recording.objects.exists()
    assert files_in(recordings_folder) == []


def test_the_same_file_for_the_same_call_is_stored_once(population, recordings_folder):
    attempt = make_attempt(make_case(population))
    first = store(population, attempt=attempt)
    again = store(population, attempt=attempt, name="again.wav")
    assert again == first
    assert len(files_in(recordings_folder)) == 1


def test_the_same_file_for_another_call_is_an_error_that_says_where_it_is(population):
    attempt = make_attempt(make_case(population, number=17))
    first = store(population, attempt=attempt)
    with pytest.raises(Conflict, match="for case 17, attempt 1") as caught:
        store(population, attempt=make_attempt(make_case(population)))
    assert caught.value.fields == {"recording": str(first.uid)}
    with pytest.raises(Conflict):
        store(population)  # without a call
    assert Recording.objects.count() == 1


def test_an_attempt_of_another_population_is_refused(population):
    other = make_attempt(make_case(make_population(population.study, "UZ")))
    with pytest.raises(InvalidInput) as caught:
        store(population, attempt=other)
    assert caught.value.code == "other_population"


# --- matching --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "matched"),
    [
        ("UCA-2021-KZ-1827-3.mp3", True),
        ("uca-2021-kz-001827-03_2021-08-24.wav", True),
        ("UCA-2021-KZ-1827-3", True),
        ("UCA-2021-KZ-1827-31.mp3", False),
        ("UCA-2021-KZ-1827-2.mp3", False),
        ("UCA-2021-UZ-1827-3.mp3", False),
        ("UCA-2021-KZ-1827.mp3", False),
        ("recording 1827-3.mp3", False),
        ("UCA-2021-KZ-٣-3.mp3", False),
        ("UCA-2021-KZ-" + "9" * 40 + "-3.mp3", False),
    ],
)
def test_a_file_finds_its_call_by_its_name(population, name, matched):
    attempt = make_attempt(make_case(population, number=1827), number=3)
    found = store(population, name=name).attempt
    assert found == (attempt if matched else None)


def test_the_longest_population_name_wins():
    study = make_study("S", populations=())
    kz, kz1 = make_population(study, "KZ"), make_population(study, "KZ-1")
    assert services.population_named(populations=[kz, kz1], name="S-KZ-1-5-3.mp3") == kz1
    assert services.population_named(populations=[kz, kz1], name="s-kz-5-3.mp3") == kz
    assert services.population_named(populations=[kz, kz1], name="kz-5-3.mp3") is None


def test_matching_by_hand_is_logged_with_old_and_new(population):
    supervisor = make_member(population.study, Role.SUPERVISOR).user
    first, second = make_attempt(make_case(population)), make_attempt(make_case(population))
    recording = store(population)
    services.match_recording(recording=recording, attempt=first, actor=supervisor, now=NOW)
    services.match_recording(recording=recording, attempt=first, actor=supervisor, now=NOW)  # nothing changes
    services.match_recording(recording=recording, attempt=second, actor=supervisor, now=LATER)
    recording.refresh_from_db()
    assert recording.attempt == second
    log = ActivityLog.objects.filter(action="recording.matched").order_by("pk")
    assert [entry.data for entry in log] == [{"old": None, "new": first.pk}, {"old": first.pk, "new": second.pk}]


def test_no_such_call_attempt_is_said_in_its_numbers(population):
    with pytest.raises(InvalidInput, match="UCA-2021-KZ has no call attempt 4 of case 99"):
        services.find_attempt(population=population, case_number=99, attempt_number=4)


def test_the_place_of_the_interview_can_be_corrected_within_reason(population):
    supervisor = make_member(population.study, Role.SUPERVISOR).user
    recording = store(population)
    services.set_interview_offset(recording=recording, offset_ms=-1500, actor=supervisor, now=NOW)
    recording.refresh_from_db()
    assert recording.interview_offset_ms == -1500
    assert ActivityLog.objects.get(action="recording.offset_set").data == {"old": 0, "new": -1500}
    with pytest.raises(InvalidInput):
        services.set_interview_offset(recording=recording, offset_ms=7 * 3600 * 1000, actor=supervisor, now=NOW)


# --- measuring -------------------------------------------------------------------------------------------


def test_measuring_gives_length_and_waveform(population):
    recording = stored_and_measured(population, sound_file(steps([0.2, 0.9], seconds=3)))
    assert recording.status == "ready"
    assert recording.duration_ms == 6000
    peaks = base64.b64decode(recording.peaks)
    assert len(peaks) == SLICES
    assert peaks[100] == pytest.approx(51, abs=2)
    assert peaks[900] == pytest.approx(230, abs=2)


def test_what_browsers_do_not_play_gets_a_copy_that_stays(population, recordings_folder):
    recording = stored_and_measured(population, sound_file(speech(3), "amr"))
    assert recording.status == "ready"
    assert recording.play_path.endswith(".play.mp3")
    assert services.path_of(recording).read_bytes()[:5] == b"#!AMR"
    assert sound_format(services.play_path_of(recording).read_bytes()[:64]).suffix == "mp3"
    long_ago = (NOW - timedelta(days=2)).timestamp()
    for path in files_in(recordings_folder):
        os.utime(path, (long_ago, long_ago))
    assert services.remove_orphans(now=NOW) == 0


def test_what_browsers_play_needs_no_copy(population, recordings_folder):
    recording = stored_and_measured(population, sound_file(speech(3), "mp3"))
    assert recording.play_path == ""
    assert len(files_in(recordings_folder)) == 1


def test_a_task_delivered_twice_measures_once(population):
    recording = stored_and_measured(population)
    assert not services.measure_recording(recording_id=recording.pk, now=LATER + timedelta(minutes=1))
    recording.refresh_from_db()
    assert recording.claimed_at == LATER


def test_a_file_that_cannot_be_played_fails_with_its_reason(population):
    recording = stored_and_measured(population, b"RIFF\x24\x00\x00\x00WAVE" + bytes(100))
    assert recording.status == "failed"
    assert "end it again" in problem_of(recording)


def test_a_lost_file_fails_and_says_so(population):
    recording = store(population)
    services.path_of(recording).unlink()
    services.measure_recording(recording_id=recording.pk, now=LATER)
    recording.refresh_from_db()
    assert (recording.status, recording.error) == ("failed", "lost")


def test_who_lost_the_claim_does_not_write(population, monkeypatch):
    recording = store(population)
    from fieldwork import waveform

    measured = waveform.measure_sound

    def slow(path):
        sound = measured(path)
        services.return_stuck(now=LATER + timedelta(hours=1))  # meanwhile somebody found this worker dead
        return sound

    monkeypatch.setattr(waveform, "measure_sound", slow)
    assert not services.measure_recording(recording_id=recording.pk, now=LATER)
    recording.refresh_from_db()
    assert recording.status == "uploaded"


def test_rows_whose_worker_or_message_got_lost_are_queued_again(population):
    lost = store(population)
    dead = store(population, sound_file(speech(1, seed=2)))
    Recording.objects.filter(pk=dead.pk).update(status="measuring", claimed_at=NOW)
    busy = store(population, sound_file(speech(1, seed=3)))
    Recording.objects.filter(pk=busy.pk).update(status="measuring", claimed_at=NOW + timedelta(minutes=10))
    assert services.return_stuck(now=NOW + timedelta(minutes=16)) == 2
    assert services.return_stuck(now=NOW + timedelta(minutes=2)) == 0
    status = dict(Recording.objects.values_list("pk", "status"))
    assert status == {lost.pk: "uploaded", dead.pk: "uploaded", busy.pk: "measuring"}


def test_orphans_go_and_everything_else_stays(population, recordings_folder, settings):
    kept = store(population)
    old_part = recording_files.incoming() / "dead.part"
    new_part = recording_files.incoming() / "live.part"
    lost = services.path_of(kept).with_name("nobody.wav")
    torn = settings.FILE_UPLOAD_TEMP_DIR / "upload.tmp"
    for path in (old_part, new_part, lost, torn):
        path.write_bytes(b"x")
    long_ago = (NOW - timedelta(days=2)).timestamp()
    just_now = (NOW - timedelta(minutes=5)).timestamp()
    for path in (old_part, lost, torn, services.path_of(kept)):
        os.utime(path, (long_ago, long_ago))
    os.utime(new_part, (just_now, just_now))
    assert services.remove_orphans(now=NOW) == 3
    assert files_in(recordings_folder) == sorted([services.path_of(kept), new_part])
    assert not torn.exists()


# --- selectors -------------------------------------------------------------------------------------------


def test_counts_by_what_has_to_be_done(population):
    stored_and_measured(population)
    store(population, b"OggS" + bytes(10))
    stored_and_measured(
        population, b"RIFF\x24\x00\x00\x00WAVE" + bytes(100), attempt=make_attempt(make_case(population))
    )
    counts = recording_counts(population.study)
    assert (counts.total, counts.unmatched, counts.failed, counts.waiting) == (3, 2, 1, 1)
