"""Coding by program."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from qc.models import Coding, Verbatim
from qc.services.coding import code_verbatims, find_verbatims, load_code_frames
from studies.models import Study
from studies.models.study import Role
from tests.factories import NOW, make_member, make_study
from tests.qc.test_coding_service import FRAME, interview_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def study() -> Study:
    study = make_study()
    load_code_frames(study=study, frames=[FRAME], actor=None, now=NOW)
    for text in ("границы", "политика"):
        interview_with(study, {"why": text})
    find_verbatims(study=study, now=NOW)
    return study


def client_of(study: Study, role: Role) -> APIClient:
    client = APIClient()
    client.force_authenticate(make_member(study, role).user)
    return client


def test_a_program_reads_frames_and_codes_answers(study: Study) -> None:
    client = client_of(study, Role.CODER)
    base = f"/api/v1/studies/{study.code}"
    (frame,) = client.get(f"{base}/code-frames").json()
    assert [code["number"] for code in frame["codes"]] == [1, 2, 99, 201]
    rows = client.get(f"{base}/verbatims", {"open": "true"}).json()["results"]
    assert [row["text"] for row in rows] == ["политика", "границы"]
    body = {"verbatims": [rows[0]["id"]], "codes": [2]}
    assert client.post(f"{base}/code-frames/why/codings", body).json() == {"coded": 1, "taken": 0}
    assert len(client.get(f"{base}/verbatims", {"open": "true"}).json()["results"]) == 1
    assert client.get(f"{base}/verbatims").json()["results"][0]["codes"] == [2]


def test_a_wrong_code_is_refused_with_its_reason(study: Study) -> None:
    client = client_of(study, Role.CODER)
    body = {"verbatims": [Verbatim.objects.first().pk], "codes": [7]}  # type: ignore[union-attr]
    answer = client.post(f"/api/v1/studies/{study.code}/code-frames/why/codings", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_code")
    assert not Coding.objects.exists()


def test_another_coders_codes_are_not_told(study: Study) -> None:
    other = make_member(study, Role.CODER).user
    code_verbatims(verbatims=Verbatim.objects.all(), coder=other, codes=[1], now=NOW)
    rows = client_of(study, Role.CODER).get(f"/api/v1/studies/{study.code}/verbatims").json()["results"]
    assert [row["codes"] for row in rows] == [[], []]


@pytest.mark.parametrize("role", [Role.INTERVIEWER, Role.SUPERVISOR, Role.LEAD])
def test_only_coders(study: Study, role: Role) -> None:
    client = client_of(study, role)
    for path in ("code-frames", "verbatims"):
        assert client.get(f"/api/v1/studies/{study.code}/{path}").status_code == 403
