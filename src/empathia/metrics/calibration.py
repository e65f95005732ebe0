"""Does a confidence mean what it says: expected calibration error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError


def expected_calibration_error(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_], bins: int = 15
) -> float:
    """Mean gap between confidence and accuracy over equally wide bins, in [0, 1]; 0 is best.

    ``ECE = sum over bins of n_b / n * |accuracy_b - mean confidence_b|`` (Guo et al., ICML 2017).
    Bins are ``(lower, upper]``; the first one holds 0 as well.

    Args:
        confidence: (items,) in [0, 1].
        correct: (items,) whether the item was right.
        bins: How many.

    Raises:
        UsageError: Shapes differ, nothing was given, or a confidence is outside of [0, 1].
    """
    p, right = np.asarray(confidence, float), np.asarray(correct, float)
    if p.shape != right.shape or p.ndim != 1 or not len(p) or not ((p >= 0) & (p <= 1)).all():
        raise UsageError(
            f"calibration needs as many confidences in [0, 1] as verdicts, found {p.shape} and "
            f"{right.shape}",
            "Give one of each an item",
        )
    which = np.clip(np.ceil(p * bins).astype(int) - 1, 0, bins - 1)
    gaps = np.bincount(which, right - p, minlength=bins)
    return float(np.abs(gaps).sum() / len(p))
