"""Sound files on disk: received under a temporary name, then moved to the place where they stay.

    MEDIA_ROOT/recordings/incoming/<uid>.part      being received
    MEDIA_ROOT/recordings/<population>/<uid>.<suffix>

A file is moved before its row is written. So a crash may leave a file without a row, which `remove_orphans` of
services/recordings.py clears away, but never a row without its file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from uuid import uuid4

from django.conf import settings

from fieldwork import sound_formats

CHUNK = 1 << 20
PART = ".part"


class TooLarge(Exception):
    """More bytes arrived than a recording may have."""


@dataclass(frozen=True)
class Received:
    """A file that has arrived whole and is safe on disk under a temporary name."""

    path: Path
    size: int
    sha256: str
    head: bytes


def folder() -> Path:
    """Where recordings lie. `Recording.path` is relative to it."""
    return Path(settings.MEDIA_ROOT) / "recordings"


def incoming() -> Path:
    return folder() / "incoming"


@contextmanager
def received(file: IO[bytes], *, limit: int) -> Iterator[Received]:
    """Write a stream of at most `limit` bytes to disk, hashing it on the way. What is not moved away is deleted.

    Raises:
        TooLarge: there is more than `limit` bytes in it.
    """
    incoming().mkdir(parents=True, exist_ok=True)
    path = incoming() / f"{uuid4()}{PART}"
    try:
        yield _receive(file, path, limit)
    finally:
        path.unlink(missing_ok=True)


def _receive(file: IO[bytes], path: Path, limit: int) -> Received:
    digest = hashlib.sha256()
    size = 0
    head = b""
    with path.open("xb") as target:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            if size > limit:
                raise TooLarge
            if len(head) < sound_formats.HEAD:
                head = (head + chunk)[: sound_formats.HEAD]
            digest.update(chunk)
            target.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    path.chmod(settings.FILE_UPLOAD_PERMISSIONS or 0o640)
    return Received(path, size, digest.hexdigest(), head)


def keep(file: Received, relative: str) -> Path:
    """Move a received file to where it stays, and make sure that the move itself survives a power cut."""
    target = folder() / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(file.path, target)
    descriptor = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return target
