"""Which part of a file does a `Range` header ask for? (RFC 9110, section 14.) Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes=\s*(\d*)-(\d*)\s*", re.IGNORECASE | re.ASCII)
#: Positions of more digits than this lie behind the end of any file.
_DIGITS = 18


@dataclass(frozen=True)
class ByteRange:
    """Bytes `first` to `last`, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


class Unsatisfiable(Exception):
    """The range is well formed, but none of it lies in the file: the answer is 416."""


def requested_range(header: str, size: int) -> ByteRange | None:
    """The range that `header` asks for of a file of `size` bytes.

    None means that the whole file is the answer: there is no header, it isn't one that we understand (another
    unit, nonsense), or it asks for several parts at once, which a server may ignore and which no player does.

    Raises:
        Unsatisfiable: it begins behind the end of the file, or asks for the last 0 bytes.
    """
    match = _ONE_RANGE.fullmatch(header.strip())
    if match is None or match[1] == match[2] == "":
        return None
    if match[1] == "":
        return _last_bytes(_position(match[2]), size)
    first = _position(match[1])
    last = _position(match[2]) if match[2] else size - 1
    if match[2] and last < first:
        return None
    if first >= size:
        raise Unsatisfiable
    return ByteRange(first, min(last, size - 1))


def _last_bytes(count: int, size: int) -> ByteRange:
    if count == 0 or size == 0:
        raise Unsatisfiable
    return ByteRange(max(size - count, 0), size - 1)


def _position(digits: str) -> int:
    return int(digits) if len(digits.lstrip("0")) <= _DIGITS else 10**_DIGITS
