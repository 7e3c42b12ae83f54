"""Coding: which answers are found, who may give which codes, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from fieldwork.models import Interview
from qc.models import CodeFrame, Coding, Verbatim
from qc.selectors import coding as selectors
from qc.services.coding import Coded, code_verbatims, find_verbatims, load_code_frames
from studies.errors import Conflict, InvalidInput
from studies.models import Population, Study, User
from studies.models.study import Role
from tests.factories import NOW, make_interview, make_member, make_population, make_study

pytestmark = pytest.mark.django_db

FRAME: dict[str, Any] = {
    "name": "why",
    "title": {"en": "Why"},
    "items": ["why", "why_other"],
    "codes": [
        {"number": 1, "label": {"en": "Borders"}, "definition": {}, "exclusive": False},
        {"number": 2, "label": {"en": "Politics"}, "definition": {}, "exclusive": False},
        {"number": 99, "label": {"en": "Nothing said"}, "definition": {}, "exclusive": True},
    ],
    "nets": [{"number": 201, "label": {"en": "Outside"}, "members": [1, 2]}],
}


@pytest.fixture
def study() -> Study:
    study = make_study()
    load_code_frames(study=study, frames=[FRAME], actor=None, now=NOW)
    return study


@pytest.fixture
def coder(study: Study) -> User:
    return make_member(study, Role.CODER).user


def interview_with(study: Study, answers: dict[str, Any], **fields: Any) -> Interview:
    population = Population.objects.filter(study=study).first() or make_population(study)
    defaults = {"status": Interview.Status.COMPLETED, "ended_at": NOW, "language": "ru"}
    return make_interview(population, answers=answers, **{**defaults, **fields})


def found(study: Study) -> list[str]:
    find_verbatims(study=study, now=NOW)
    return sorted(Verbatim.objects.filter(frame__study=study).values_list("key", flat=True))


def given(verbatim: Verbatim, coder: User) -> list[int]:
    return list(Coding.objects.get(verbatim=verbatim, coder=coder).codes.values_list("number", flat=True))


def test_open_answers_of_completed_interviews_are_found_once(study: Study) -> None:
    interview_with(study, {"why": "границы", "why_other@KG": "политика", "age": 30, "unite": "1"})
    assert found(study) == ["why", "why_other@KG"]
    assert find_verbatims(study=study, now=NOW) == 0
    assert find_verbatims(study=study, now=NOW, everything=True) == 0


def test_what_was_not_said_or_does_not_count_is_not_found(study: Study) -> None:
    interview_with(study, {"why": {"missing": "dk"}})
    interview_with(study, {"why": "  "})
    interview_with(study, {"why": "x"}, status=Interview.Status.SUSPENDED, ended_at=None)
    interview_with(study, {"why": "x"}, rejected_at=NOW)
    interview_with(study, {"why": "x"}, off_route=["why"])
    assert found(study) == []


def test_answers_with_the_same_words_are_one_group_and_coded_together(study: Study, coder: User) -> None:
    for text in ("Границы", "границы!", "ГРАНИЦЫ", "политика"):
        interview_with(study, {"why": text})
    find_verbatims(study=study, now=NOW)
    frame = study.code_frames.get()
    groups = list(selectors.groups_of(frame, coder))
    assert [(group["count"], group["language"]) for group in groups] == [(3, "ru"), (1, "ru")]
    first = Verbatim.objects.get(pk=groups[0]["first"])
    coded = code_verbatims(verbatims=selectors.group_members(first), coder=coder, codes=[2, 1], now=NOW)
    assert coded == Coded(coded=3, taken=0)
    assert given(first, coder) == [1, 2]
    assert [group["text"] for group in selectors.groups_of(frame, coder)] == ["политика"]
    assert selectors.uncoded_count(study) == 1


def test_a_group_is_found_by_any_spelling(study: Study, coder: User) -> None:
    interview_with(study, {"why": "Чегаралар йўқ"}, language="uz")
    find_verbatims(study=study, now=NOW)
    frame = study.code_frames.get()
    assert len(selectors.groups_of(frame, coder, search="yo'q")) == 1
    assert len(selectors.groups_of(frame, coder, search="bor")) == 0


def test_a_coder_may_think_again(study: Study, coder: User) -> None:
    interview_with(study, {"why": "границы"})
    find_verbatims(study=study, now=NOW)
    verbatim = Verbatim.objects.get()
    code_verbatims(verbatims=[verbatim], coder=coder, codes=[1], now=NOW)
    code_verbatims(verbatims=[verbatim], coder=coder, codes=[2], now=NOW)
    assert given(verbatim, coder) == [2]
    assert Coding.objects.count() == 1


def test_what_another_coder_finished_stays(study: Study, coder: User) -> None:
    for _ in range(2):
        interview_with(study, {"why": "границы"})
    find_verbatims(study=study, now=NOW)
    other = make_member(study, Role.CODER).user
    first, second = Verbatim.objects.order_by("pk")
    code_verbatims(verbatims=[first], coder=other, codes=[1], now=NOW)
    assert code_verbatims(verbatims=[first, second], coder=coder, codes=[2], now=NOW) == Coded(coded=1, taken=1)
    assert given(first, other) == [1]
    with pytest.raises(Conflict) as refused:
        code_verbatims(verbatims=[first], coder=coder, codes=[2], now=NOW)
    assert refused.value.code == "all_taken"
    assert selectors.codes_given([first.pk], coder) == {}


@pytest.mark.parametrize(
    ("codes", "reason"),
    [([], "no_code"), ([3], "unknown_code"), ([201], "unknown_code"), ([99, 1], "exclusive")],
)
def test_codes_that_can_not_be_given(study: Study, coder: User, codes: list[int], reason: str) -> None:
    interview_with(study, {"why": "границы"})
    find_verbatims(study=study, now=NOW)
    with pytest.raises(InvalidInput) as refused:
        code_verbatims(verbatims=Verbatim.objects.all(), coder=coder, codes=codes, now=NOW)
    assert refused.value.code == reason
    assert not Coding.objects.exists()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, "frame_exists"),
        ({"name": "new", "codes": [*FRAME["codes"], FRAME["codes"][0]]}, "code_twice"),
        ({"name": "new", "nets": [{"number": 201, "label": {}, "members": [7]}]}, "unknown_code"),
    ],
)
def test_a_broken_frame_is_refused_whole(study: Study, change: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        load_code_frames(study=study, frames=[{**FRAME, **change}], actor=None, now=NOW)
    assert refused.value.code == reason
    assert CodeFrame.objects.count() == 1


def test_progress_is_counted_by_language(study: Study, coder: User) -> None:
    interview_with(study, {"why": "границы"})
    interview_with(study, {"why": "шекара"}, language="kk")
    find_verbatims(study=study, now=NOW)
    code_verbatims(verbatims=[Verbatim.objects.get(language="kk")], coder=coder, codes=[1], now=NOW)
    (progress,) = selectors.frames_with_progress(study)
    assert (progress.total, progress.coded, progress.waiting) == (2, 1, 1)
    assert [(row.language, row.coded) for row in progress.languages] == [("kk", 1), ("ru", 0)]
    (only,) = selectors.frames_with_progress(study, ["ru"])
    assert (only.total, only.coded) == (1, 0)
