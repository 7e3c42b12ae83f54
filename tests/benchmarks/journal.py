"""One journal entry acknowledged, through all middleware. Floor:
a bare view with one read and one write behind the same middleware.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from django.test import Client, override_settings

from fieldwork.models import Interview
from studies.models.study import Role
from tests.benchmarks.measure import Comparison, compare
from tests.factories import NOW, make_case, make_member, make_study
from tests.fieldwork.calls_data import begin, publish

RUNS = 300


def measure() -> Iterator[Comparison]:
    study = make_study("JOURNAL")
    publish(study)
    make_case(study.populations.get())
    member = make_member(study, Role.INTERVIEWER)
    interview = begin(member)
    client = Client()
    client.force_login(member.user)
    numbers = count(1)
    with override_settings(ROOT_URLCONF="tests.benchmarks.bare_urls", ALLOWED_HOSTS=["testserver"]):
        yield compare(
            "one journal entry acknowledged",
            "a bare view with one read and one write",
            lambda: send(client, interview, next(numbers)),
            lambda: bare(client, interview),
            runs=RUNS,
        )


def send(client: Client, interview: Interview, seq: int) -> None:
    entry = {"kind": "answer", "item": "gender", "value": "1" if seq % 2 else "2", "language": "ru"}
    body = {"epoch": interview.epoch, "entries": [{**entry, "seq": seq, "at": NOW.isoformat(), "elapsed_ms": seq}]}
    answer = client.post(f"/api/v1/interviews/{interview.uid}/journal", body, content_type="application/json")
    assert answer.json() == {"last_seq": seq, "refusals": []}, answer.content


def bare(client: Client, interview: Interview) -> None:
    assert client.get(f"/bare/{interview.pk}").status_code == 200
