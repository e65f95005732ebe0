"""F1: the harmonic mean of precision and recall, averaged over classes.

For a class with tp true positives, fp false positives and fn false negatives,
``F1 = 2 tp / (2 tp + fp + fn)``, in [0, 1]. A class without any gold or
predicted item counts 0, as in scikit-learn with ``zero_division=0``
(van Rijsbergen, Information Retrieval, 1979).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError


def per_class_f1(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """F1 of every class.

    Args:
        gold: (items, classes), true where a class is right; several an item are allowed.
        predicted: Likewise, what was said.

    Raises:
        UsageError: Shapes differ or there is nothing to count.
    """
    gold, predicted = np.asarray(gold, bool), np.asarray(predicted, bool)
    if gold.shape != predicted.shape or gold.ndim != 2 or gold.size == 0:
        raise UsageError(
            f"F1 needs two filled (items, classes) arrays, found {gold.shape}, {predicted.shape}",
            "Give gold and predicted labels as indicators",
        )
    hits = (gold & predicted).sum(0)
    total = gold.sum(0) + predicted.sum(0)
    scores: NDArray[np.float64] = np.zeros(gold.shape[1])
    np.divide(2 * hits, total, out=scores, where=total > 0)
    return scores


def macro_f1(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Mean of the classes' F1, each class counting the same."""
    return float(per_class_f1(gold, predicted).mean())


def weighted_f1(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Mean of the classes' F1, weighted by the number of gold items; 0 without any."""
    support = np.asarray(gold, bool).sum(0)
    scores = per_class_f1(gold, predicted)
    return float(scores @ support / support.sum()) if support.sum() else 0.0
