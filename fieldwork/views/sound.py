"""Sending sound to a player: whole, in part (HTTP Range), or through the proxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from fieldwork.byte_ranges import ByteRange, Unsatisfiable, requested_range
from fieldwork.models import Recording
from fieldwork.services.recordings import path_of

#: Bytes read at once. A thread of the server holds so much of a recording in memory, whatever its length.
CHUNK = 64 * 1024


def sound_response(request: HttpRequest, recording: Recording) -> HttpResponseBase:
    """The recording for a player: 200, 206 for a part, 304 where the player has it, 416 for a part that isn't there.

    With `MEDIA_ACCEL_PREFIX` the proxy sends it (and does the same); here only the permission was checked. Raises
    Http404 where the file is gone.
    """
    if settings.MEDIA_ACCEL_PREFIX:
        return _through_proxy(recording)
    path = path_of(recording)
    if not path.is_file():
        raise Http404
    etag = f'"{recording.sha256}"'
    if etag in _tags(request.headers.get("If-None-Match", "")):
        return _describe(HttpResponse(status=304), recording, etag)
    try:
        part = _part(request, recording.size, etag)
    except Unsatisfiable:
        response = _describe(HttpResponse(status=416), recording, etag)
        response["Content-Range"] = f"bytes */{recording.size}"
        return response
    return _describe(_send(request, path, recording.size, part), recording, etag)


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


def _describe(response: HttpResponseBase, recording: Recording, etag: str) -> HttpResponseBase:
    response["Content-Type"] = recording.media_type
    response["Content-Disposition"] = f'inline; filename="{download_name(recording)}"'
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = etag
    # A voice is personal data: no cache between us and the player keeps it, and the player asks again each time.
    response["Cache-Control"] = "private, no-cache"
    return response


def _through_proxy(recording: Recording) -> HttpResponse:
    response = HttpResponse()
    response["X-Accel-Redirect"] = f"{settings.MEDIA_ACCEL_PREFIX.rstrip('/')}/recordings/{quote(recording.path)}"
    response["Content-Type"] = recording.media_type
    response["Content-Disposition"] = f'inline; filename="{download_name(recording)}"'
    response["Cache-Control"] = "private, no-cache"
    return response


def download_name(recording: Recording) -> str:
    """A file name that says which call it is, in the pattern that an upload understands."""
    attempt = recording.attempt
    name = f"{recording.population}-{attempt.case.number}-{attempt.number}" if attempt else str(recording.uid)
    return f"{name}{Path(recording.path).suffix}"
