"""The page of outcome rates: what is counted, and that its figures are the published ones."""

from __future__ import annotations

from fractions import Fraction

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fieldwork.models import Case
from fieldwork.selectors.outcomes import outcome_reports
from fieldwork.templatetags.outcomes import rate
from studies.models.study import Role
from tests.factories import make_case, make_member, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def study():
    return make_study(populations=("KZ", "UZ"))


@pytest.fixture
def client(study):
    client = Client()
    client.force_login(make_member(study, Role.SUPERVISOR).user)
    return client


def add_cases(population, **counts: int):
    for code, number in counts.items():
        disposition = code.lstrip("c").replace("_", ".")
        for _ in range(number):
            make_case(population, status="closed", disposition=disposition, final_disposition=disposition)


def test_released_cases_are_counted_with_where_they_stand(study):
    kz = study.populations.get(code="KZ")
    add_cases(kz, c1_1=2, c4_31=3)
    make_case(kz)
    make_case(kz, disposition="3.13")
    make_case(kz, status=Case.Status.SAMPLED)
    report = outcome_reports(study)[0]
    assert [(one.code, cases) for one, cases in report.codes] == [("1.1", 2), ("3.11", 1), ("3.13", 1), ("4.31", 3)]
    assert (report.groups["I"], report.groups["UH"], report.groups["NE"]) == (2, 2, 3)
    assert (report.released, report.not_released, report.in_progress) == (7, 1, 2)
    assert report.e == Fraction(2, 5)
    values = {one.name: one.value for family in report.rates for one in family}
    assert values["RR3"] == 2 / (2 + Fraction(4, 5))


def test_all_populations_together_add_up(study):
    for population, completes in zip(study.populations.order_by("code"), (2, 3), strict=True):
        add_cases(population, c1_1=completes)
    kz, uz, both = outcome_reports(study)
    assert (kz.released, uz.released, both.released, both.population) == (2, 3, 5, None)


def test_the_page_shows_formulas_and_values(client, study):
    add_cases(study.populations.get(code="KZ"), c1_1=4, c1_2=2, c2_112=1, c2_20=1, c2_36=1, c3_13=1, c3_21=1, c4_31=1)
    page = client.get(reverse("fieldwork:outcomes", args=[study.code]))
    text = page.content.decode()
    assert "I / (I + P + R + NC + O + e (UH + UO))" in text
    assert "37.04\u00a0%" in text
    assert "9 known eligible of 10" in text


def test_a_study_without_calls_has_no_rates(client, study):
    text = client.get(reverse("fieldwork:outcomes", args=[study.code])).content.decode()
    assert text.count("not defined") == 17
    assert "No case is released yet" in text


def test_e_can_be_entered_with_its_reason(client, study):
    add_cases(study.populations.get(code="KZ"), c1_1=1, c3_13=1)
    url = reverse("fieldwork:outcomes", args=[study.code])
    page = client.get(url, {"e": "0,5", "reason": "working share of the operator", "population": "KZ"})
    assert page.context["report"].e == Fraction(1, 2)
    assert "working share of the operator" in page.content.decode()
    for query in ({"e": "0.5"}, {"e": "2", "reason": "x"}, {"e": "NaN", "reason": "x"}, {"e": "half", "reason": "x"}):
        page = client.get(url, query)
        assert page.context["report"].e == 1
        assert page.context["problem"]


def test_the_page_takes_a_fixed_number_of_queries(client, study):
    counts = []
    for _ in range(2):
        add_cases(study.populations.get(code="KZ"), c1_1=5, c3_13=5)
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("fieldwork:outcomes", args=[study.code]))
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_who_may_see_it(study):
    url = reverse("fieldwork:outcomes", args=[study.code])
    for member, status in (
        (make_member(study, Role.LEAD), 200),
        (make_member(study), 403),
        (make_member(study, Role.CODER), 403),
        (make_member(make_study(), Role.LEAD), 404),
    ):
        client = Client()
        client.force_login(member.user)
        assert client.get(url).status_code == status


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "not defined"),
        (Fraction(1, 3), "33.33\u00a0%"),
        (Fraction(1, 800), "0.13\u00a0%"),
        (Fraction(1), "100.00\u00a0%"),
    ],
)
def test_rates_are_rounded_from_the_exact_fraction(value, shown):
    assert rate(value) == shown
