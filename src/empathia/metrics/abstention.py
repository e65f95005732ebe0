"""Is it worth keeping the sure answers only: risk against coverage."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError

Floats = NDArray[np.float64]


def risk_coverage(confidence: NDArray[np.floating], loss: NDArray[np.floating]) -> Floats:
    """Mean loss of the 1, 2, ... n surest items (El-Yaniv & Wiener, JMLR 2010).

    ``risk(c) = mean loss of the c n surest``. Items of equal confidence come in no order: each
    counts as their mean, so that the order of the rows changes nothing. The mean of the risks is
    the area under the curve, in [0, 1]; 0 is best (Geifman et al., ICLR 2019).

    Args:
        confidence: (items,); -inf for items that were not judged, so that they come last.
        loss: (items,) in [0, 1]; 1 where an answer is wrong or there is none.

    Returns:
        (items,) risks in [0, 1] at coverages 1/n, 2/n, ... 1.

    Raises:
        UsageError: Shapes differ, nothing was given, or a confidence is NaN.

    >>> risk_coverage(np.array([0.9, 0.8, 0.1, 0.2]), np.array([0.0, 0, 1, 1])).round(2)
    array([0.  , 0.  , 0.33, 0.5 ])
    """
    c, x = np.asarray(confidence, np.float64), np.asarray(loss, np.float64)
    if c.shape != x.shape or c.ndim != 1 or not len(c) or np.isnan(c).any():
        raise UsageError(
            f"risk against coverage needs as many confidences as losses, found {c.shape} and "
            f"{x.shape}" + (" with NaN" if np.isnan(c).any() else ""),
            "Give one of each an item",
        )
    _, group, size = np.unique(-c, return_inverse=True, return_counts=True)
    mean = np.bincount(group, x) / size
    return np.cumsum(np.repeat(mean, size)) / np.arange(1, len(c) + 1)
