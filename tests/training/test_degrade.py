"""Worse copies of clips: drawn by a seed alone, as long, and never silent or out of range."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.training import degrade
from empathia.types import Audio

RATE = 16_000


def speech(seconds: float, loudness: float = 0.2) -> np.ndarray:
    t = np.arange(round(seconds * RATE)) / RATE
    voice = np.sign(np.sin(2 * np.pi * 130 * t)) * (1 + np.sin(2 * np.pi * 3 * t))
    return (loudness * voice / 2).astype(np.float32)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    seconds=st.sampled_from([0.0, 0.001, 0.3, 1.0]),
    loudness=st.sampled_from([0.0, 1e-4, 1.0]),
)
def test_a_copy_is_as_long_finite_and_in_range(seed, seconds, loudness):
    clip = Audio(speech(seconds, loudness), RATE)
    copy = degrade.degraded(clip, np.random.default_rng(seed))
    assert len(copy.samples) == len(clip.samples)
    assert np.isfinite(copy.samples).all()
    assert np.abs(copy.samples).max(initial=0) <= 1
    again = degrade.degraded(clip, np.random.default_rng(seed))
    np.testing.assert_array_equal(copy.samples, again.samples)


def test_copies_differ_and_leave_the_clip_alone():
    sound = speech(1.0)
    before = sound.copy()
    copies = [degrade.degraded(Audio(sound, RATE), np.random.default_rng(i)) for i in range(5)]
    np.testing.assert_array_equal(sound, before)
    assert len({c.samples.tobytes() for c in copies}) == 5


def test_a_room_rings_after_the_voice_has_ended():
    clip = np.concatenate([speech(0.5), np.zeros(RATE, np.float32)])
    heard = degrade.reverberated(clip, RATE, np.random.default_rng(1))
    after = slice(round(0.5 * RATE), round(0.6 * RATE))
    assert np.abs(clip[after]).max() == 0
    assert np.abs(heard[after]).max() > 0.005


@pytest.mark.parametrize("seed", range(8))
def test_what_is_behind_is_5_to_35_db_lower(seed):
    clip = degrade.unit(speech(1.0)) * 0.1
    added = degrade.behind(clip, RATE, np.random.default_rng(seed)) - clip
    lower = -20 * np.log10(np.sqrt(np.mean(added**2)) / 0.1)
    assert 4.9 < lower < 35.1


def test_a_line_takes_what_is_under_and_over_it():
    t = np.arange(RATE) / RATE
    for hertz, kept in ((60, False), (1000, True), (7500, False)):
        sound = np.sin(2 * np.pi * hertz * t).astype(np.float32)
        left = np.abs(degrade.banded(sound, RATE, 250, 3500))[1000:-1000].max()
        assert (left > 0.9) == kept
        assert kept or left < 0.2


def test_an_excerpt_is_a_stretch_of_half_a_second_to_two():
    sound = np.arange(5 * RATE, dtype=np.float32)
    for seed in range(20):
        part = degrade.excerpt(Audio(sound, RATE), np.random.default_rng(seed)).samples
        assert 0.5 * RATE <= len(part) <= 2 * RATE
        np.testing.assert_array_equal(part, sound[int(part[0]) : int(part[0]) + len(part)])
    short = Audio(sound[:100], RATE)
    assert len(degrade.excerpt(short, np.random.default_rng(0)).samples) == 100
