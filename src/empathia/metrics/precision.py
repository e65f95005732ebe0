"""Precision: how often a predicted class is right, ``tp / (tp + fp)``.

Arguments are indicators (items, classes), true where a class is right or predicted. A class that
is never predicted has precision 0, as in scikit-learn with ``zero_division=0``. Shapes that
differ and arrays without items raise :class:`UsageError`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.metrics.counts import COUNTED, count


def macro_precision(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Mean precision over the classes of (items, classes), each counting the same, in [0, 1].

    ``mean over classes of tp / (tp + fp)`` (van Rijsbergen, Information Retrieval, 1979).

    >>> gold = np.eye(2, dtype=bool)[[0, 0, 0, 1]]
    >>> macro_precision(gold, np.eye(2, dtype=bool)[[0, 0, 1, 1]])
    0.75
    """
    return float(COUNTED["macro_precision"](count(gold, predicted)))


def weighted_precision(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Mean precision over the classes of (items, classes), weighted by gold items, in [0, 1].

    ``sum over classes of gold_c / gold * tp / (tp + fp)`` (van Rijsbergen, Information Retrieval,
    1979); 0 where no item has a gold class.

    >>> gold = np.eye(2, dtype=bool)[[0, 0, 0, 1]]
    >>> weighted_precision(gold, np.eye(2, dtype=bool)[[0, 0, 1, 1]])
    0.875
    """
    return float(COUNTED["weighted_precision"](count(gold, predicted)))
