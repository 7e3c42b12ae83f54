"""Which kind of sound file is it? Told by its first bytes, never by its name. Pure."""

from __future__ import annotations

from dataclasses import dataclass

#: So many bytes from the beginning of a file are enough to tell.
HEAD = 64


@dataclass(frozen=True)
class SoundFormat:
    """A container that recorders and telephones write. `suffix` is the one we store files under."""

    name: str
    media_type: str
    suffix: str


WAV = SoundFormat("WAV", "audio/wav", "wav")
MP3 = SoundFormat("MP3", "audio/mpeg", "mp3")
OGG = SoundFormat("Ogg", "audio/ogg", "ogg")
M4A = SoundFormat("M4A", "audio/mp4", "m4a")
THREE_GP = SoundFormat("3GP", "audio/3gpp", "3gp")
AMR = SoundFormat("AMR", "audio/amr", "amr")
FLAC = SoundFormat("FLAC", "audio/flac", "flac")
FORMATS = (WAV, MP3, OGG, M4A, THREE_GP, AMR, FLAC)

#: What people send by mistake, so that the message can say it.
_MISTAKES = (
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (b"Rar!", "RAR"),
    (b"\x89PNG", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"<!DOCTYPE", "HTML"),
    (b"<html", "HTML"),
    (b"\xd0\xcf\x11\xe0", "Microsoft Office"),
)


def sound_format(head: bytes) -> SoundFormat | None:
    """The format of a file that begins with `head` (`HEAD` bytes, or all there is), or None where it is no sound file.

    Being recognised does not mean that it can be played: that is found out when it is measured.
    """
    if head[:4] in {b"RIFF", b"RF64"} and head[8:12] == b"WAVE":
        return WAV
    if head[:4] == b"OggS":
        return OGG
    if head[:4] == b"fLaC":
        return FLAC
    if head[:5] == b"#!AMR":
        return AMR
    if head[4:8] == b"ftyp":
        return THREE_GP if head[8:10] == b"3g" else M4A
    if head[:3] == b"ID3" or _begins_with_mpeg_frame(head):
        return MP3
    return None


def _begins_with_mpeg_frame(head: bytes) -> bool:
    """Eleven set bits, then a version, layer, bit rate and sampling rate that exist (ISO 11172-3, 2.4.2.3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return False
    version, layer = head[1] >> 3 & 3, head[1] >> 1 & 3
    bit_rate, sampling_rate = head[2] >> 4, head[2] >> 2 & 3
    return version != 1 and layer != 0 and bit_rate not in {0, 15} and sampling_rate != 3


def mistaken_for(head: bytes) -> str:
    """Name of the well-known kind of file that this is instead, or an empty string."""
    return next((name for start, name in _MISTAKES if head.startswith(start)), "")
