"""Recordings through the API: sent by recorders and other programs, read and corrected by programs."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.authtoken.models import Token

from fieldwork.models import Recording
from fieldwork.services import recordings as services
from studies.models.study import Role
from tests.factories import make_attempt, make_case, make_member, make_population, make_study
from tests.sounds import sound_file, speech

pytestmark = pytest.mark.django_db
URL = "/api/v1/studies/UCA-2021/recordings"
SOUND = sound_file(speech(2))


@pytest.fixture(autouse=True)
def recordings_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path


@pytest.fixture
def population():
    return make_population(make_study("UCA-2021", populations=()), "KZ")


@pytest.fixture
def headers(population):
    """A program that logs in with the token of a supervisor."""
    user = make_member(population.study, Role.SUPERVISOR).user
    return {"Authorization": f"Token {Token.objects.create(user=user).key}"}


def send(client, headers, content=SOUND, name="x.wav", **data):
    return client.post(URL, {"file": SimpleUploadedFile(name, content), **data}, headers=headers)


def test_a_recorder_sends_a_file_by_its_name(client, headers, population):
    make_attempt(make_case(population, number=1827))
    answer = send(client, headers, name="UCA-2021-KZ-1827-1.wav")
    assert answer.status_code == 201
    body = answer.json()
    assert (body["population"], body["case_number"], body["attempt_number"]) == ("KZ", 1827, 1)
    assert (body["status"], body["size"], body["problem"]) == ("uploaded", len(SOUND), "")
    recording = Recording.objects.get()
    assert services.path_of(recording).read_bytes() == SOUND


def test_or_by_numbers_and_with_the_place_of_the_interview(client, headers, population):
    make_attempt(make_case(population, number=5))
    data = {"population": "KZ", "case_number": 5, "attempt_number": 1, "interview_offset_ms": 8500}
    assert send(client, headers, **data).status_code == 201
    assert Recording.objects.get().interview_offset_ms == 8500


def test_sent_twice_is_stored_once(client, headers, population):
    make_attempt(make_case(population, number=5))
    first = send(client, headers, population="KZ", case_number=5, attempt_number=1).json()
    assert send(client, headers, population="KZ", case_number=5, attempt_number=1).json()["uid"] == first["uid"]
    assert send(client, headers, population="KZ").json()["code"] == "duplicate_recording"
    assert Recording.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "data", "status", "code"),
    [
        (SOUND, {}, 422, "population_missing"),
        (SOUND, {"population": "XX"}, 404, "not_found"),
        (SOUND, {"population": "KZ", "case_number": 5}, 422, "invalid"),
        (SOUND, {"population": "KZ", "case_number": 5, "attempt_number": 7}, 422, "no_such_attempt"),
        (SOUND, {"population": "KZ", "interview_offset_ms": 10**9}, 422, "offset_out_of_range"),
        (b"%PDF", {"population": "KZ"}, 422, "not_sound"),
        (b"", {"population": "KZ"}, 422, "empty"),
    ],
)
def test_what_can_not_be_stored_says_why(client, headers, population, content, data, status, code):
    make_attempt(make_case(population, number=5))
    answer = send(client, headers, content, **data)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]
    assert not Recording.objects.exists()


def test_a_program_reads_corrects_and_hears(client, headers, population):
    attempt = make_attempt(make_case(population, number=5))
    uid = send(client, headers, population="KZ").json()["uid"]
    listed = client.get(URL, {"show": "unmatched"}, headers=headers).json()["results"]
    assert [row["uid"] for row in listed] == [uid]
    address = f"/api/v1/recordings/{uid}"
    change = {"case_number": 5, "attempt_number": 1, "interview_offset_ms": 1000}
    changed = client.patch(address, change, "application/json", headers=headers).json()
    assert (changed["case_number"], changed["interview_offset_ms"]) == (5, 1000)
    assert Recording.objects.get().attempt == attempt
    part = client.get(f"{address}/sound", headers={**headers, "Range": "bytes=0-3"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"RIFF")


@pytest.mark.parametrize(
    ("role", "status"), [(Role.LEAD, 200), (Role.INTERVIEWER, 403), (Role.CODER, 403), (None, 404)]
)
def test_by_role(client, headers, population, role, status):
    uid = send(client, headers, population="KZ").json()["uid"]
    study = population.study if role else make_study()
    client.force_login(make_member(study, role or Role.SUPERVISOR).user)
    for address in (URL, f"/api/v1/recordings/{uid}", f"/api/v1/recordings/{uid}/sound"):
        assert client.get(address).status_code == status


def test_without_a_log_in_there_is_nothing(client, population):
    assert client.get(URL).status_code in {401, 403}
