"""The supervisor stops what it has started, however it ends itself."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import environment
from config.supervisor import ChildEnded, Supervisor

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture(autouse=True)
def signals_as_before() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


def is_running(pid: int) -> bool:
    """Say whether the process runs; one that has ended and was not collected yet does not."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(shown) and not shown.startswith("Z")


def wait_until_ended(pid: int) -> bool:
    for _ in range(100):
        if not is_running(pid):
            return True
        time.sleep(0.1)
    return False


def test_children_end_with_the_block(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start("first", SLEEPER, cwd=tmp_path)
        supervisor.start("second", SLEEPER, cwd=tmp_path)
    assert [child.process.returncode for child in supervisor.children] == [-signal.SIGTERM] * 2


def test_a_signal_ends_the_wait(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor:
        supervisor.start("first", SLEEPER, cwd=tmp_path)
        os.kill(os.getpid(), signal.SIGTERM)
        supervisor.wait()
    assert supervisor.children[0].process.returncode is not None


def test_a_child_that_ends_is_named_with_the_end_of_its_log(tmp_path: Path) -> None:
    failing = [sys.executable, "-c", "import sys; print('no more paper'); sys.exit(3)"]
    with Supervisor(tmp_path) as supervisor:
        supervisor.start("first", SLEEPER, cwd=tmp_path)
        supervisor.start("printer", failing, cwd=tmp_path)
        with pytest.raises(ChildEnded, match=r"printer has ended by itself \(exit code 3\)(.|\n)*no more paper"):
            supervisor.wait()
    assert supervisor.children[0].process.returncode is not None


def test_waiting_for_what_never_comes_ends(tmp_path: Path) -> None:
    with Supervisor(tmp_path) as supervisor, pytest.raises(ChildEnded, match="Nothing answers"):
        supervisor.wait_until(lambda: False, timeout_s=0.2)


@pytest.mark.skipif(sys.platform != "linux", reason="other kernels do not tell children")
def test_children_end_when_the_supervisor_is_killed(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from config.supervisor import Supervisor\n"
        f"with Supervisor(Path({str(tmp_path)!r})) as supervisor:\n"
        f"    supervisor.start('first', {SLEEPER!r}, cwd=Path('/'))\n"
        "    print(supervisor.children[0].process.pid, flush=True); supervisor.wait()"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=environment.BASE_DIR, stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    child = int(parent.stdout.readline())
    assert is_running(child)
    parent.kill()
    parent.wait()
    assert wait_until_ended(child)
