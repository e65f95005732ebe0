"""How much reactions vary: in themselves, from draw to draw, from stimulus to stimulus.

After the REACT challenge (Song et al., 2023). None of these knows what really happened: noise is
diverse, and a constant is not. They are to be near what real reactions have, not large.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError
from empathia.metrics.reactions import Floats, mean_known


def frvar(reaction: NDArray[np.floating]) -> float:
    """Variance over time of (frames, columns), mean over columns, from 0 up.

    ``FRVar = mean over columns of sum over t of (x(t) - mean)^2 / (frames - 1)`` over known frames;
    NaN of fewer than two. Pitfall: noise and jitter have more of it than faces.

    >>> frvar(np.array([[0.0, 1], [2, 1]]))
    1.0
    """
    x = np.asarray(reaction, np.float64)
    known = ~np.isnan(x)
    n = known.sum(0)
    middle = np.where(known, x, 0).sum(0) / np.maximum(n, 1)
    squares = np.where(known, x - middle, 0) ** 2
    return mean_known(np.where(n > 1, squares.sum(0) / np.maximum(n - 1, 1), np.nan))


def frdiv(draws: Sequence[NDArray[np.floating]]) -> float:
    """How far reactions to one stimulus are from each other, from 0 up.

    ``FRDiv = mean over pairs of draws of mean of (x - y)^2`` over the frames that both have, each
    (frames, columns); NaN of one draw. 0 for what always says the same. Pitfall: it rewards noise.

    >>> round(frdiv([np.zeros((2, 1)), np.ones((2, 1)), np.zeros((2, 1))]), 3)
    0.667
    """
    every = [np.asarray(x, np.float64) for x in draws]
    each = []
    for a, b in combinations(every, 2):
        n = min(len(a), len(b))
        each.append(mean_known((a[:n] - b[:n]) ** 2))
    return mean_known(np.array(each, np.float64))


def frdvs(reactions: Iterable[NDArray[np.floating]]) -> float:
    """How far reactions to different stimuli are from each other, from 0 up.

    ``FRDvs = mean of (x - y)^2`` over all pairs of reactions, frames and columns that both have,
    each (frames, columns). 0 for what says the same to everybody. Real reactions to different
    people differ, by who they are too. Pitfall: it rewards noise, and reactions at random.

    Raises:
        UsageError: Numbers of columns differ.

    >>> round(frdvs([np.zeros((2, 1)), np.ones((2, 1)), np.zeros((1, 1))]), 3)
    0.75
    """
    spread = Spread()
    for reaction in reactions:
        spread.add(reaction)
    return spread.value()


class Spread:
    """:func:`frdvs` of reactions that come one by one and are not kept."""

    def __init__(self) -> None:
        self._sums = np.zeros((3, 0, 0))  # how many, their sum and squares: (3, frames, columns)
        self._origin: Floats | None = None

    def add(self, reaction: NDArray[np.floating]) -> None:
        """One more, (frames, columns).

        Raises:
            UsageError: It has other columns than those before.
        """
        x = np.asarray(reaction, np.float64)
        _, frames, columns = self._sums.shape
        if columns not in (0, x.shape[1]):
            raise UsageError(
                f"a reaction has {x.shape[1]} columns, another {columns}", "Give one feature"
            )
        if len(x) > frames or not columns:
            grown = np.zeros((3, max(len(x), frames), x.shape[1]))
            grown[:, :frames] = self._sums if columns else 0.0
            self._sums = grown
        known = ~np.isnan(x)
        if self._origin is None:  # sums of differences to it: what is always the same has none
            first = np.argmax(known, axis=0)[None]
            self._origin = np.nan_to_num(np.take_along_axis(x, first, axis=0)) if len(x) else None
        value = np.where(known, x - (0 if self._origin is None else self._origin), 0)
        self._sums[:, : len(x)] += np.stack([known, value, value**2])

    def value(self) -> float:
        """Of all so far; NaN of fewer than two."""
        n, total, squares = self._sums
        pairs = (n * (n - 1) / 2).sum()
        if not pairs:
            return float("nan")
        # Squared differences of all pairs of n numbers: n times their squares, less their sum's.
        return float(np.maximum(n * squares - total**2, 0).sum() / pairs)
