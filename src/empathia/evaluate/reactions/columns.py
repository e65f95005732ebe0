"""Where the columns of a feature lie among the real reactions that were tested."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from empathia.evaluate.reactions.places import Points
from empathia.metrics.reactions import Floats
from empathia.types import Features

_STILL = 1e-6  # of the middle: what varies less is rounding


@dataclass(frozen=True, slots=True)
class Columns:
    """Of one feature.

    Args:
        middle: (columns,) their means.
        spread: (columns,) what they are divided by before all measures: 1, or where they are of
            several units their standard deviation; NaN, which leaves it out, of one that is
            constant.
        timed: Whether reactions have frames, else one row.
        points: Which columns are points in space; None where they are none.
    """

    middle: Floats
    spread: Floats
    timed: bool
    points: Points | None = None


class Gathered:
    """Means and spreads of reactions that come one by one and are not kept; at least one."""

    def __init__(self) -> None:
        self._like: list[Features] = []  # the first
        self._n, self._middle, self._squares = np.zeros(1), np.zeros(1), np.zeros(1)

    def add(self, reaction: Features) -> None:
        """All frames of one more: sums around each one's own mean, which round the least."""
        self._like = self._like or [reaction]
        rows = np.asarray(reaction.values, np.float64)
        known = ~np.isnan(rows)
        n = known.sum(0)
        middle = np.where(known, rows, 0).sum(0) / np.maximum(n, 1)
        off, total = middle - self._middle, np.maximum(self._n + n, 1)
        within = (np.where(known, rows - middle, 0) ** 2).sum(0)
        self._squares = self._squares + within + off**2 * self._n * n / total
        self._middle, self._n = self._middle + off * n / total, self._n + n

    def columns(self) -> Columns:
        """Of all so far."""
        (first,) = self._like
        middle, timed = self._middle, first.rate is not None
        if len(set(first.units)) < 2:
            points = Points.of(first.names, np.where(self._n > 0, middle, np.nan))
            return Columns(middle, np.ones_like(middle), timed, points)
        deviation = np.sqrt(self._squares / np.maximum(self._n, 1))
        varies = deviation > _STILL * np.abs(middle)
        return Columns(middle, np.where(varies, deviation, np.nan), timed)
