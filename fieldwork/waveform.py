"""Measuring a sound file: how long it is and how loud, slice by slice; and making a copy that browsers play. Pure.

Everything is decoded as a stream.

A recording of hours must not fill the memory, and how long it is turns out only at its end (headers lie). So loudness
is kept for a few thousand stretches of equal length; when they run out, neighbours are joined and the stretches become
twice as long.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

#: Slices of every stored waveform: more than any screen shows pixels in its column, and one kilobyte.
SLICES = 1000
#: Stretches that a meter keeps at most; at least eight fall into each slice.
STRETCHES = 16 * SLICES
#: Nobody talks on the phone for longer; a small file can be made to decode for days.
LONGEST_MS = 12 * 60 * 60 * 1000
#: Frames are handed to the meter in lots of about this many samples: one frame alone costs more calls than work.
LOT = 1 << 16
#: What all browsers play, by container and codec as FFmpeg names them. Telephones' own (AMR, GSM) are not among it.
PLAYED_CONTAINERS = {"wav", "mp3", "ogg", "flac", "mov,mp4,m4a,3gp,3g2,mj2"}
PLAYED_CODECS = {"mp3", "mp3float", "opus", "vorbis", "aac", "flac", "pcm_u8", "pcm_s16le", "pcm_s24le", "pcm_f32le"}
#: Sampling rates of MP3 that a copy can have.
COPY_RATES = (8000, 16000, 24000, 32000, 44100, 48000)
COPY_BITS_PER_SECOND = 32_000
COPY_SUFFIX = "mp3"
#: Full scale is 255. What never rises above this is a dead line: the noise of a telephone codec lies higher.
SILENT = 1


class NotSound(Exception):
    """The file cannot be used. `code` says why: `not_audio`, `no_track`, `broken`, `too_long` or `silent`."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.detail = detail


@dataclass(frozen=True)
class Sound:
    """A measured file.

    Attributes:
        duration_ms: length of what could be decoded, milliseconds.
        peaks: `SLICES` bytes; the loudest sample of each slice, 255 is full scale.
        plays: whether browsers play it as it is.
    """

    duration_ms: int
    peaks: bytes
    plays: bool


class PeakMeter:
    """Loudest sample per stretch of a stream whose length is not known beforehand."""

    def __init__(self, stretches: int = STRETCHES) -> None:
        """`stretches` is even."""
        self._kept = np.zeros(stretches, dtype=np.float32)
        self._filled = 0
        self._width = 1  # samples per stretch
        self._rest = np.zeros(0, dtype=np.float32)

    def add(self, loudness: NDArray[np.float32]) -> None:
        """Take the next samples: absolute values, 1.0 is full scale, shape (n,)."""
        samples = np.concatenate((self._rest, loudness)) if len(self._rest) else loudness
        while len(samples) >= self._width:
            if self._filled == len(self._kept):
                self._widen()
                continue
            stretches = min(len(samples) // self._width, len(self._kept) - self._filled)
            used = samples[: stretches * self._width].reshape(stretches, self._width)
            self._kept[self._filled : self._filled + stretches] = used.max(axis=1)
            self._filled += stretches
            samples = samples[stretches * self._width :]
        self._rest = samples.copy()

    def _widen(self) -> None:
        """Join neighbours, so that each stretch covers twice as many samples. All places are filled by now."""
        pairs = len(self._kept) // 2
        self._kept[:pairs] = self._kept.reshape(pairs, 2).max(axis=1)
        self._filled = pairs
        self._width *= 2

    def peaks(self, slices: int = SLICES) -> bytes:
        """Loudest sample of each of `slices` equal parts of all that was added, 0 to 255."""
        kept = self._kept[: self._filled]
        if len(self._rest):
            kept = np.append(kept, self._rest.max())
        if not len(kept):
            return bytes(slices)
        edges = np.arange(slices + 1) * len(kept) // slices
        # A short sound has fewer stretches than slices: then neighbouring slices show the same stretch.
        starts = np.minimum(edges[:-1], len(kept) - 1)
        loudest = np.maximum.reduceat(kept, starts)
        return bytes(np.clip(np.rint(loudest * 255), 0, 255).astype(np.uint8))


def is_silent(peaks: bytes) -> bool:
    """Whether nothing can be heard in it."""
    return not peaks or max(peaks) <= SILENT


def measure_sound(path: Path) -> Sound:
    """Decode the first sound track of a file from beginning to end.

    A file that was cut off, or has damaged parts, is measured as far as it can be played.

    Raises:
        NotSound: nothing in it can be played, it is silent, or longer than `LONGEST_MS`.
        FileNotFoundError: there is no such file.
    """
    meter = PeakMeter()
    seconds = Fraction(0)
    plays = False
    try:
        with av.open(str(path), metadata_errors="replace") as container:
            plays = _plays(container)
            for samples, length in _lots(_frames(container)):
                seconds += length
                meter.add(samples)
                if seconds * 1000 > LONGEST_MS:
                    raise NotSound("too_long")
    except FileNotFoundError:
        # Also one of FFmpeg's errors, but says nothing about the content.
        raise
    except av.FFmpegError as error:
        # FFmpeg could not even recognise the container, or lost it on the way.
        if not seconds:
            raise NotSound("not_audio", str(error.strerror)) from error
    if not seconds:
        raise NotSound("broken")
    peaks = meter.peaks()
    if is_silent(peaks):
        raise NotSound("silent")
    return Sound(duration_ms=round(seconds * 1000), peaks=peaks, plays=plays)


def write_playable(source: Path, target: Path) -> None:
    """Write the first sound track of a file as an MP3 that every browser plays: mono, at its own sampling rate."""
    with av.open(str(source), metadata_errors="replace") as container, av.open(str(target), "w", format="mp3") as copy:
        stream = None
        for frame in _frames(container):
            if stream is None:
                rate = next((each for each in COPY_RATES if each >= frame.sample_rate), COPY_RATES[-1])
                stream = copy.add_stream("libmp3lame", rate=rate, layout="mono", bit_rate=COPY_BITS_PER_SECOND)
                resampler = av.AudioResampler(format="s16p", layout="mono", rate=rate)
            frame.pts = None  # a telephone's clock has gaps; what was recorded is played without them
            for part in resampler.resample(frame):
                copy.mux(stream.encode(part))
        if stream is not None:
            copy.mux(stream.encode(None))


def _plays(container: av.container.InputContainer) -> bool:
    if not container.streams.audio or container.streams.video:
        return False
    codec = container.streams.audio[0].codec_context.name
    return container.format.name in PLAYED_CONTAINERS and codec in PLAYED_CODECS


def _frames(container: av.container.InputContainer) -> Iterator[av.AudioFrame]:
    """All frames of the first sound track that can be decoded; damaged packets are left out."""
    if not container.streams.audio:
        raise NotSound("no_track")
    for packet in container.demux(container.streams.audio[0]):
        try:
            yield from packet.decode()
        except av.error.InvalidDataError:
            continue


def _lots(frames: Iterator[av.AudioFrame]) -> Iterator[tuple[NDArray[np.float32], Fraction]]:
    """Loudness of about `LOT` samples at a time, shape (n,), and the seconds that they last."""
    waiting: list[NDArray[np.float32]] = []
    seconds = Fraction(0)
    count = 0
    for frame in frames:
        waiting.append(_loudness(frame))
        seconds += Fraction(frame.samples, frame.sample_rate)
        count += frame.samples
        if count >= LOT:
            yield np.concatenate(waiting), seconds
            waiting, seconds, count = [], Fraction(0), 0
    if waiting:
        yield np.concatenate(waiting), seconds


def _loudness(frame: av.AudioFrame) -> NDArray[np.float32]:
    """Absolute value of each sample, the louder of the channels, 1.0 is full scale; shape (samples,)."""
    values: NDArray[Any] = frame.to_ndarray()
    # Packed formats come as one row with the channels interleaved.
    channels = values if frame.format.is_planar else values.reshape(-1, len(frame.layout.channels)).T
    scaled: NDArray[np.float32] = channels.astype(np.float32, copy=False)
    if channels.dtype.kind == "u":
        scaled = scaled / np.float32(128) - np.float32(1)
    elif channels.dtype.kind == "i":
        scaled = scaled / np.float32(2 ** (8 * channels.itemsize - 1))
    loud: NDArray[np.float32] = np.abs(scaled).max(axis=0)
    return loud
