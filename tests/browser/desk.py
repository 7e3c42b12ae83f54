"""An interviewer at the keyboard. No test of the interview screen touches the mouse."""

from __future__ import annotations

from typing import Any

from fieldwork.models import Interview, JournalEntry
from studies.models import User
from tests.browser.site import Site

#: Keys that answer and go on by themselves.
ANSWERING = {"F8", "F9"}
PATIENCE_MS = 30_000


class Desk:
    """What an interviewer does and sees on one page of the browser."""

    def __init__(self, page: Any, site: Site) -> None:
        self.page = page
        self.site = site
        # Other tests may keep the machine busy.
        page.set_default_timeout(PATIENCE_MS)

    def sit_down(self, user: User, study: str) -> None:
        """Log in and open the page between two calls."""
        self.page.context.add_cookies([self.site.session_of(user)])
        self.page.goto(f"{self.site.url}/s/{study}/calls/")

    def next_case(self) -> None:
        """The one key that takes the next case: it is there as soon as the page is."""
        self.page.wait_for_selector(".btn-big:focus")
        self.press("Enter")
        self.page.wait_for_url("**/calls/*/")
        self.page.wait_for_selector("body[data-ready]")

    def begin(self, *, language: str = "") -> None:
        """Somebody answers the telephone; `language` is the digit of another language than the one proposed."""
        self.page.wait_for_selector('#stage[data-panel="dial"]')
        self.press(*language, "Enter")
        self.page.wait_for_selector("#stage[data-item]")

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def at(self, key: str) -> None:
        """Wait until this question is on the screen."""
        self.page.wait_for_selector(f'#stage[data-item="{key}"]')

    def answer(self, key: str, *keys: str) -> None:
        """At this question, press keys and go on."""
        self.at(key)
        self.press(*keys)
        if not ANSWERING.intersection(keys):
            self.press("Enter")
        self.left(key)

    def write(self, key: str, text: str) -> None:
        """At this open question, type the answer and go on."""
        self.at(key)
        self.page.keyboard.type(text)
        self.press("Enter")
        self.left(key)

    def left(self, key: str) -> None:
        """Wait until this question is no longer on the screen: its answer is kept."""
        self.page.wait_for_function("key => document.getElementById('stage')?.dataset.item !== key", arg=key)

    @property
    def question(self) -> str | None:
        """The key of the question on the screen."""
        return self.page.get_attribute("#stage", "data-item")

    @property
    def text(self) -> str:
        """What stands in place of the question."""
        return self.page.inner_text("#stage")

    @property
    def saved(self) -> str:
        """What the place says that always tells whether everything is saved."""
        return self.page.inner_text("#saved")

    def codes(self) -> list[str]:
        """The codes that can be typed, as they stand on the screen."""
        return self.page.locator("#stage .code").all_inner_texts()

    def see(self, text: str) -> None:
        """Wait until this text is on the screen."""
        self.page.get_by_text(text).first.wait_for()

    def refused(self, text: str) -> None:
        """Wait until the screen says why the question stays, and as long as a person needs to see it."""
        self.see(text)
        self.page.wait_for_timeout(600)

    def all_sent(self) -> None:
        """Wait until the server has acknowledged everything."""
        self.page.wait_for_selector('#saved[data-unsent="0"]')

    def kept(self, number: int) -> None:
        """Wait until so many entries wait here for the server."""
        self.page.wait_for_selector(f'#saved[data-unsent="{number}"]')

    def back_to_start(self) -> None:
        """Wait for the page between two calls."""
        self.page.wait_for_url("**/calls/")


def journal_of(interview: Interview) -> list[JournalEntry]:
    """The entries of an interview in order; fails where one is missing."""
    entries = list(JournalEntry.objects.filter(interview=interview).order_by("seq"))
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    return entries
