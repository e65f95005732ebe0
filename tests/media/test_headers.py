"""Wav and its like whose headers do not say what the file holds."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media_files import heard, tone, write_media

from empathia import media
from empathia.errors import MediaError
from empathia.media import headers

GUID = bytes.fromhex("000000001000800000aa00389b71")
SOUND = tone(1.0)
INTEGERS = (SOUND * 32767).astype("<i2")
LONG = 0xFFFFFFFF


def fmt(bits: int, block: int, valid: int | None = None, order: str = "<") -> bytes:
    """Of mono at 16 kHz; with valid bits it is extensible."""
    plain = struct.pack(
        f"{order}HHIIHH", 1 if valid is None else 0xFFFE, 1, 16000, 16000 * block, block, bits
    )
    return plain if valid is None else plain + struct.pack("<HHIH", 22, valid, 4, 1) + GUID


def chunk(name: bytes, body: bytes, size: int | None = None, order: str = "<") -> bytes:
    size = len(body) if size is None else size
    return name + struct.pack(f"{order}I", size) + body + bytes(len(body) & 1)


def wav(path: Path, form: bytes, data: bytes, size: int | None = None, after: bytes = b"") -> Path:
    chunks = chunk(b"fmt ", form) + chunk(b"data", data, size) + after
    path.write_bytes(b"RIFF" + struct.pack("<I", LONG & (4 + len(chunks))) + b"WAVE" + chunks)
    return path


def wide(bits: int, container: int) -> bytes:
    """The tone in samples of so many bits, at the top of their container."""
    values = np.round(SOUND * (2 ** (bits - 1) - 1)).astype("<i8") << (container - bits)
    return values.astype("<i8")[:, None].view("u1")[:, : container // 8].tobytes()


def read(path: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    condition = media.Condition()
    return heard(path, condition=condition), condition.notes()


@pytest.mark.parametrize("valid", [None, 0, "bits"])
@pytest.mark.parametrize(
    ("bits", "container"), [(16, 32), (20, 32), (24, 32), (32, 32), (20, 24), (12, 16), (24, 24)]
)
@pytest.mark.parametrize("said", ["bits", "container"])
def test_samples_are_as_wide_as_the_block_align_says(tmp_path, bits, container, valid, said):
    stated = bits if said == "bits" else container
    form = fmt(stated, container // 8, bits if valid == "bits" else valid)
    samples, notes = read(wav(tmp_path / "a.wav", form, wide(bits, container)))
    np.testing.assert_allclose(samples, SOUND, atol=2.0 ** (2 - bits))
    assert notes == ()


def test_a_damaged_block_align_is_not_believed(tmp_path):
    form = fmt(16, 2)[:12] + struct.pack("<HH", 4, 16)
    samples, _ = read(wav(tmp_path / "a.wav", form, INTEGERS.tobytes()))
    np.testing.assert_array_equal(samples, INTEGERS / np.float32(32768))


@pytest.mark.parametrize("size", [0, 0x7FFFF000, LONG, len(INTEGERS) * 2])
def test_lengths_that_mean_up_to_the_end_need_no_remark(tmp_path, size):
    samples, notes = read(wav(tmp_path / "a.wav", fmt(16, 2), INTEGERS.tobytes(), size))
    np.testing.assert_array_equal(samples, INTEGERS / np.float32(32768))
    assert notes == () or size == 0x7FFFF000


@settings(max_examples=20, deadline=None)
@given(size=st.integers(1, 2 * len(INTEGERS) - headers._LEAST - 1))
def test_sound_behind_its_announced_end_is_read_and_told(tmp_path_factory, size):
    path = tmp_path_factory.mktemp("short") / "a.wav"
    samples, notes = read(wav(path, fmt(16, 2), INTEGERS.tobytes(), size))
    np.testing.assert_array_equal(samples, INTEGERS / np.float32(32768))
    assert notes == (
        f"the header of the file announces {size} bytes of sound where 32000 lie: all were read",
    )


AFTER = {
    "a list": chunk(b"LIST", b"INFOISFT" + bytes(3000)),
    "a tag": chunk(b"id3 ", os.urandom(4001)),
    "a list that is cut off": b"LIST" + struct.pack("<I", 90000) + b"INFO" * 1000,
    "a tag of mp3": b"ID3\x04" + os.urandom(4000),
    "a foreign chunk": chunk(b"abcd", os.urandom(4000)),
    "two": chunk(b"abcd", os.urandom(4001)) + chunk(b"bext", bytes(700)),
    "a chunk without its pad": b"xyz1" + struct.pack("<I", 4001) + os.urandom(4001),
    "zeros": bytes(40000),
    "text": b"<?xml version='1.0'?>\n<notes>" + b"<n>so it is</n>\n" * 600,
    "zeros and a list": bytes(64) + chunk(b"LIST", b"INFOISFT" + bytes(3000)),
    "a little of something": os.urandom(500),
}


def test_sound_goes_on_behind_a_silence(tmp_path):
    data = INTEGERS.tobytes() + bytes(8000) + INTEGERS.tobytes()
    samples, notes = read(wav(tmp_path / "a.wav", fmt(16, 2), data, len(INTEGERS) * 2))
    assert len(samples) == len(data) // 2 and len(notes) == 1


@pytest.mark.parametrize("after", AFTER)
def test_what_follows_the_sound_is_no_sound(tmp_path, after):
    path = wav(tmp_path / "a.wav", fmt(16, 2), INTEGERS.tobytes(), after=AFTER[after])
    samples, notes = read(path)
    np.testing.assert_array_equal(samples, INTEGERS / np.float32(32768))
    assert notes == ()


def test_an_odd_length_may_have_its_pad_or_not(tmp_path):
    data = (SOUND * 127 + 128).astype("u1")[:15999].tobytes()
    for pad in (b"\0", b""):
        body = chunk(b"fmt ", fmt(8, 1)) + b"data" + struct.pack("<I", 15999) + data + pad
        path = tmp_path / "a.wav"
        path.write_bytes(b"RIFF" + bytes(4) + b"WAVE" + body + chunk(b"LIST", bytes(4000)))
        samples, notes = read(path)
        assert (len(samples), notes) == (15999, ())


@pytest.mark.parametrize("after", [b"", chunk(b"LIST", b"INFO")])
def test_a_length_that_wrapped_ends_where_the_next_chunk_begins(tmp_path, after):
    path = tmp_path / "long.wav"
    head = b"RIFF" + bytes(4) + b"WAVE" + chunk(b"fmt ", fmt(16, 2)) + b"data"
    truth = 2**32 + 64000
    with path.open("wb") as file:  # of holes: it takes no room on the disk
        file.write(head + struct.pack("<I", 64000) + INTEGERS.tobytes())
        file.seek(len(head) + 4 + truth)
        file.write(after)
        file.truncate()
    with path.open("rb") as file:
        source, remark = headers.mended(file)
        assert source.seek(0, os.SEEK_END) == len(head) + 4 + truth
        source.seek(len(head))
        assert source.read(4) == struct.pack("<I", LONG)
    assert remark is not None
    assert f"64000 bytes of sound where {truth} lie" in remark


def relatives(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """Containers by name: their bytes, and place and width of the length of the sound."""
    places = {}
    for name, codec in [("a.w64", "pcm_s16le"), ("a.aiff", "pcm_s16be"), ("a.caf", "pcm_s16be")]:
        raw = write_media(folder / name, codec, SOUND[None, :], 16000).read_bytes()
        sound = raw.index(b"SSND" if name == "a.aiff" else b"data")
        head = 16 if name == "a.w64" else 4
        places[name] = (raw, sound + head, 4 if name == "a.aiff" else 8)
    options = {"rf64": "always"}
    raw = write_media(
        folder / "r.wav", "pcm_s16le", SOUND[None, :], 16000, options=options
    ).read_bytes()
    places["r.wav"] = (raw, raw.index(b"ds64") + 16, 8)
    raw = write_media(folder / "a.au", "pcm_s16be", SOUND[None, :], 16000).read_bytes()
    return {**places, "a.au": (raw, 8, 4)}


@pytest.mark.parametrize("name", ["a.w64", "a.aiff", "a.caf", "r.wav", "a.au"])
@pytest.mark.parametrize("size", ["none", "short", "unknown", "right"])
def test_lengths_of_its_relatives(tmp_path, name, size):
    raw, at, width = relatives(tmp_path)[name]
    order = "little" if name in ("a.w64", "r.wav") else "big"
    value = {"none": 0, "short": 8000, "unknown": 256**width - 1}.get(size)
    number = raw[at : at + width] if value is None else value.to_bytes(width, order)
    path = tmp_path / name
    path.write_bytes(raw[:at] + number + raw[at + width :])
    samples, notes = read(path)
    assert len(samples) == 16000
    np.testing.assert_allclose(samples, SOUND, atol=1e-4)
    told = size == "short" or (size == "none" and name != "a.caf")
    assert len(notes) == (told and name != "a.au")


def test_big_endian_wav_is_refused_in_words(tmp_path):
    path = tmp_path / "a.wav"
    chunks = chunk(b"fmt ", fmt(16, 2, order=">"), order=">")
    chunks += chunk(b"data", INTEGERS.astype(">i2").tobytes(), order=">")
    path.write_bytes(b"RIFX" + struct.pack(">I", 4 + len(chunks)) + b"WAVE" + chunks)
    with pytest.raises(MediaError, match=r"'a\.wav' is a big-endian wav.*sox"):
        media.probe(path)


@settings(max_examples=40, deadline=None)
@given(
    head=st.sampled_from([b"RIFF\0\0\0\0WAVE", b"RF64\0\0\0\0WAVE", b"FORM\0\0\0\0AIFF", b".snd"]),
    rest=st.binary(max_size=200),
)
def test_no_header_breaks_it(tmp_path_factory, head, rest):
    path = tmp_path_factory.mktemp("any") / "a.wav"
    path.write_bytes(head + rest)
    with path.open("rb") as file:
        source, _ = headers.mended(file)
        assert len(source.read()) <= len(head + rest)


def test_a_patch_shows_in_every_piece_that_is_read(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes(range(20)))
    with path.open("rb") as file:
        shown = headers.Patched(file, {5: b"abcd"}, 15)
        whole = shown.read()
        assert whole == bytes(range(5)) + b"abcd" + bytes(range(9, 15))
        for start in range(16):
            for size in range(8):
                assert shown.seek(start) == start
                assert shown.read(size) == whole[start : start + size]
        assert shown.seek(-3, os.SEEK_END) == 12
        assert shown.seek(2, os.SEEK_CUR) == shown.tell() == 14
        assert shown.seek(-1) == -1


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        *(("a.wav", codec) for codec in ("pcm_s16le", "pcm_s24le", "pcm_f32le", "pcm_u8")),
        *((name, "pcm_s16le") for name in ("a.w64", "a.caf")),
        ("a.aiff", "pcm_s16be"),
    ],
)
def test_a_file_that_was_cut_short_says_so_once(tmp_path, name, codec):
    path = write_media(tmp_path / name, codec, tone(4.0)[None], 16000)
    assert read(path)[1] == ()
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 3 // 4])
    sound, notes = read(path)
    assert 2.9 < len(sound) / 16000 < 3.1
    assert sum("cut short" in note for note in notes) == len(notes) == 1


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0x7FFFFFDB, 2**31, LONG, LONG - 36])
def test_lengths_of_programs_that_do_not_know_them_are_no_cut(tmp_path, size):
    sound, notes = read(wav(tmp_path / "a.wav", fmt(16, 2), INTEGERS.tobytes(), size))
    assert len(sound) == 16000
    assert notes == ()


@pytest.mark.parametrize("place", [2**40, 2**62, 2**63 - 1, 2**63, -1])
def test_places_that_no_file_has_are_no_error(tmp_path, place):
    path = wav(tmp_path / "a.wav", fmt(16, 2), INTEGERS.tobytes())
    with path.open("rb") as file:
        patched, _ = headers.mended(file)
        assert patched.seek(place) in {place, -1}
        assert patched.seek(0) == 0
        assert patched.read(4) == b"RIFF"
