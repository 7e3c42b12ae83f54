"""An audit in the browser: hearing, entering by codes, the verdict; the seconds really played arrive at the server."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from fieldwork.services.recordings import path_of
from fieldwork.waveform import measure_sound
from qc.models import Audit, Correction
from qc.services.audits import create_audit_plan
from studies.models.study import Role
from tests.factories import make_member, make_study, make_user
from tests.qc.makers import make_completed, make_recording
from tests.sounds import sound_file, speech

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="session")
def sound():
    """100 seconds of speech, and what is measured of them."""
    with TemporaryDirectory() as folder:
        place = Path(folder) / "speech.mp3"
        place.write_bytes(sound_file(speech(100), "mp3"))
        return place.read_bytes(), measure_sound(place)


@pytest.fixture
def audit(sound):
    """A waiting audit with 100 seconds of sound."""
    study = make_study("S")
    create_audit_plan(study=study, actor=None, now=timezone.now(), seed=bytes(32))
    interview = make_completed(study.populations.get(), make_member(study).user, journal=True)
    recording = make_recording(interview)
    place = path_of(recording)
    place.parent.mkdir(parents=True, exist_ok=True)
    content, measured = sound
    place.write_bytes(content)
    recording.size = len(content)
    recording.duration_ms = measured.duration_ms
    recording.peaks = base64.b64encode(measured.peaks).decode()
    recording.save()
    created = timezone.now() - timedelta(hours=3)
    return Audit.objects.create(interview=interview, kind="random", created_at=created)


@pytest.fixture
def at_audit(open_page, audit):
    """The listening page, reached as a supervisor reaches it."""
    study = audit.interview.population.study
    page = open_page(make_member(study, Role.SUPERVISOR, user=make_user("aliya")).user, "/s/S/audits/")
    page.keyboard.press("n")
    page.wait_for_url("**/audits/*/")
    page.wait_for_selector("#wave svg")
    return page


def clock(page):
    minutes, seconds = page.inner_text("#clock").split(":")
    return int(minutes) * 60 + int(seconds)


def key_of(page):
    return page.locator(".q.current").get_attribute("data-key")


def test_sound_is_played_by_keys_and_the_seconds_heard_are_stored(at_audit, audit):
    page = at_audit
    page.keyboard.press("KeyN")
    page.keyboard.press("ArrowDown")
    assert (clock(page), key_of(page)) == (20, "age")
    page.keyboard.press("KeyL")
    assert clock(page) == 25
    page.keyboard.press("ArrowLeft")
    assert clock(page) == 24
    page.keyboard.press("KeyP")
    assert (clock(page), key_of(page)) == (20, "age")
    page.keyboard.press("Equal")
    page.keyboard.press("Equal")
    assert page.inner_text("#speed") == "1.5×"
    page.keyboard.press("Space")
    expect(page.locator("#clock")).to_have_text(re.compile(r"0:2[3-9]"))
    with page.expect_response(re.compile("/listening$")) as told:
        page.keyboard.press("KeyK")
    assert told.value.status == 200
    audit.refresh_from_db()
    ((stretches,),) = [audit.heard.values()]
    assert len(stretches) == 1
    assert 19_900 <= stretches[0][0] <= 20_600
    assert 22_500 <= stretches[0][1] <= 25_500
    # Jumping about is not listening.
    before = audit.heard_ms
    for _ in range(5):
        page.keyboard.press("KeyN")
    page.reload()
    page.wait_for_selector("#wave svg")
    audit.refresh_from_db()
    assert audit.heard_ms == before
    assert clock(page) == 70  # a reload stays where one was


def test_a_whole_audit_by_keyboard(at_audit, audit):
    page = at_audit
    audit.refresh_from_db()
    assert page.locator(".q[data-hidden]").count() == len(audit.blind)

    def enter(key, *typed):
        page.locator(f'.q[data-key="{key}"] .q-time').click()
        page.keyboard.press("KeyE")
        for each in typed:
            page.keyboard.press(each)
        page.wait_for_selector(f'.q[data-key="{key}"]:not([data-hidden])')

    enter("age", "3", "4", "Enter")
    enter("gender", "1")  # the interviewer entered 2
    for key, typed in {"informed": "2", "friendly": "1", "unite": "1"}.items():
        if key in audit.blind:
            enter(key, typed)
    if "languages" in audit.blind:
        page.locator('.q[data-key="languages"] .q-time').click()
        for code in ("kk", "ru"):
            page.locator(f'.q[data-key="languages"] [data-code="{code}"]').check()
        page.locator('.q[data-key="languages"] .q-entry .btn').first.click()
        page.wait_for_selector('.q[data-key="languages"]:not([data-hidden])')
    assert page.locator("#blind-left").is_hidden()
    assert "differs" in page.inner_text('.q[data-key="gender"]')
    page.locator(".q-confirm input").check()
    page.locator("h1").click()
    for digit in "2212922":
        page.keyboard.press(f"Digit{digit}")
    assert page.inner_text("#score") == "92"
    page.locator("#verdict [value=correct]").check()
    page.click("#verdict .btn-primary")
    page.wait_for_selector("#verdict .field-error")
    assert "Write down why" in page.inner_text("#verdict")
    assert all("422" in each for each in page.complaints)  # the answer stands in the console
    page.complaints.clear()
    page.fill("#verdict textarea", "Мужской голос")
    page.click("#verdict .btn-primary")
    page.wait_for_url("**/audits/")
    audit.refresh_from_db()
    assert (audit.verdict, audit.score) == ("correct", 92)
    assert Correction.objects.get().new == "1"


def test_marks_that_do_not_fit_are_moved_and_moved_back(at_audit, audit):
    page = at_audit
    page.keyboard.press("KeyN")
    page.keyboard.press("KeyL")
    page.keyboard.press("KeyM")
    page.wait_for_selector("#deck-message:not([hidden])")
    assert "+5.0 s" in page.inner_text("#deck-message")
    assert page.inner_text('.q[data-key="age"] .q-time') == "0:25"
    recording = audit.interview.attempt.recordings.get()
    assert recording.interview_offset_ms == 5000
    page.click("#deck-message button")
    expect(page.locator("#deck-message")).to_contain_text("-5.0 s")
    recording.refresh_from_db()
    assert recording.interview_offset_ms == 0
    assert page.inner_text('.q[data-key="age"] .q-time') == "0:20"


def test_without_a_connection_nothing_that_was_heard_is_lost(at_audit, audit):
    page = at_audit
    page.keyboard.press("KeyK")
    expect(page.locator("#clock")).to_have_text(re.compile(r"0:0[2-9]"))
    page.context.set_offline(True)
    page.keyboard.press("KeyK")
    page.wait_for_selector("#deck-message.bad:not([hidden])")
    page.context.set_offline(False)
    with page.expect_response(re.compile("/listening$")):
        pass  # tried again within seconds
    page.wait_for_selector("#deck-message", state="hidden")
    audit.refresh_from_db()
    assert audit.heard_ms >= 1500
    page.complaints.clear()
