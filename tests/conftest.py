"""What every test may use. The environment itself is set in tests/environment.py."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from tests import chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A Chromium that lives as long as the test run; one per xdist worker."""
    from playwright.sync_api import sync_playwright

    path = chromium.find()
    if path is None:
        pytest.fail("No Chromium found; `make test` finds or installs it, or says how to get it.")
    # Playwright keeps an event loop in this thread, which Django takes for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=path)
        yield chrome
        chrome.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page in a browser profile of its own. The test fails if the page has complained about anything.

    Complaints are uncaught errors and what the console shows as an error: a script that is missing, a style
    that the content security policy stops. A test that expects one clears ``page.complaints``.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.complaints = []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda message: message.type == "error" and page.complaints.append(message.text))
    yield page
    context.close()
    assert page.complaints == []


# How long an example takes says something about the machine, not about the code.
hypothesis.settings.register_profile("dala", deadline=None)
hypothesis.settings.load_profile("dala")

# A password's hash is meant to be slow, but here people get their passwords by the hundred. The hash says itself how
# often it was repeated, so the web server of the browser tests knows these passwords too.
PBKDF2PasswordHasher.iterations = 1
