"""Sound files made on the spot, so that no recording has to lie in the repository."""

from __future__ import annotations

import io
from collections.abc import Iterable

import av
import numpy as np
from numpy.typing import NDArray

RATE = 8000

#: Container and codec by the suffix of the file.
CODECS = {
    "wav": ("wav", "pcm_s16le"),
    "mp3": ("mp3", "libmp3lame"),
    "ogg": ("ogg", "libopus"),
    "m4a": ("mp4", "aac"),
    "amr": ("amr", "libopencore_amrnb"),
    "3gp": ("3gp", "libopencore_amrnb"),
    "flac": ("flac", "flac"),
}


def speech(seconds: float, *, seed: int = 1, loudness: float = 0.5, rate: int = RATE) -> NDArray[np.int16]:
    """Something like speech: a voiced tone in syllables with pauses. Another seed is another file."""
    draw = np.random.default_rng(seed)
    times = np.arange(int(seconds * rate)) / rate
    pitch = 120 + 40 * draw.random()
    voice = sum(np.sin(2 * np.pi * pitch * k * times) / k for k in range(1, 12))
    syllables = np.clip(np.sin(2 * np.pi * 3.1 * times + draw.random()), 0, 1)
    phrases = (np.sin(2 * np.pi * 0.11 * times + 6 * draw.random()) > -0.6).astype(float)
    noise = draw.normal(0, 0.01, len(times))
    wave = voice * syllables * phrases / 3 + noise
    gain = 0.25 + 0.75 * np.interp(times, np.arange(0, seconds + 4, 4), draw.random(len(np.arange(0, seconds + 4, 4))))
    return (np.clip(wave * loudness * gain, -1, 1) * 32767).astype(np.int16)


def steps(levels: Iterable[float], *, seconds: float, rate: int = RATE) -> NDArray[np.int16]:
    """A tone that keeps each level (0 to 1 of full scale) for `seconds`."""
    parts = []
    for level in levels:
        times = np.arange(int(seconds * rate)) / rate
        parts.append(np.sin(2 * np.pi * 400 * times) * level * 32767)
    return np.concatenate(parts).astype(np.int16)


def sound_file(samples: NDArray[np.int16], suffix: str = "wav", *, rate: int = RATE) -> bytes:
    """The samples as a file of the format that the suffix names."""
    container_name, codec = CODECS[suffix]
    target = io.BytesIO()
    with av.open(target, "w", format=container_name) as container:
        options = {"strict": "experimental"}
        stream = container.add_stream(codec, rate=rate, layout="mono", options=options)
        lot = rate * 10
        for start in range(0, len(samples), lot):
            frame = av.AudioFrame.from_ndarray(samples[None, start : start + lot], format="s16", layout="mono")
            frame.sample_rate = rate
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()
