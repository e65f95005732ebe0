"""Where a score is enough: to say that a label is there, to answer at all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.metrics.balance import group_weights

Floats = NDArray[np.floating]


def best_thresholds(scores: Floats, gold: NDArray[np.bool_]) -> NDArray[np.float64]:
    """For each class the threshold with the highest F1: predicted is ``score >= threshold``.

    Args:
        scores: (items, classes).
        gold: (items, classes).

    Returns:
        (classes,), half way between the two scores that it divides; above all scores where a
        class has no gold item.
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
    """Confidence that all but the least sure answers reach.

    Args:
        confidence: (items,) of validation items.
        coverage: Share of items that are to be answered, in [0, 1].
    """
    return float(np.quantile(confidence, 1 - coverage))


def accuracy_threshold(
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
    weight = group_weights(groups)[order]
    share = np.cumsum(right[order] * weight) / np.cumsum(weight)
    enough = np.flatnonzero(share[19:] >= wanted) + 19
    return float(confidence[order[enough[-1]]]) if len(enough) else float(confidence.max()) + 1e-6
