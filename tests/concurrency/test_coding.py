"""Coders who reach for the same answers at the same moment."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from qc.models import Coding, Verbatim
from qc.services.coding import code_verbatims, find_verbatims, load_code_frames
from studies.errors import Conflict
from studies.models import User
from studies.models.study import Role
from tests.factories import NOW, make_member, make_study
from tests.qc.test_coding_service import FRAME, interview_with

CODERS = 8


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_each_answer_has_one_final_coding_whoever_is_first() -> None:
    study = make_study()
    load_code_frames(study=study, frames=[FRAME], actor=None, now=NOW)
    for _ in range(20):
        interview_with(study, {"why": "границы"})
    find_verbatims(study=study, now=NOW)
    coders = [make_member(study, Role.CODER).user for _ in range(CODERS)]

    def work(coder: User) -> int:
        try:
            return code_verbatims(verbatims=Verbatim.objects.all(), coder=coder, codes=[1], now=NOW).coded
        except Conflict:
            return 0
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CODERS) as pool:
        coded = list(pool.map(work, coders))
    assert sorted(coded) == [0] * (CODERS - 1) + [20]
    assert Coding.objects.filter(final=True).count() == 20


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
def test_two_searches_at_once_find_each_answer_once() -> None:
    study = make_study()
    load_code_frames(study=study, frames=[FRAME], actor=None, now=NOW)
    for number in range(30):
        interview_with(study, {"why": f"ответ {number}"})

    def work(_: int) -> int:
        try:
            return find_verbatims(study=study, now=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert Verbatim.objects.count() == 30
