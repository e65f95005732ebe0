"""Sound out of streams: no seek, no known end, and every way in which they fail."""

from __future__ import annotations

import io
import os
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media_files import tone, write_media, write_wav

from empathia import media
from empathia.errors import InputError, MediaError, UsageError
from empathia.types import Audio

TONE = tone(1.0)
RAW = (TONE * 32767).astype("<i2").tobytes()
FORMATS = [
    ("a.mp3", "libmp3lame", {}),
    ("bare.mp3", "libmp3lame", {"id3v2_version": "0", "write_xing": "0"}),
    ("a.ogg", "libopus", {}),
    ("a.webm", "libopus", {}),
    ("a.flac", "flac", {}),
    ("a.aac", "aac", {}),
    ("a.ts", "aac", {}),
    ("a.mka", "pcm_s16le", {}),
    ("a.aiff", "pcm_s16be", {}),
    ("a.w64", "pcm_s16le", {}),
    ("a.caf", "pcm_s16be", {}),
    ("a.au", "pcm_s16be", {}),
    ("a.wv", "wavpack", {}),
    ("pieces.mp4", "aac", {"movflags": "frag_keyframe+empty_moov"}),
]


class Pipe:
    """The reading end of a pipe that a thread writes into, in parts; it cannot be sought."""

    def __init__(self, data: bytes, part: int = 1000) -> None:
        read, write = os.pipe()
        self._file = os.fdopen(read, "rb")
        self._writer = threading.Thread(target=self._write, args=(write, data, part))
        self._writer.start()

    def _write(self, write: int, data: bytes, part: int) -> None:
        with os.fdopen(write, "wb", buffering=0) as out:
            try:
                for at in range(0, len(data), part):
                    out.write(data[at : at + part])
            except BrokenPipeError:
                pass

    def __enter__(self) -> io.BufferedReader:
        return self._file

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self._writer.join()


def heard(data: bytes, pcm: media.Pcm | None = None) -> tuple[np.ndarray, media.Condition]:
    condition = media.Condition()
    with Pipe(data) as stream:
        parts = [a.samples for a in media.listened(stream, 16000, condition, pcm)]
    return np.concatenate([*parts, np.zeros(0, np.float32)]), condition


def written(path: Path, codec: str, rate: int = 48000, **options: str) -> bytes:
    sound = tone(3.0, rate)[None]
    return write_media(path, codec, sound, rate, options=options).read_bytes()


@settings(max_examples=20)
@given(part=st.integers(1, 9999))
def test_samples_come_as_they_were_in_parts_of_any_size(part: int) -> None:
    condition = media.Condition()
    with Pipe(RAW, part) as stream:
        parts = list(media.listened(stream, 16000, condition, media.Pcm(16000)))
    np.testing.assert_allclose(np.concatenate([a.samples for a in parts]), TONE, atol=1e-4)
    assert condition.notes() == ()
    assert condition.seconds == pytest.approx(1.0)


def test_channels_are_mixed_and_rates_changed() -> None:
    both = np.repeat(tone(1.0, 48000, 300.0)[:, None], 2, axis=1)
    samples, _ = heard((both * 32767).astype("<i2").tobytes(), media.Pcm(48000, 2))
    assert len(samples) == pytest.approx(16000, abs=40)
    assert np.abs(samples[2000:-2000]).max() == pytest.approx(0.5, abs=0.02)


def test_samples_without_a_header_are_said_to_be_guessed() -> None:
    samples, condition = heard(RAW)
    np.testing.assert_allclose(samples, TONE, atol=1e-4)
    assert any("--pcm" in note for note in condition.notes())


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFF000, 2 * 16000])
def test_a_wav_whose_length_a_pipe_cannot_know(tmp_path: Path, size: int) -> None:
    data = bytearray(write_wav(tmp_path / "a.wav", TONE).read_bytes())
    data[40:44] = struct.pack("<I", size)
    samples, condition = heard(bytes(data))
    np.testing.assert_allclose(samples, TONE, atol=1e-4)
    assert condition.notes() == ()


def test_a_wav_that_breaks_off_says_where(tmp_path: Path) -> None:
    data = write_wav(tmp_path / "a.wav", tone(4.0)).read_bytes()
    samples, condition = heard(data[: 44 + 2 * 16000])
    assert len(samples) == 16000
    assert any("ends at 1.0 s although the file announces 4.0 s" in n for n in condition.notes())


@pytest.mark.parametrize(("name", "codec", "options"), FORMATS)
def test_any_format_is_told_from_its_first_bytes(
    tmp_path: Path, name: str, codec: str, options: dict[str, str]
) -> None:
    samples, condition = heard(written(tmp_path / name, codec, **options))
    assert len(samples) == pytest.approx(48000, abs=2500)
    middle = samples[16000:32000]
    spectrum = np.abs(np.fft.rfft(middle))
    assert np.argmax(spectrum) == pytest.approx(440, abs=3)
    assert not condition.remarks


@pytest.mark.parametrize(
    ("name", "codec", "options"),
    [f for f in FORMATS if f[0] != "a.mka"],  # it is one packet, of which a part is nothing
)
def test_what_came_before_a_break_or_rubbish_is_kept(
    tmp_path: Path, name: str, codec: str, options: dict[str, str]
) -> None:
    whole = written(tmp_path / name, codec, **options)
    part = whole[: len(whole) * 7 // 10]
    rubbish = np.random.default_rng(0).bytes(20_000)
    for data in (part, part + rubbish):
        samples, _ = heard(data)
        # Rubbish that follows samples without frames is heard as the noise that it is.
        assert 24_000 < len(samples) < 51_000
        spectrum = np.abs(np.fft.rfft(samples[4000:20_000]))
        assert np.argmax(spectrum) == pytest.approx(440, abs=3)


@pytest.mark.parametrize("odd", [1, 2, 3])
def test_what_is_left_of_a_sample_is_let_go(odd: int) -> None:
    both = np.repeat(np.frombuffer(RAW, "<i2"), 2).tobytes()  # four bytes at a time
    samples, condition = heard(both + bytes(odd), media.Pcm(16000, 2))
    np.testing.assert_allclose(samples, TONE, atol=1e-4)
    assert condition.notes() == ()


def test_a_sound_that_looks_like_a_frame_is_no_mp3() -> None:
    loud = np.frombuffer(b"\xff\xfb\x90\x00" * 4000, "<i2").tobytes()
    samples, _ = heard(b"\xff\xfb\x90\x01" + loud[4:3000] + RAW)
    assert len(samples) == (3000 + len(RAW)) // 2


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", r"empty \(0 bytes\)"),
        (b"Ann: hello\nBen: hi\n" * 30, "text, no sound"),
        (b"hi", "text, no sound"),
        ("안녕하세요 여러분".encode() * 40, "text, no sound"),
        (b"RIFF" + b"\0" * 9, "cut off in its head"),
        (b"OggS" + bytes(range(200)) * 9, "cut off in its head"),
        (b"RIFX" + b"\0" * 90, "big-endian"),
        (b"\x1aE\xdf\xa3" + b"\x93" * 3000, "cut off in its head"),
    ],
    ids=["empty", "text", "short", "korean", "wav head", "ogg", "rifx", "webm"],
)
def test_what_is_no_sound(data: bytes, problem: str) -> None:
    with pytest.raises(MediaError, match=problem):
        heard(data)


class Breaks:
    """A stream that fails after some bytes."""

    def __init__(self, data: bytes, error: Exception) -> None:
        self._data, self._error = io.BytesIO(data), error

    def read(self, size: int, /) -> bytes:
        if part := self._data.read(size):
            return part
        raise self._error


@pytest.mark.parametrize("error", [OSError("connection reset"), ValueError("closed file")])
def test_a_stream_that_fails_keeps_what_came(error: Exception, tmp_path: Path) -> None:
    for data in (RAW, write_wav(tmp_path / "a.wav", TONE).read_bytes()):
        condition = media.Condition()
        parts = list(media.listened(Breaks(data, error), 16000, condition))
        assert sum(len(p.samples) for p in parts) == 16000
        assert any(f"broke off at 1.0 s ({error})" in note for note in condition.notes())
    with pytest.raises(MediaError, match=str(error)):
        list(media.listened(Breaks(b"", error), 16000, media.Condition()))


def test_a_stream_of_text_is_no_stream_of_bytes() -> None:
    with pytest.raises(UsageError, match="expected bytes from the stream, found str"):
        list(media.listened(io.StringIO("hello"), 16000, media.Condition()))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="expected a binary file object or blocks"):
        list(media.listened(7, 16000, media.Condition()))  # type: ignore[arg-type]


# -- blocks of samples -----------------------------------------------------------------------------


def blocks(make: Callable[[np.ndarray], object]) -> Iterator[object]:
    for at in range(0, len(TONE), 1234):
        yield make(TONE[at : at + 1234])


@pytest.mark.parametrize(
    "make",
    [
        lambda x: Audio(x, 16000),
        lambda x: x,
        lambda x: x.astype(np.float64),
        lambda x: np.stack([x, x], axis=1),
        lambda x: (x * 32767).astype(np.int16),
        lambda x: (x * 2147483000.0).astype(np.int32),
    ],
    ids=["Audio", "float32", "float64", "stereo", "int16", "int32"],
)
def test_blocks_of_samples(make: Callable[[np.ndarray], object]) -> None:
    parts = list(media.listened(blocks(make), 16000, media.Condition()))  # type: ignore[arg-type]
    np.testing.assert_allclose(np.concatenate([p.samples for p in parts]), TONE, atol=1e-3)


def test_blocks_at_other_rates() -> None:
    fast = tone(1.0, 44100)
    of_audio = list(media.listened([Audio(fast, 44100)], 16000, media.Condition()))
    of_array = list(media.listened([fast], 16000, media.Condition(), media.Pcm(44100)))
    for parts in (of_audio, of_array):
        assert sum(len(p.samples) for p in parts) == pytest.approx(16000, abs=20)


def test_what_is_no_number_becomes_silence_and_is_counted() -> None:
    bad = TONE.copy()
    bad[:100], bad[100:150], bad[150:200] = np.nan, np.inf, 7.0
    condition = media.Condition()
    (part,) = media.listened([bad, np.zeros(0, np.float32)], 16000, condition)
    assert not part.samples[:150].any()
    assert part.samples.max() == 1.0
    assert "150 samples were no numbers" in condition.notes()[0]


@pytest.mark.parametrize(
    "block",
    [np.zeros((2, 2, 2)), np.array(["a"]), np.zeros(5, complex), np.zeros(5, np.int64)],
    ids=["3-d", "text", "complex", "int64"],
)
def test_blocks_that_are_no_samples(block: np.ndarray) -> None:
    with pytest.raises(InputError, match="expected"):
        list(media.listened([block], 16000, media.Condition()))


@pytest.mark.parametrize("text", ["", "fast", "16000,", "16000,0", "10", "16000,99", "1e4", "٣"])
def test_samples_that_cannot_be(text: str) -> None:
    with pytest.raises(UsageError):
        media.Pcm.of(text)


def test_samples_as_people_write_them() -> None:
    assert media.Pcm.of("16000") == (16000, 1)
    assert media.Pcm.of(" 48000,2 ") == (48000, 2)
