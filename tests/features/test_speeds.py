"""Speech at another speed: a tape's arithmetic, and columns like those of "speech"."""

from __future__ import annotations

import numpy as np
import pytest

from empathia.encoders.layers import SpeechModel
from empathia.errors import UsageError
from empathia.features import speeds
from empathia.types import Audio

RATE = 16_000


def tone(hertz: float, seconds: float) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(round(RATE * seconds)) / RATE).astype(np.float32)


@pytest.mark.parametrize("speed", [0.9, 0.95, 1.1, 2.0])
def test_a_tone_is_shorter_and_higher_at_the_same_level(speed):
    found = speeds.faster(tone(500, 2.0), speed)
    assert len(found) == round(2 * RATE / speed)
    spectrum = np.abs(np.fft.rfft(found))
    assert spectrum.argmax() * RATE / len(found) == pytest.approx(500 * speed, rel=0.002)
    assert np.sqrt(np.mean(found**2)) == pytest.approx(np.sqrt(0.5), rel=0.01)


def test_what_would_rise_above_the_top_is_gone():
    assert np.abs(speeds.faster(tone(7_900, 1.0), 1.1)).max() < 0.05


def test_speed_one_changes_nothing():
    assert np.array_equal(speeds.faster(tone(300, 0.5), 1.0), tone(300, 0.5))


def _model() -> SpeechModel:
    """Two layers whose only unit is the number of samples, and that of the crossings of 0."""

    def layers(audio: Audio) -> np.ndarray:
        x = audio.samples
        crossings = np.sum((x[1:] * x[:-1] < 0) & (abs(x[1:] - x[:-1]) > 1e-3))
        return np.array([[[len(x)]] * 3, [[crossings]] * 3], np.float32)

    return SpeechModel(layers, (2, 1), 50.0, {})


def test_it_is_the_spoken_part_that_changes_speed():
    quiet = np.zeros(RATE, np.float32)
    clip = np.concatenate([quiet, tone(200, 1.0), quiet])
    slow, fast = (
        speeds.extract(Audio(clip, RATE), "u", speed=s, model=_model()) for s in (0.5, 2.0)
    )
    assert slow.names == ("speech", "mean0.0", "deviation0.0", "mean1.0", "deviation1.0")
    assert slow.values.shape == (1, 5)
    assert slow.values[0, 0] == fast.values[0, 0] == pytest.approx(1.0, abs=0.05)
    assert slow.values[0, 1] == pytest.approx(4 * fast.values[0, 1], rel=0.01)
    assert slow.values[0, 3] == pytest.approx(fast.values[0, 3], rel=0.05)


def test_silence_is_missing():
    found = speeds.extract(Audio(np.zeros(RATE, np.float32), RATE), "u", speed=0.9, model=_model())
    assert found.values[0, 0] == 0
    assert np.isnan(found.values[0, 1:]).all()


@pytest.mark.parametrize("variant", [None, "", "fast", "0.1", "3", "nan"])
def test_impossible_speeds_are_named(variant):
    with pytest.raises(UsageError, match=r"speed from 0\.5 to 2\.0.*Write 'speeds:0\.9'"):
        speeds.load(variant)
