"""The web server and the worker as they run in the field: processes of their own, on the test's database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.db import connection
from django.test import Client

from studies.models import User

PROGRAMS = Path(sys.executable).parent
PATIENCE_S = 60


class Site:
    """A gunicorn on a free port. `kill` is what a power cut does; `start` brings it back on the same port."""

    def __init__(self, log: Path) -> None:
        self.log = log
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = start_program(
            [
                *("gunicorn", "config.wsgi", f"--bind=127.0.0.1:{self.port}", "--workers=1", "--threads=8"),
                *("--worker-class=gthread", "--no-control-socket", "--log-level=warning"),
            ],
            self.log,
        )
        deadline = time.monotonic() + PATIENCE_S
        while not answers(f"{self.url}/health"):
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError(f"The web server does not answer:\n{self.log.read_text()}")
            time.sleep(0.05)

    def kill(self) -> None:
        end_program(self.process, signal.SIGKILL)
        self.process = None

    def session_of(self, user: User) -> dict[str, str]:
        """The cookie of somebody who has logged in, as Playwright takes it."""
        client = Client()
        client.force_login(user)
        return {"name": settings.SESSION_COOKIE_NAME, "value": client.cookies["sessionid"].value, "url": self.url}


def start_program(command: list[str], log: Path) -> subprocess.Popen[bytes]:
    """Start a program of the environment on the database of this test process."""
    name, *arguments = command
    with log.open("ab") as output:
        return subprocess.Popen(
            [PROGRAMS / name, *arguments],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": database_url(), "REDIS_URL": settings.REDIS_URL},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def end_program(process: subprocess.Popen[bytes] | None, number: int = signal.SIGTERM) -> None:
    """End a program with all its children, and wait for it."""
    if process is None:
        return
    if process.poll() is None:
        os.killpg(process.pid, number)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def database_url() -> str:
    """The address of the test database, which pytest-django gives a name of its own."""
    parts = urlsplit(settings.DATABASE_URL)
    return urlunsplit(parts._replace(path=f"/{connection.settings_dict['NAME']}"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as response:  # noqa: S310 - our own server
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
