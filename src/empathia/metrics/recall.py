"""Unweighted average recall: the usual measure of speech emotion recognition."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError
from empathia.metrics.counts import COUNTED, count


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
    counted = count(gold, predicted)
    if not counted.gold.any():
        raise UsageError(
            "recall needs gold items, found none", "Give gold and predicted labels as indicators"
        )
    return float(COUNTED["uar"](counted))
