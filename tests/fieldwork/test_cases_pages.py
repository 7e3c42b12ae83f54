"""Cases for supervisors: finding them, their history, giving one back, closing one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from fieldwork.models import Appointment, Case, CasePhone
from fieldwork.selectors.cases import find_cases, standing_of
from studies.models.study import Role
from tests.factories import NOW, make_attempt, make_case, make_interview, make_member, make_study
from tests.fieldwork.calls_data import begin, publish, take

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


@pytest.fixture
def study():
    study = make_study(populations=("KZ", "UZ"))
    publish(study)
    return study


@pytest.fixture
def population(study):
    return study.populations.get(code="KZ")


@pytest.fixture
def supervisor(study):
    return make_member(study, Role.SUPERVISOR)


@pytest.fixture
def client(supervisor):
    return client_of(supervisor)


def client_of(member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def page_of(case, act: str = "") -> str:
    name = f"fieldwork:case{f'_{act}' if act else ''}"
    return reverse(name, args=[case.population.study.code, case.population.code, case.number])


def words(standing) -> str:
    return " ".join(str(reason) for reason, _ in standing.reasons)


# --- finding ---------------------------------------------------------------------------------------------


def test_a_search_by_number_leads_to_the_case(client, study, population):
    case = make_case(population, number=1827)
    url = reverse("fieldwork:search", args=[study.code])
    for typed in ("1827", " KZ-1827", "kz 1827", f"{study.code}-KZ-1827"):
        assert client.get(url, {"q": typed}).url == page_of(case)
    interview = make_interview(case=make_case(population))
    assert client.get(url, {"q": str(interview.uid)}).url == page_of(interview.case)


def test_a_number_of_two_populations_shows_both(client, study, population):
    make_case(population, number=7)
    make_case(study.populations.get(code="UZ"), number=7)
    page = client.get(reverse("fieldwork:search", args=[study.code]), {"q": "7"}).content.decode()
    assert "KZ-7" in page
    assert "UZ-7" in page
    assert len(find_cases(study, "UZ-7")) == 1


@pytest.mark.parametrize("typed", ["", "nobody", "+77011234541", "99999999999999", "0" * 400])
def test_a_search_without_result_says_how_to_write_it(client, study, typed):
    page = client.get(reverse("fieldwork:search", args=[study.code]), {"q": typed})
    assert page.status_code == 200
    assert "No case or interview" in page.content.decode()


def test_the_list_filters_and_hides_the_numbers(client, study, population):
    closed = make_case(population, status="closed", final_disposition="4.31", disposition="4.31")
    opened = make_case(population)
    CasePhone.objects.create(case=opened, population=population, e164="+77011234541", digest=b"0" * 32)
    url = reverse("fieldwork:cases", args=[study.code])
    page = client.get(url)
    assert page.context["page"].paginator.count == 2
    assert "***-**-41" in page.content.decode()
    assert "7011234541" not in page.content.decode()
    for query, expected in (
        ({"status": "closed"}, [closed]),
        ({"disposition": "4.31"}, [closed]),
        ({"number": opened.number}, [opened]),
        ({"queue": Case.Queue.FRESH}, [opened]),
        ({"population": "UZ"}, []),
        ({"status": "nonsense", "number": "x"}, [closed, opened]),
    ):
        assert list(client.get(url, query).context["page"]) == expected


def test_the_list_takes_a_fixed_number_of_queries(client, study, population):
    counts = []
    for _ in range(2):
        for _ in range(10):
            case = make_case(population)
            CasePhone.objects.create(
                case=case, population=population, e164="+77011234541", digest=case.pk.to_bytes(32, "big")
            )
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse("fieldwork:cases", args=[study.code]))
        counts.append(len(queries))
    assert counts[0] == counts[1]


# --- one case --------------------------------------------------------------------------------------------


def test_a_case_shows_everything_that_happened(client, study, population):
    case = make_case(population)
    attempt = make_attempt(case, disposition="2.35", note="at the wheel")
    Appointment.objects.create(
        case=case, attempt=attempt, starts_at=NOW, ends_at=NOW + HOUR, time_zone="Asia/Almaty", note="in the evening"
    )
    make_interview(case=case, attempt=attempt, duration_ms=61_000)
    page = client.get(page_of(case)).content.decode()
    for text in ("at the wheel", "in the evening", "15:00 Almaty", attempt.interviewer.name, "2.35", "1:01"):
        assert text in page


def test_why_a_case_is_or_is_not_called(population, study):
    case = make_case(population)
    assert standing_of(case, NOW).callable_now
    assert "Calling hours" in words(standing_of(case, NOW + 12 * HOUR))
    assert "field period" in words(standing_of(case, NOW + 24 * 30 * HOUR))
    case.due_at = NOW + HOUR
    assert "not due" in words(standing_of(case, NOW))
    case.needs_converter, case.not_for, case.language = True, make_member(study).user, "kk"
    assert "convert" in words(standing_of(case, NOW))
    assert case.not_for.name in words(standing_of(case, NOW))
    assert "replicate" in words(standing_of(make_case(population, status="sampled"), NOW))


def test_a_stuck_case_is_given_back(client, study, population):
    case = make_case(population)
    begin(make_member(study))
    assert "Give back" in client.get(page_of(case)).content.decode()
    client.post(page_of(case, "release"))
    case.refresh_from_db()
    assert (case.status, case.held_by) == ("open", None)
    assert case.interview.status == "suspended"
    again = client.post(page_of(case, "release"), follow=True)
    assert "Nobody has this case in hand" in again.content.decode()


def test_a_case_is_closed_with_a_reason(client, study, population):
    case = make_case(population)
    assert "Say why" in client.post(page_of(case, "close"), {"reason": ""}, follow=True).content.decode()
    page = client.post(page_of(case, "close"), {"reason": "complained to the office"}, follow=True)
    case.refresh_from_db()
    assert (case.status, case.final_disposition) == ("closed", "3.11")
    assert "3.11 Not attempted" in page.content.decode()


def test_who_may_see_and_do_what(study, population):
    case = make_case(population)
    lead = client_of(make_member(study, Role.LEAD))
    assert lead.get(page_of(case)).status_code == 200
    assert lead.post(page_of(case, "close"), {"reason": "x"}).status_code == 403
    for role in (Role.INTERVIEWER, Role.CODER):
        outsider = client_of(make_member(study, role))
        assert outsider.get(page_of(case)).status_code == 403
        assert outsider.get(reverse("fieldwork:cases", args=[study.code])).status_code == 403
        assert outsider.post(page_of(case, "release")).status_code == 403
    stranger = client_of(make_member(make_study(), Role.SUPERVISOR))
    assert stranger.get(page_of(case)).status_code == 404
    assert stranger.post(page_of(case, "close"), {"reason": "x"}).status_code == 404
    case.refresh_from_db()
    assert case.status == "open"


def test_a_held_case_is_not_closed(client, study, population):
    case = make_case(population)
    take(make_member(study))
    page = client.post(page_of(case, "close"), {"reason": "x"}, follow=True)
    assert "has this case in hand" in page.content.decode()
