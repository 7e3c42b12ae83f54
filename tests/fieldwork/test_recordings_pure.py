"""Waveforms, byte ranges and formats: without Django and without a database."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldwork.byte_ranges import ByteRange, Unsatisfiable, requested_range
from fieldwork.sound_formats import FORMATS, mistaken_for, sound_format
from fieldwork.waveform import SLICES, NotSound, PeakMeter, measure_sound, write_playable
from tests.sounds import CODECS, sound_file, speech, steps

# --- measuring -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", sorted(CODECS))
def test_every_format_is_recognised_and_measured(tmp_path, suffix):
    rate = 48000 if suffix == "ogg" else 8000
    content = sound_file(speech(5, rate=rate), suffix, rate=rate)
    path = tmp_path / "call"
    path.write_bytes(content)
    kind = sound_format(content[:64])
    assert kind is not None
    assert kind.suffix == suffix
    sound = measure_sound(path)
    assert abs(sound.duration_ms - 5000) < 150  # coders add up to a frame of padding: 128 ms of AAC at 8 kHz
    assert len(sound.peaks) == SLICES
    assert sound.plays == (suffix not in {"amr", "3gp"})


@pytest.mark.parametrize("suffix", ["amr", "3gp"])
def test_a_telephones_own_format_gets_a_copy_that_browsers_play(tmp_path, suffix):
    original, copy = tmp_path / "call", tmp_path / "copy.mp3"
    original.write_bytes(sound_file(steps([0.1, 0.8], seconds=5), suffix))
    write_playable(original, copy)
    before, after = measure_sound(original), measure_sound(copy)
    assert after.plays
    assert abs(before.duration_ms - after.duration_ms) < 150
    # As loud in the same places: the copy can be marked like the original.
    assert all(abs(one - other) < 40 for one, other in zip(before.peaks[50:450], after.peaks[50:450], strict=True))
    assert min(after.peaks[550:950]) > 100


def test_peaks_follow_the_loudness_of_each_part(tmp_path):
    path = tmp_path / "call.wav"
    path.write_bytes(sound_file(steps([0.1, 0.8, 0.0, 0.4], seconds=5)))
    sound = measure_sound(path)
    assert sound.duration_ms == 20_000
    quarters = [sound.peaks[start + 5 : start + 245] for start in range(0, SLICES, 250)]
    for quarter, level in zip(quarters, [0.1, 0.8, 0.0, 0.4], strict=True):
        assert all(abs(peak - level * 255) <= 2 for peak in quarter)


def test_twenty_five_minutes_of_telephone_mp3_have_their_length(tmp_path):
    path = tmp_path / "call.mp3"
    minute = speech(60)
    path.write_bytes(sound_file(np.tile(minute, 25), "mp3"))
    sound = measure_sound(path)
    assert sound.duration_ms == pytest.approx(25 * 60_000, abs=200)


def test_the_louder_channel_counts(tmp_path):
    import av

    path = tmp_path / "stereo.wav"
    left, right = steps([0.1], seconds=1), steps([0.6], seconds=1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="stereo")
        packed = np.stack([left, right], axis=1).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(packed, format="s16", layout="stereo")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    sound = measure_sound(path)
    assert sound.duration_ms == 1000
    assert max(sound.peaks) == round(0.6 * 255)


def test_a_recording_that_was_cut_off_is_measured_as_far_as_it_plays(tmp_path):
    content = sound_file(speech(20), "mp3")
    path = tmp_path / "cut.mp3"
    path.write_bytes(content[: len(content) // 2])
    assert 9_000 < measure_sound(path).duration_ms < 11_000


def test_damage_in_the_middle_does_not_end_the_recording(tmp_path):
    content = bytearray(sound_file(speech(20), "mp3"))
    content[5000:5200] = bytes(200)
    path = tmp_path / "damaged.mp3"
    path.write_bytes(content)
    assert measure_sound(path).duration_ms > 19_000


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"RIFF\x24\x00\x00\x00WAVE" + bytes(200), "not_audio"),
        (b"ID3\x04" + b"nothing to hear here " * 50, "not_audio"),
        (sound_file(np.zeros(16000, dtype=np.int16)), "silent"),
    ],
)
def test_what_cannot_be_used_says_why(tmp_path, content, code):
    path = tmp_path / "call"
    path.write_bytes(content)
    with pytest.raises(NotSound) as caught:
        measure_sound(path)
    assert caught.value.code in {code, "broken"} if code == "not_audio" else caught.value.code == code


@given(
    st.lists(st.lists(st.integers(0, 1000), min_size=1, max_size=300), min_size=1, max_size=20),
    st.sampled_from([2, 8, 64]),
)
@settings(deadline=None)
def test_a_meter_gives_the_same_peaks_however_the_samples_arrive(lots, stretches):
    whole, parts = PeakMeter(stretches), PeakMeter(stretches)
    everything = np.array([loud for lot in lots for loud in lot], dtype=np.float32) / 1000
    whole.add(everything)
    for lot in lots:
        parts.add(np.array(lot, dtype=np.float32) / 1000)
    peaks = parts.peaks(4)
    assert whole.peaks(4) == peaks
    assert len(peaks) == 4
    # However coarse the stretches are, the loudest moment is never lost.
    assert max(peaks) == round(float(everything.max()) * 255)


def test_a_meter_of_many_slices_is_exact_where_stretches_are_samples():
    loud = np.arange(1000, dtype=np.float32) / 999
    meter = PeakMeter(2000)
    meter.add(loud)
    assert meter.peaks(10) == bytes(round(float(loud[end]) * 255) for end in range(99, 1000, 100))


def test_nothing_added_is_flat():
    assert PeakMeter().peaks() == bytes(SLICES)


# --- formats ---------------------------------------------------------------------------------------------


@given(st.binary(max_size=64))
def test_any_bytes_get_an_answer(head):
    kind = sound_format(head)
    assert kind is None or kind in FORMATS
    if mistaken_for(head):
        assert kind is None


def test_what_people_send_by_mistake_is_named():
    assert mistaken_for(b"%PDF-1.7 ...") == "PDF"
    assert mistaken_for(b"PK\x03\x04 a workbook") == "ZIP"
    assert sound_format(b"hello, this is text") is None


# --- byte ranges -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-0", ByteRange(0, 0)),
        ("bytes=0-", ByteRange(0, 99)),
        ("bytes=10-19", ByteRange(10, 19)),
        ("bytes=90-5000", ByteRange(90, 99)),
        ("bytes=99-99", ByteRange(99, 99)),
        ("bytes=-1", ByteRange(99, 99)),
        ("bytes=-500", ByteRange(0, 99)),
        ("BYTES= 5-6 ", ByteRange(5, 6)),
        ("bytes=5-" + "9" * 50, ByteRange(5, 99)),
        ("", None),
        ("bytes=", None),
        ("bytes=-", None),
        ("bytes=20-10", None),
        ("bytes=0-1,5-6", None),
        ("seconds=0-1", None),
        ("bytes=a-b", None),
        ("bytes=٣-٤", None),  # digits, but not those of the grammar
    ],
)
def test_which_part_of_a_hundred_bytes(header, expected):
    assert requested_range(header, 100) == expected


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=100-200", "bytes=-0", "bytes=" + "9" * 50 + "-"])
def test_parts_that_are_not_there(header):
    with pytest.raises(Unsatisfiable):
        requested_range(header, 100)


@given(st.text(max_size=30), st.integers(0, 10**12))
def test_any_header_gets_a_part_inside_the_file(header, size):
    try:
        part = requested_range(f"bytes={header}", size)
    except Unsatisfiable:
        return
    assert part is None or 0 <= part.first <= part.last < size
