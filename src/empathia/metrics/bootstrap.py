"""How sure is a figure: resampling whole dialogues, since their utterances are not independent.

Dialogues are drawn with replacement, as many as there are, again and again
(Efron & Tibshirani, 1993); the 2.5 % and 97.5 % percentiles of the measure over
these test sets are its interval. What is resampled are sums
(:mod:`empathia.metrics.counts`), so that a test set costs one product of matrices.
Several seeds, two runs or folds stand in the columns: they share the dialogues
that are drawn, which makes their differences paired.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError

Floats = NDArray[np.float64]
RESAMPLES = 1000
FEW = 10
"""Dialogues under which resampling them says little."""
_DRAWN_AT_ONCE = 4_000_000


class Block(NamedTuple):
    """Sums of some of the dialogues: (n,) which ones, each once, and (n, columns) their sums."""

    units: NDArray[np.integer]
    sums: Floats


def resampled(
    blocks: Sequence[Block], units: int, resamples: int = RESAMPLES, seed: int = 0
) -> list[Floats]:
    """Sums of every block over resampled dialogues; all blocks see the same draws.

    Args:
        blocks: What to sum: folds, slices.
        units: How many dialogues there are in all.
        resamples: How many test sets to draw.
        seed: Of the draws.

    Returns:
        For each block (resamples, columns).

    Raises:
        UsageError: There is no dialogue or nothing to draw.

    >>> right_of_items = Block(np.arange(3), np.array([[2.0, 2], [1, 2], [0, 2]]))
    >>> (sums,) = resampled([right_of_items], units=3, resamples=1000)
    >>> sums.shape
    (1000, 2)
    >>> interval(sums[:, 0] / sums[:, 1])
    (0.0, 1.0)
    """
    if units < 1 or resamples < 1:
        raise UsageError(
            f"cannot draw {resamples} times from {units} dialogues", "Give at least one of both"
        )
    out = [np.empty((resamples, b.sums.shape[1])) for b in blocks]
    for first, drawn in _draws(units, resamples, seed):
        for block, into in zip(blocks, out, strict=True):
            into[first : first + len(drawn)] = drawn[:, block.units] @ block.sums
    return out


def _draws(units: int, resamples: int, seed: int) -> Iterator[tuple[int, Floats]]:
    """How often each dialogue is in each test set, some test sets at a time."""
    rng = np.random.default_rng(seed)
    step = max(1, _DRAWN_AT_ONCE // units)
    for first in range(0, resamples, step):
        n = min(step, resamples - first)
        places = rng.integers(0, units, (n, units)) + np.arange(n)[:, None] * units
        often = np.bincount(places.ravel(), minlength=n * units).reshape(n, units)
        yield first, often.astype(np.float64)


def interval(values: Floats, level: float = 0.95) -> tuple[float, float] | None:
    """Percentile interval of (resamples,) values; None where they are all NaN.

    From the ``(1 - level) / 2`` to the ``(1 + level) / 2`` quantile (Efron & Tibshirani, 1993,
    chapter 13), in the range of the values.

    >>> interval(np.arange(101.0), level=0.5)
    (25.0, 75.0)
    """
    known = values[~np.isnan(values)]
    if not len(known):
        return None
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def two_sided_p(differences: Floats) -> float:
    """How easily a paired difference could be of the other sign, in (0, 1].

    ``2 min((1 + #{d <= 0}) / (B + 1), (1 + #{d >= 0}) / (B + 1))``, at most 1; with the ones
    it is never 0 (Davison & Hinkley, 1997). NaN without any difference.

    Args:
        differences: (resamples,); NaN does not count.

    >>> two_sided_p(np.array([1.0] * 98 + [-1.0]))
    0.04
    """
    d = differences[~np.isnan(differences)]
    if not len(d):
        return float("nan")
    least = min(int((d <= 0).sum()), int((d >= 0).sum()))
    return float(min(1.0, 2 * (1 + least) / (len(d) + 1)))
