"""`manage.py demo`, as the Makefile calls it. Making the example is tested elsewhere and skipped here."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.core.management.base import CommandError

from config import environment, runtime
from config.demo_accounts import DEMO_ACCOUNTS
from config.management.commands import demo

LEFT_OUT = {"DATABASE_URL", "REDIS_URL", "SECRET_KEY", "STATIC_HASHED", "STATIC_ROOT"}


@pytest.fixture
def data_dir() -> Iterator[Path]:
    folder = environment.BASE_DIR / "var" / "test" / f"demo-{os.getpid()}"
    folder.mkdir(parents=True)
    folder.chmod(0o711)
    (folder / "demo.json").write_text(json.dumps({"begun": None, "done": list(demo.STEPS)}))
    yield folder
    runtime.remove(folder)
    shutil.rmtree(folder, ignore_errors=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((demo.HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def start_demo(data_dir: Path, *options: str, **more: str) -> subprocess.Popen[str]:
    variables = {name: value for name, value in os.environ.items() if name not in LEFT_OUT}
    variables |= {"DATA_DIR": str(data_dir), "STATIC_ROOT": str(data_dir / "static"), "PYTHONUNBUFFERED": "1"} | more
    return subprocess.Popen(
        [sys.executable, "manage.py", "demo", *options],
        cwd=environment.BASE_DIR,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """Return what the process prints up to ``text``; all of it when that never comes."""
    lines = []
    assert process.stdout
    for line in process.stdout:
        lines.append(line)
        if text in line:
            break
    return "".join(lines)


def programs_of(data_dir: Path) -> list[str]:
    """Return the processes that have to do with the data directory or were started for it."""
    shown = subprocess.run(["ps", "-eo", "pid=,stat=,args="], capture_output=True, text=True, check=True).stdout
    return [line for line in shown.splitlines() if str(data_dir) in line and " Z" not in line]


def test_made_without_serving_then_served_until_told_to_stop(data_dir: Path) -> None:
    exports = data_dir / "media" / "exports"
    exports.mkdir(parents=True)
    (exports / "study.sav").write_bytes(b"x" * 200_000)
    output, _ = start_demo(data_dir, "--no-serve").communicate(timeout=120)
    assert str(exports) in output
    assert "study.sav  0.2 MB" in output
    assert programs_of(data_dir) == []

    port = free_port()
    process = start_demo(data_dir, "--port", str(port))
    try:
        output = read_until(process, "Ctrl-C")
        assert f"http://127.0.0.1:{port}/" in output, output
        assert all(who.username in output and who.password in output for who in DEMO_ACCOUNTS)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as response:
            assert response.status == 200
        time.sleep(2)  # long enough for a worker or clock that cannot start to end
        assert process.poll() is None, process.communicate()[0]
    finally:
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    assert "Everything has stopped" in rest
    assert programs_of(data_dir) == []
    with pytest.raises(OSError, match="refused"):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(runtime.addresses(data_dir).database_url)


def test_stopped_while_the_example_is_made_it_leaves_no_server(data_dir: Path) -> None:
    (data_dir / "demo.json").unlink()
    process = start_demo(data_dir, "--no-serve", STATIC_HASHED="0")
    output = read_until(process, "Loading the reference study")
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=60)
    assert "Traceback" not in rest, output + rest
    assert "Stopped." in rest
    assert json.loads((data_dir / "demo.json").read_text())["begun"] == "load_example"
    assert programs_of(data_dir) == []


def test_a_port_in_use_is_named_with_a_way_out(data_dir: Path) -> None:
    with socket.socket() as taken:
        taken.bind((demo.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        output, _ = start_demo(data_dir, "--port", str(port)).communicate(timeout=60)
    assert f"Port {port} is in use" in output
    assert f"make demo PORT={port + 1}" in output
    assert "Traceback" not in output


def test_an_example_that_was_not_finished_is_made_anew(settings, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path
    assert not demo.was_interrupted()
    demo.write_state(begun="simulate_fieldwork", done=["load_example"])
    assert demo.was_interrupted()
    demo.write_state(begun=None, done=["load_example", "simulate_fieldwork"])
    assert not demo.was_interrupted()


def test_beginning_anew_keeps_the_key_and_nothing_else(settings, tmp_path: Path, monkeypatch) -> None:
    settings.DATA_DIR, settings.MEDIA_ROOT = tmp_path, tmp_path / "media"
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path / "media" / "incoming"
    monkeypatch.delenv("DATABASE_URL", raising=False)
    (tmp_path / "media" / "recordings").mkdir(parents=True)
    (tmp_path / "secret_key").write_text("key")
    demo.write_state(begun=None, done=["load_example"])
    demo.delete_data()
    assert {path.name for path in tmp_path.iterdir()} == {"secret_key", "media"}
    assert not (tmp_path / "media" / "recordings").exists()


def test_a_database_of_the_users_own_is_never_deleted(settings, tmp_path: Path, monkeypatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setenv("DATABASE_URL", "postgresql://elsewhere/dala")
    demo.write_state(begun=None, done=["load_example"])
    with pytest.raises(CommandError, match="does not delete"):
        demo.delete_data()
    assert demo.state_file().exists()
