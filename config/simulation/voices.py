"""Sounds like speech: made once, cut into frames that can be strung together into recordings of any length.

Every MP3 frame here stands alone (no bit reservoir) and lasts `FRAME_MS`, so that frames of different phrases can
follow one another, and a conversation of 25 minutes is a matter of joining bytes. Nobody speaks; no word can be
understood.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import cache

import av
import numpy as np
from numpy.typing import NDArray

RATE = 8000
BIT_RATE = 8000
#: Samples of one frame of MPEG-2.5 layer 3, and what it lasts and weighs at this rate.
FRAME_SAMPLES = 576
FRAME_MS = 1000 * FRAME_SAMPLES // RATE
FRAME_BYTES = 72
#: Frames at the beginning of a stream in which the encoder warms up.
WARM_UP = 3
#: What a decoder gives back is late by nearly two frames; leaving one out here brings the sound to its mark.
LATE = 1

#: Formants of vowels, in Hz.
VOWELS = (
    (730, 1090, 2440),
    (530, 1840, 2480),
    (390, 1990, 2550),
    (440, 1020, 2240),
    (300, 870, 2240),
    (660, 1700, 2400),
)
#: Pitch in Hz and the length of the vocal tract (1 for a woman) by voice. Interviewers, then respondents by gender and
#: whether they are over 50.
INTERVIEWERS = (("i1", 212, 1.0), ("i2", 188, 0.98), ("i3", 231, 1.04))
RESPONDENTS = {"1": (("m1", 118, 0.86), ("m2", 98, 0.83)), "2": (("f1", 202, 1.02), ("f2", 172, 0.95))}
PHRASES = 5
SYLLABLES = 16

Frames = tuple[bytes, ...]


@dataclass(frozen=True)
class Library:
    """Phrases by voice, and the sounds between them. Each is a run of frames."""

    phrases: dict[str, tuple[Frames, ...]]
    ringing: Frames
    typing: Frames
    hum: Frames
    """A line on which nobody speaks."""
    nothing: Frames
    """A line that is dead: no sound at all."""


@cache
def library() -> Library:
    """The sounds, made at the first call (about a second)."""
    voices = [*INTERVIEWERS, *RESPONDENTS["1"], *RESPONDENTS["2"]]
    return Library(
        phrases={
            name: tuple(frames_of(phrase(pitch, tract, seed=index * 100 + place)) for place in range(PHRASES))
            for index, (name, pitch, tract) in enumerate(voices, start=1)
        },
        ringing=frames_of(ringing()),
        typing=frames_of(typing()),
        hum=frames_of(hum(10)),
        nothing=frames_of(np.zeros(RATE * 5)),
    )


# --- sounds ----------------------------------------------------------------------------------------------


def phrase(pitch: float, tract: float, *, seed: int) -> NDArray[np.float64]:
    """A few seconds of syllables in one voice: full scale is 1, shape (samples,)."""
    draw = np.random.default_rng(seed)
    parts = []
    for place in range(SYLLABLES):
        # The voice falls towards the end of a phrase.
        height = pitch * (1.12 - 0.24 * place / SYLLABLES + draw.normal(0, 0.03))
        vowel = np.array(VOWELS[draw.integers(len(VOWELS))]) * tract
        if draw.random() < 0.6:
            parts.append(consonant(draw))
        parts.append(syllable(height, vowel, 0.11 + 0.12 * draw.random()))
        if draw.random() < 0.2:
            parts.append(np.zeros(int(RATE * (0.04 + 0.1 * draw.random()))))
    wave = np.concatenate(parts)
    return 0.5 * wave / float(np.abs(wave).max()) + np.resize(hum(1, seed), len(wave))


def syllable(pitch: float, formants: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """A vowel: harmonics of the pitch, the louder the nearer they are to a formant."""
    times = np.arange(int(seconds * RATE)) / RATE
    numbers = np.arange(1, int(3400 / pitch) + 1)
    near = np.exp(-(((numbers[:, None] * pitch - formants[None, :]) / 140) ** 2))
    loudness = (near * np.array([1.0, 0.6, 0.25])).sum(axis=1) + 0.25 / numbers
    glide = pitch * times * (1 + 0.03 * np.sin(2 * np.pi * 2.2 * times))
    wave = (loudness[:, None] * np.sin(2 * np.pi * numbers[:, None] * glide[None, :])).sum(axis=0)
    envelope = np.minimum(1, np.minimum(times / 0.02, (seconds - times) / 0.05))
    return np.asarray(wave * np.clip(envelope, 0, 1) / loudness.sum())


def consonant(draw: np.random.Generator) -> NDArray[np.float64]:
    """A short hiss."""
    noise = draw.normal(0, 1, int(RATE * (0.02 + 0.05 * draw.random())))
    hiss = np.diff(noise, prepend=0.0)
    return np.asarray(hiss * np.hanning(len(hiss)) * 0.12, dtype=np.float64)


def hum(seconds: float, seed: int = 1) -> NDArray[np.float64]:
    """The noise of a telephone line."""
    return np.random.default_rng(seed).normal(0, 0.004, int(seconds * RATE))


def ringing() -> NDArray[np.float64]:
    """The ringing tone: 425 Hz, one second on, four off."""
    times = np.arange(5 * RATE) / RATE
    return np.asarray(0.25 * np.sin(2 * np.pi * 425 * times) * (times < 1)) + hum(5)


def typing() -> NDArray[np.float64]:
    """Keys of a keyboard, far from the microphone."""
    draw = np.random.default_rng(7)
    wave = hum(4)
    for start in np.sort(draw.integers(0, len(wave) - 200, 14)):
        wave[start : start + 120] += draw.normal(0, 0.03, 120) * np.linspace(1, 0, 120)
    return wave


# --- frames ----------------------------------------------------------------------------------------------


def frames_of(wave: NDArray[np.float64]) -> Frames:
    """A sound as MP3 frames that stand alone."""
    samples = (np.clip(wave, -1, 1) * 32767).astype(np.int16)
    padded = np.concatenate((np.zeros(FRAME_SAMPLES * WARM_UP, np.int16), samples))
    data = encode(padded)
    frames = tuple(data[at : at + FRAME_BYTES] for at in range(0, len(data) - FRAME_BYTES + 1, FRAME_BYTES))
    return frames[WARM_UP + LATE : WARM_UP + LATE + max(1, len(samples) // FRAME_SAMPLES)]


def encode(samples: NDArray[np.int16]) -> bytes:
    """Samples at `RATE`, one channel, as MP3 frames of the same size without any header."""
    target = io.BytesIO()
    with av.open(target, "w", format="mp3", options={"write_xing": "0", "id3v2_version": "0"}) as container:
        stream = container.add_stream("libmp3lame", rate=RATE, layout="mono", options={"reservoir": "0"})
        stream.bit_rate = BIT_RATE
        frame = av.AudioFrame.from_ndarray(samples[None, :], format="s16", layout="mono")
        frame.sample_rate = RATE
        frame.pts = 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()
