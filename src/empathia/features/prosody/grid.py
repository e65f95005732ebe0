"""Where analysis frames lie in a sound, and how their samples are fetched.

Frames are centred in the sound: what is left over when the last whole frame
has been placed is shared by both ends. All lengths are in seconds here and in
samples only inside; frames are fetched in small blocks, so that memory does not
grow with the length of the sound.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from empathia.types import FloatArray

Array = NDArray[np.float64]
Index = NDArray[np.intp]

# Frames a block: large enough to amortise a numpy call, small enough that all
# buffers of a block stay in the cache (the transforms alone: 32 to 256 tie, 16 is slower).
BLOCK = 64

# Times are products of decimal fractions; without this a frame that ends exactly
# with the sound would be lost to rounding.
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Grid:
    """Evenly spaced frame centres.

    Args:
        first: Centre of the first frame (s).
        step: Distance between centres (s).
        count: Number of frames, at least 1.
    """

    first: float
    step: float
    count: int

    @property
    def times(self) -> Array:
        """Centres of all frames (s), shape (count,)."""
        return self.first + self.step * np.arange(self.count, dtype=np.float64)

    def before(self, rate: int, shift: float = 0.0) -> Index:
        """Index of the last sample at or before each centre + ``shift`` (s).

        Sample ``i`` stands for the middle of its interval, (i + 1/2) / rate.
        """
        return np.floor((self.times + shift) * rate - 0.5 + _SLACK).astype(np.intp)


def grid(samples: int, rate: int, window: float, step: float) -> Grid | None:
    """Place as many frames of ``window`` s as fit, ``step`` s apart, centred.

    Returns:
        The grid, or None where the sound is shorter than one window.
    """
    duration = samples / rate
    count = math.floor((duration - window) / step + _SLACK) + 1
    if duration < window - _SLACK or count < 1:
        return None
    return Grid((duration - (count - 1) * step) / 2, step, count)


def blocks(count: int) -> Iterator[slice]:
    """Slices that cover ``count`` frames, at most :data:`BLOCK` each."""
    for start in range(0, count, BLOCK):
        yield slice(start, min(start + BLOCK, count))


class Windows:
    """Stretches of a sound, copied out a block at a time.

    A stretch that would reach over an end by the odd sample is moved inside.

    Args:
        samples: The sound, shape (n,), n >= ``length``.
        starts: First sample of each stretch.
        length: Samples of each stretch.
    """

    def __init__(self, samples: FloatArray, starts: Index, length: int) -> None:
        self._view = sliding_window_view(samples, length)
        self._starts = np.clip(starts, 0, len(samples) - length)

    def __getitem__(self, which: slice | Index) -> FloatArray:
        rows: FloatArray = self._view[self._starts[which]]
        return rows


def centre_and_peak(samples: FloatArray) -> tuple[float, float]:
    """Mean of (n,) samples and their largest distance from it; peak 0 is digital silence."""
    mean = float(samples.mean(dtype=np.float64))
    return mean, max(float(samples.max()) - mean, mean - float(samples.min()))


@lru_cache(maxsize=64)
def fast_length(least: int) -> int:
    """Smallest even length >= ``least`` without prime factors above 5, quick to transform."""
    best = 1 << max(1, (least - 1).bit_length())
    for five in (1, 5, 25, 125):
        for three in (1, 3, 9, 27, 81):
            odd = five * three
            if odd < best:
                twos = max(1, math.ceil(math.log2(max(1.0, least / odd))))
                best = min(best, odd << twos)
    return best
