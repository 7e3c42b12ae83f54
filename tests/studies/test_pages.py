"""The frame, the log-in and the pages of a study, as people meet them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import translation

from studies.errors import Conflict
from studies.middleware import DomainErrorMiddleware
from studies.models import ActivityLog, Population, Study, StudyMember, User
from studies.models.study import Role
from studies.services.activity import log_activity
from tests.factories import NOW, PASSWORD, make_administrator, make_member, make_study, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def english() -> Any:
    """Texts are looked for in English, whatever an earlier request has activated in this thread."""
    with translation.override("en"):
        yield


def enter(client: Client, user: User) -> User:
    client.force_login(user)
    return user


def text_of(response: Any) -> str:
    """The text of a page, its spaces as single ones."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).replace("\u00a0", " ").split())


# --- logging in ------------------------------------------------------------------------------------------


def test_a_stranger_is_sent_to_the_login_page_and_from_there_to_where_they_wanted(client: Client) -> None:
    make_user("aigul", password=PASSWORD)
    wanted = reverse("profile")

    response = client.get(wanted, follow=True)
    assert response.redirect_chain == [(f"/login/?next={wanted}", 302)]

    response = client.post("/login/", {"username": "aigul", "password": PASSWORD, "next": wanted})
    assert response["Location"] == wanted


def test_nobody_is_sent_to_another_host_after_the_login(client: Client) -> None:
    make_user("aigul", password=PASSWORD)
    response = client.post("/login/", {"username": "aigul", "password": PASSWORD, "next": "https://elsewhere.example/"})
    assert response["Location"] == "/"


@pytest.mark.parametrize(("name", "password"), [("aigul", "wrong"), ("nobody", PASSWORD), ("closed", PASSWORD)])
def test_a_wrong_login_says_what_to_mind_and_never_what_was_right(client: Client, name: str, password: str) -> None:
    make_user("aigul", password=PASSWORD)
    make_user("closed", password=PASSWORD, is_active=False)
    response = client.post("/login/", {"username": name, "password": password})
    assert response.status_code == 422
    assert "do not belong together" in text_of(response)


@pytest.mark.parametrize(
    ("referrer", "leads_to"),
    [("http://testserver/people/new?x=1", "/people/new?x=1"), ("https://elsewhere.example/people/", "/"), ("", "/")],
)
def test_after_a_refused_form_the_menus_lead_back_to_its_page(client: Client, referrer: str, leads_to: str) -> None:
    """The address of the form itself may take nothing but the form."""
    make_user("aigul", password=PASSWORD)
    response = client.post("/login/", {"username": "aigul", "password": "wrong"}, headers={"referer": referrer})
    assert response.status_code == 422
    assert f'name="next" value="{leads_to}"' in response.content.decode()
    assert client.post("/preferences/", {"theme": "dark", "next": leads_to})["Location"] == leads_to


def test_logging_out_takes_a_deliberate_act(client: Client) -> None:
    enter(client, make_user())
    response = client.get("/logout/")
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert "A form is sent here." in text_of(response)
    assert client.post("/logout/")["Location"] == "/login/"
    assert client.get("/")["Location"].startswith("/login/")


def test_whoever_is_logged_in_does_not_see_the_login_page_again(client: Client) -> None:
    enter(client, make_user())
    assert client.get("/login/")["Location"] == "/"


# --- language and colours --------------------------------------------------------------------------------


def test_the_language_can_be_chosen_before_the_login(client: Client) -> None:
    response = client.post("/preferences/", {"language": "kk", "next": "/login/"})
    assert response["Location"] == "/login/"
    assert '<html lang="kk">' in client.get("/login/").content.decode()


def test_the_language_of_the_person_goes_before_that_of_the_browser(client: Client) -> None:
    enter(client, make_user(language="uz"))
    response = client.get("/", headers={"accept-language": "ru"})
    assert '<html lang="uz">' in response.content.decode()
    assert response["Content-Language"] == "uz"


def test_language_and_colours_stay_with_the_person(client: Client) -> None:
    user = enter(client, make_user())
    client.post("/preferences/", {"language": "ru"})
    client.post("/preferences/", {"theme": "dark", "next": "/profile/"})
    user.refresh_from_db()
    assert (user.language, user.theme) == ("ru", "dark")
    assert '<html lang="ru" data-theme="dark">' in client.get("/").content.decode()


def test_colours_that_do_not_exist_are_not_written_into_pages(client: Client) -> None:
    client.cookies["theme"] = '"><script>'
    assert "<script>" not in client.get("/login/").content.decode()
    user = enter(client, make_user())
    client.post("/preferences/", {"theme": "pink", "language": "xx"})
    user.refresh_from_db()
    assert (user.language, user.theme) == ("en", "system")


# --- the frame -------------------------------------------------------------------------------------------


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


def test_every_page_about_people_opens_for_an_administrator_alone(client: Client) -> None:
    administrator = make_administrator()
    pages = [
        reverse("studies:people"),
        reverse("studies:person_create"),
        reverse("studies:person_edit", args=[administrator.pk]),
    ]
    enter(client, administrator)
    for page in pages:
        assert client.get(page).status_code == 200, page
    enter(client, make_member(make_study(), Role.LEAD).user)
    for page in pages:
        assert client.get(page).status_code == 403, page


ROOMS = {
    "study": {Role.INTERVIEWER, Role.SUPERVISOR, Role.CODER, Role.LEAD},
    "studies:edit": {Role.LEAD},
    "studies:populations": {Role.LEAD, Role.SUPERVISOR},
    "studies:population_create": {Role.LEAD},
    "studies:members": {Role.LEAD},
    "studies:member_add": {Role.LEAD},
    "studies:activity": {Role.LEAD, Role.SUPERVISOR},
}


@pytest.mark.parametrize("role", list(Role))
def test_rooms_open_by_role_and_studies_of_others_do_not_exist(client: Client, role: Role) -> None:
    study, other = make_study(), make_study()
    enter(client, make_member(study, role).user)
    for view, roles in ROOMS.items():
        assert client.get(reverse(view, args=[study.code])).status_code == (200 if role in roles else 403), view
        assert client.get(reverse(view, args=[other.code])).status_code == 404, view


def test_an_administrator_without_a_role_sees_who_works_in_a_study_but_none_of_its_work(client: Client) -> None:
    study = make_study()
    enter(client, make_administrator())
    assert client.get(reverse("studies:members", args=[study.code])).status_code == 200
    for view in ("study", "studies:populations", "studies:activity"):
        assert client.get(reverse(view, args=[study.code])).status_code == 404, view


def test_the_frame_shows_only_the_places_of_ones_roles(client: Client) -> None:
    study = make_study()
    enter(client, make_member(study, Role.INTERVIEWER).user)
    page = client.get(reverse("study", args=[study.code])).content.decode()
    assert reverse("studies:members", args=[study.code]) not in page
    enter(client, make_member(study, Role.LEAD).user)
    page = client.get(reverse("study", args=[study.code])).content.decode()
    assert reverse("studies:members", args=[study.code]) in page


def test_errors_have_pages_in_the_frame(client: Client) -> None:
    enter(client, make_member(make_study("MINE"), Role.CODER).user)
    lost = client.get("/nowhere/")
    assert lost.status_code == 404
    assert "nothing at this address" in text_of(lost)
    assert "MINE" in text_of(lost)
    refused = client.get(reverse("studies:members", args=["MINE"]))
    assert refused.status_code == 403
    assert "Your role does not include this" in text_of(refused)


def test_an_error_of_a_service_that_no_form_shows_is_still_said(rf: RequestFactory) -> None:
    middleware = DomainErrorMiddleware(lambda request: HttpResponse())
    request: Any = rf.get("/")
    request.user, request.htmx = make_user(), False

    page = middleware.process_exception(request, Conflict("taken", "Somebody else was quicker."))
    assert page is not None
    assert page.status_code == 409
    assert "Somebody else was quicker." in text_of(page)

    request.htmx = True
    strip = middleware.process_exception(request, Conflict("taken", "Somebody else was quicker."))
    assert strip is not None
    assert strip.status_code == 409
    assert strip["HX-Retarget"] == "#messages"
    assert strip.content.decode().strip() == '<p class="strip bad">Somebody else was quicker.</p>'

    assert middleware.process_exception(request, ValueError("a mistake of ours")) is None


# --- studies and populations -----------------------------------------------------------------------------


def test_a_lead_creates_a_study_and_goes_on_to_its_populations(client: Client) -> None:
    enter(client, make_member(make_study(), Role.LEAD).user)
    form = {"code": "NEW-1", "name": "New study", "status": "design", "reporting_language": "ru"}
    response = client.post(reverse("studies:create"), form, follow=True)
    assert response.redirect_chain == [("/s/NEW-1/populations/", 302)]
    assert "Study NEW-1 was created" in text_of(response)


def test_nobody_else_gets_to_the_form_of_a_new_study(client: Client) -> None:
    enter(client, make_member(make_study(), Role.SUPERVISOR).user)
    assert client.get(reverse("studies:create")).status_code == 403


def test_what_is_wrong_is_said_beside_the_field_and_above_the_form(client: Client) -> None:
    make_study("TAKEN")
    enter(client, make_member(make_study(), Role.LEAD).user)
    form = {"code": "TAKEN", "name": "New study", "status": "design", "reporting_language": "ru"}
    response = client.post(reverse("studies:create"), form)
    assert response.status_code == 422
    page = response.content.decode()
    assert "1 thing to put right" in text_of(response)
    assert 'id="id_code_error"' in page
    assert 'value="New study"' in page  # what was typed is still there
    assert Study.objects.filter(name="New study").count() == 0


KAZAKHSTAN = {
    "code": "KZ",
    "name": "Kazakhstan, 18 and over",
    "country": "kz",
    "languages": ["kk", "ru"],
    "time_zones": "Asia/Almaty, Asia/Aqtobe",
    "calling_start": "09:00",
    "calling_end": "21:00",
    "field_start": "2021-08-19",
    "field_end": "2021-09-08",
    "target": "800",
    "max_attempts": "7",
    "checkpoint_rule": "wait",
}


def test_a_population_is_created_and_changed(client: Client) -> None:
    study = make_study(populations=())
    enter(client, make_member(study, Role.LEAD).user)
    response = client.post(reverse("studies:population_create", args=[study.code]), KAZAKHSTAN)
    assert response.status_code == 302
    population = Population.objects.get()
    assert population.country == "KZ"
    assert population.time_zones == ["Asia/Almaty", "Asia/Aqtobe"]

    page = client.get(reverse("studies:population_edit", args=[study.code, "KZ"])).content.decode()
    assert 'value="Asia/Almaty, Asia/Aqtobe"' in page
    assert 'value="2021-08-19"' in page
    response = client.post(reverse("studies:population_edit", args=[study.code, "KZ"]), {**KAZAKHSTAN, "target": "820"})
    assert response.status_code == 302
    population.refresh_from_db()
    assert population.target == 820


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"field_end": "2021-08-01"}, "The field can't end before it starts."),
        ({"calling_end": "08:00"}, "Calls must end after they begin."),
        ({"time_zones": "Almaty"}, "Not a time zone: Almaty. Write it as Asia/Almaty."),
        ({"country": "Kazakhstan"}, "Two letters, such as KZ."),
    ],
)
def test_a_population_that_can_not_be_is_refused_in_words(client: Client, change: dict[str, str], words: str) -> None:
    study = make_study(populations=())
    enter(client, make_member(study, Role.LEAD).user)
    response = client.post(reverse("studies:population_create", args=[study.code]), {**KAZAKHSTAN, **change})
    assert response.status_code == 422
    assert words in text_of(response).replace("&#x27;", "'")
    assert not Population.objects.exists()


# --- members and people ----------------------------------------------------------------------------------


def test_a_lead_adds_changes_and_removes_a_member(client: Client) -> None:
    study = make_study(populations=("KZ", "UZ"))
    enter(client, make_member(study, Role.LEAD).user)
    person = make_user("dilshod", first_name="Dilshod", last_name="Karimov")

    form = {"user": " dilshod ", "role": "interviewer", "languages": ["uz", "ru"], "converts_refusals": "on"}
    response = client.post(reverse("studies:member_add", args=[study.code]), form, follow=True)
    assert "Dilshod Karimov is a member now: interviewer." in text_of(response)
    member = StudyMember.objects.get(user=person)
    assert member.converts_refusals

    edit = reverse("studies:member_edit", args=[study.code, member.pk])
    client.post(edit, {"languages": ["uz"], "populations": [study.populations.get(code="UZ").pk]})
    member.refresh_from_db()
    assert (member.languages, member.converts_refusals) == (["uz"], False)
    assert [population.code for population in member.populations.all()] == ["UZ"]

    remove = reverse("studies:member_remove", args=[study.code, member.pk])
    assert "Nothing was removed" in text_of(client.post(remove, follow=True))
    assert StudyMember.objects.filter(pk=member.pk).exists()
    response = client.post(remove, {"reason": "has left"}, follow=True)
    assert "is no longer a member" in text_of(response)
    assert ActivityLog.objects.get(action="member.removed").data["reason"] == "has left"


def test_an_unknown_person_is_not_added(client: Client) -> None:
    study = make_study()
    enter(client, make_member(study, Role.LEAD).user)
    response = client.post(reverse("studies:member_add", args=[study.code]), {"user": "nobody", "role": "coder"})
    assert response.status_code == 422
    assert "Nobody has this log-in name" in text_of(response)


def test_members_of_another_study_can_not_be_reached_through_ones_own(client: Client) -> None:
    study = make_study()
    enter(client, make_member(study, Role.LEAD).user)
    stranger = make_member(make_study(), Role.CODER)
    for view in ("studies:member_edit", "studies:member_remove"):
        assert client.post(reverse(view, args=[study.code, stranger.pk])).status_code == 404


def test_members_are_filtered_by_role_and_the_page_says_so(client: Client) -> None:
    study = make_study()
    enter(client, make_member(study, Role.LEAD).user)
    make_member(study, Role.CODER, user=make_user("the-coder"))
    page = text_of(client.get(reverse("studies:members", args=[study.code]), {"role": "coder"}))
    assert "1 of 2 · filter: coder" in page
    assert "the-coder" in page


def test_an_administrator_creates_a_person_who_then_logs_in(client: Client) -> None:
    enter(client, make_administrator())
    form = {"username": "madina", "password": PASSWORD, "first_name": "Madina", "language": "uz"}
    assert client.post(reverse("studies:person_create"), form).status_code == 302
    person = User.objects.get(username="madina")

    edit = reverse("studies:person_edit", args=[person.pk])
    client.post(edit, {"first_name": "Madina", "language": "uz", "is_active": "on", "password": ""})
    client.logout()
    assert client.post("/login/", {"username": "madina", "password": PASSWORD}).status_code == 302


def test_a_person_changes_their_password_and_stays_logged_in(client: Client) -> None:
    user = enter(client, make_user("aigul", password=PASSWORD))
    wrong = client.post("/profile/", {"old_password": "wrong", "password": "four-winds-of-the-steppe"})
    assert wrong.status_code == 422
    weak = client.post("/profile/", {"old_password": PASSWORD, "password": "short"})
    assert weak.status_code == 422
    done = client.post("/profile/", {"old_password": PASSWORD, "password": "four-winds-of-the-steppe"}, follow=True)
    assert "Password changed" in text_of(done)
    user.refresh_from_db()
    assert user.check_password("four-winds-of-the-steppe")


def test_a_token_is_shown_once_and_opens_the_api_as_its_person(client: Client) -> None:
    user = enter(client, make_user())
    response = client.post("/profile/token/")
    assert user.auth_token.key in response.content.decode()  # type: ignore[attr-defined]
    assert "no-store" in response["Cache-Control"]
    assert user.auth_token.key not in client.get("/profile/").content.decode()  # type: ignore[attr-defined]


# --- activity --------------------------------------------------------------------------------------------


def test_the_log_is_filtered_by_action_person_and_local_day(client: Client) -> None:
    study = make_study(populations=("KZ",))
    lead = enter(client, make_member(study, Role.LEAD).user)
    sergey = make_user("sergey")
    # 24 August, 20:00 UTC, is already the 25th in Almaty.
    late = NOW.replace(hour=20)
    log_activity(study=study, actor=lead, action="population.changed", data={"target": [800, 820]}, now=NOW)
    log_activity(study=study, actor=sergey, action="replicate.released", data={"replicate": 4}, now=late)
    log_activity(study=make_study(), actor=sergey, action="elsewhere.done", now=NOW)

    def shown(**query: str) -> str:
        # The choices of the filter name every action; only the table counts.
        page = client.get(reverse("studies:activity", args=[study.code]), query).content.decode()
        return " ".join(re.sub("<[^>]+>", " ", page[page.index("<tbody>") :]).split())

    everything = shown()
    assert "800 → 820" in everything
    assert "25 Aug 2021 02:00" in everything
    assert "elsewhere" not in everything
    assert "replicate.released" not in shown(action="population")
    assert "population.changed" not in shown(person="sergey")
    assert "population.changed" not in shown(day_from="2021-08-25")
    assert "replicate.released" not in shown(day_to="2021-08-24")
    assert "replicate.released" in shown(day_from="2021-08-25", day_to="2021-08-25")
    assert "Nothing happened that fits the filter" in shown(day_from="2022-01-01")
    assert "replicate.released" in shown(day_from="not a day")


# --- queries ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["studies:members", "studies:activity", "studies:populations"])
def test_lists_take_as_many_queries_for_twenty_rows_as_for_ten(client: Client, view: str) -> None:
    study = make_study(populations=("KZ", "UZ"))
    lead = enter(client, make_member(study, Role.LEAD).user)

    def add_ten() -> None:
        for _ in range(10):
            make_member(study, Role.INTERVIEWER, populations=study.populations.all())
            log_activity(study=study, actor=make_user(), action="x.y", target=lead, now=NOW)

    url = reverse(view, args=[study.code])
    add_ten()
    with CaptureQueriesContext(connection) as first:
        client.get(url)
    add_ten()
    with CaptureQueriesContext(connection) as second:
        client.get(url)
    assert len(second) == len(first)
