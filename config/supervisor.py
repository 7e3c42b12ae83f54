"""Runs a few programs side by side until one is told to stop, or one of them ends."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

STOP_TIMEOUT_S = 15
PR_SET_PDEATHSIG = 1


class ChildEnded(Exception):
    """A program that should run on has ended; the message holds the end of its log."""


@dataclass
class Child:
    """A running program, and where it writes what it has to say."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def log_tail(self, lines: int = 15) -> str:
        return "\n  ".join(self.log.read_text(errors="replace").splitlines()[-lines:])


@dataclass
class Supervisor:
    """Starts programs and stops every one of them, whatever happens."""

    logs: Path
    children: list[Child] = field(default_factory=list)
    stopping: bool = False

    def __enter__(self) -> Supervisor:
        self.logs.mkdir(parents=True, exist_ok=True)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        return self

    def __exit__(self, *_exception: object) -> None:
        """Stop the programs in the reverse order, politely first."""
        for child in reversed(self.children):
            _signal_group(child.process, signal.SIGTERM)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for child in self.children:
            with suppress(subprocess.TimeoutExpired):
                child.process.wait(timeout=max(0.1, deadline - time.monotonic()))
            # Also after a polite end: a worker's own children must not outlive it.
            _signal_group(child.process, signal.SIGKILL)
            child.process.wait()

    def start(self, name: str, command: Sequence[str | Path], *, cwd: Path) -> None:
        """Start a program with a log of its own, out of reach of the terminal's Ctrl-C."""
        log = self.logs / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - programs of our own environment
                command,
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        self.children.append(Child(name, process, log))

    def wait_until(self, ready: Callable[[], bool], timeout_s: float = 60) -> bool:
        """Wait for a condition; False when told to stop first. Raises ChildEnded when a program ends."""
        deadline = time.monotonic() + timeout_s
        while not self.stopping and not ready():
            self._check()
            if time.monotonic() > deadline:
                raise ChildEnded(f"Nothing answers after {timeout_s:.0f} seconds; the logs are in {self.logs}.")
            time.sleep(0.1)
        return not self.stopping

    def wait(self) -> None:
        """Wait until told to stop. Raises ChildEnded when a program ends by itself."""
        while not self.stopping:
            self._check()
            time.sleep(0.3)

    def _check(self) -> None:
        for child in self.children:
            code = child.process.poll()
            if code is not None and not self.stopping:
                raise ChildEnded(
                    f"The {child.name} has ended by itself (exit code {code}). The end of {child.log}:\n"
                    f"  {child.log_tail()}"
                )

    def _ask_to_stop(self, _number: int, _frame: FrameType | None) -> None:
        self.stopping = True


def _signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _end_with_parent() -> None:
    """Have the kernel stop this program when the supervisor is killed and cannot do it itself."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
