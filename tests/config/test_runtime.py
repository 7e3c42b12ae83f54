"""The embedded servers: started once, shared, stopped by the last, and clear about what is wrong."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from config import environment, runtime

pytestmark = pytest.mark.skipif(
    not (environment.embedded_postgres() and environment.embedded_valkey()), reason="servers of one's own are used"
)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A folder below var/test: the system's folder for temporary files may be closed to the service account."""
    folder = environment.BASE_DIR / "var" / "test" / f"runtime-{os.getpid()}"
    yield folder
    runtime.remove(folder)
    shutil.rmtree(folder, ignore_errors=True)


def answers(addresses: runtime.Addresses) -> tuple[bool, bool]:
    try:
        psycopg.connect(addresses.database_url).close()
        database = True
    except psycopg.OperationalError:
        database = False
    try:
        queue = bool(redis.Redis.from_url(addresses.redis_url).ping())
    except redis.ConnectionError:
        queue = False
    return database, queue


def run_holder(data_dir: Path) -> subprocess.Popen[str]:
    """Another process that uses the servers until it is killed."""
    code = (
        "import sys, time; from pathlib import Path; from config import runtime\n"
        f"with runtime.running(Path({str(data_dir)!r}), throwaway=True):\n"
        "    print('up', flush=True); time.sleep(600)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code], cwd=environment.BASE_DIR, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "up\n"
    return process


def test_servers_run_inside_the_block_and_stop_after_it(data_dir: Path) -> None:
    with runtime.running(data_dir, throwaway=True) as addresses:
        assert answers(addresses) == (True, True)
    assert answers(addresses) == (False, False)


def test_starting_takes_a_second_or_so(data_dir: Path) -> None:
    with runtime.running(data_dir, throwaway=True):
        pass
    begin = time.monotonic()
    with runtime.running(data_dir, throwaway=True):
        assert time.monotonic() - begin < 5  # measured: 0.3 s; the limit leaves room for a busy machine


def test_data_outlive_a_stop(data_dir: Path) -> None:
    with runtime.running(data_dir) as addresses, psycopg.connect(addresses.database_url) as connection:
        connection.execute("CREATE TABLE kept (word text)")
        redis.Redis.from_url(addresses.redis_url).set("word", "kept")
    with runtime.running(data_dir) as addresses, psycopg.connect(addresses.database_url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        assert redis.Redis.from_url(addresses.redis_url).get("word") == b"kept"


def test_the_last_user_stops_the_servers(data_dir: Path) -> None:
    with runtime.running(data_dir, throwaway=True) as addresses:
        with runtime.running(data_dir, throwaway=True):
            pass
        assert answers(addresses) == (True, True)
    assert answers(addresses) == (False, False)


def test_a_killed_user_does_not_count(data_dir: Path) -> None:
    holder = run_holder(data_dir)
    holder.kill()
    holder.wait()
    addresses = runtime.addresses(data_dir)
    assert answers(addresses) == (True, True), "servers outlive the process that was killed"
    with runtime.running(data_dir, throwaway=True):
        assert answers(addresses) == (True, True)
    assert answers(addresses) == (False, False)


def test_a_crashed_server_is_started_again(data_dir: Path) -> None:
    place = runtime.place_for(data_dir)
    with runtime.running(data_dir, throwaway=True) as addresses:
        postmaster = int((place.cluster / "postmaster.pid").read_text().split()[0])
        valkey = redis.Redis.from_url(addresses.redis_url).info("server")["process_id"]
        os.kill(postmaster, signal.SIGKILL)
        os.kill(valkey, signal.SIGKILL)
        time.sleep(0.3)
        assert answers(addresses) == (False, False)
    assert (place.cluster / "postmaster.pid").exists()
    with runtime.running(data_dir, throwaway=True) as addresses:
        assert answers(addresses) == (True, True)


def test_a_process_number_that_means_another_program_now_does_no_harm(data_dir: Path) -> None:
    place = runtime.place_for(data_dir)
    with runtime.running(data_dir, throwaway=True):
        pass
    content = f"{os.getpid()}\n{place.cluster}\n1700000000\n5432\n{place.sockets}\n\n"
    (place.cluster / "postmaster.pid").write_text(content)
    with runtime.running(data_dir, throwaway=True) as addresses:
        assert answers(addresses) == (True, True)


def test_an_incomplete_data_directory_is_named_with_what_to_do(data_dir: Path) -> None:
    place = runtime.place_for(data_dir)
    with runtime.running(data_dir, throwaway=True):
        pass
    (place.cluster / "global" / "pg_control").unlink()
    with pytest.raises(runtime.RuntimeFailure, match=r"incomplete.*RESET=1"), runtime.running(data_dir):
        pass


def test_a_start_that_fails_shows_the_servers_last_words(data_dir: Path) -> None:
    place = runtime.place_for(data_dir)
    with runtime.running(data_dir, throwaway=True):
        pass
    (place.cluster / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(runtime.RuntimeFailure, match="no_such_setting"), runtime.running(data_dir):
        pass


def test_an_interrupted_creation_is_begun_anew(data_dir: Path) -> None:
    place = runtime.place_for(data_dir)
    with runtime.running(data_dir, throwaway=True):
        pass
    place.cluster.rename(place.cluster.with_suffix(".new"))
    (place.home / "postgres.new" / "PG_VERSION").unlink()
    with runtime.running(data_dir, throwaway=True) as addresses:
        assert answers(addresses) == (True, True)


def test_files_of_another_major_version_are_refused(data_dir: Path) -> None:
    place = runtime.place_for(data_dir)
    with runtime.running(data_dir, throwaway=True):
        pass
    (place.cluster / "PG_VERSION").write_text("15\n")
    with pytest.raises(runtime.RuntimeFailure, match="written by PostgreSQL 15"), runtime.running(data_dir):
        pass


def test_data_in_use_are_not_deleted(data_dir: Path) -> None:
    with runtime.running(data_dir, throwaway=True), pytest.raises(runtime.RuntimeFailure, match="in use"):
        runtime.remove(data_dir)
    runtime.remove(data_dir)
    assert not runtime.place_for(data_dir).home.exists()


def test_only_the_server_that_is_needed_is_started(data_dir: Path) -> None:
    with runtime.running(data_dir, postgres=False, throwaway=True) as addresses:
        assert answers(addresses) == (False, True)


def test_sockets_move_where_the_path_would_be_too_long(data_dir: Path) -> None:
    deep = data_dir.joinpath(*["a-rather-long-folder-name"] * 4)
    with runtime.running(deep, throwaway=True) as addresses:
        assert answers(addresses) == (True, True)
        assert runtime.place_for(deep).sockets.is_relative_to(Path("/tmp"))  # noqa: S108
        assert runtime.place_for(deep).sockets.stat().st_mode & 0o077 == 0
    runtime.remove(deep)
    assert not runtime.place_for(deep).sockets.exists()


def test_nobody_else_gets_in(data_dir: Path) -> None:
    with runtime.running(data_dir, throwaway=True):
        place = runtime.place_for(data_dir)
        for folder in (place.home, place.sockets, place.cluster):
            assert folder.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a service account")
def test_as_root_the_servers_live_where_their_account_can_reach_them(
    tmp_path: Path, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(runtime, "SHARED_HOME", data_dir / "shared")
    place = runtime.place_for(closed / "data")
    assert place.home.is_relative_to(data_dir / "shared")
    with runtime.running(closed / "data", throwaway=True) as addresses:
        assert answers(addresses) == (True, True)
    assert closed.stat().st_mode & 0o777 == 0o700, "permissions of folders that are not ours stay"
    runtime.remove(closed / "data")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a service account")
def test_as_root_programs_are_copied_where_their_account_cannot_read_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = tmp_path / "closed"
    (closed / "package" / "bin").mkdir(parents=True)
    (closed / "package" / "bin" / "program").write_text("#!/bin/sh\n")
    (closed / "package" / "__init__.py").touch()
    (closed / "package" / "bin" / "program").chmod(0o700)
    closed.chmod(0o700)
    monkeypatch.syspath_prepend(str(closed))
    monkeypatch.setattr(runtime, "SHARED_HOME", tmp_path / "shared")
    place = runtime.Place(tmp_path / "home", runtime._service_account())
    folder = runtime._package(place, "package", "bin/program")
    assert folder.is_relative_to(tmp_path / "shared")
    assert (folder / "bin" / "program").stat().st_mode & 0o777 == 0o755
