"""Does a confidence mean what it says: calibration error, likelihood, Brier score, temperature."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError

Floats = NDArray[np.float64]
BINS = 15
_TINY = float(np.finfo(np.float64).eps)
_COLD, _HOT = 0.05, 20.0


def expected_calibration_error(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_], bins: int = BINS
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
    return float(np.abs(reliability(confidence, correct, bins) @ (1, -1, 0)).sum() / len(correct))


def reliability(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_], bins: int = BINS
) -> Floats:
    """The reliability curve: (bins, 3) sums of being right, of confidence, and of items.

    Arguments and errors as in :func:`expected_calibration_error`.
    """
    p, right = np.asarray(confidence, float), np.asarray(correct, float)
    if p.shape != right.shape or p.ndim != 1 or not len(p) or not ((p >= 0) & (p <= 1)).all():
        raise UsageError(
            f"calibration needs as many confidences in [0, 1] as verdicts, found {p.shape} and "
            f"{right.shape}",
            "Give one of each an item",
        )
    which = bin_of(p, bins)
    return np.column_stack([np.bincount(which, x, bins) for x in (right, p, np.ones(len(p)))])


def bin_of(confidence: Floats, bins: int = BINS) -> NDArray[np.int64]:
    """Number of the bin ``(lower, upper]`` that each confidence lies in."""
    return np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)


def log_losses(scores: NDArray[np.floating], targets: NDArray[np.floating]) -> Floats:
    """Negative log-likelihood of each item in nats, from 0 upwards; 0 is best.

    ``- sum over classes of target * log score``: against votes it is the cross entropy. A score
    below the machine epsilon counts as that, as in scikit-learn. Independent labels: give
    :func:`as_pairs` of both.

    Args:
        scores: (items, classes) that sum to 1.
        targets: (items, classes) that sum to 1.
    """
    p = np.clip(np.asarray(scores, np.float64), _TINY, 1 - _TINY)
    return np.asarray(-(np.asarray(targets, np.float64) * np.log(p)).sum(-1))


def brier_scores(scores: NDArray[np.floating], targets: NDArray[np.floating]) -> Floats:
    """Squared distance of scores and targets of each item, in [0, 2] (Brier, 1950); 0 is best."""
    gap = np.asarray(scores, np.float64) - np.asarray(targets, np.float64)
    return np.asarray((gap * gap).sum(-1))


def as_pairs(values: NDArray[np.floating]) -> Floats:
    """Independent labels as yes-no items: (items, classes) to (items * classes, 2)."""
    flat = np.asarray(values, np.float64).reshape(-1)
    return np.column_stack([flat, 1 - flat])


def fit_temperature(scores: NDArray[np.floating], targets: NDArray[np.floating]) -> float:
    """The T in [0.05, 20] that makes ``softmax(log scores / T)`` most likely (Guo et al., 2017).

    The likelihood is convex in 1 / T: Newton's steps on its slope, halved into the bracket. One
    item that leans nowhere is thought to be there as well (Platt, 1999): a few items that are
    all right would else make every score as sure as can be.

    Args:
        scores: (items, classes) that sum to 1; of validation items, never of test items.
        targets: (items, classes) that sum to 1.

    Raises:
        UsageError: Nothing was given.
    """
    if not len(scores):
        raise UsageError("a temperature needs validation items, found none", "Give some")
    z = np.log(np.clip(np.asarray(scores, np.float64), _TINY, 1))
    n, classes = z.shape
    leaning = (n * np.asarray(targets, np.float64) + 1 / classes) / (n + 1)
    aim = float((leaning * z).sum(1).mean())
    low, high, beta = 1 / _HOT, 1 / _COLD, 1.0
    for _ in range(60):
        p = _softmax(beta * z)
        mean = (p * z).sum(1)
        slope = float(mean.mean()) - aim
        if slope == 0:  # one class: nothing to choose
            break
        low, high = (low, beta) if slope > 0 else (beta, high)
        curvature = float(((p * z * z).sum(1) - mean * mean).mean())
        step = beta - slope / curvature if curvature > 0 else math.inf
        after = step if low < step < high else (low + high) / 2
        if abs(after - beta) < 1e-9 * beta:
            break
        beta = after
    return 1 / beta


def tempered(scores: NDArray[np.floating], temperature: float) -> Floats:
    """``softmax(log scores / T)``: above 1 it makes less sure, below 1 more; the order stays."""
    return _softmax(np.log(np.clip(np.asarray(scores, np.float64), _TINY, 1)) / temperature)


def _softmax(z: Floats) -> Floats:
    e = np.exp(z - z.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True))
