"""F1: the harmonic mean of precision and recall, averaged over classes.

For a class with tp true positives, fp false positives and fn false negatives,
``F1 = 2 tp / (2 tp + fp + fn)``, in [0, 1]. A class without any gold or
predicted item counts 0, as in scikit-learn with ``zero_division=0``
(van Rijsbergen, Information Retrieval, 1979).

Arguments are indicators (items, classes), true where a class is right or predicted. Shapes that
differ and arrays without items raise :class:`UsageError`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.metrics.counts import COUNTED, count


def macro_f1(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Mean F1 over the classes of (items, classes), each counting the same, in [0, 1].

    ``mean over classes of 2 tp / (2 tp + fp + fn)`` (van Rijsbergen, 1979).

    >>> gold = np.eye(2, dtype=bool)[[0, 0, 0, 1]]
    >>> round(macro_f1(gold, np.eye(2, dtype=bool)[[0, 0, 1, 1]]), 4)
    0.7333
    """
    return float(COUNTED["macro_f1"](count(gold, predicted)))


def weighted_f1(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Mean F1 over the classes of (items, classes), weighted by gold items, in [0, 1].

    ``sum over classes of gold_c / gold * 2 tp / (2 tp + fp + fn)`` (van Rijsbergen, 1979); 0
    where no item has a gold class.

    >>> gold = np.eye(2, dtype=bool)[[0, 0, 0, 1]]
    >>> round(weighted_f1(gold, np.eye(2, dtype=bool)[[0, 0, 1, 1]]), 4)
    0.7667
    """
    return float(COUNTED["weighted_f1"](count(gold, predicted)))


def micro_f1(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """F1 of all decisions about (items, classes) together, in [0, 1].

    ``2 sum of tp / sum of (2 tp + fp + fn)`` (van Rijsbergen, 1979); of exclusive labels, one
    predicted for each item, it is the accuracy.

    >>> gold = np.array([[True, True], [False, True]])
    >>> micro_f1(gold, np.array([[True, False], [False, True]]))
    0.8
    """
    return float(COUNTED["micro_f1"](count(gold, predicted)))
