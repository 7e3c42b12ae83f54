"""Who may open what: every address of the product, for every role, for strangers and for nobody.

A new address without a line in `ALLOWED` fails the first test. The objects behind the addresses exist, so that a
refusal is the role's and an opened page is a real page.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from exports.models import Release
from fieldwork.models import Interview, NumberingPlan, Recording
from qc.models import Audit, FollowUp
from qc.services.audits import create_audit_plan
from qc.services.coding import load_code_frames
from questionnaires.xlsform import read_workbook
from studies.models import Study, StudyMember
from studies.models.study import Role
from tests.factories import (
    NOW,
    make_administrator,
    make_attempt,
    make_case,
    make_interview,
    make_member,
    make_quota,
    make_sample,
    make_study,
    make_user,
)
from tests.fieldwork.calls_data import publish
from tests.qc.test_coding_service import FRAME

EXAMPLE = settings.BASE_DIR / "examples" / "reference-study" / "questionnaire.xlsx"
L, S, C, I = Role.LEAD, Role.SUPERVISOR, Role.CODER, Role.INTERVIEWER  # noqa: E741
ALL = frozenset((L, S, C, I))

#: Addresses inside a study: which roles may open them. Strangers get 404 everywhere, members of another role 403.
ALLOWED: dict[str, frozenset[Role]] = {
    "study": ALL,
    **dict.fromkeys(("studies:populations", "studies:activity"), frozenset((L, S))),
    **dict.fromkeys(("studies:edit", "studies:population_create", "studies:population_edit"), frozenset((L,))),
    **dict.fromkeys(
        ("studies:members", "studies:member_add", "studies:member_edit", "studies:member_remove"), frozenset((L,))
    ),
    "studies_api:study": ALL,
    **dict.fromkeys(("questionnaires:list", "questionnaires:version"), frozenset((L, S))),
    **dict.fromkeys(("questionnaires:create", "questionnaires:upload"), frozenset((L,))),
    **dict.fromkeys(("questionnaires:publish", "questionnaires:withdraw"), frozenset((L,))),
    "questionnaires:script": ALL,
    "fieldwork:practice": ALL,
    **dict.fromkeys(("fieldwork:ready", "fieldwork:call"), frozenset((I,))),
    **dict.fromkeys(("fieldwork:cases", "fieldwork:search", "fieldwork:case"), frozenset((L, S))),
    **dict.fromkeys(("fieldwork:case_release", "fieldwork:case_close"), frozenset((S,))),
    "fieldwork:outcomes": frozenset((L, S)),
    **dict.fromkeys(
        (
            *("fieldwork:recordings", "fieldwork:recording_upload", "fieldwork:recording"),
            *("fieldwork:recording_match", "fieldwork:recording_sound"),
        ),
        frozenset((L, S)),
    ),
    **dict.fromkeys(
        (
            *("fieldwork:sample", "fieldwork:plans", "fieldwork:plan", "fieldwork:sample_detail"),
            *("fieldwork:sample_progress", "fieldwork:sample_release"),
        ),
        frozenset((L, S)),
    ),
    **dict.fromkeys(
        (
            *("fieldwork:sample_new", "fieldwork:sample_frame", "fieldwork:sample_cancel", "fieldwork:sample_retry"),
            *("fieldwork:quota_rule", "fieldwork:quota_new", "fieldwork:quota_paste"),
        ),
        frozenset((L,)),
    ),
    **dict.fromkeys(
        ("fieldwork:quotas", "fieldwork:quota_interviews", "fieldwork:quota_cell", "fieldwork:population_tables"),
        frozenset((L, S)),
    ),
    **dict.fromkeys(("fieldwork_api:next-call", "fieldwork_api:own-calls"), frozenset((I,))),
    **dict.fromkeys(("fieldwork_api:study-interviews", "fieldwork_api:study-recordings"), frozenset((L, S))),
    **dict.fromkeys(("fieldwork_api:recording", "fieldwork_api:recording-sound"), frozenset((L, S))),
    **dict.fromkeys(
        (
            *("qc:audits", "qc:audits_judged", "qc:audit_statistics", "qc:audit_plan", "qc:audit_checker"),
            *("qc:audit_certificate", "qc:audit_table", "qc:follow_ups", "qc:follow_up_settle", "qc:audit_order"),
            *("qc:audit_take", "qc:audit", "qc:audit_answer", "qc:audit_verdict", "qc:audit_return"),
            *("qc_api:study-audits", "qc_api:next-audit", "qc_api:audit", "qc_api:audit-listening"),
            *("qc_api:audit-answer", "qc_api:audit-verdict"),
        ),
        frozenset((L, S)),
    ),
    "qc:audit_reveal": frozenset((L,)),
    "qc:coding": frozenset((L, S, C)),
    **dict.fromkeys(("qc:bench", "qc:code"), frozenset((C,))),
    **dict.fromkeys(("qc_api:code-frames", "qc_api:codings", "qc_api:verbatims"), frozenset((C,))),
    **dict.fromkeys(("exports:releases", "exports:release", "exports:cancel", "exports:download"), frozenset((L,))),
    **dict.fromkeys(
        (
            *("exports_api:releases", "exports_api:release", "exports_api:release-cancel"),
            "exports_api:release-file",
        ),
        frozenset((L,)),
    ),
}
#: Addresses for the interviewer who holds the call; for everybody else, whatever their role, it does not exist.
HOLDERS_ONLY = {
    *("fieldwork:call", "fieldwork_api:call", "fieldwork_api:call-interview", "fieldwork_api:call-outcome"),
    *("fieldwork_api:call-lease", "fieldwork_api:call-slots", "fieldwork_api:interview-journal"),
    *("fieldwork_api:interview-checkpoint", "fieldwork_api:interview-complete"),
}
#: Addresses outside of studies: for everybody who is logged in.
LOGGED_IN = {"home", "logout", "profile", "token", "studies:list", "studies_api:studies", "api", "api-schema"}
OPEN_TO_ALL = {"login", "health", "preferences"}
ADMINISTRATORS = {"studies:people", "studies:person_create", "studies:person_edit"}
#: What administrators may open in a study of which they are no member: who has which role.
MEMBERS = {"studies:members", "studies:member_add", "studies:member_edit", "studies:member_remove"}
#: For leads of any study and administrators.
CREATORS = {"studies:create"}


def names() -> Iterator[str]:
    def walk(resolver: URLResolver, namespace: str) -> Iterator[str]:
        for pattern in resolver.url_patterns:
            if isinstance(pattern, URLPattern):
                yield f"{namespace}{pattern.name}"
            else:
                yield from walk(pattern, f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace)

    yield from walk(get_resolver(), "")


def test_every_address_says_who_may_open_it() -> None:
    known = {*ALLOWED, *HOLDERS_ONLY, *LOGGED_IN, *OPEN_TO_ALL, *ADMINISTRATORS, *CREATORS}
    assert set(names()) == known


class World:
    """A study with one of everything, and the address of each thing."""

    def __init__(self) -> None:
        self.study = study = make_study("WORLD")
        self.population = study.populations.get()
        self.members = {role: make_member(study, role) for role in Role}
        self.version = publish(study)
        self.version.form = read_workbook(EXAMPLE.read_bytes())
        self.version.save()
        self.sample = make_sample(self.population)
        self.case = make_case(self.population)
        self.attempt = make_attempt(self.case, self.members[I].user)
        self.interview = make_interview(
            case=self.case, attempt=self.attempt, status=Interview.Status.COMPLETED, ended_at=NOW
        )
        self.quota = make_quota(self.population)
        self.recording = Recording.objects.create(
            population=self.population,
            attempt=self.attempt,
            original_name="a.mp3",
            path="a.mp3",
            size=1,
            sha256="0" * 64,
            uploaded_at=NOW,
        )
        create_audit_plan(study=study, actor=self.members[L].user, now=NOW)
        self.audit = Audit.objects.create(
            interview=self.interview,
            kind=Audit.Kind.TARGETED,
            status=Audit.Status.OPEN,
            created_at=NOW,
        )
        self.follow_up = FollowUp.objects.create(
            study=study, kind=FollowUp.Kind.RECONTACT, interview=self.interview, opened_at=NOW
        )
        load_code_frames(study=study, frames=[FRAME], actor=None, now=NOW)
        self.release = Release.objects.create(study=study, number=1, language="en", created_at=NOW)
        self.plan = NumberingPlan.objects.get()
        self.person = make_user()

    def address(self, name: str) -> str:
        return reverse(name, kwargs=self.arguments(name))

    def arguments(self, name: str) -> dict[str, Any]:
        known: dict[str, Any] = {
            "study": self.study.code,
            "population": self.population.code,
            "member": StudyMember.objects.get(user=self.members[C].user).pk,
            "person": self.person.pk,
            "code": self.version.questionnaire.code,
            "checksum": self.version.checksum,
            "version": self.version.pk,
            "plan": self.plan.pk,
            "quota": self.quota.pk,
            "cell": self.quota.cells.get().pk,
            "frame": "why",
            "kind": "sav",
            "uid": self.recording.uid if "recording" in name else self.interview.uid,
            "pk": self.pk_for(name),
            "number": self.number_for(name),
        }
        return {key: known[key] for key in self.parameters(name)}

    def pk_for(self, name: str) -> int:
        if "follow_up" in name:
            return self.follow_up.pk
        return self.audit.pk if name.startswith("qc") else self.attempt.pk

    def number_for(self, name: str) -> int:
        if name.startswith("exports"):
            return self.release.number
        if name.startswith("questionnaires"):
            return self.version.number
        return self.case.number if "case" in name else self.sample.number

    def parameters(self, name: str) -> set[str]:
        resolver: Any = get_resolver()
        *namespaces, last = name.split(":")
        for namespace in namespaces:
            resolver = resolver.namespace_dict[namespace][1]
        return set(resolver.reverse_dict.getlist(last)[0][0][0][1])


@pytest.fixture
def world(db: None) -> World:
    return World()


def status(client: Client, address: str) -> int:
    """Of a GET, or where there is none, of an empty POST."""
    client.raise_request_exception = True
    answer = client.get(address)
    return client.post(address).status_code if answer.status_code == 405 else answer.status_code


@pytest.mark.parametrize("role", list(Role))
def test_members_open_what_their_role_allows_and_nothing_else(world: World, client: Client, role: Role) -> None:
    client.force_login(world.members[role].user)
    wrong = {}
    for name, roles in ALLOWED.items():
        if name in HOLDERS_ONLY:
            continue
        found = status(client, world.address(name))
        if (found == 403) == (role in roles):
            wrong[name] = found
    assert wrong == {}


def test_strangers_do_not_learn_that_the_study_exists(world: World, client: Client) -> None:
    client.force_login(make_member(make_study(), Role.LEAD).user)
    found = {name: status(client, world.address(name)) for name in (*ALLOWED, *HOLDERS_ONLY)}
    assert {name: code for name, code in found.items() if code != 404} == {}


def test_administrators_do_not_see_a_study_by_themselves(world: World, client: Client) -> None:
    client.force_login(make_administrator())
    found = {name: status(client, world.address(name)) for name in ALLOWED if name not in MEMBERS}
    assert {name: code for name, code in found.items() if code not in (403, 404)} == {}


def test_a_call_belongs_to_its_interviewer(world: World, client: Client) -> None:
    for role in (L, S, C):
        client.force_login(world.members[role].user)
        found = {name: status(client, world.address(name)) for name in HOLDERS_ONLY}
        assert {name: code for name, code in found.items() if code not in (403, 404)} == {}
    client.force_login(make_member(world.study, I).user)
    found = {name: status(client, world.address(name)) for name in HOLDERS_ONLY}
    assert {name: code for name, code in found.items() if code not in (403, 404)} == {}


def test_nobody_gets_in_without_logging_in(world: World, client: Client) -> None:
    for name in (*ALLOWED, *HOLDERS_ONLY, *LOGGED_IN, *ADMINISTRATORS, *CREATORS):
        answer = client.get(world.address(name))
        assert answer.status_code in (401, 403) or "/login/" in answer.headers.get("Location", ""), name
    assert client.get(reverse("login")).status_code == 200
    assert client.get(reverse("health")).status_code == 200


@pytest.mark.parametrize("name", sorted(ADMINISTRATORS))
def test_people_are_the_administrators_business(world: World, client: Client, name: str) -> None:
    for role in Role:
        client.force_login(world.members[role].user)
        assert status(client, world.address(name)) == 403
    client.force_login(make_administrator())
    assert status(client, world.address(name)) == 200


def test_leads_and_administrators_create_studies(world: World, client: Client) -> None:
    for role in (S, C, I):
        client.force_login(world.members[role].user)
        assert status(client, reverse("studies:create")) == 403
    for user in (world.members[L].user, make_administrator()):
        client.force_login(user)
        assert status(client, reverse("studies:create")) == 200


def test_a_member_of_two_studies_keeps_the_role_of_each(world: World, client: Client) -> None:
    other: Study = make_study()
    make_member(other, Role.LEAD, user=world.members[I].user)
    client.force_login(world.members[I].user)
    assert client.get(reverse("exports:releases", args=[other.code])).status_code == 200
    assert client.get(reverse("exports:releases", args=[world.study.code])).status_code == 403
