"""Whether a reaction is one that people show there, after the REACT challenge.

In the challenge several real reactions are appropriate to one behaviour, and several are foretold
(Song et al., "REACT2023: the first Multi-modal Multiple Appropriate Facial Reaction Generation
Challenge", 2023; REACT2024 alike). Its tables sum over ten foretold reactions; here it is the mean.
Pitfall, and the challenge's own: copying the speaker's face scores best of all that is learnt.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError
from empathia.metrics.reactions import Floats, mean_known
from empathia.metrics.reactions.concordance import concordance
from empathia.metrics.reactions.frames import fitted


def frcorr(
    real: Sequence[NDArray[np.floating]], predicted: Sequence[NDArray[np.floating]]
) -> float:
    """Facial reaction correlation: concordance with the nearest real reaction, in [-1, 1].

    ``FRCorr = mean over foretold p of max over real q of CCC(q, p)``, CCC as the mean over columns
    (:func:`~empathia.metrics.reactions.concordance.concordance`); more is better. What is foretold
    is cut, or its last frame held, to the real one's length. Pitfalls: the maximum over many real
    reactions flatters; a real reaction that does not move has none, and if none moves it is NaN; a
    delay of half a second can cost all.

    Args:
        real: (frames, columns) each, appropriate reactions; at least one.
        predicted: Likewise, what was foretold.

    >>> real = np.array([[0.0], [1], [2]])
    >>> frcorr([real, -real], [real, np.ones((3, 1))])
    0.5
    """
    _check(real, predicted)
    best = []
    for p in predicted:
        each = np.array([concordance(q, fitted(p, len(q))) for q in real])
        best.append(np.nanmax(each) if not np.isnan(each).all() else np.nan)
    return mean_known(np.array(best))


def dtw(first: NDArray[np.floating], second: NDArray[np.floating]) -> float:
    """Distance under dynamic time warping of two (frames, columns), from 0 up.

    ``sqrt(min over monotone paths of sum over its steps of mean over columns of (x - y)^2)``, steps
    by one frame in either or both (Sakoe & Chiba, 1978). Frames with anything absent are left
    out, after columns that one side never knows. NaN where nothing is left. Pitfalls: it hides
    delay and pace, that is what it is for; it grows with the root of the number of frames.

    Raises:
        UsageError: Numbers of columns differ.

    >>> dtw(np.array([[0.0], [1], [1], [2]]), np.array([[0.0], [0], [1], [2]]))
    0.0
    """
    a, b = _whole(first, second)
    if not (len(a) and len(b)):
        return float("nan")
    cost = _costs(a, b)
    # Along diagonals, of which each needs the two before alone.
    rows, columns = cost.shape
    before, last = np.full(rows + 1, np.inf), np.full(rows + 1, np.inf)
    before[0] = 0.0  # the step into the first cell
    for d in range(rows + columns - 1):
        i = np.arange(max(0, d - columns + 1), min(rows, d + 1))
        now = np.full(rows + 1, np.inf)
        now[i + 1] = cost[i, d - i] + np.minimum(before[i], np.minimum(last[i], last[i + 1]))
        before, last = last, now
    return float(np.sqrt(last[rows]))


def frdist(
    real: Sequence[NDArray[np.floating]], predicted: Sequence[NDArray[np.floating]]
) -> float:
    """Facial reaction distance: warped distance to the nearest real reaction, from 0 up.

    ``FRDist = mean over foretold p of min over real q of DTW(q, p) / sqrt(frames of q)``, in the
    unit of the columns; less is better. The challenge does not divide by frames (its clips are of
    one length), weighs groups of columns, and sums over ten. Pitfalls: a constant can be near (it
    is the deviation of the real reaction from it), and DTW hides delay, which :func:`frcorr` does
    not; larger units outweigh others.

    Args:
        real: (frames, columns) each, appropriate reactions; at least one.
        predicted: Likewise, what was foretold.

    >>> real = np.array([[0.0], [0], [2], [2]])
    >>> frdist([real], [real[1:], real + 1])
    0.5
    """
    _check(real, predicted)
    best = []
    for p in predicted:
        each = np.array([dtw(q, p) / np.sqrt(len(_whole(q, p)[0]) or np.nan) for q in real])
        best.append(np.nanmin(each) if not np.isnan(each).all() else np.nan)
    return mean_known(np.array(best))


def _check(real: Sequence[NDArray[np.floating]], predicted: Sequence[NDArray[np.floating]]) -> None:
    if not real or not predicted:
        raise UsageError(
            f"appropriateness is of at least one real and one foretold reaction, found {len(real)} "
            f"and {len(predicted)}",
            "Leave out what has neither",
        )


def _whole(first: NDArray[np.floating], second: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """The whole frames of both, in the columns that both know at all."""
    a, b = np.asarray(first, np.float64), np.asarray(second, np.float64)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise UsageError(
            f"warping needs (frames, columns) of the same columns, found {a.shape} and {b.shape}",
            "Give one feature",
        )
    kept = ~np.isnan(a).all(0) & ~np.isnan(b).all(0)
    a, b = a[:, kept], b[:, kept]
    if not kept.any():
        return a[:0], b[:0]
    return a[~np.isnan(a).any(1)], b[~np.isnan(b).any(1)]


def _costs(a: Floats, b: Floats) -> Floats:
    """Mean squared differences between all frames of both, (frames of a, frames of b)."""
    middle = a.mean(0)  # near 0, where products round the least
    x, y = a - middle, b - middle
    squares = (x * x).sum(1)[:, None] + (y * y).sum(1)[None] - 2 * x @ y.T
    # Of what is the same nothing is left but rounding.
    costs: Floats = np.where(squares > 1e-12 * max(1e-300, squares.max()), squares, 0) / a.shape[1]
    return costs
