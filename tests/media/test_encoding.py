from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from media_files import heard, loudest_hz, tone

from empathia import media
from empathia.errors import MediaError
from empathia.media import encoding
from empathia.types import Audio


@pytest.mark.parametrize("rate", [16000, 24000, 22050, 44100, 96000])
def test_encoding_keeps_pitch_and_length_in_few_bytes(tmp_path, rate):
    blocks = [Audio(part, rate) for part in np.array_split(tone(8.0, rate), 5)]
    encoded = media.encode(blocks, kbit=32)
    assert media.media_type(encoded) == "audio/ogg"
    assert len(encoded) < 8 * 32000 / 8 * 1.6  # a lone tone takes more than speech
    (tmp_path / "e.ogg").write_bytes(encoded)
    samples = heard(tmp_path / "e.ogg")
    assert abs(len(samples) / 16000 - 8.0) < 0.1
    assert abs(loudest_hz(samples) - 440) < 2


def test_mp3_where_opus_cannot_be_written(tmp_path, monkeypatch):
    monkeypatch.setitem(encoding._KINDS, "opus", ("no-such-codec", "ogg", 32, (16000,)))
    encoded = media.encode([Audio(tone(4.0), 16000)])
    assert media.media_type(encoded) == "audio/mpeg"
    (tmp_path / "e.mp3").write_bytes(encoded)
    assert abs(loudest_hz(heard(tmp_path / "e.mp3")) - 440) < 2
    for kind in ("opus", "mp3"):
        monkeypatch.setitem(encoding._KINDS, kind, ("no-such-codec", "ogg", 32, (16000,)))
    with pytest.raises(MediaError, match="neither Opus nor mp3"):
        media.encode([Audio(tone(), 16000)])


def test_nothing_encodes_to_nothing():
    assert media.encode([]) == b""
    assert media.encode([Audio(np.zeros(0, np.float32), 16000)]) == b""


def test_encoded_sound_streams_from_a_generator():
    def endless():
        for _ in range(40):
            yield Audio(tone(1.0, 16000), 16000)

    tracemalloc.start()
    encoded = media.encode(endless())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * len(encoded) + 2_000_000
    assert encoded.startswith(b"OggS")
