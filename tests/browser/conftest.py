"""Everything here happens as a person sees it: Chromium, a web server in a process of its own, a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from config.celery import app
from questionnaires.compile import compile_form
from questionnaires.xlsform import read_workbook
from studies.models import User
from tests.browser.desk import PATIENCE_MS, Desk
from tests.browser.site import Site, end_program, start_program
from tests.examples.reference import FOLDER


@pytest.fixture(scope="session")
def site(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The web server, started once; it ends before the test database is dropped."""
    with django_db_blocker.unblock():
        site = Site(tmp_path_factory.mktemp("site") / "web.log")
        site.start()
    yield site
    end_program(site.process)


@pytest.fixture
def running_site(site: Site) -> Iterator[Site]:
    """The web server for a test that kills it."""
    yield site
    if site.process is None:
        site.start()


@pytest.fixture
def worker(site: Site, tmp_path: Path) -> Iterator[None]:
    """A Celery worker, for as long as the test lasts. What other tests left in the queue is none of its business."""
    app.control.purge()
    command = ["celery", "--app=config", "worker", "--pool=solo", "--without-gossip", "--without-mingle"]
    process = start_program(command, tmp_path / "worker.log")
    yield
    end_program(process)


@pytest.fixture
def open_page(page: Any, site: Site) -> Callable[[User, str], Any]:
    """Log somebody in and open an address of the site."""

    def opened(user: User, path: str) -> Any:
        page.set_default_timeout(PATIENCE_MS)
        page.context.add_cookies([site.session_of(user)])
        page.goto(site.url + path)
        return page

    return opened


@pytest.fixture
def desk(page: Any, site: Site) -> Desk:
    """An interviewer's desk; `sit_down` says who works there."""
    return Desk(page, site)


@pytest.fixture(scope="session")
def reference_script() -> dict[str, Any]:
    """The questionnaire of the reference study, as it is published."""
    script = compile_form(read_workbook((FOLDER / "questionnaire.xlsx").read_bytes())).script
    assert script is not None
    return script
