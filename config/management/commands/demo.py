"""The whole system on one machine: database, queue, web server, worker and clock, with the example loaded."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from config import environment, runtime
from config.demo_accounts import DEMO_ACCOUNTS
from config.supervisor import ChildEnded, Supervisor

HOST = "127.0.0.1"
# Each once per database, in this order.
STEPS = {"load_example": "Loading the reference study", "simulate_fieldwork": "Simulating its fieldwork"}


class Command(BaseCommand):
    help = "Loads the reference study, simulates its fieldwork and serves it until Ctrl-C."
    requires_system_checks: list[str] = []  # the checks need a database that is not there yet

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000)
        parser.add_argument("--reset", action="store_true", help="delete the demo's data first")
        parser.add_argument("--no-serve", action="store_true", help="end after the fieldwork")

    def handle(self, *args: Any, port: int, reset: bool, no_serve: bool, **options: Any) -> None:
        # A polite kill while the example is being made ends the servers too, as Ctrl-C does.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        if not no_serve:
            refuse_taken_port(port)
        try:
            if reset or was_interrupted():
                self.stdout.write("Beginning anew: the demo's data are deleted.")
                delete_data()
            with runtime.needed():
                self.prepare()
                if no_serve:
                    self.show_files()
                else:
                    self.serve(port)
        except (runtime.RuntimeFailure, ChildEnded) as failure:
            raise CommandError(str(failure)) from failure

    def prepare(self) -> None:
        """Bring database, translations, static files and example up to date; do only what is missing."""
        call_command("compilemessages", verbosity=0)
        call_command("migrate", verbosity=0, interactive=False)
        collect_static()
        done = read_state()
        for step, title in STEPS.items():
            if step in done.get("done", []):
                continue
            write_state(begun=step, done=done.get("done", []))
            self.stdout.write(f"{title} ...")
            begin = time.monotonic()
            call_command(step)
            done = write_state(begun=None, done=[*done.get("done", []), step])
            self.stdout.write(f"{title}: done in {time.monotonic() - begin:.0f} s")

    def show_files(self) -> None:
        folder = settings.EXPORTS_ROOT
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        self.stdout.write(f"The exported files are in {folder}")
        for file in files:
            self.stdout.write(f"  {file.relative_to(folder)}  {file.stat().st_size / 1e6:.1f} MB")

    def serve(self, port: int) -> None:
        """Run web server, worker and clock until told to stop; stop all of them on the way out."""
        address = f"http://{HOST}:{port}/"
        self.stdout.write("Starting web server, worker and clock ...")
        with Supervisor(settings.DATA_DIR / "logs") as supervisor:
            for name, command in programs(port).items():
                supervisor.start(name, command, cwd=settings.BASE_DIR)
            if supervisor.wait_until(lambda: answers(f"{address}health")):
                self.show_welcome(address)
                supervisor.wait()
            self.stdout.write("\nStopping ...")
        self.stdout.write("Everything has stopped. The data stay for the next `make demo`.")

    def show_welcome(self, address: str) -> None:
        header = ("role", "log in as", "password", "to do")
        rows: list[tuple[str, ...]] = [
            header,
            *((who.role, who.username, who.password, who.does) for who in DEMO_ACCOUNTS),
        ]
        widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
        rows.insert(1, tuple("-" * width for width in widths))
        table = []
        for row in rows:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            table.append("  " + "   ".join(cells).rstrip())
        listing = "\n".join(table)
        self.stdout.write(f"\nDala is running: {address}\n\n{listing}\n\nCtrl-C stops it.")


def programs(port: int) -> dict[str, list[str | Path]]:
    """Return the commands that make up the running system, by the name they have in messages and logs."""
    folder = Path(sys.executable).parent
    celery: list[str | Path] = [folder / "celery", "--app=config", "--quiet"]
    return {
        "web server": [
            folder / "gunicorn", "config.wsgi", f"--bind={HOST}:{port}",
            "--workers=2", "--threads=8", "--worker-class=gthread", "--graceful-timeout=5", "--no-control-socket",
        ],
        "worker": [*celery, "worker", "--concurrency=2", "--without-gossip", "--without-mingle"],
        "clock": [*celery, "beat", f"--schedule={settings.DATA_DIR / 'beat-schedule'}", "--pidfile="],
    }  # fmt: skip


def refuse_taken_port(port: int) -> None:
    with socket.socket() as probe:
        # As the web server does: a port that only rests after its last use counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise CommandError(f"Port {port} needs root. Choose one above 1023: make demo PORT=8001") from None
        except (OSError, OverflowError):
            raise CommandError(
                f"Port {port} is in use, perhaps by another demo. Choose another: make demo PORT={port + 1}"
            ) from None


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=2) as response:  # noqa: S310 - our own web server
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def collect_static() -> None:
    """Collect the static files when one of them is newer than the last collection."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if settings.STATIC_HASHED and (not manifest.exists() or newest_static() > manifest.stat().st_mtime):
        shutil.rmtree(settings.STATIC_ROOT, ignore_errors=True)
        call_command("collectstatic", verbosity=0, interactive=False)


def newest_static() -> float:
    """Return when a static file of ours, or the list of installed packages, has last changed."""
    ours = [path for folder in settings.BASE_DIR.glob("*/static") for path in [folder, *folder.rglob("*")]]
    return max(path.stat().st_mtime for path in [*ours, settings.BASE_DIR / "requirements.lock"])


# --- what has been done to this data ---------------------------------------------------------------------


def state_file() -> Path:
    return Path(settings.DATA_DIR) / "demo.json"


def read_state() -> dict[str, Any]:
    return json.loads(state_file().read_text()) if state_file().exists() else {}


def write_state(*, begun: str | None, done: list[str]) -> dict[str, Any]:
    state = {"begun": begun, "done": done}
    # Written beside and moved: whoever is killed here leaves the old state or the new one.
    half = state_file().with_suffix(".half")
    half.write_text(json.dumps(state))
    half.replace(state_file())
    return state


def was_interrupted() -> bool:
    """Say whether an earlier run ended in the middle of making the example. Nobody has worked on it then."""
    return bool(read_state().get("begun"))


def delete_data() -> None:
    """Delete everything below the data directory except the key that signs sessions."""
    if not environment.embedded_postgres():
        raise CommandError(
            "DATABASE_URL names a database of yours, which the demo does not delete. Empty it yourself, "
            f"delete {state_file()} and start again, or unset DATABASE_URL."
        )
    runtime.remove(settings.DATA_DIR)
    for path in Path(settings.DATA_DIR).iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != "secret_key":
            path.unlink()
    apps.get_app_config("config").ready()
