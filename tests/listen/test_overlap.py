"""How many speak at once: the network, and what becomes of speech where two do."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import sounds
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save_file

from empathia import weights
from empathia.encoders.segmentation import Activity, Segmentation
from empathia.errors import WeightsError
from empathia.listen.overlap import HOP, RATE, Count, HeadCount, doubled, log_mel, several_by
from empathia.listen.speakers import Diariser, SpeakerSpan
from empathia.types import Audio

needs_segmentation = pytest.mark.skipif(
    weights.state("segmentation") in ("missing", "damaged"),
    reason="weight segmentation is not pulled",
)


@pytest.fixture(scope="module")
def heads() -> HeadCount:
    return HeadCount.load(weights.folder("overlap"))


def level(samples: np.ndarray) -> np.ndarray:
    return samples / np.sqrt(np.mean(np.square(samples)))


def seconds(count: Count) -> float:
    return sum(b - a for a, b in count.both)


@pytest.mark.parametrize("damage", ["missing", "text", "lacking"])
def test_a_damaged_weight_says_how_it_comes_back(tmp_path: Path, damage: str):
    if damage == "text":
        (tmp_path / "model.safetensors").write_text("not this")
    elif damage == "lacking":
        save_file({"first": np.zeros(3, np.float32)}, tmp_path / "model.safetensors")
    with pytest.raises(WeightsError, match=r"model\.safetensors") as caught:
        HeadCount.load(tmp_path)
    assert "empathia" in caught.value.remedy


class Hears:
    """Hears somebody else where the sound is loud, as the segmentation would."""

    def activity(self, stretches: list[Audio]) -> list[Activity]:
        told = []
        for one in stretches:
            assert 991 <= len(one.samples) <= 10 * RATE
            frames = one.samples[: len(one.samples) // 160 * 160].reshape(-1, 160)
            loud = (np.abs(frames).max(axis=1) > 0.5).astype(np.float32)
            told.append(Activity(0.0, 0.01, np.zeros((len(loud), 3)), loud, np.ones(len(loud))))
        return told


@pytest.mark.parametrize("size", [0, 500, 3 * RATE, 10 * RATE, 10 * RATE + 7, 27 * RATE + 123])
def test_the_segmentation_is_heard_in_stretches_and_told_in_frames(size: int):
    samples = np.zeros(size, np.float32)
    samples[size // 4 : size // 2] = 0.9
    frames = size // HOP
    several = several_by(Hears(), Audio(samples, RATE), frames)
    assert several.shape == (frames,)
    middles = (np.arange(frames) + 0.5) * HOP
    far = np.minimum(abs(middles - size // 4), abs(middles - size // 2)) > 2 * HOP
    expected = (middles > size // 4) & (middles < size // 2) & (size >= 991)
    assert np.array_equal(several[far] > 0.5, expected[far])


@needs_segmentation
def test_both_networks_are_believed_together(heads: HeadCount):
    segmentation = Segmentation.load(weights.folder("segmentation"), threads=1)
    both = HeadCount.load(weights.folder("overlap"), segmentation)
    one, other = sounds.example(14.1, 18.1), sounds.example(21.1, 25.0)
    mixed = level(one)
    assert seconds(both.heard(Audio((0.05 * mixed).astype(np.float32), RATE))) < 0.3
    mixed[RATE : 3 * RATE] += level(other)[RATE : 3 * RATE]
    sound = Audio((0.05 * mixed).astype(np.float32), RATE)
    assert np.array_equal(both.heard(sound).nobody, heads.heard(sound).nobody)
    inside = [max(0.0, min(b, 3.0) - max(a, 1.0)) for a, b in both.heard(sound).both]
    assert sum(inside) > 1.0
    assert seconds(both.heard(sound)) - sum(inside) < 0.4


def test_two_voices_at_once_are_heard_and_one_alone_is_not(heads: HeadCount):
    one, other = sounds.example(14.1, 18.1), sounds.example(21.1, 25.0)
    assert seconds(heads.heard(Audio(one, RATE))) < 0.3
    assert seconds(heads.heard(Audio(other, RATE))) < 0.3
    mixed = level(one)
    mixed[RATE : 3 * RATE] += level(other)[RATE : 3 * RATE]
    count = heads.heard(Audio((0.05 * mixed).astype(np.float32), RATE))
    inside = sum(max(0.0, min(b, 3.0) - max(a, 1.0)) for a, b in count.both)
    assert inside > 0.3  # of 2 s: synthetic voices are not what it learnt from
    assert seconds(count) - inside < 0.2


def test_nobody_speaks_in_the_noise_around_a_sentence(heads: HeadCount):
    noise = np.random.default_rng(0).normal(0, 0.004, 6 * RATE)
    noise[RATE : 5 * RATE] += 0.05 * level(sounds.example(14.1, 18.1))
    nobody = heads.heard(Audio(noise.astype(np.float32), RATE)).nobody
    assert len(nobody) == 300
    assert np.r_[nobody[:45], nobody[-40:]].mean() > 0.5
    assert nobody[60:240].mean() < 0.1


@pytest.mark.parametrize("gain", [0.01, 3.0])
def test_how_loud_it_is_makes_no_difference(heads: HeadCount, gain: float):
    speech = sounds.example(14.1, 18.1).astype(np.float32)
    same, other = (heads.chances(log_mel(s)) for s in (speech, speech * np.float32(gain)))
    np.testing.assert_allclose(same.sum(axis=1), 1, atol=1e-5)
    assert np.abs(same - other).mean() < 0.02


@pytest.mark.parametrize("samples", [0, 1, HOP - 1, HOP, 5 * HOP + 7])
def test_the_shortest_sounds_are_heard(heads: HeadCount, samples: int):
    count = heads.heard(Audio(np.full(samples, 0.1, np.float32), RATE))
    assert count.nobody.shape == (samples // HOP,)
    assert count.both == []


def test_in_an_overlap_who_comes_next_or_was_last_speaks_too():
    spans = [SpeakerSpan(0, 4, 0, 0.9), SpeakerSpan(4, 7, 1, 0.8), SpeakerSpan(9, 12, 2, 0.7)]
    assert doubled(spans, [(3.5, 4.5)]) == [
        spans[0],
        (3.5, 4, 1, 0.8),
        spans[1],
        (4, 4.5, 0, 0.9),
        spans[2],
    ]
    assert doubled(spans, [(6.0, 6.6)]) == [*spans[:2], (6.0, 6.6, 0, 0.0), spans[2]]
    assert doubled(spans, [(6.3, 6.9)]) == [*spans[:2], (6.3, 6.9, 2, 0.0), spans[2]]
    assert doubled(spans, [(7.0, 9.0), (3.95, 4.0)]) == spans
    assert doubled(spans, [(2.0, 2.4)]) == spans  # too short to be more than a mistake
    assert doubled(spans[:1], [(1.0, 2.0)]) == spans[:1]


times = st.lists(st.integers(1, 40), min_size=2, max_size=12).map(lambda x: np.cumsum(x) / 20)


@given(cuts=times, two=times, people=st.lists(st.integers(0, 2), min_size=12, max_size=12))
def test_no_speech_is_lost_and_nobody_speaks_twice_at_once(cuts, two, people):
    several = zip(pairwise(cuts.tolist()), people, strict=False)
    spans = [SpeakerSpan(a, b, k) for (a, b), k in several]
    told = [SpeakerSpan(*s) for s in doubled(spans, list(pairwise(two.tolist()))[::2])]
    assert [s for s in told if s in spans] == spans
    assert all(a.start <= b.start for a, b in pairwise(told))
    for who in set(people):
        own = [s for s in told if s.speaker == who]
        assert all(a.end <= b.start + 1e-9 for a, b in pairwise(own))


class Two:
    """Hears two at once from 1.5 to 2.5 s of each segment."""

    def heard(self, audio: Audio) -> Count:
        return Count(np.zeros(0, bool), [(1.5, 2.5)])


class Halves:
    """Two voices: one in loud sound, another in faint."""

    def embed(self, segment: Audio, windows: list[tuple[int, int]]) -> np.ndarray:
        share = [float(np.mean(np.abs(segment.samples[a:b]) > 0.3)) for a, b in windows]
        both = np.stack([np.array(share), 1 - np.array(share)], axis=1)
        return both / np.linalg.norm(both, axis=1, keepdims=True)


def test_a_diariser_tells_both(tmp_path: Path):
    samples = np.repeat(np.array([0.5, 0.1], np.float32), 2 * RATE)
    plain, told = Diariser(Halves()), Diariser(Halves(), Two())
    for diariser in (plain, told):
        diariser.add(Audio(samples, RATE), 10.0)
    first, second = plain.finish(bounds=(2, 2)).spans
    change = first.end
    assert 11.5 < change < 12.5
    spans = told.finish(bounds=(2, 2)).spans
    assert [s[:3] for s in spans] == [
        first[:3],
        (11.5, change, 1),
        second[:3],
        (change, 12.5, 0),
    ]
    assert told.so_far(bounds=(2, 2)).spans == spans
