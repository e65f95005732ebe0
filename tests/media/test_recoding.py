"""Sound through a codec: as long, the same tone, and less of it at a low rate."""

from __future__ import annotations

import numpy as np
import pytest
from media_files import loudest_hz, tone

from empathia.errors import MediaError
from empathia.media.recoding import MP3, MU_LAW, OPUS, Codec, recoded
from empathia.types import Audio


@pytest.mark.parametrize(("codec", "kbit"), [(OPUS, 6), (OPUS, 24), (MP3, 8), (MU_LAW, 64)])
@pytest.mark.parametrize("seconds", [0.05, 0.51, 2.0])
def test_sound_keeps_its_length_and_tone(codec, kbit, seconds):
    sound = 0.3 * tone(seconds, 16000)
    back = recoded(Audio(sound, 16000), codec, kbit)
    assert (len(back.samples), back.rate) == (len(sound), 16000)
    assert np.isfinite(back.samples).all()
    if seconds > 0.5:
        assert abs(loudest_hz(back.samples) - 440) < 5


def test_a_telephone_codec_takes_the_highs():
    t = np.arange(16000) / 16000
    high = (0.3 * np.sin(2 * np.pi * 6000 * t)).astype(np.float32)
    inside = recoded(Audio(high, 16000), MU_LAW, 64).samples[1000:-1000]
    assert np.abs(inside).max() < 0.05


def test_nothing_stays_nothing_and_an_unknown_codec_is_named():
    assert not len(recoded(Audio(np.zeros(0, np.float32), 16000), OPUS, 16).samples)
    with pytest.raises(MediaError, match="cannot write 'no-such-codec'"):
        recoded(Audio(np.zeros(9, np.float32), 16000), Codec("no-such-codec", "ogg", 16000), 16)
