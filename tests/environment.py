"""The environment of every test run. Loaded as a plugin, before Django's settings are read.

Each run has a PostgreSQL and a Valkey of its own below var/test, so that runs side by side do not meet.
They do not outlive the run; what a killed run has left is cleared away by the next one.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path

import pytest

from config import environment, runtime

RUNS = environment.BASE_DIR / "var" / "test"
# Set by the run itself and inherited by its xdist workers, which use the servers of the run.
RUN_FOLDER = "DALA_TEST_RUN"


def run_folder() -> Path:
    return Path(os.environ.setdefault(RUN_FOLDER, str(RUNS / str(os.getpid()))))


def set_environment() -> None:
    """Name everything the settings read, so that nothing of the developer's shell or demo leaks in."""
    os.environ |= {
        "DATA_DIR": str(run_folder()),
        "SECRET_KEY": "used-in-tests-only-0123456789abcdefghijklmnopqrstuvwxyz",
        "STATIC_HASHED": "0",
        "LOG_LEVEL": "WARNING",
        "DEBUG": "0",
        "HTTPS": "0",
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Iterator[None]:
    """Hold the servers for as long as the run lasts; the workers of xdist use those of their controller."""
    is_worker = hasattr(config, "workerinput")
    with ExitStack() as stack:
        if not is_worker:
            compile_texts()
        if not (is_worker or config.option.collectonly or config.option.help):
            clear_leftovers()
            stack.callback(shutil.rmtree, run_folder(), ignore_errors=True)
            try:
                stack.enter_context(servers())
            except runtime.RuntimeFailure as failure:
                pytest.exit(str(failure), returncode=1)
        return (yield)


def compile_texts() -> None:
    """Compile the translations before anything reads them: a process keeps the catalogues it has read."""
    from config import translations

    list(translations.compile_all())


def servers() -> AbstractContextManager[runtime.Addresses]:
    return runtime.running(
        run_folder(),
        postgres=environment.embedded_postgres(),
        valkey=environment.embedded_valkey(),
        throwaway=True,
    )


def clear_leftovers() -> None:
    """Delete the folders of runs that have ended; each name ends in the number of its process."""
    for folder in RUNS.glob("*[0-9]"):
        if is_alive(int(folder.name.rpartition("-")[2])):
            continue
        # Another run may clear it at the same time, another account may own it, a program may still use its servers.
        with suppress(FileNotFoundError, PermissionError, runtime.RuntimeFailure):
            runtime.remove(folder)
            shutil.rmtree(folder, ignore_errors=True)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


set_environment()
