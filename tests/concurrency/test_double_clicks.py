"""A form that is sent several times at the same moment: one thing is made, and nobody meets a fault."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from fieldwork.models import NumberingPlan, PopulationCount, Quota, Sample
from questionnaires.models import Questionnaire
from studies.models import Study
from studies.models.study import Role
from tests.concurrency.test_next_case import at_once
from tests.factories import make_administrator, make_member, make_study

CLICKS = 6
PLAN = (
    "country_code,prefix,operator_or_area,type,subscriber_digits,time_zone,valid_from,valid_to,in_population_rdd,source\n"
    "7,70100,Kcell,mobile,3,,,,yes,invented\n"
)
ORDER = {"plan_date": "2021-08-14", "size": 100, "replicate_size": 20, "seed": 7}
COUNTS = "age,sex,persons\n18,male,10\n"

pytestmark = [pytest.mark.concurrency, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def study():
    return make_study()


def clicks(user, url: str, data: Callable[[], dict[str, object]]) -> list[int]:
    """The statuses of a form that is sent `CLICKS` times at the same moment."""
    clients = [Client() for _ in range(CLICKS)]
    for client in clients:
        client.force_login(user)
    answers = at_once([lambda client=client: client.post(url, data()).status_code for client in clients])
    return [status for status in answers if isinstance(status, int)]


def file(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("table.csv", text.encode(), content_type="text/csv")


def test_a_form_that_is_sent_six_times_makes_one_thing(study):
    lead = make_member(study, Role.LEAD).user
    quota = {"name": "By gender", "table": "men;${gender} = '1';10\nwomen;${gender} = '2';10", "rule": "strict"}
    forms = [
        ("fieldwork:quota_paste", "KZ", lambda: quota),
        ("fieldwork:plans", "", lambda: {"file": file(PLAN), "country": "KZ", "name": "August", "source": "invented"}),
        ("fieldwork:sample_new", "KZ", lambda: {**ORDER, "plan": NumberingPlan.objects.get().pk}),
        ("fieldwork:population_tables", "KZ", lambda: {"file": file(COUNTS), "source": "WPP", "year": 2021}),
        ("questionnaires:create", "", lambda: {"code": "main", "title": "Main"}),
    ]
    for name, population, data in forms:
        url = reverse(name, args=[study.code, population] if population else [study.code])
        statuses = clicks(lead, url, data)
        assert statuses.count(302) == 1, (name, statuses)
        assert set(statuses) <= {302, 409, 422}, (name, statuses)
    assert Quota.objects.get().cells.count() == 2
    assert NumberingPlan.objects.get().ranges.count() == 1
    assert PopulationCount.objects.count() == 1
    assert Sample.objects.count() == 1
    assert Questionnaire.objects.count() == 1


def test_who_comes_second_is_told_so_in_words(study):
    administrator = make_administrator()

    def statuses_and_words(client: Client) -> tuple[int, str]:
        answer = client.post(reverse("studies:create"), new)
        return answer.status_code, answer.content.decode()

    new = {"code": "TWICE", "name": "Twice", "status": "design", "reporting_language": "en", "lead": administrator.pk}
    clients = [Client() for _ in range(CLICKS)]
    for client in clients:
        client.force_login(administrator)
    answers = at_once([lambda client=client: statuses_and_words(client) for client in clients])
    assert Study.objects.filter(code="TWICE").count() == 1
    for status, words in answers:  # type: ignore[misc]
        assert status in {302, 409, 422}
        assert status != 409 or "at the same moment" in words
