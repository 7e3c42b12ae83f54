"""The API describes itself: the schema is whole, without guesses, and served without anything from elsewhere."""

from __future__ import annotations

import re

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from studies.models.study import Role
from tests.factories import make_member, make_study

#: What the issue of the API promises: studies, cases (own), interviews, recordings, audits, codings, exports.
TAGS = {"studies", "calls", "interviews", "recordings", "audits", "codings", "exports"}


def test_the_schema_is_valid_and_nothing_in_it_is_guessed() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file="/dev/null")


@pytest.mark.django_db
def test_every_subject_has_its_endpoints(client: Client) -> None:
    client.force_login(make_member(make_study(), Role.LEAD).user)
    schema = client.get(reverse("api-schema"), headers={"accept": "application/json"}).json()
    tags = {tag for path in schema["paths"].values() for act in path.values() for tag in act.get("tags", ())}
    assert tags >= TAGS


@pytest.mark.django_db
def test_the_page_of_the_api_loads_nothing_from_elsewhere(client: Client) -> None:
    client.force_login(make_member(make_study(), Role.LEAD).user)
    page = client.get(reverse("api")).content.decode()
    assert re.findall(r'(?:src|href)="(https?:)?//', page) == []
    assert "swagger-ui" in page
