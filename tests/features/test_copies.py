"""Worse copies as rows of features."""

from __future__ import annotations

import numpy as np
import pytest

from empathia.encoders.layers import SpeechModel
from empathia.errors import InputError, UsageError
from empathia.features import copies
from empathia.types import Audio

RATE = 16_000


def _model() -> SpeechModel:
    """Two layers of one unit: the samples' number in thousands, and their peak."""

    def layers(audio: Audio) -> np.ndarray:
        x = audio.samples
        return np.array([[[len(x) / 1000]] * 3, [[np.abs(x).max()]] * 3], np.float32)

    return SpeechModel(layers, (2, 1), 50.0, {})


def _clip(seconds: float, seed: int = 0) -> Audio:
    noise = np.random.default_rng(seed).normal(0, 0.1, round(seconds * RATE))
    return Audio(noise.astype(np.float32), RATE)


def test_there_is_a_row_a_copy_and_every_third_is_an_excerpt():
    told = copies.extract(_clip(5.0), "u", count=6, model=_model())
    assert told.names == ("speech", "mean0.0", "mean1.0")
    assert told.values.shape == (6, 3)
    seconds = told.values[:, 0]
    assert (seconds[[0, 1, 3, 4]] > 4).all()
    assert ((seconds[[2, 5]] > 0.4) & (seconds[[2, 5]] < 2.3)).all()
    assert (told.values.astype(np.float16) == told.values)[:, 1:].all()


def test_a_clip_has_the_copies_of_its_sound_whatever_it_is_called():
    first, second = (copies.extract(_clip(1.0), u, count=2, model=_model()) for u in "ab")
    np.testing.assert_array_equal(first.values, second.values)
    other = copies.extract(_clip(1.0, 1), "a", count=2, model=_model())
    assert not np.array_equal(first.values, other.values)
    fewer = copies.extract(_clip(1.0), "a", count=1, model=_model())
    np.testing.assert_array_equal(fewer.values[0], first.values[0])


def test_silence_has_silent_copies():
    for samples in (0, 1, RATE):
        quiet = Audio(np.zeros(samples, np.float32), RATE)
        told = copies.extract(quiet, "u", count=3, model=_model())
        assert (told.values[:, 0] == 0).all()
        assert np.isnan(told.values[:, 1:]).all()


def test_what_it_cannot_do_is_named():
    with pytest.raises(InputError, match="copies of 'u': expected finite samples at 16000"):
        copies.extract(Audio(np.zeros(9, np.float32), 8000), "u", count=1, model=_model())
    for variant in (None, "0", "17", "-1", "many", "2.5"):
        with pytest.raises(UsageError, match="needs how many, from 1 to 16"):
            copies.load(variant)
