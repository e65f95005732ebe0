"""Silence inside segments of speech, and what is left of spans without it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.listen.pauses import Silence, silences, without
from empathia.listen.speakers import SpeakerSpan
from empathia.types import Audio

RATE = 16000


def sound(*parts: tuple[float, float]) -> Audio:
    """Noise of so many seconds at such a level (dB)."""
    draw = np.random.default_rng(0)
    pieces = [10 ** (db / 20) * draw.standard_normal(round(s * RATE)) for s, db in parts]
    return Audio(np.concatenate(pieces).astype(np.float32), RATE)


def told(audio: Audio, start: float = 0.0) -> list[tuple[float, float]]:
    return [(round(a, 1), round(b, 1)) for a, b in silences(audio, start)]


def test_silence_is_far_below_the_loud_parts_and_lasts():
    talk = sound((0.2, -70), (1, -20), (0.4, -60), (1, -25), (0.06, -60), (1, -20), (0.3, -60))
    assert told(talk, 5.0) == [(5.0, 5.2), (6.2, 6.6), (8.7, 9.0)]


@pytest.mark.parametrize("gain", [0.01, 1.0])
def test_how_loud_a_recording_is_makes_no_difference(gain: float):
    talk = sound((1, -20), (0.5, -60), (1, -20))
    assert told(Audio(talk.samples * np.float32(gain), RATE)) == [(1.0, 1.5)]


def test_in_noise_and_in_nothing_there_is_no_silence():
    assert told(sound((1, -20), (0.5, -45), (1, -20))) == []
    assert told(sound((1, -20))) == []
    assert told(sound((0.004, -20))) == []
    assert told(Audio(np.zeros(RATE, np.float32), RATE)) == []


def test_a_short_silence_parts_two_people_and_not_the_words_of_one():
    quiet = [Silence(1.0, 1.15), Silence(2.0, 2.4)]
    assert without([SpeakerSpan(0, 3, 0)], quiet) == [SpeakerSpan(0, 2, 0), SpeakerSpan(2.4, 3, 0)]
    two = [SpeakerSpan(0, 1.25, 0, 0.9), SpeakerSpan(1.25, 1.9, 1, 0.7)]
    assert without(two, quiet) == [SpeakerSpan(0, 1, 0, 0.9), SpeakerSpan(1.15, 1.9, 1, 0.7)]
    far = [SpeakerSpan(0, 1.5, 0), SpeakerSpan(1.5, 1.9, 1)]
    assert without(far, quiet) == far


def test_what_is_nothing_but_silence_stays():
    spans = [SpeakerSpan(1, 2, 0), SpeakerSpan(3, 4, 1)]
    assert without(spans, [Silence(0.9, 2.1), Silence(3.0, 4.0)]) == spans


times = st.lists(st.integers(1, 40), min_size=2, max_size=12).map(lambda x: np.cumsum(x) / 20)


@given(cuts=times, quiet=times, people=st.lists(st.integers(0, 2), min_size=12, max_size=12))
def test_speech_loses_nothing_but_silence_and_nobody_is_lost(cuts, quiet, people):
    spans = [
        SpeakerSpan(a, b, k) for (a, b), k in zip(pairwise(cuts.tolist()), people, strict=False)
    ]
    silent = [Silence(a, b) for a, b in list(pairwise(quiet.tolist()))[::2]]
    left = [SpeakerSpan(*s) for s in without(spans, silent)]
    assert all(s.start < s.end for s in left)
    assert all(a.end <= b.start + 1e-9 for a, b in pairwise(left))
    assert {s.speaker for s in left} == {s.speaker for s in spans}
    for time in np.arange(round(cuts[0] * 100), round(cuts[-1] * 100)) / 100 + 0.005:
        assert any(s.start <= time < s.end for s in (*left, *silent))
