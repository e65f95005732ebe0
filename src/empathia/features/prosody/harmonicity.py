"""Harmonics-to-noise ratio by cross-correlation.

P. Boersma (1993), see :mod:`empathia.features.prosody.pitch`: where a sound repeats itself after
a period with correlation r, the share r of its energy is periodic, and harmonicity is
10 log10(r / (1 - r)) dB. The forward cross-correlation compares a window of one period
with what follows it, so that it needs only two periods of steady voice.
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
from empathia.types import Audio

_FLOOR = 75.0  # Hz
_STEP = 0.01  # s
_SILENCE = 0.1  # of the sound's peak
_SLOWEST = 1200  # Hz: below, two samples are longer than the shortest period of a voice
_EDGE = 1e-15  # keeps the logarithm finite: +-150 dB
# Peaks lower than this share of the highest sample are not looked at between the samples.
# On clips of two corpora .3 gave the same means as looking at all; .6 did not.
_WORTH = 0.3


@dataclass(frozen=True, slots=True)
class _Plan:
    """Lengths in samples."""

    window: int
    lags: int
    transform: int


@lru_cache(maxsize=8)
def _plan(rate: int) -> _Plan:
    window = 2 * (int(rate / _FLOOR) // 2 - 1)
    return _Plan(window, window, fast_length(2 * window))


def harmonicity(audio: Audio) -> float:
    """Mean harmonics-to-noise ratio (dB) over the frames that are not silent.

    Returns:
        The mean; NaN where no frame is loud enough, or the sound is shorter than two
        periods of 75 Hz.
    """
    place = grid(len(audio.samples), audio.rate, 2 / _FLOOR, _STEP)
    if place is None or audio.rate < _SLOWEST:
        return float("nan")
    _, peak = centre_and_peak(audio.samples)
    if peak == 0:
        return float("nan")
    levels = _Survey(audio, place, peak)
    buffer = _Buffer(audio, place)
    total, count = 0.0, 0
    for block in blocks(place.count):
        means, loud = levels.of(block)
        kept = np.flatnonzero(loud > _SILENCE)
        if not len(kept):
            continue
        best = _best(buffer, kept + block.start, means[kept])
        # Frames between silence and twice that have to be periodic to count.
        sounding = best > np.maximum(0, 2 - loud[kept] / _SILENCE)
        share = np.clip(best[sounding], _EDGE, 1 - _EDGE)
        total += float((10 * np.log10(share / (1 - share))).sum())
        count += len(share)
    return total / count if count else float("nan")


class _Survey:
    """Local means and peaks, which tell the frames that are worth correlating."""

    def __init__(self, audio: Audio, place: Grid, peak: float) -> None:
        middles = place.before(audio.rate) + 1
        period, window = int(audio.rate / _FLOOR), _plan(audio.rate).window
        self._peak = peak
        self._around = Windows(audio.samples, middles - period, 2 * period)
        self._inner = Windows(audio.samples, middles - window // 2, window)

    def of(self, block: slice) -> tuple[Array, Array]:
        """(frames,) means of two periods, and (frames,) peaks relative to the sound's."""
        means: Array = self._around[block].mean(axis=1, dtype=np.float64)
        rows = self._inner[block]
        highest = np.maximum(rows.max(axis=1) - means, means - rows.min(axis=1))
        return means, np.minimum(highest / self._peak, 1)


def _best(buffer: _Buffer, frames: Index, means: Array) -> Array:
    """Height of the highest peak of each frame's correlation, 0 where there is none."""
    curves = buffer.correlate(frames, means)
    rows, lags = curves.local_maxima(len(frames), 2, buffer.plan.lags, 0.0)
    samples = curves.values[rows, lags]
    highest = np.zeros(len(frames))
    np.maximum.at(highest, rows, samples)
    worth = samples > _WORTH * highest[rows]
    rows, lags = rows[worth], lags[worth]
    _, height = curves.refine(rows, lags)
    best = np.zeros(len(frames))
    np.maximum.at(best, rows, height)
    return best


class _Buffer:
    """Memory for one block, used again and again: fresh pages cost more than the sums."""

    def __init__(self, audio: Audio, place: Grid) -> None:
        self.plan = plan = _plan(audio.rate)
        bins = plan.transform // 2 + 1
        starts = place.before(audio.rate, -1 / _FLOOR)
        self._sound = Windows(audio.samples, starts, plan.window + plan.lags)
        self._spans = np.zeros((BLOCK, plan.transform))
        self._windows = np.zeros((BLOCK, plan.transform))
        self._spectra = np.empty((2, BLOCK, bins), dtype=np.complex128)
        self._products = np.empty((BLOCK, plan.transform))
        self._curves = peaks.Curves(BLOCK, plan.lags + 1)

    def correlate(self, frames: Index, means: Array) -> peaks.Curves:
        """(frames, lags): each frame's window with what lies ``lag`` samples later."""
        plan, count = self.plan, len(frames)
        length = plan.window + plan.lags
        spans, windows = self._spans[:count], self._windows[:count]
        np.subtract(self._sound[frames], means[:, None], out=spans[:, :length])
        windows[:, : plan.window] = spans[:, : plan.window]
        later, now = self._spectra[0, :count], self._spectra[1, :count]
        np.fft.rfft(spans, out=later)
        np.fft.rfft(windows, out=now)
        later *= np.conjugate(now, out=now)
        products = np.fft.irfft(later, plan.transform, out=self._products[:count])
        values = self._curves.values[:count]
        np.divide(products[:, : plan.lags + 1], self._scale(count), out=values)
        self._curves.mirror()
        return self._curves

    def _scale(self, count: int) -> Array:
        """Root of the energies of the window and of what lies ``lag`` later."""
        plan = self.plan
        squares = self._windows[:count]  # free again: the spectra are made
        np.multiply(self._spans[:count], self._spans[:count], out=squares)
        np.cumsum(squares, axis=1, out=squares)
        energy = np.empty((count, plan.lags + 1))
        energy[:, 0] = squares[:, plan.window - 1]
        energy[:, 1:] = squares[:, plan.window : plan.window + plan.lags]
        energy[:, 1:] -= squares[:, : plan.lags]
        scale: Array = np.sqrt(np.maximum(energy * energy[:, :1], np.finfo(float).tiny))
        squares[:, plan.window :] = 0.0
        return scale
