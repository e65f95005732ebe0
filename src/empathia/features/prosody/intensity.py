"""Loudness over time in dB relative to the threshold of hearing.

Each frame's mean is subtracted, its squares are averaged under a Kaiser window with
side lobes below -190 dB (Praat manual, "Sound: To Intensity..."), long enough that
a voice of the lowest pitch shows no ripple. Samples are read as pascals, as speech
research does with files of unknown calibration: full scale is about 91 dB, and only
differences mean something.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from empathia.features.prosody.grid import BLOCK, Array, Grid, Windows, blocks, grid
from empathia.types import Audio

HEARING = 2e-5  # root-mean-square pressure (Pa) at 0 dB
_WINDOW = 6.4  # periods of the lowest pitch in a window, of which about half count
_STEP = 0.8  # periods of the lowest pitch between frames


@dataclass(frozen=True, slots=True)
class Loudness:
    """Loudness over time.

    Args:
        grid: Where the frames lie.
        decibel: Level of each frame, -inf where all samples are equal, shape (frames,).
    """

    grid: Grid
    decibel: Array

    @property
    def mean(self) -> float:
        """Level of the mean energy (dB), frames without any sound counted as such."""
        energy = float(np.mean(10 ** (self.decibel / 10)))
        return 10 * float(np.log10(energy)) if energy > 0 else float("nan")

    @property
    def deviation(self) -> float:
        """Standard deviation over the frames that have a level (dB), NaN below two.

        Digital silence has no level. Praat writes -300 dB for it, so its standard
        deviation is larger where a recording was gated or padded with zeros.
        """
        heard = self.decibel[np.isfinite(self.decibel)]
        return float(heard.std(ddof=1)) if len(heard) > 1 else float("nan")


@lru_cache(maxsize=8)
def _window(rate: int, lowest: float) -> Array:
    half = 0.5 * _WINDOW / lowest
    reach = int(half * rate)
    place = np.arange(-reach, reach + 1) / (half * rate)
    shape = np.i0((2 * np.pi**2 + 0.5) * np.sqrt(np.maximum(0, 1 - place**2)))
    window: Array = shape / shape.sum()
    return window


def loudness(audio: Audio, lowest: float = 100.0) -> Loudness | None:
    """Loudness of a sound.

    Args:
        audio: The sound.
        lowest: Lowest pitch (Hz) whose period should leave no ripple; frames are
            .8 / lowest s apart.

    Returns:
        The curve, or None where the sound is shorter than 6.4 / lowest s.
    """
    place = grid(len(audio.samples), audio.rate, _WINDOW / lowest, _STEP / lowest)
    window = _window(audio.rate, lowest)
    if place is None or len(audio.samples) < len(window):
        return None
    starts = np.floor(place.times * audio.rate).astype(np.intp) - len(window) // 2
    windows = Windows(audio.samples, starts, len(window))
    energy = np.empty(place.count)
    buffer = np.empty((BLOCK, len(window)))
    for block in blocks(place.count):
        rows = windows[block]
        frames = buffer[: len(rows)]
        np.subtract(rows, rows.mean(axis=1, dtype=np.float64)[:, None], out=frames)
        np.multiply(frames, frames, out=frames)
        energy[block] = frames @ window
        # Equal samples leave rounding errors where there is nothing to hear.
        energy[block][np.ptp(rows, axis=1) == 0] = 0.0
    with np.errstate(divide="ignore"):
        return Loudness(place, 10 * np.log10(energy / HEARING**2))
