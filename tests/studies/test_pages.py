"""Every page of the frame opens for those it is for."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from studies.models.study import Role
from tests.factories import PASSWORD, make_administrator, make_member, make_study, make_user

pytestmark = pytest.mark.django_db


def test_a_stranger_is_sent_to_the_login_page_and_from_there_to_where_they_wanted(client: Client) -> None:
    make_user("aigul", password=PASSWORD)
    wanted = reverse("profile")

    response = client.get(wanted, follow=True)
    assert response.redirect_chain == [(f"/login/?next={wanted}", 302)]

    response = client.post("/login/", {"username": "aigul", "password": PASSWORD, "next": wanted})
    assert response["Location"] == wanted


def test_every_page_of_a_study_opens_for_somebody_with_all_roles(client: Client) -> None:
    study = make_study(populations=("KZ", "UZ"))
    member = make_member(study, Role.LEAD)
    for role in (Role.SUPERVISOR, Role.CODER, Role.INTERVIEWER):
        make_member(study, role, user=member.user)
    client.force_login(member.user)
    pages = [
        reverse("home"),
        reverse("profile"),
        reverse("studies:list"),
        reverse("studies:create"),
        reverse("study", args=[study.code]),
        reverse("studies:edit", args=[study.code]),
        reverse("studies:populations", args=[study.code]),
        reverse("studies:population_create", args=[study.code]),
        reverse("studies:population_edit", args=[study.code, "KZ"]),
        reverse("studies:members", args=[study.code]),
        reverse("studies:member_add", args=[study.code]),
        reverse("studies:member_edit", args=[study.code, member.pk]),
        reverse("studies:activity", args=[study.code]),
    ]
    for page in pages:
        assert client.get(page).status_code == 200, page


def test_every_page_about_people_opens_for_an_administrator(client: Client) -> None:
    administrator = make_administrator()
    client.force_login(administrator)
    pages = [
        reverse("home"),
        reverse("studies:people"),
        reverse("studies:person_create"),
        reverse("studies:person_edit", args=[administrator.pk]),
        reverse("studies:list"),
    ]
    for page in pages:
        assert client.get(page).status_code == 200, page
