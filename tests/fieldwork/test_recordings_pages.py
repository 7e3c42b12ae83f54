"""The pages of recordings: who may come in, uploading, matching, and sound in parts."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from fieldwork.models import Recording
from fieldwork.services import recordings as services
from fieldwork.sound_formats import sound_format
from studies.models import ActivityLog
from studies.models.study import Role
from tests.factories import make_attempt, make_case, make_member, make_population, make_study, make_user
from tests.sounds import sound_file, speech

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def recordings_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    return tmp_path / "recordings"


@pytest.fixture
def population():
    return make_population(make_study("UCA-2021", populations=()), "KZ")


@pytest.fixture
def supervisor(population, client):
    user = make_member(population.study, Role.SUPERVISOR).user
    client.force_login(user)
    return user


def upload(client, *files, **data):
    url = reverse("fieldwork:recording_upload", args=["UCA-2021"])
    data.setdefault("population", "KZ")
    sounds = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post(url, {"sounds": sounds, **data})


@pytest.fixture
def recording(client, population, supervisor):
    attempt = make_attempt(make_case(population, number=1827))
    upload(client, ("UCA-2021-KZ-1827-1.wav", sound_file(speech(20))))
    found = Recording.objects.get(attempt=attempt)
    cache_key = f"recording-heard:{found.pk}:{supervisor.pk}"
    from django.core.cache import cache

    cache.delete(cache_key)
    return found


def sound(client, recording, method="get", **headers):
    url = reverse("fieldwork:recording_sound", args=["UCA-2021", recording.uid])
    return getattr(client, method)(url, headers=headers)


# --- who may come in -------------------------------------------------------------------------------------


def test_only_supervisors_and_leads_come_in(client, recording, population):
    addresses = [
        reverse("fieldwork:recordings", args=["UCA-2021"]),
        reverse("fieldwork:recording_upload", args=["UCA-2021"]),
        reverse("fieldwork:recording", args=["UCA-2021", recording.uid]),
        reverse("fieldwork:recording_sound", args=["UCA-2021", recording.uid]),
    ]
    expected = {Role.SUPERVISOR: 200, Role.LEAD: 200, Role.INTERVIEWER: 403, Role.CODER: 403}
    for role, status in expected.items():
        client.force_login(make_member(population.study, role).user)
        assert [client.get(address).status_code for address in addresses] == [status] * 4, role
    client.force_login(make_user())
    assert [client.get(address).status_code for address in addresses] == [404] * 4
    client.force_login(make_member(make_study(), Role.LEAD).user)
    assert [client.get(address).status_code for address in addresses] == [404] * 4


def test_a_recording_of_another_study_is_not_found_through_mine(client, recording):
    other = make_study("OTHER")
    client.force_login(make_member(other, Role.SUPERVISOR).user)
    for view in ("recording", "recording_sound"):
        assert client.get(reverse(f"fieldwork:{view}", args=["OTHER", recording.uid])).status_code == 404


# --- uploading -------------------------------------------------------------------------------------------


def test_files_of_an_upload_stand_each_for_itself(client, population, supervisor):
    attempt = make_attempt(make_case(population, number=5))
    answer = upload(
        client,
        ("UCA-2021-KZ-5-1.wav", sound_file(speech(1))),
        ("voice note.wav", sound_file(speech(1, seed=2))),
        ("copy of voice note.wav", sound_file(speech(1, seed=2))),
        ("bill.pdf", b"%PDF-1.7"),
        ("nothing.wav", b""),
    )
    assert answer.status_code == 200
    text = answer.content.decode()
    assert "KZ, case 5, attempt 1" in text
    assert "match it by hand" in text
    assert "“bill.pdf” is a PDF file" in text
    assert "“nothing.wav” is empty" in text
    assert set(Recording.objects.values_list("original_name", "attempt", "uploaded_by")) == {
        ("UCA-2021-KZ-5-1.wav", attempt.pk, supervisor.pk),
        ("voice note.wav", None, supervisor.pk),
    }
    # The unmatched one was stored twice under two names: the second time it was recognised.
    assert "“copy of voice note.wav” is stored already, where it waits" in text
    assert text.count("not stored") == 3


def test_one_file_can_be_given_to_a_call(client, population, supervisor):
    attempt = make_attempt(make_case(population, number=5))
    upload(client, ("whatever.wav", sound_file(speech(1))), case_number=5, attempt_number=1)
    assert Recording.objects.get().attempt == attempt


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"case_number": 5}, "Case and attempt are given together"),
        ({"case_number": 5, "attempt_number": 9}, "no call attempt 9 of case 5"),
        ({"population": "XX"}, "Select a valid choice"),
    ],
)
def test_a_mistake_in_the_form_is_said(client, population, supervisor, fields, words):
    make_attempt(make_case(population, number=5))
    answer = upload(client, ("whatever.wav", sound_file(speech(1))), **fields)
    assert words in answer.content.decode()
    assert not Recording.objects.exists()


def test_without_a_file_the_form_asks_for_one(client, supervisor):
    assert upload(client).status_code == 422


def test_several_files_cannot_be_given_to_one_call(client, population, supervisor):
    make_attempt(make_case(population, number=5))
    files = [(f"{seed}.wav", sound_file(speech(1, seed=seed))) for seed in (1, 2)]
    answer = upload(client, *files, case_number=5, attempt_number=1)
    assert answer.status_code == 422
    assert not Recording.objects.exists()


# --- the list and one recording --------------------------------------------------------------------------


def test_the_list_shows_and_filters(client, population, supervisor):
    make_attempt(make_case(population, number=5))
    upload(client, ("UCA-2021-KZ-5-1.wav", sound_file(speech(1))), ("other.wav", sound_file(speech(1, seed=2))))
    url = reverse("fieldwork:recordings", args=["UCA-2021"])
    assert "2 stored · 1 without a call" in client.get(url).content.decode()
    unmatched = client.get(url, {"show": "unmatched"}).content.decode()
    assert "other.wav" in unmatched
    assert "UCA-2021-KZ-5-1.wav" not in unmatched
    by_case = client.get(url, {"case": "5"}).content.decode()
    assert "UCA-2021-KZ-5-1.wav" in by_case
    assert "other.wav" not in by_case
    assert "No recording is like this" in client.get(url, {"show": "failed"}).content.decode()
    assert client.get(url, {"case": "٥", "population": "?", "show": "?", "page": "x"}).status_code == 200


def test_the_list_asks_the_same_number_of_questions_for_more_rows(
    client, population, supervisor, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def rows(numbers):
        for number in numbers:
            attempt = make_attempt(make_case(population))
            Recording.objects.create(
                population=population,
                attempt=attempt,
                original_name=f"{number}",
                path=f"{number}",
                size=1,
                sha256=f"{number}",
                uploaded_at=attempt.started_at,
            )

    url = reverse("fieldwork:recordings", args=["UCA-2021"])
    rows(range(3))
    client.get(url)
    with CaptureQueriesContext(connection) as few:
        client.get(url)
    rows(range(3, 20))
    with django_assert_num_queries(len(few)):
        client.get(url)


def test_a_recording_is_matched_by_hand(client, population, supervisor):
    attempt = make_attempt(make_case(population, number=5))
    upload(client, ("other.wav", sound_file(speech(1))))
    recording = Recording.objects.get()
    url = reverse("fieldwork:recording_match", args=["UCA-2021", recording.uid])
    wrong = client.post(url, {"case_number": 5, "attempt_number": 2})
    assert wrong.status_code == 422
    assert "has no call attempt 2 of case 5" in wrong.content.decode()
    right = client.post(url, {"case_number": 5, "attempt_number": 1}, follow=True)
    assert "now belongs to case 5, attempt 1" in right.content.decode()
    recording.refresh_from_db()
    assert recording.attempt == attempt


# --- sound -----------------------------------------------------------------------------------------------


def body(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_the_whole_sound(client, recording):
    content = services.path_of(recording).read_bytes()
    response = sound(client, recording)
    assert response.status_code == 200
    assert body(response) == content
    assert response["Content-Length"] == str(len(content))
    assert response["Content-Type"] == "audio/wav"
    assert response["Accept-Ranges"] == "bytes"
    assert 'filename="UCA-2021-KZ-1827-1.wav"' in response["Content-Disposition"]
    assert "private" in response["Cache-Control"]


@pytest.mark.parametrize(
    ("header", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-65535", 0, 65535),
        ("bytes=65535-65537", 65535, 65537),  # across the edge of a chunk
        ("bytes=100000-300000", 100000, 300000),
        ("bytes=300000-", 300000, None),
        ("bytes=-1000", -1000, None),
        ("bytes=10-99999999", 10, None),
    ],
)
def test_a_part_of_the_sound_byte_by_byte(client, recording, header, first, last):
    content = services.path_of(recording).read_bytes()
    size = len(content)
    start = first if first >= 0 else size + first
    end = size - 1 if last is None else last
    response = sound(client, recording, Range=header)
    assert response.status_code == 206
    assert body(response) == content[start : end + 1]
    assert response["Content-Range"] == f"bytes {start}-{end}/{size}"
    assert response["Content-Length"] == str(end - start + 1)


def test_a_part_that_is_not_there(client, recording):
    response = sound(client, recording, Range="bytes=99999999-")
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{recording.size}"
    assert body(response) == b""


@pytest.mark.parametrize("header", ["bytes=0-1,10-11", "bytes=5-1", "lines=1-2", "nonsense"])
def test_what_is_not_understood_or_asks_for_several_parts_gets_the_whole(client, recording, header):
    response = sound(client, recording, Range=header)
    assert response.status_code == 200
    assert len(body(response)) == recording.size


def test_if_range(client, recording):
    etag = sound(client, recording)["ETag"]
    assert sound(client, recording, Range="bytes=0-9", **{"If-Range": etag}).status_code == 206
    changed = sound(client, recording, Range="bytes=0-9", **{"If-Range": '"another"'})
    assert changed.status_code == 200
    assert len(body(changed)) == recording.size


def test_a_player_that_has_it_gets_304(client, recording):
    etag = sound(client, recording)["ETag"]
    assert sound(client, recording, **{"If-None-Match": f'"x", W/{etag}'}).status_code == 304
    assert sound(client, recording, **{"If-None-Match": '"x"'}).status_code == 200


def test_head_tells_without_sending(client, recording):
    response = sound(client, recording, "head", Range="bytes=0-9")
    assert response.status_code == 200
    assert response["Content-Length"] == str(recording.size)
    assert body(response) == b""
    assert not ActivityLog.objects.filter(action="recording.heard").exists()
    assert sound(client, recording, "post").status_code == 405


def test_the_proxy_sends_where_there_is_one(client, recording, settings):
    settings.MEDIA_ACCEL_PREFIX = "/protected/"
    response = sound(client, recording)
    assert response["X-Accel-Redirect"] == f"/protected/recordings/{recording.path}"
    assert response["Content-Type"] == "audio/wav"
    assert response.content == b""
    client.force_login(make_user())
    assert sound(client, recording).status_code == 404


def test_browsers_get_the_copy_and_others_the_file_as_it_was_sent(client, population, supervisor):
    content = sound_file(speech(3), "amr")
    upload(client, ("note.amr", content))
    recording = Recording.objects.get()
    services.measure_recording(recording_id=recording.pk, now=recording.uploaded_at)
    copy = sound(client, recording)
    assert copy["Content-Type"] == "audio/mpeg"
    assert sound_format(body(copy)[:64]).suffix == "mp3"
    address = reverse("fieldwork:recording_sound", args=["UCA-2021", recording.uid])
    original = client.get(address, {"original": ""})
    assert (original["Content-Type"], body(original)) == ("audio/amr", content)
    assert original["ETag"] != copy["ETag"]
    assert original["Content-Disposition"].endswith('.amr"')
    assert (
        "The file as it was sent"
        in client.get(reverse("fieldwork:recording", args=["UCA-2021", recording.uid])).content.decode()
    )


def test_hearing_is_logged_once_however_many_parts_a_player_asks_for(client, recording, supervisor, population):
    for start in (0, 1000, 2000):
        sound(client, recording, Range=f"bytes={start}-{start + 9}")
    log = ActivityLog.objects.get(action="recording.heard")
    assert (log.actor, log.target) == (supervisor, f"recording:{recording.pk}")
    client.force_login(make_member(population.study, Role.LEAD).user)
    sound(client, recording)
    assert ActivityLog.objects.filter(action="recording.heard").count() == 2


def test_a_purged_or_lost_recording_is_not_found(client, recording):
    services.path_of(recording).unlink()
    assert sound(client, recording).status_code == 404
    Recording.objects.update(status="purged")
    assert client.get(reverse("fieldwork:recording", args=["UCA-2021", recording.uid])).status_code == 404
