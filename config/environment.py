"""What the environment says. Every variable is read here by name and listed in docs/operator.md."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent


def text(name: str, default: str = "") -> str:
    """Return the variable; an empty one counts as not set, as Compose files write it."""
    return os.environ.get(name) or default


def flag(name: str, default: bool) -> bool:
    """Return True for 1, true, yes, on and False for 0, false, no, off."""
    value = text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ImproperlyConfigured(f"{name}={value} is neither 1 nor 0.")


def number(name: str, default: int) -> int:
    """Return the variable as a whole number."""
    try:
        return int(text(name, str(default)))
    except ValueError:
        raise ImproperlyConfigured(f"{name}={text(name)} is not a whole number.") from None


def items(name: str, default: str = "") -> list[str]:
    """Return the parts of a comma-separated variable."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def data_dir() -> Path:
    """Return the folder of everything that has to be kept: recordings, exports, embedded servers."""
    return Path(text("DATA_DIR", str(BASE_DIR / "var" / "demo"))).absolute()


def make_data_dir(folder: Path) -> None:
    """Create the data directory, closed to other accounts of the machine."""
    if folder.exists():
        return
    try:
        folder.mkdir(parents=True)
    except PermissionError:
        raise ImproperlyConfigured(
            f"This account may not create {folder}. Run as the account that made the folder above it, or name "
            "another place in DATA_DIR."
        ) from None
    # Under root the embedded servers run as another account: it may pass through to its own folder, and not look.
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)


def embedded_postgres() -> bool:
    """Say whether we run our own PostgreSQL."""
    return not text("DATABASE_URL")


def embedded_valkey() -> bool:
    """Say whether we run our own Valkey."""
    return not text("REDIS_URL")


def redis_database(url: str, number: int) -> str:
    """Return the address of one numbered database of the Redis server at ``url``."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db={number}"
    return urlunsplit(parts._replace(path=f"/{number}"))


def secret_key(*, debug: bool) -> str:
    """Return the key that signs sessions: the variable, or the one the demo has made for this data.

    Without either there is none, except under DEBUG: a key known to everybody must never sign anything real.
    """
    key = text("SECRET_KEY") or _kept_key()
    if not key and debug:
        return "insecure-key-for-debugging-only"
    if not debug and (len(key) < 32 or key.startswith("insecure")):
        raise ImproperlyConfigured(
            "SECRET_KEY is missing or too weak: set it to 32 random characters or more (python -c "
            '"import secrets; print(secrets.token_urlsafe(50))"). Only DEBUG=1 does without one.'
        )
    return key


def ensure_secret_key() -> None:
    """Make a random key for a data directory that runs on embedded servers, once."""
    if text("SECRET_KEY") or _key_file().exists():
        return
    make_data_dir(data_dir())
    with open(_key_file(), "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(secrets.token_urlsafe(50))


def _kept_key() -> str:
    try:
        return _key_file().read_text().strip()
    except FileNotFoundError:
        return ""
    except PermissionError:
        raise ImproperlyConfigured(
            f"{data_dir()} belongs to another account. Run as that account, or name another folder in DATA_DIR."
        ) from None


def _key_file() -> Path:
    return data_dir() / "secret_key"
