"""Releases by program."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from exports.models import Release
from studies.models import Study, User
from studies.models.study import Role
from tests.exports.test_releases import folder, interview, lead, study, written  # noqa: F401 - fixtures
from tests.factories import make_member, make_user

pytestmark = pytest.mark.django_db


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


def test_a_release_is_asked_for_followed_and_fetched(study: Study, lead: User) -> None:  # noqa: F811
    interview(study)
    client = client_of(lead)
    base = f"/api/v1/studies/{study.code}/releases"
    asked = client.post(base, {"language": "ru", "populations": ["KZ"]})
    assert asked.status_code == 201
    assert asked.json()["status"] == "queued"
    release = written(study, lead)
    shown = client.get(f"{base}/{release.number}").json()
    assert shown["status"] == "ready"
    assert len(shown["files"]) == 3
    content = b"".join(client.get(f"{base}/{release.number}/sav").streaming_content)  # type: ignore[attr-defined]
    assert content.startswith(b"$FL2")
    assert [row["number"] for row in client.get(base).json()["results"]] == [2, 1]


def test_wrong_input_has_one_body_for_errors(study: Study, lead: User) -> None:  # noqa: F811
    base = f"/api/v1/studies/{study.code}/releases"
    for body in ({"language": "de", "populations": ["KZ"]}, {"language": "ru", "populations": []}, {}):
        answer = client_of(lead).post(base, body)
        assert answer.status_code == 422
        assert set(answer.json()) == {"code", "message", "fields"}
    assert not Release.objects.exists()


def test_others_are_kept_out(study: Study, lead: User) -> None:  # noqa: F811
    release = written(study, lead)
    for role in (Role.CODER, Role.INTERVIEWER, Role.SUPERVISOR):
        client = client_of(make_member(study, role).user)
        assert client.get(f"/api/v1/studies/{study.code}/releases/{release.number}/sav").status_code == 403
    assert client_of(make_user()).get(f"/api/v1/studies/{study.code}/releases").status_code == 404
    assert APIClient().get(f"/api/v1/studies/{study.code}/releases").status_code in (401, 403)


def test_a_finished_release_can_not_be_cancelled(study: Study, lead: User) -> None:  # noqa: F811
    release = written(study, lead)
    answer = client_of(lead).post(f"/api/v1/studies/{study.code}/releases/{release.number}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "finished")
