"""What the settings make of the environment."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment

GOOD_KEY = "0123456789-abcdefghijklmnopqrstuvwxyz"
GUIDE = environment.BASE_DIR / "docs" / "operator.md"


def variables_read() -> set[str]:
    """Every variable that the settings read, taken from the source."""
    reader = re.compile(r"\b(?:env\.|environment\.)?(?:text|flag|number|items)\(\s*\"([A-Z_]+)\"")
    sources = (environment.BASE_DIR / "config").rglob("*.py")
    return {name for source in sources for name in reader.findall(source.read_text())}


def read_settings(tmp_path: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Import the settings in a fresh process with nothing but these variables."""
    clean = {"PATH": os.environ["PATH"], "DATA_DIR": str(tmp_path)}
    return subprocess.run(
        [sys.executable, "-c", "from config import settings; print(settings.SECRET_KEY)"],
        cwd=environment.BASE_DIR,
        env=clean | variables,
        capture_output=True,
        text=True,
    )


def test_every_variable_is_in_the_operators_guide_and_no_other() -> None:
    table, for_compose = GUIDE.read_text().split("For `docker-compose.yml` alone:")
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", table, re.MULTILINE))
    assert "SECRET_KEY" in documented
    assert documented == variables_read()
    assert "POSTGRES_PASSWORD" in for_compose


def test_the_environment_is_read_in_one_place() -> None:
    # The last three only say which settings a process of its own has.
    allowed = {"config/environment.py", "config/celery.py", "config/wsgi.py", "config/simulation/process.py"}
    packages = ("config", "studies", "questionnaires", "fieldwork", "qc", "exports")
    readers = {
        source.relative_to(environment.BASE_DIR).as_posix()
        for package in packages
        for source in (environment.BASE_DIR / package).rglob("*.py")
        if re.search(r"os\.environ|os\.getenv", source.read_text())
    }
    assert readers <= allowed


@pytest.mark.parametrize("key", ["", "short", "insecure-key-for-debugging-only", "insecure" + "x" * 60])
def test_no_default_or_weak_key_works_without_debug(tmp_path: Path, key: str) -> None:
    result = read_settings(tmp_path, SECRET_KEY=key, DATABASE_URL="postgresql://db/dala")
    assert result.returncode != 0
    assert "SECRET_KEY is missing or too weak" in result.stderr


def test_a_key_of_ones_own_works(tmp_path: Path) -> None:
    assert read_settings(tmp_path, SECRET_KEY=GOOD_KEY).stdout.strip() == GOOD_KEY


def test_debugging_needs_no_key(tmp_path: Path) -> None:
    assert read_settings(tmp_path, DEBUG="1").returncode == 0


def test_reading_the_settings_touches_nothing(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "not_there", SECRET_KEY=GOOD_KEY).returncode == 0
    assert not (tmp_path / "not_there").exists()


def test_the_embedded_database_gets_a_key_that_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.delenv("SECRET_KEY")
    environment.ensure_secret_key()
    key = environment.secret_key(debug=False)
    environment.ensure_secret_key()
    assert environment.secret_key(debug=False) == key
    assert len(key) >= 50
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(("value", "meaning"), [("1", True), ("Yes", True), ("0", False), ("off", False), ("", True)])
def test_flags(monkeypatch: pytest.MonkeyPatch, value: str, meaning: bool) -> None:
    monkeypatch.setenv("SOME_FLAG", value)
    assert environment.flag("SOME_FLAG", True) is meaning


def test_what_is_no_flag_or_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMETHING", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="neither 1 nor 0"):
        environment.flag("SOMETHING", True)
    with pytest.raises(ImproperlyConfigured, match="not a whole number"):
        environment.number("SOMETHING", 1)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://host:6379", "redis://host:6379/1"),
        ("rediss://user:word@host:6380/5", "rediss://user:word@host:6380/1"),
        ("unix:///run/valkey.sock", "unix:///run/valkey.sock?db=1"),
    ],
)
def test_cache_and_queue_use_databases_of_their_own(url: str, expected: str) -> None:
    assert environment.redis_database(url, 1) == expected
