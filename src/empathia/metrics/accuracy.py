"""Accuracy: how many items have exactly their classes, and how far the others are off.

Arguments are indicators (items, classes), true where a class is right or predicted. Shapes that
differ and arrays without items raise :class:`UsageError`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.metrics.counts import COUNTED, count


def accuracy(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Share of (items, classes) rows with exactly their classes predicted, in [0, 1].

    ``accuracy = right / items``; for several labels an item that is the exact match ratio
    (Godbole & Sarawagi, PAKDD 2004). Of exclusive labels the weighted recall is the same number.

    >>> gold = np.eye(3, dtype=bool)[[0, 0, 1, 2]]
    >>> accuracy(gold, np.eye(3, dtype=bool)[[0, 1, 1, 2]])
    0.75
    """
    return float(COUNTED["accuracy"](count(gold, predicted)))


def jaccard(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Mean overlap of gold and predicted labels of (items, classes) rows, in [0, 1].

    ``jaccard = mean over items of |gold and predicted| / |gold or predicted|``
    (Godbole & Sarawagi, PAKDD 2004); 1 for an item without either.

    >>> gold = np.array([[True, True, False], [False, False, False]])
    >>> jaccard(gold, np.array([[True, False, False], [False, False, False]]))
    0.75
    """
    return float(COUNTED["jaccard"](count(gold, predicted)))
