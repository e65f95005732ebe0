"""The eight measures: sounds with known answers, Praat as an oracle, odd clips."""

from __future__ import annotations

import math
import os
import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empathia.cues import Bins
from empathia.cues.bins import level_of
from empathia.errors import InputError
from empathia.features.prosody import NAMES, UNITS, extract
from empathia.features.prosody.grid import fast_length, grid
from empathia.features.prosody.path import VOICELESS, best_path
from empathia.features.prosody.syllables import syllables
from empathia.types import Audio

RATES = (8_000, 16_000, 44_100, 96_000)
DATA = Path(os.environ.get("EMPATHIA_DATA", Path(__file__).parents[2] / "../shared/data"))


def sound(samples: np.ndarray, rate: int = 16_000) -> Audio:
    return Audio(samples.astype(np.float32), rate)


def measures(samples: np.ndarray, rate: int = 16_000) -> dict[str, float]:
    return dict(zip(NAMES, extract(sound(samples, rate)).values[0].tolist(), strict=True))


def voice(hertz: float, seconds: float, rate: int = 16_000, level: float = 0.3) -> np.ndarray:
    """A pulse train below 4 kHz: all harmonics of a pitch, equally strong."""
    t = np.arange(round(seconds * rate)) / rate
    count = max(1, int(min(4000, 0.45 * rate) / hertz))
    waves = np.cos(2 * np.pi * hertz * np.outer(np.arange(1, count + 1), t))
    return level * waves.sum(axis=0) / count


def noise(seconds: float, level: float = 0.1, rate: int = 16_000) -> np.ndarray:
    return np.random.default_rng(3).normal(0, level, round(seconds * rate))


def bursts(count: int, hertz: float = 140.0) -> np.ndarray:
    """So many swells of voice with half a second of near silence around them."""
    swell = np.concatenate((np.hanning(2560), np.zeros(960)))
    shape = np.concatenate((np.zeros(8000), np.tile(swell, count), np.zeros(8000))) + 0.003
    return shape * voice(hertz, len(shape) / 16_000)


# --- known answers -----------------------------------------------------------------------


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("hertz", [80.0, 131.0, 220.0, 450.0, 590.0])
def test_pitch_of_pulse_trains(hertz: float, rate: int) -> None:
    found = measures(voice(hertz, 0.5, rate), rate)
    assert found["avg_pitch"] == pytest.approx(hertz, rel=0.01)
    assert found["pitch_std"] < 0.01 * hertz
    assert found["pitch_range"] < 0.02 * hertz


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("amplitude", [0.9, 0.02])
def test_intensity_of_a_sine(amplitude: float, rate: int) -> None:
    t = np.arange(rate) / rate
    found = measures(amplitude * np.sin(2 * np.pi * 200 * t) + 0.05, rate)
    expected = 20 * math.log10(amplitude / math.sqrt(2) / 2e-5)
    assert found["avg_intensity"] == pytest.approx(expected, abs=0.2)
    assert found["intensity_variation"] < 0.1


def test_intensity_averages_energy_not_decibels() -> None:
    t = np.arange(32_000) / 16_000
    found = measures(np.where(t < 1, 0.5, 0.005) * np.sin(2 * np.pi * 200 * t))
    loud = 20 * math.log10(0.5 / math.sqrt(2) / 2e-5)
    assert found["avg_intensity"] == pytest.approx(loud - 10 * math.log10(2), abs=0.2)
    assert found["intensity_variation"] == pytest.approx(20, abs=1.5)  # +-20 dB, half each


@pytest.mark.parametrize("ratio", [0, 5, 10, 20, 30])
@pytest.mark.parametrize("hertz", [100.0, 210.0])
def test_harmonicity_is_the_ratio_of_voice_to_noise(hertz: float, ratio: float) -> None:
    clean, hiss = voice(hertz, 2), noise(2)
    mixed = clean / clean.std() + hiss / hiss.std() * 10 ** (-ratio / 20)
    assert measures(0.1 * mixed)["mean_hnr"] == pytest.approx(ratio, abs=1.5)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
def test_a_burst_of_voice_is_a_syllable(count: int) -> None:
    found = syllables(sound(bursts(count)))
    assert found is not None
    assert len(found.nuclei) == count
    middles = 0.5 + 0.08 + 0.22 * np.arange(count)
    assert np.abs(found.nuclei - middles).max() < 0.03
    # The last peak is followed by none: tables don't count it, and so the rate doesn't.
    rate = measures(bursts(count))["articulation_rate"]
    if count == 1:
        assert math.isnan(rate)
    else:
        assert rate == pytest.approx((count - 1) / found.phonation, rel=1e-5)


def test_pauses_are_no_phonation() -> None:
    pause = 0.003 * voice(140.0, 1.0)
    together, apart = bursts(6), np.concatenate((bursts(3), pause, bursts(3)))
    one, two = syllables(sound(together)), syllables(sound(apart))
    assert one is not None
    assert two is not None
    assert len(two.nuclei) == 6
    assert two.phonation == pytest.approx(one.phonation, abs=0.1)


def test_noise_bursts_are_no_syllables() -> None:
    shape = np.abs(bursts(5))
    hiss = np.convolve(shape, np.ones(160) / 160, "same") * noise(len(shape) / 16_000, 1.0)
    found = syllables(sound(hiss))
    assert found is not None
    assert len(found.nuclei) <= 1


def test_range_of_a_two_tone_melody() -> None:
    found = measures(np.concatenate((voice(120, 0.6), voice(180, 0.6))))
    assert found["pitch_range"] == pytest.approx(60, abs=6)
    assert found["avg_pitch"] == pytest.approx(150, abs=3)
    assert found["pitch_std"] == pytest.approx(30, abs=2)


# --- what has to stay the same -----------------------------------------------------------


@given(st.floats(0.01, 2.0), st.floats(90, 400))
@settings(max_examples=12, deadline=None)
def test_gain_moves_intensity_alone(gain: float, hertz: float) -> None:
    clip = voice(hertz, 0.6) * np.hanning(9600) + noise(0.6, 0.003)
    before, after = measures(clip), measures(gain * clip)
    shift = 20 * math.log10(gain)
    assert after["avg_intensity"] == pytest.approx(before["avg_intensity"] + shift, abs=1e-2)
    for name in ("intensity_variation", "avg_pitch", "pitch_std", "mean_hnr"):
        assert after[name] == pytest.approx(before[name], rel=1e-2, abs=1e-2)


@given(st.floats(90, 400), st.sampled_from([8_000, 22_050, 48_000]))
@settings(max_examples=8, deadline=None)
def test_sampling_rate_does_not_matter(hertz: float, rate: int) -> None:
    reference, other = measures(voice(hertz, 0.5)), measures(voice(hertz, 0.5, rate), rate)
    assert other["avg_pitch"] == pytest.approx(reference["avg_pitch"], rel=5e-3)
    assert other["duration"] == pytest.approx(reference["duration"], abs=1e-3)


def test_played_faster_is_higher_and_quicker() -> None:
    clip = bursts(6)
    slow, fast = measures(clip, 16_000), measures(clip, 24_000)
    assert fast["avg_pitch"] == pytest.approx(1.5 * slow["avg_pitch"], rel=0.02)
    assert fast["articulation_rate"] > 1.3 * slow["articulation_rate"]


def test_memory_does_not_grow_with_length() -> None:
    peaks = []
    for repeats in (4, 16):
        clip = sound(np.tile(bursts(6), repeats))
        tracemalloc.start()
        extract(clip)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    # Four times as long (37 s more); what grows are a few numbers a frame.
    assert peaks[1] - peaks[0] < 2_000_000


# --- clips that lack something -----------------------------------------------------------


def test_names_and_units() -> None:
    found = extract(sound(voice(150, 0.5)), "u1")
    assert (found.utterance, found.extractor, found.names) == ("u1", "prosody", NAMES)
    assert found.values.shape == (1, 8)
    assert found.values.dtype == np.float32
    assert dict(zip(NAMES, UNITS, strict=True))["articulation_rate"] == "1/s"


@pytest.mark.parametrize(
    "clip",
    [np.zeros(16_000), np.full(16_000, 0.25), np.zeros(0)],
    ids=["silence", "direct current", "no samples"],
)
def test_silence_has_a_duration_and_nothing_else(clip: np.ndarray) -> None:
    found = measures(clip)
    assert found.pop("duration") == len(clip) / 16_000
    assert all(math.isnan(value) for value in found.values())


def test_noise_has_no_voice() -> None:
    found = measures(noise(1.0))
    assert math.isnan(found["avg_pitch"])
    assert math.isnan(found["pitch_range"])
    assert math.isnan(found["articulation_rate"])
    assert found["avg_intensity"] == pytest.approx(20 * math.log10(0.1 / 2e-5), abs=0.3)
    assert found["mean_hnr"] < 0


def test_digital_silence_is_no_quiet_speech() -> None:
    """Gated recordings hold exact zeros: these have no level that could vary."""
    clip = voice(150, 1.0) * np.repeat([1.0, 0.5], 8000)
    gated = np.concatenate((clip, np.zeros(32_000), clip))
    assert measures(gated)["intensity_variation"] < 15
    assert measures(gated)["avg_pitch"] == pytest.approx(150, rel=0.01)


@given(st.integers(1, 4000), st.sampled_from(RATES))
@settings(max_examples=40, deadline=None)
def test_any_short_clip(length: int, rate: int) -> None:
    found = measures(noise(1.0)[:length] + 0.2, rate)
    assert found["duration"] == pytest.approx(length / rate)
    assert not any(math.isinf(value) for value in found.values())
    if length / rate < 0.025:
        assert all(math.isnan(found[name]) for name in NAMES[1:])


def test_fifty_milliseconds_of_voice_have_pitch_but_no_rate() -> None:
    found = measures(voice(200, 0.05))
    assert found["avg_pitch"] == pytest.approx(200, rel=0.01)
    assert math.isnan(found["articulation_rate"])
    assert math.isnan(found["avg_intensity"])  # its window is 64 ms


@pytest.mark.parametrize("rate", [1, 50, 400, 1100])
def test_absurd_rates_give_no_pitch(rate: int) -> None:
    found = measures(noise(1.0)[: 4 * rate], rate)
    assert math.isnan(found["avg_pitch"])
    assert found["duration"] == 4


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_samples_that_are_no_numbers(bad: float) -> None:
    clip = voice(150, 0.5)
    clip[100] = bad
    with pytest.raises(InputError, match=r"'u7'.*finite samples.*empathia\.media"):
        extract(sound(clip), "u7")


# --- parts -------------------------------------------------------------------------------


def brute_force(frames, height, strength, voiceless, switch) -> float:
    """Value of the best path: plain quadratic Viterbi without pruning."""
    value: dict[int, float] = {}
    for i, still in enumerate(voiceless):
        here = {VOICELESS: still} | {k: strength[k] for k in np.flatnonzero(frames == i)}
        value = {
            k: earned + max((v - cost(q, k, height, switch) for q, v in value.items()), default=0)
            for k, earned in here.items()
        }
    return max(value.values())


def cost(a: int, b: int, height: np.ndarray, switch: float) -> float:
    if a == VOICELESS or b == VOICELESS:
        return 0.0 if a == b else switch
    return abs(height[a] - height[b])


@given(st.integers(0, 10_000), st.integers(1, 12), st.floats(0, 0.5))
@settings(max_examples=40, deadline=None)
def test_path_is_the_best_one(seed: int, count: int, switch: float) -> None:
    random = np.random.default_rng(seed)
    frames = random.integers(0, count, random.integers(0, 4 * count))
    height, strength = random.normal(0, 0.3, len(frames)), random.uniform(0, 1, len(frames))
    voiceless = random.uniform(0, 1.2, count)
    chosen = best_path(frames, height, strength, voiceless, switch)
    voiced = chosen != VOICELESS
    assert (frames[chosen[voiced]] == np.flatnonzero(voiced)).all()
    value = voiceless[~voiced].sum() + strength[chosen[voiced]].sum()
    value -= sum(cost(a, b, height, switch) for a, b in pairwise(chosen))
    assert value == pytest.approx(brute_force(frames, height, strength, voiceless, switch))


@given(st.integers(1, 50_000), st.integers(200, 100_000), st.sampled_from([0.02, 0.04, 0.1]))
def test_frames_are_centred_and_inside(samples: int, rate: int, window: float) -> None:
    found, duration = grid(samples, rate, window, 0.01), samples / rate
    if found is None:
        assert duration < window
        return
    times = found.times
    assert times[0] + times[-1] == pytest.approx(duration)
    assert times[0] >= window / 2 - 1e-6
    assert times[0] - window / 2 <= 0.005 + 1e-6  # no room for another frame


@given(st.integers(1, 20_000))
def test_fast_lengths(least: int) -> None:
    length = fast_length(least)
    assert least <= length <= 2 * max(least, 2)
    assert length % 2 == 0
    rest = length
    for prime in (2, 3, 5):
        while rest % prime == 0:
            rest //= prime
    assert rest == 1


# --- Praat -------------------------------------------------------------------------------


@pytest.mark.corpus
def test_praat_agrees_on_ravdess() -> None:
    """Every 97th clip; benchmarks/prosody.py does all 1,440."""
    pytest.importorskip("parselmouth", reason="the oracle praat-parselmouth is not installed")
    pytest.importorskip("av", reason="decoding needs the extra 'asr'")
    files = sorted((DATA / "ravdess").glob("Actor_*/*.flac"))
    if not files:
        pytest.skip("RAVDESS is not there: set EMPATHIA_DATA")
    from praat import measures as oracle

    from empathia import media

    bins, clips = Bins.load(), files[7::97]
    same, near, pitch, intensity = dict.fromkeys(NAMES, 0), 0, 0, 0
    for file in clips:
        clip = np.concatenate([block.samples for block in media.blocks(file)])
        ours, praat = measures(clip), oracle(clip, 16_000)
        for name in NAMES:
            cuts = bins.thresholds(name)
            a, b = level_of(ours[name], cuts), level_of(praat[name], cuts)
            same[name] += a == b
            near += a == b or (a is not None and b is not None and abs(a - b) <= 1)
        pitch += abs(ours["avg_pitch"] / praat["avg_pitch"] - 1) < 0.03
        intensity += abs(ours["avg_intensity"] - praat["avg_intensity"]) < 0.5
    assert {n: k for n, k in same.items() if k < 0.9 * len(clips)} == {}
    assert near >= 0.99 * len(clips) * len(NAMES)
    assert min(pitch, intensity) >= 0.9 * len(clips)


def test_praat_agrees_on_made_sounds() -> None:
    pytest.importorskip("parselmouth", reason="the oracle praat-parselmouth is not installed")
    from praat import measures as oracle

    clip = np.concatenate((bursts(6, 130.0), 0.5 * bursts(4, 197.0)))[70:]
    clip += noise(len(clip) / 16_000, 3e-3)
    ours, praat = measures(clip.astype(np.float32)), oracle(clip.astype(np.float32), 16_000)
    assert ours["avg_intensity"] == pytest.approx(praat["avg_intensity"], abs=0.01)
    assert ours["intensity_variation"] == pytest.approx(praat["intensity_variation"], abs=0.02)
    assert ours["avg_pitch"] == pytest.approx(praat["avg_pitch"], rel=1e-3)
    assert ours["articulation_rate"] == pytest.approx(praat["articulation_rate"], rel=1e-3)
    assert ours["mean_hnr"] == pytest.approx(praat["mean_hnr"], abs=0.3)
