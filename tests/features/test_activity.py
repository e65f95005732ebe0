"""Voice and level over time."""

from __future__ import annotations

import numpy as np

from empathia import features
from empathia.features import activity
from empathia.types import Audio

RATE = 16000


def heard(*parts: tuple[float, float]) -> np.ndarray:
    """Activity of stretches of noise: (seconds, loudness) each."""
    noise = np.random.default_rng(1).normal(size=RATE * 10)
    sound = np.concatenate([noise[: round(s * RATE)] * level for s, level in parts])
    return activity.extract(Audio(sound.astype(np.float32), RATE), "u").values


def test_pauses_are_no_voice_and_louder_is_more() -> None:
    values = heard((1.0, 0.05), (0.4, 0.0), (1.0, 0.1), (0.4, 0.0005))
    assert values.shape == (70, 2)
    assert values[:25, 0].all()
    assert not values[26:34, 0].any()
    assert values[36:59, 0].all()
    assert not values[61:, 0].any(), "noise far below the voice"
    assert np.isnan(values[26:34, 1]).all(), "silence has no level"
    gain = np.mean(values[36:59, 1]) - np.mean(values[:24, 1])
    assert abs(gain - 6.02) < 0.5


def test_it_is_an_extractor_and_takes_what_is_short_or_silent() -> None:
    assert features.source("activity") == "sound"
    (found,) = features.load("activity")([("u", Audio(np.zeros(100, np.float32), RATE))])
    assert found.values.shape == (1, 2)
    assert not found.values[:, 0].any()
    assert activity.extract(Audio(np.zeros(0, np.float32), RATE)).values.shape == (0, 2)
