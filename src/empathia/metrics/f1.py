"""F1: the harmonic mean of precision and recall, averaged over classes.

For a class with tp true positives, fp false positives and fn false negatives,
``F1 = 2 tp / (2 tp + fp + fn)``, in [0, 1]. A class without any gold or
predicted item counts 0, as in scikit-learn with ``zero_division=0``
(van Rijsbergen, Information Retrieval, 1979).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.metrics.counts import COUNTED, count


def macro_f1(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Mean of the classes' F1, each class counting the same."""
    return float(COUNTED["macro_f1"](count(gold, predicted)))


def weighted_f1(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> float:
    """Mean of the classes' F1, weighted by the number of gold items; 0 without any."""
    return float(COUNTED["weighted_f1"](count(gold, predicted)))
