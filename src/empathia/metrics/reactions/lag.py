"""How much later one course comes than another: time-lagged cross-correlation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError
from empathia.metrics.reactions import Floats, alike

LONGEST = 2.0  # s, as in the challenge
_STILL = 1e-9  # of the mean square: what varies less is rounding


class Lag(NamedTuple):
    """How much later the second course comes (s), and how well they agree then, in [-1, 1]."""

    seconds: float
    correlation: float


def correlations(first: NDArray[np.floating], second: NDArray[np.floating], most: int) -> Floats:
    """Pearson's correlation at each lag, mean over columns, (2 most + 1,) in [-1, 1].

    ``r(l) = mean over columns of corr over t of (first(t), second(t + l))`` for l from -most to
    most, over the frames that both know (Boker et al., Psychological Methods 2002). NaN at lags
    at which no column varies on both sides, or fewer than half of the frames overlap.

    Args:
        first: (frames, columns), NaN where absent.
        second: Likewise, of the same shape.
        most: The longest lag in frames.

    Raises:
        UsageError: Shapes differ.

    >>> first = np.array([[0.0], [1], [0], [0], [0], [0]])
    >>> correlations(first, np.roll(first, 1, axis=0), 1).round(2)
    array([-0.25, -0.2 ,  1.  ])
    """
    a, b = (np.asarray(x, np.float64) for x in (first, second))
    alike(a, b)
    frames = len(a)
    most_here = max(0, min(most, frames // 2))
    n, x, y, xx, yy, xy = _sums(a, b, most_here)
    with np.errstate(invalid="ignore", divide="ignore"):
        vx, vy = xx / n - (x / n) ** 2, yy / n - (y / n) ** 2
        moving = (n > 2) & (2 * n >= frames) & (vx > _STILL * xx.max(0) / frames)
        moving &= vy > _STILL * yy.max(0) / frames
        each = np.where(moving, (xy / n - x * y / n**2) / np.sqrt(vx * vy), 0.0)
        mean = np.clip(each, -1, 1).sum(1) / moving.sum(1)
    out = np.full(2 * most + 1, np.nan)
    out[most - most_here : most + most_here + 1] = mean
    return out


def _sums(a: Floats, b: Floats, most: int) -> Floats:
    """How many both know at each lag, and sums of x, y, xx, yy, xy, (6, 2 most + 1, columns)."""
    parts = []
    for v in (a, b):
        known = ~np.isnan(v)
        middle = np.where(known, v, 0).sum(0) / np.maximum(known.sum(0), 1)
        moved = np.where(known, v - middle, 0)  # around 0, where sums round the least
        alike = bool((known == known[:, :1]).all())  # gaps mostly are whole frames: quicker
        parts.append((known[:, : 1 if alike else None] * 1.0, moved, moved**2))
    (k, x, xx), (m, y, yy) = parts
    products = (k, m), (x, m), (k, y), (xx, m), (k, yy), (x, y)
    sums = np.empty((6, 2 * most + 1, a.shape[1]))
    for late in range(-most, most + 1):
        overlap = len(a) - abs(late)
        first, second = max(0, -late), max(0, late)
        for i, (p, q) in enumerate(products):
            here = p[first : first + overlap], q[second : second + overlap]
            sums[i, late + most] = _products(*here)
    return sums


def _products(p: Floats, q: Floats) -> Floats:
    """Sums over time of p times q, (columns,); either may have one column for all."""
    if p.shape[1] == 1:
        p, q = q, p
    sums: Floats = q[:, 0] @ p if q.shape[1] == 1 else np.einsum("tc,tc->c", p, q)
    return sums


def lag(
    first: NDArray[np.floating],
    second: NDArray[np.floating],
    rate: float,
    longest: float = LONGEST,
) -> Lag:
    """The lag at which two courses agree the most; positive where the second comes later.

    ``lag = argmax over l of r(l) / rate`` (:func:`correlations`), in [-longest, longest] s. Of
    equals the shortest counts, and of these the positive. NaN where a course never varies: a
    constant has no lag, it is not 0. Pitfalls: something is always the highest, so that unrelated
    courses have lags, too, in the mean of size longest / 2; a rhythm repeats itself; it is blind to
    size and place. Read the correlation with it.

    Args:
        first: (frames, columns), NaN where absent: who leads.
        second: Likewise, of the same shape: who follows.
        rate: Frames a second (Hz) of both.
        longest: That is looked at, in s; no more than half of the frames.

    Raises:
        UsageError: Shapes differ, or the rate or the longest lag is not positive.

    >>> first = np.sin(np.arange(40) / 3)[:, None]
    >>> lag(first, np.roll(first, 4, axis=0), rate=10).seconds
    0.4
    """
    if not (rate > 0 and longest > 0):
        raise UsageError(f"cannot look {longest} s far at {rate} Hz", "Give positive numbers")
    most = int(longest * rate + 1e-9)
    r = correlations(first, second, most)
    if np.isnan(r).all():
        return Lag(float("nan"), float("nan"))
    best = np.flatnonzero(r >= np.nanmax(r) - 1e-9) - most
    chosen = int(min(best, key=lambda k: (abs(k), -k)))
    return Lag(chosen / rate, float(r[chosen + most]))
