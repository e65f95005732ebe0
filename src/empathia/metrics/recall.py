"""Unweighted average recall: the usual measure of speech emotion recognition."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError


def unweighted_average_recall(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Mean recall of the classes that occur in the gold labels, in [0, 1].

    ``UAR = mean over classes of tp / (tp + fn)`` (Schuller et al., INTERSPEECH 2009); chance is
    one over the number of classes.

    Args:
        gold: (items, classes), true where a class is right.
        predicted: Likewise, what was said.

    Raises:
        UsageError: Shapes differ, or no class has a gold item.
    """
    gold, predicted = np.asarray(gold, bool), np.asarray(predicted, bool)
    if gold.shape != predicted.shape or gold.ndim != 2 or not gold.any():
        raise UsageError(
            f"recall needs gold items and equal shapes, found {gold.shape}, {predicted.shape}",
            "Give gold and predicted labels as indicators",
        )
    support = gold.sum(0)
    there = support > 0
    return float(((gold & predicted).sum(0)[there] / support[there]).mean())
