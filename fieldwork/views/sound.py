"""Sending sound to a player: whole, in part (HTTP Range), or through the proxy."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from fieldwork.byte_ranges import ByteRange, Unsatisfiable, requested_range
from fieldwork.models import Recording
from fieldwork.services.recordings import path_of, play_path_of

#: Of the copy that fieldwork/waveform.py writes (FFmpeg isn't loaded for a word).
COPY_MEDIA_TYPE = "audio/mpeg"
#: Bytes read at once. A thread of the server holds so much of a recording in memory, whatever its length.
CHUNK = 64 * 1024


@dataclass(frozen=True)
class File:
    """What is sent of a recording: the file itself, or the copy that browsers play."""

    path: Path
    stored: str
    media_type: str
    etag: str
    name: str


def sound_response(request: HttpRequest, recording: Recording, *, original: bool = False) -> HttpResponseBase:
    """The recording for a player: 200, 206 for a part, 304 where the player has it, 416 for a part that isn't there.

    Where browsers don't play the format, they get the copy; with `original`, the file as it was sent.

    With `MEDIA_ACCEL_PREFIX` the proxy sends it (and does the same); here only the permission was checked. Raises
    Http404 where the file is gone.
    """
    file = _file(recording, original)
    if settings.MEDIA_ACCEL_PREFIX:
        return _through_proxy(file)
    if not file.path.is_file():
        raise Http404
    if file.etag in _tags(request.headers.get("If-None-Match", "")):
        return _describe(HttpResponse(status=304), file)
    size = file.path.stat().st_size
    try:
        part = _part(request, size, file.etag)
    except Unsatisfiable:
        response = _describe(HttpResponse(status=416), file)
        response["Content-Range"] = f"bytes */{size}"
        return response
    return _describe(_send(request, file.path, size, part), file)


def _file(recording: Recording, original: bool) -> File:
    copy = recording.play_path if not original else ""
    stored = copy or recording.path
    return File(
        path=path_of(recording) if not copy else play_path_of(recording),
        stored=stored,
        media_type=COPY_MEDIA_TYPE if copy else recording.media_type,
        etag=f'"{recording.sha256}{"-copy" if copy else ""}"',
        name=f"{call_name(recording)}{Path(stored).suffix}",
    )


def _part(request: HttpRequest, size: int, etag: str) -> ByteRange | None:
    """What is asked for; None for the whole, also where the player has parts of another file (`If-Range`)."""
    header = request.headers.get("Range", "")
    if request.method != "GET" or request.headers.get("If-Range", etag) != etag:
        return None
    return requested_range(header, size)


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}


def _send(request: HttpRequest, path: Path, size: int, part: ByteRange | None) -> HttpResponseBase:
    """The bytes themselves; for HEAD only how many they are."""
    wanted = part or ByteRange(0, size - 1)
    response: HttpResponseBase
    if request.method == "HEAD":
        response = HttpResponse()
    else:
        response = StreamingHttpResponse(_read(path, wanted))
    if part is not None:
        response.status_code = 206
        response["Content-Range"] = f"bytes {part.first}-{part.last}/{size}"
    response["Content-Length"] = str(wanted.length)
    return response


def _read(path: Path, part: ByteRange) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(part.first)
        left = part.length
        while left and (chunk := file.read(min(CHUNK, left))):
            left -= len(chunk)
            yield chunk


def _describe(response: HttpResponseBase, file: File) -> HttpResponseBase:
    response["Content-Type"] = file.media_type
    response["Content-Disposition"] = f'inline; filename="{file.name}"'
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = file.etag
    # A voice is personal data: no cache between us and the player keeps it, and the player asks again each time.
    response["Cache-Control"] = "private, no-cache"
    return response


def _through_proxy(file: File) -> HttpResponse:
    response = HttpResponse()
    response["X-Accel-Redirect"] = f"{settings.MEDIA_ACCEL_PREFIX.rstrip('/')}/recordings/{quote(file.stored)}"
    response["Content-Type"] = file.media_type
    response["Content-Disposition"] = f'inline; filename="{file.name}"'
    response["Cache-Control"] = "private, no-cache"
    return response


def call_name(recording: Recording) -> str:
    """Which call it is, in the pattern of file names that an upload understands."""
    attempt = recording.attempt
    return f"{recording.population}-{attempt.case.number}-{attempt.number}" if attempt else str(recording.uid)
