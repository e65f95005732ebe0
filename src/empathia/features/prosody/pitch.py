"""Pitch of speech by autocorrelation.

P. Boersma (1993): Accurate short-term analysis of the fundamental frequency and the
harmonics-to-noise ratio of a sampled sound. Proceedings of the Institute of Phonetic
Sciences, University of Amsterdam 17, 97-110.

The autocorrelation of a windowed frame is divided by that of the window, which makes
its peaks comparable at all lags; peaks are interpolated between the samples; a path through
the candidates of all frames decides what is voiced and in which octave.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from empathia.features.prosody import peaks
from empathia.features.prosody.grid import (
    BLOCK,
    Array,
    Grid,
    Index,
    Windows,
    blocks,
    centre_and_peak,
    fast_length,
    grid,
)
from empathia.features.prosody.path import best_path
from empathia.types import Audio

_PERIODS = 3.0  # of the lowest pitch in a window


@dataclass(frozen=True, slots=True)
class PitchSettings:
    """How to look for pitch; defaults are the customary ones for speech.

    Args:
        lowest: Lowest pitch (Hz).
        ceiling: Highest pitch (Hz).
        step: Distance between frames (s).
        silence: Frames whose peak is below this share of the sound's peak lean to voiceless.
        voicing: Strength of the voiceless candidate in a loud frame.
        octave_cost: How much an octave higher is preferred.
        jump_cost: Cost of an octave's jump between frames .01 s apart.
        switch_cost: Cost of a change between voiced and voiceless, frames .01 s apart.
    """

    lowest: float = 75.0
    ceiling: float = 600.0
    step: float = 0.01
    silence: float = 0.03
    voicing: float = 0.45
    octave_cost: float = 0.01
    jump_cost: float = 0.35
    switch_cost: float = 0.14


@dataclass(frozen=True, slots=True)
class PitchTrack:
    """Pitch over time.

    Args:
        grid: Where the frames lie.
        hertz: Fundamental frequency, NaN where voiceless, shape (frames,).
    """

    grid: Grid
    hertz: Array

    @property
    def voiced(self) -> Array:
        """Pitch of the voiced frames only (Hz)."""
        return self.hertz[~np.isnan(self.hertz)]

    def is_voiced_at(self, times: Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether the frame nearest to each time (s) is voiced; outside of all: no."""
        nearest = np.floor((times - self.grid.first) / self.grid.step + 0.5).astype(np.intp)
        inside = (nearest >= 0) & (nearest < self.grid.count)
        voiced: np.ndarray[tuple[int], np.dtype[np.bool_]] = inside & ~np.isnan(
            self.hertz[np.clip(nearest, 0, self.grid.count - 1)]
        )
        return voiced


@dataclass(frozen=True, slots=True)
class _Plan:
    """Lengths in samples and what they fix: the window and its correction."""

    period: int
    half: int
    lags: int
    transform: int
    window: Array
    correction: Array


@lru_cache(maxsize=8)
def _plan(rate: int, lowest: float) -> _Plan:
    half = int(_PERIODS / lowest * rate) // 2 - 1
    length = 2 * half
    lags = length // int(_PERIODS) + 2
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(1, length + 1) / (length + 1))
    # No lag that is read may wrap around, or the window's end would meet its start.
    transform = fast_length(length + lags + peaks.REACH)
    autocorrelation = np.fft.irfft(np.abs(np.fft.rfft(window, transform)) ** 2, transform)
    correction = autocorrelation[0] / autocorrelation[: lags + peaks.REACH]
    return _Plan(int(rate / lowest), half, lags, transform, window, correction)


def track(audio: Audio, settings: PitchSettings | None = None) -> PitchTrack | None:
    """Pitch of a sound.

    Returns:
        The track, or None where the sound is silent, shorter than three periods of the
        lowest pitch, or sampled too slowly for the highest.
    """
    chosen = settings or PitchSettings()
    place = grid(len(audio.samples), audio.rate, _PERIODS / chosen.lowest, chosen.step)
    if place is None or audio.rate < 2 * chosen.ceiling:
        return None
    _, peak = centre_and_peak(audio.samples)
    if peak == 0:
        return None
    frames, lag, height, voiceless = _candidates(audio, chosen, place, peak)
    hertz = audio.rate / lag
    # Change costs are stated for frames .01 s apart.
    per_step = 0.01 / chosen.step
    path = best_path(
        frames,
        np.log2(hertz) * chosen.jump_cost * per_step,
        height - chosen.octave_cost * np.log2(chosen.ceiling / hertz),
        voiceless,
        chosen.switch_cost * per_step,
    )
    return PitchTrack(place, np.where(path >= 0, np.append(hertz, np.nan)[path], np.nan))


def _candidates(
    audio: Audio, settings: PitchSettings, place: Grid, peak: float
) -> tuple[Index, Array, Array, Array]:
    """Frame, lag (samples) and height of all voiced candidates; strength of voiceless."""
    plan = _plan(audio.rate, settings.lowest)
    starts = place.before(audio.rate) + 1 - plan.half
    windows = Windows(audio.samples, starts, 2 * plan.half)
    voiceless = np.empty(place.count)
    buffer = _Buffer(plan)
    ranked: list[tuple[Index, Array, Array]] = []
    # A frame is worth transforming only where the strongest peak could beat silence.
    hopeless = 1 + 2 * settings.switch_cost * 0.01 / settings.step
    lowest = max(2, int(audio.rate / settings.ceiling))
    for block in blocks(place.count):
        loudness = buffer.load(windows[block]) / peak
        lean = 2 - np.minimum(loudness, 1) * (1 + settings.voicing) / settings.silence
        voiceless[block] = settings.voicing + np.maximum(0, lean)
        kept = np.flatnonzero(voiceless[block] < hopeless)
        curves = buffer.correlate(kept)
        rows, lags = curves.local_maxima(len(kept), lowest, plan.lags, 0.5 * settings.voicing)
        lag, height = curves.refine(rows, lags)
        allowed = lag * settings.ceiling >= audio.rate
        ranked.append((kept[rows[allowed]] + block.start, lag[allowed], height[allowed]))
    frames, lag, height = (np.concatenate(part) for part in zip(*ranked, strict=True))
    return frames, lag, height, voiceless


class _Buffer:
    """Memory for one block, used again and again: fresh pages cost more than the sums."""

    def __init__(self, plan: _Plan) -> None:
        self.plan = plan
        self.frames = np.zeros((BLOCK, plan.transform))
        self.spectra = np.empty((BLOCK, plan.transform // 2 + 1), dtype=np.complex128)
        self.correlations = np.empty((BLOCK, plan.transform))
        self.curves = peaks.Curves(BLOCK, plan.lags + peaks.REACH)

    def load(self, rows: np.ndarray[tuple[int, int], np.dtype[np.float32]]) -> Array:
        """Take in frames, centred and windowed; returns their peaks, shape (rows,)."""
        plan, count = self.plan, len(rows)
        reach = plan.period // 2 + 1
        frames = self.frames[:count, : 2 * plan.half]
        around = rows[:, plan.half - plan.period : plan.half + plan.period]
        np.subtract(rows, around.mean(axis=1, dtype=np.float64)[:, None], out=frames)
        frames *= plan.window
        middle = frames[:, plan.half - reach : plan.half + reach]
        highest: Array = np.maximum(middle.max(axis=1), -middle.min(axis=1))
        return highest

    def correlate(self, kept: Index) -> peaks.Curves:
        """Normalised, window-corrected autocorrelation, (frames, lags), of some loaded frames."""
        plan, count = self.plan, len(kept)
        if not count:
            return self.curves
        if kept[-1] != count - 1:
            length = 2 * plan.half
            self.frames[:count, :length] = self.frames[kept, :length]
        spectra, result = self.spectra[:count], self.correlations[:count]
        np.fft.rfft(self.frames[:count], out=spectra)
        np.multiply(spectra, spectra.conj(), out=spectra)
        np.fft.irfft(spectra, plan.transform, out=result)
        # A frame of equal samples has no energy: its curve is left flat at 0.
        energy = np.maximum(result[:, :1], np.finfo(float).tiny)
        values = self.curves.values[:count]
        np.divide(result[:, : plan.lags + peaks.REACH], energy, out=values)
        values *= plan.correction
        self.curves.mirror()
        return self.curves
