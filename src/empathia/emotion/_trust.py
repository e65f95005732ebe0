"""How far the answers of a head can be trusted: temperature and the confidence to answer at.

Both are fitted on answers to clips that the answering head did not know. Where
these come from several corpora, each corpus counts the same: what a user
records is one more corpus, not one more clip of the largest.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.emotion._calibrate import softmax


def temperature(
    logits: NDArray[np.floating],
    gold: NDArray[np.int64],
    groups: NDArray[np.str_] | None = None,
) -> float:
    """The one number T for which ``softmax(logits / T)`` makes the gold labels most likely.

    Guo et al., ICML 2017. The likelihood has one peak in 1 / T; golden-section search over
    log T finds it between .05 and 50.

    Args:
        logits: (n, labels).
        gold: (n,) index of the right label.
        groups: (n,) names; each group counts the same, however many items it has.
    """
    z = np.asarray(logits, np.float64)
    share = np.ones(len(z)) if groups is None else even(groups)

    def cost(log_t: float) -> float:
        p = softmax(z / np.exp(log_t))
        return -float(np.average(np.log(p[np.arange(len(p)), gold] + 1e-12), weights=share))

    low, high, ratio = np.log(0.05), np.log(50.0), (5**0.5 - 1) / 2
    for _ in range(60):
        a, b = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, b) if cost(a) < cost(b) else (a, high)
    return float(np.exp((low + high) / 2))


def even(groups: NDArray[np.str_]) -> NDArray[np.float64]:
    """(n,) weights by which each group counts the same, however many items it has."""
    _, which, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return np.asarray(1 / sizes[which])


def floor(
    confidence: NDArray[np.floating],
    right: NDArray[np.bool_],
    wanted: float,
    groups: NDArray[np.str_],
) -> float:
    """Lowest confidence such that, of the answers that reach it, the wanted share is right.

    Args:
        confidence: (n,).
        right: (n,) whether the answer was.
        wanted: Share in [0, 1].
        groups: (n,) names; each group counts the same.

    Returns:
        A confidence out of the given ones; above all of them where not even the surest twenty
        are right often enough.
    """
    order = np.argsort(-confidence, kind="stable")
    weight = even(groups)[order]
    share = np.cumsum(right[order] * weight) / np.cumsum(weight)
    enough = np.flatnonzero(share[19:] >= wanted) + 19
    return float(confidence[order[enough[-1]]]) if len(enough) else float(confidence.max()) + 1e-6
