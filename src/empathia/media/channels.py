"""What the channels of a recording have to do with each other, heard as they stream by."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from empathia.types import FloatArray

_STEP = 0.05  # s, over which powers are measured ...
_MEMORY = 0.5  # s, ... and smoothed for the phase
_EARLIEST = 0.2  # s of sound that are needed to tell the phase
_CANCELS = 0.1  # the mix holds less than this share of what its channels would give ...
_MIXES = 0.5  # ... and this share again before it is trusted again
_LOUDER = 4.0  # times the power: another channel takes over
_FLOOR = 1e-7  # power under which there is no sound (-70 dB to full scale) ...
_RANGE = 1e-4  # ... nor this far (40 dB) below the loudest so far
_AHEAD = 15.85  # times the power (12 dB): a channel sounds alone
_MOST, _FAIR = 0.6, 0.1  # share of sound where one is alone; share of that of the second channel
_ENOUGH = 60  # steps (3 s) of sound

Powers = NDArray[np.float64]


class Channels:
    """Mixes channels, by the loudest alone where their sum would cancel."""

    def __init__(self) -> None:
        self.cancelled = 0.0  # s in which one channel stood for the mix
        self._power = np.zeros(0)  # smoothed; (channels + 1,), the last one of the mix
        self._heard = 0.0
        self._alone: int | None = None
        self._sides = _Sides()

    @property
    def apart(self) -> bool:
        """Whether the channels seem to hold different people, one at a time."""
        return self._sides.apart

    def mix(self, values: FloatArray, weights: FloatArray, rate: int) -> FloatArray:
        """One channel of several.

        Args:
            values: (channels, n).
            weights: (channels,), how much of each makes the mix.
            rate: Samples a second (Hz).

        Returns:
            (n,); ``weights @ values`` to the bit where that does not cancel.
        """
        mixed: FloatArray = weights @ values
        if len(values) < 2 or not values.shape[1]:
            return mixed
        if len(self._power) != len(values) + 1:  # a stream may change its channels on the way
            self._power, self._heard, self._alone = np.zeros(len(values) + 1), 0.0, None
        edges = [*range(0, values.shape[1], max(1, round(_STEP * rate))), values.shape[1]]
        lengths = np.diff(edges)
        energies = _energies(np.vstack([values, mixed]), edges[:-1], lengths)
        self._sides.add(energies[:-1][weights > 0] / lengths)
        chosen = [self._alone]
        for energy, length in zip(energies.T, lengths.tolist(), strict=True):
            chosen.append(self._next(energy, np.square(weights), length / rate))
            self.cancelled += length / rate if chosen[-1] is not None else 0.0
        if any(c is not None for c in chosen):
            mixed = _faded(values, mixed, edges, chosen)
        return mixed

    def _next(self, energy: Powers, shares: FloatArray, seconds: float) -> int | None:
        """The channel that stands for the mix in the next step, or None."""
        self._power = self._power * np.exp(-seconds / _MEMORY) + energy
        apiece = shares * self._power[:-1]
        if apiece.sum() <= 0:
            return self._alone
        self._heard += seconds
        ratio = self._power[-1] / apiece.sum()
        if ratio >= (_CANCELS if self._alone is None else _MIXES) or self._heard < _EARLIEST:
            self._alone = None
            return None
        loudest = int(np.argmax(apiece))
        if self._alone is None or apiece[loudest] > _LOUDER * apiece[self._alone]:
            self._alone = loudest
        return self._alone


class _Sides:
    """Counts steps in which one channel sounds alone."""

    def __init__(self) -> None:
        self._sound = 0
        self._peak = 0.0
        self._count = np.zeros(0, np.int64)
        self._last = -1
        self._changes = 0

    @property
    def apart(self) -> bool:
        """Whether that is most of them, for at least two channels in turn."""
        alone = self._count.sum()
        return bool(
            self._sound >= _ENOUGH
            and alone >= _MOST * self._sound
            and np.sort(self._count)[-2] >= _FAIR * alone
            and self._changes > 1
        )

    def add(self, powers: Powers) -> None:
        """Powers (channels, steps)."""
        if len(powers) < 2:
            return
        if len(self._count) != len(powers):  # a stream may change its channels on the way
            self._sound, self._count = 0, np.zeros(len(powers), np.int64)
        for step in powers.T:
            side = int(np.argmax(step))
            first, second = step[side], np.sort(step)[-2]
            self._peak = max(self._peak, float(first))
            if first < max(_FLOOR, _RANGE * self._peak):
                continue
            self._sound += 1
            if first > _AHEAD * second:
                self._count[side] += 1
                self._changes += self._last not in (-1, side)
                self._last = side


def _energies(values: FloatArray, starts: list[int], lengths: NDArray[np.int64]) -> Powers:
    """Sums of squares (rows, steps) of each step, without its mean."""
    squares = np.add.reduceat(np.square(values, dtype=np.float64), starts, axis=1)
    sums = np.add.reduceat(values.astype(np.float64), starts, axis=1)
    energies: Powers = np.maximum(squares - np.square(sums) / lengths, 0.0)
    return energies


def _faded(
    values: FloatArray, mixed: FloatArray, edges: list[int], chosen: list[int | None]
) -> FloatArray:
    """The mix, or a channel where one was chosen; from one to the other within a step."""
    out = mixed.copy()
    for (low, high), (before, now) in zip(pairwise(edges), pairwise(chosen), strict=True):
        old, new = (mixed if c is None else values[c] for c in (before, now))
        if before == now:
            out[low:high] = new[low:high]
        else:
            fade = np.linspace(0, 1, high - low, dtype=np.float32)
            out[low:high] = (1 - fade) * old[low:high] + fade * new[low:high]
    return out
