"""The places of the frame: there for the roles whose pages open, and for nobody else."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from config.navigation import OVERVIEW, SECTIONS, Room
from studies.models.study import Role
from tests.factories import make_administrator, make_member, make_study, make_user

pytestmark = pytest.mark.django_db

ROOMS = [OVERVIEW, *(room for _, rooms in SECTIONS for room in rooms)]


def places(page: bytes) -> list[str]:
    rail = page.decode().partition('<nav class="rail"')[2].partition("</nav>")[0]
    return re.findall(r'<a href="([^"]+)"', rail)


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.view)
@pytest.mark.parametrize("role", list(Role))
def test_a_place_is_offered_to_exactly_those_for_whom_it_opens(client: Client, role: Role, room: Room) -> None:
    study = make_study("S-1")
    user = make_member(study, role).user
    make_member(make_study("S-2"), Role.CODER, user=user)  # with two studies there is an overview of each
    client.force_login(user)
    url = reverse(room.view, args=["S-1"])

    page = client.get(url)

    assert page.status_code == (200 if role in room.roles else 403)
    offered = places(client.get(reverse("study", args=["S-1"])).content)
    assert (url in offered) is (role in room.roles)


def test_the_place_where_one_is_is_marked_also_on_pages_inside_it(client: Client) -> None:
    study = make_study("S-1")
    client.force_login(make_member(study, Role.LEAD).user)
    page = client.get(reverse("studies:member_add", args=["S-1"])).content.decode()
    marked = re.findall(r'<a href="([^"]+)" aria-current="page"', page)
    assert marked == [reverse("studies:members", args=["S-1"])]


def test_whoever_has_one_study_is_at_home_in_it(client: Client) -> None:
    study = make_study("S-1")
    client.force_login(make_member(study, Role.CODER).user)
    page = client.get("/").content
    assert places(page) == ["/", reverse("qc:coding", args=["S-1"])]
    assert "<h1>Study S-1</h1>" in page.decode()


def test_administrators_find_people_and_all_studies(client: Client) -> None:
    client.force_login(make_administrator())
    assert places(client.get("/").content) == ["/", reverse("studies:people"), reverse("studies:list")]


def test_the_search_is_for_those_who_may_look_at_cases(client: Client) -> None:
    study = make_study("S-1")
    url = reverse("fieldwork:search", args=["S-1"])
    for role in Role:
        client.force_login(make_member(study, role).user)
        has_search = f'action="{url}"' in client.get("/").content.decode()
        assert has_search is (role in {Role.SUPERVISOR, Role.LEAD}), role


@pytest.mark.parametrize("language", ["en", "ru", "kk", "uz"])
def test_home_opens_in_every_language(client: Client, language: str) -> None:
    user = make_user(language=language)
    study = make_study(populations=("KZ", "UZ"))
    for role in Role:
        make_member(study, role, user=user)
    client.force_login(user)
    response = client.get("/")
    assert response.status_code == 200
    assert f'<html lang="{language}">' in response.content.decode()
    translation.activate("en")
