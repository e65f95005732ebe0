"""Where a score is enough: to say that a label is there, to answer at all."""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import NDArray

from empathia.metrics.balance import group_weights

Floats = NDArray[np.floating]
_TINY = 1e-9  # what is lost in floating point


def best_thresholds(scores: Floats, gold: NDArray[np.bool_]) -> NDArray[np.float64]:
    """For each class the threshold with the highest F1: predicted is ``score >= threshold``.

    Lipton et al. (ECML PKDD 2014) on why the threshold of F1 must be fitted.

    Args:
        scores: (items, classes).
        gold: (items, classes).

    Returns:
        (classes,), half way between the two scores that it divides; above all scores where a
        class has no gold item.

    >>> best_thresholds(np.array([[0.9], [0.6], [0.2]]), np.array([[True], [True], [False]]))
    array([0.4])
    """
    return np.array([_best_threshold(scores[:, k], gold[:, k]) for k in range(gold.shape[1])])


def _best_threshold(scores: Floats, gold: NDArray[np.bool_]) -> float:
    order = np.argsort(-scores, kind="stable")
    ranked = np.asarray(scores, np.float64)[order]
    hits = np.cumsum(gold[order])
    f1 = 2 * hits / (np.arange(1, len(ranked) + 1) + gold.sum())
    # Only between two different scores can a threshold cut.
    f1[:-1][ranked[:-1] == ranked[1:]] = -1
    best = int(np.argmax(f1))
    if hits[-1] == 0:
        return float(ranked[0]) + 1e-6
    below = ranked[best + 1] if best + 1 < len(ranked) else ranked[best] - 1e-6
    return float((ranked[best] + below) / 2)


def coverage_threshold(confidence: Floats, coverage: float) -> float:
    """Confidence that all but the least sure answers reach: the ``1 - coverage`` quantile.

    A recogniser that abstains below it is a selective classifier (El-Yaniv & Wiener, JMLR 2010).

    Args:
        confidence: (items,) of validation items.
        coverage: Share of items that are to be answered, in [0, 1].

    Returns:
        A confidence in the range of the given ones.

    >>> coverage_threshold(np.array([0.2, 0.4, 0.6, 0.8, 1.0]), 0.75)
    0.4
    """
    return float(np.quantile(confidence, 1 - coverage))


def accuracy_threshold(
    confidence: NDArray[np.floating],
    right: NDArray[np.bool_],
    wanted: float,
    groups: NDArray[np.str_],
) -> float:
    """Lowest confidence such that, of the answers that reach it, the wanted share is right.

    Selection with a guaranteed risk on validation (Geifman & El-Yaniv, NIPS 2017), without their
    bound.

    Args:
        confidence: (items,).
        right: (items,) whether the answer was.
        wanted: Share in [0, 1].
        groups: (items,) names; each group counts the same.

    Returns:
        A confidence out of the given ones; above all of them where not even the surest twenty
        are right often enough.

    >>> confidence, groups = np.linspace(1, 0, 101), np.full(101, "corpus")
    >>> right = confidence > 0.5
    >>> round(accuracy_threshold(confidence, right, 1.0, groups), 2)
    0.51
    """
    order = np.argsort(-confidence, kind="stable")
    weight = group_weights(groups)[order]
    share = np.cumsum(right[order] * weight) / np.cumsum(weight)
    enough = np.flatnonzero(share[19:] >= wanted) + 19
    return float(confidence[order[enough[-1]]]) if len(enough) else float(confidence.max()) + 1e-6


def fallen_short(share: float, bound: float) -> str:
    """A share that fell short, which must not read as if it had reached its bound.

    >>> fallen_short(0.3599, 0.36), fallen_short(0.3599, 0.6)
    ('35 %', '36 %')
    """
    return f"{min(round(100 * share), ceil(100 * bound - _TINY) - 1)} %"


def rounded_up(share: float) -> str:
    """What would have been enough.

    >>> rounded_up(0.351)
    '36 %'
    """
    return f"{ceil(100 * share - _TINY)} %"
