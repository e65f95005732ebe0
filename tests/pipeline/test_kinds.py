"""What a file is, by its name and else by what it holds."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest
from media_files import heard, loudest_hz, tone, write_media, write_wav

from empathia import media
from empathia.errors import MediaError, UsageError
from empathia.pipeline import kind, plays

CONTAINERS = [
    ("a.aiff", "pcm_s16be", 16000),
    ("a.caf", "pcm_s16be", 16000),
    ("a.w64", "pcm_s16le", 16000),
    ("a.au", "pcm_s16be", 16000),
    ("a.mka", "aac", 16000),
    ("a.3gp", "aac", 16000),
    ("a.mpg", "mp2", 16000),
    ("a.flv", "libmp3lame", 44100),
    ("a.voc", "pcm_u8", 8000),
    ("a.ts", "aac", 16000),
    ("a.mp2", "mp2", 16000),
    ("a.ac3", "ac3", 48000),
    ("a.tta", "tta", 16000),
    ("a.wv", "wavpack", 16000),
    ("a.sox", "pcm_s32le", 16000),
    ("a.ircam", "pcm_s16le", 16000),
    ("a.nut", "pcm_s16le", 16000),
    ("a.wma", "wmav2", 44100),
    ("a.amr", "libopencore_amrnb", 8000),
]


def recording(path: Path, codec: str, rate: int) -> Path:
    if codec not in av.codecs_available:
        pytest.skip(f"this FFmpeg cannot write {codec}")
    with av.open(str(path), "w") as out:
        sound = out.add_stream(codec, rate=rate, layout="mono")
        sound.bit_rate = 12200 if codec == "libopencore_amrnb" else 64000
        context = sound.codec_context
        context.open()
        even = av.AudioResampler(context.format.name, "mono", rate, context.frame_size or 1024)
        frame = av.AudioFrame.from_ndarray(tone(2.0, rate)[None, :], "fltp", "mono")
        frame.sample_rate, frame.pts = rate, 0
        for part in [*even.resample(frame), *even.resample(None)]:
            out.mux(sound.encode(part))
        out.mux(sound.encode(None))
    return path


@pytest.mark.parametrize(("name", "codec", "rate"), CONTAINERS)
def test_what_the_decoder_opens_is_a_recording_whatever_it_is_called(tmp_path, name, codec, rate):
    path = recording(tmp_path / name, codec, rate)
    assert kind(path) == "recording"
    assert abs(loudest_hz(heard(path)) - 440) < 4
    for other in ("a", "a.bin", "a.dat1"):
        assert kind(path.rename(tmp_path / other)) == "recording"
        path = tmp_path / other


def test_a_nist_sphere_file(tmp_path):
    head = (
        "NIST_1A\n   1024\nchannel_count -i 1\nsample_count -i 16000\nsample_rate -i 16000\n"
        "sample_n_bytes -i 2\nsample_byte_format -s2 01\nsample_coding -s3 pcm\nend_head\n"
    )
    path = tmp_path / "a.xyz"
    path.write_bytes(head.encode().ljust(1024) + (tone(1.0) * 32767).astype("<i2").tobytes())
    assert kind(path) == "recording"
    assert abs(loudest_hz(heard(path)) - 440) < 2


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("name", ["talk.org", "talk", "talk.log", "talk.transcript"])
def test_a_text_of_any_name_is_a_transcript(tmp_path, name, codec):
    path = tmp_path / name
    path.write_bytes("Ann: Ça va, José?\nBen: Très bien.\n".encode(codec) * 900)
    assert kind(path) == "transcript"


def picture() -> bytes:
    out = io.BytesIO()
    with av.open(out, "w", format="image2pipe") as file:
        stream = file.add_stream("png", rate=1)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "rgb24"
        noise = np.random.default_rng(1).integers(0, 255, (64, 64, 3), np.uint8)
        file.mux(stream.encode(av.VideoFrame.from_ndarray(noise, format="rgb24")))
        file.mux(stream.encode(None))
    return out.getvalue()


def packed() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("word/document.xml", "<w>" + "Ann: Hello. " * 500)
    return out.getvalue()


OTHERS = {
    "picture": picture,
    "packed": packed,
    "random": lambda: np.random.default_rng(2).bytes(300_000),
    "a few bytes": lambda: np.random.default_rng(3).bytes(40),
    "zeros": lambda: bytes(100_000),
    "a program": lambda: Path(sys.executable).read_bytes()[:200_000],
    "pdf": lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + np.random.default_rng(4).bytes(9000),
    "array": lambda: b"\x93NUMPY\x01\x00" + np.random.default_rng(5).normal(size=9000).tobytes(),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_files_are_neither(tmp_path, name):
    path = tmp_path / "thing"
    path.write_bytes(OTHERS[name]())
    assert not plays(path)
    with pytest.raises(UsageError, match=r"'.*thing' is neither a recording .* nor a transcript"):
        kind(path)


def test_a_known_name_is_believed(tmp_path):
    (tmp_path / "a.wav").write_text("Ann: no sound\n")
    assert kind(tmp_path / "a.wav") == "recording"
    sound = write_wav(tmp_path / "b.wav", tone(0.2)).rename(tmp_path / "b.TXT")
    assert kind(sound) == "transcript"


def test_sound_in_an_unknown_code_is_refused_in_words(tmp_path):
    path = write_wav(tmp_path / "a.wav", tone(1.0))
    raw = path.read_bytes()
    path.write_bytes(raw[:20] + b"\x99\x99" + raw[22:])
    assert media.probe(path).tracks == ()
    with pytest.raises(MediaError, match="of a kind that cannot be decoded"):
        list(media.blocks(path))
    assert not plays(path)


def test_integers_of_64_bits(tmp_path):
    path = write_media(tmp_path / "a.wav", "pcm_f64le", tone(1.0)[None, :], 16000)
    raw = bytearray(path.read_bytes())
    at = raw.index(b"fmt ") + 8
    raw[at : at + 2] = b"\x01\x00"
    data = raw.index(b"data") + 8
    raw[data:] = np.round(tone(1.0).astype("f8") * 2.0**62).astype("<i8").tobytes()
    path.write_bytes(raw)
    np.testing.assert_allclose(heard(path), tone(1.0) / 2, atol=1e-6)
