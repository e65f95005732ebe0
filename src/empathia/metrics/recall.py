"""Recall: how much of a class is predicted, ``tp / (tp + fn)``.

Arguments are indicators (items, classes), true where a class is right or predicted. Shapes that
differ and arrays without items raise :class:`UsageError`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError
from empathia.metrics.counts import COUNTED, count


def unweighted_average_recall(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Mean recall of the classes that occur in the gold labels, in [0, 1].

    ``UAR = mean over classes of tp / (tp + fn)``, the usual measure of speech emotion recognition
    (Schuller et al., INTERSPEECH 2009); chance is one over the number of classes.

    Args:
        gold: (items, classes), true where a class is right.
        predicted: Likewise, where it is predicted.

    Raises:
        UsageError: Shapes differ, or no class has a gold item.

    >>> gold = np.eye(3, dtype=bool)[[0, 0, 1, 1]]
    >>> unweighted_average_recall(gold, np.eye(3, dtype=bool)[[0, 0, 1, 2]])
    0.75
    """
    counted = count(gold, predicted)
    if not counted.gold.any():
        raise UsageError(
            "recall needs gold items, found none", "Give gold and predicted labels as indicators"
        )
    return float(COUNTED["uar"](counted))


def macro_recall(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Mean recall over all classes of (items, classes), in [0, 1]; 0 for one without gold items.

    ``mean over classes of tp / (tp + fn)`` (van Rijsbergen, Information Retrieval, 1979). Unlike
    :func:`unweighted_average_recall` it counts the classes that do not occur.

    >>> gold = np.eye(3, dtype=bool)[[0, 0, 1, 1]]
    >>> macro_recall(gold, np.eye(3, dtype=bool)[[0, 0, 1, 2]])
    0.5
    """
    return float(COUNTED["macro_recall"](count(gold, predicted)))


def weighted_recall(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Mean recall over the classes of (items, classes), weighted by gold items, in [0, 1].

    ``sum of tp / sum of (tp + fn)`` (van Rijsbergen, Information Retrieval, 1979): the accuracy
    of exclusive labels; 0 where no item has a gold class.

    >>> gold = np.eye(2, dtype=bool)[[0, 0, 0, 1]]
    >>> weighted_recall(gold, np.eye(2, dtype=bool)[[0, 0, 1, 1]])
    0.75
    """
    return float(COUNTED["weighted_recall"](count(gold, predicted)))
