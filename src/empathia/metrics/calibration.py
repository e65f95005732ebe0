"""Does a confidence mean what it says: calibration error, likelihood, Brier score, temperature."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError
from empathia.metrics.scores import Targets, likelihood, probabilities, softmax

Floats = NDArray[np.float64]
BINS = 15
_TINY = float(np.finfo(np.float64).eps)
_HOTTEST = 3.0  # the search for a temperature goes from e ** -3 to e ** 3
_STILL = 1e-10  # a slope under which a fit has come to its end


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

    >>> right = np.array([True, True, True, False])
    >>> round(expected_calibration_error(np.full(4, 0.9), right), 3)
    0.15
    """
    return float(np.abs(reliability(confidence, correct, bins) @ (1, -1, 0)).sum() / len(correct))


def reliability(
    confidence: NDArray[np.floating], correct: NDArray[np.bool_], bins: int = BINS
) -> Floats:
    """The reliability curve: (bins, 3) sums of being right, of confidence, and of items.

    Arguments and errors as in :func:`expected_calibration_error`; sums are from 0 upwards
    (DeGroot & Fienberg, The Statistician 1983).

    >>> reliability(np.array([0.2, 0.9, 0.8]), np.array([False, True, False]), bins=2)
    array([[0. , 0.2, 1. ],
           [1. , 1.7, 2. ]])
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
    """(items,) numbers from 0 to bins - 1 of the bins ``(lower, upper]`` that hold (items,) values.

    >>> bin_of(np.array([0.0, 0.5, 0.51, 1.0]), bins=2)
    array([0, 0, 1, 1])
    """
    return np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)


def log_losses(scores: NDArray[np.floating], targets: NDArray[np.floating]) -> Floats:
    """Negative log-likelihood of each item in nats, from 0 upwards; 0 is best.

    ``- sum over classes of target * log score`` (Good, JRSS B 1952): against votes it is the cross
    entropy. A score below the machine epsilon counts as that, as in scikit-learn. Independent
    labels: give :func:`as_pairs` of both.

    Args:
        scores: (items, classes) that sum to 1.
        targets: (items, classes) that sum to 1.

    Returns:
        (items,).

    >>> log_losses(np.array([[0.5, 0.5], [0.9, 0.1]]), np.eye(2)).round(3)
    array([0.693, 2.303])
    """
    p = np.clip(np.asarray(scores, np.float64), _TINY, 1 - _TINY)
    return np.asarray(-(np.asarray(targets, np.float64) * np.log(p)).sum(-1))


def brier_scores(scores: NDArray[np.floating], targets: NDArray[np.floating]) -> Floats:
    """Squared distance of scores and targets of each item, in [0, 2]; 0 is best.

    ``sum over classes of (score - target) ** 2`` (Brier, Monthly Weather Review 1950).

    Args:
        scores: (items, classes) that sum to 1.
        targets: (items, classes) that sum to 1.

    Returns:
        (items,).

    >>> brier_scores(np.array([[0.5, 0.5], [1.0, 0.0]]), np.eye(2))
    array([0.5, 2. ])
    """
    gap = np.asarray(scores, np.float64) - np.asarray(targets, np.float64)
    return np.asarray((gap * gap).sum(-1))


def as_pairs(values: NDArray[np.floating]) -> Floats:
    """Independent labels as yes-no items: (items, classes) to (items * classes, 2).

    >>> as_pairs(np.array([[0.75, 0.5]]))
    array([[0.75, 0.25],
           [0.5 , 0.5 ]])
    """
    flat = np.asarray(values, np.float64).reshape(-1)
    return np.column_stack([flat, 1 - flat])


def fit_temperature(
    logits: NDArray[np.floating],
    targets: Targets,
    *,
    exclusive: bool = True,
    weights: NDArray[np.floating] | None = None,
    prior: NDArray[np.floating] | float = 0.0,
) -> float:
    """Temperature T under which ``logits / T + prior`` make the targets most likely.

    Temperature scaling (Guo et al., ICML 2017). The likelihood has one peak over 1 / T. One item
    that leans nowhere is thought to be there as well (Platt, 1999): a few items that are all
    right would else make every score as sure as can be. Without any item, and for one label, T
    is 1.

    Args:
        logits: (items, labels) of validation items, never of test items; for scores that sum to
            1 their logarithms (:func:`log_scores`).
        targets: (items, labels) in [0, 1]; shares are allowed.
        exclusive: One label an item: softmax, and targets sum to 1. Else each label on its own.
        weights: (items,) how much each item counts; None counts all the same.
        prior: (items, labels) or (labels,) logarithms of what is to be expected of each item before
            it is looked at, where the logits do not hold it: a temperature is none of it.

    Returns:
        T, from ``exp(-3)`` to ``exp(3)``: above 1 where scores were too sure.

    >>> too_sure = np.log(np.tile([[0.99, 0.01]], (100, 1)))
    >>> right = np.eye(2)[np.arange(100) % 4 // 3]  # three of four
    >>> round(fit_temperature(too_sure, right), 1)
    4.2
    """
    if not len(logits) or (exclusive and logits.shape[1] == 1):  # nothing to choose
        return 1.0
    even = 1 / targets.shape[1] if exclusive else 0.5
    leaning = (len(targets) * targets + even) / (len(targets) + 1)

    def good(log_t: float) -> float:
        p = probabilities(logits / np.exp(log_t) + prior, exclusive=exclusive)
        return likelihood(p, leaning, exclusive=exclusive, weights=weights)

    return float(np.exp(_peak(good, -_HOTTEST, _HOTTEST)))


def _peak(good: Callable[[float], float], low: float, high: float) -> float:
    """Where a function with one peak is highest (golden-section search, Kiefer, 1953)."""
    golden = (np.sqrt(5) - 1) / 2
    left, right = high - golden * (high - low), low + golden * (high - low)
    one, other = good(left), good(right)
    while high - low > 1e-4:
        if one >= other:
            high, right, other = right, left, one
            left = high - golden * (high - low)
            one = good(left)
        else:
            low, left, one = left, right, other
            right = low + golden * (high - low)
            other = good(right)
    return (low + high) / 2


def fit_bias_corrected(
    logits: NDArray[np.floating], gold: NDArray[np.bool_], *, steps: int = 2000, rate: float = 0.02
) -> tuple[float, NDArray[np.float64]]:
    """Temperature T and bias b of ``softmax(logits / T + b)`` by maximum likelihood.

    Bias-corrected temperature scaling (Alexandari et al., ICML 2020).

    An item may have several gold labels; its likelihood is the probability of their union, so
    that the confidence in a label estimates how often it is among the gold ones. Plain Adam,
    deterministic; the problem has one valley.

    Args:
        logits: (items, classes).
        gold: (items, classes), at least one true an item.
        steps: Steps of Adam, at most.
        rate: Their size.

    Returns:
        T, above 0, and (classes,) biases that sum to 0.

    >>> gold = np.eye(2, dtype=bool)[np.arange(100) % 4 // 3]  # three of four
    >>> temperature, bias = fit_bias_corrected(np.zeros((100, 2)), gold)
    >>> bias.round(2)  # half the logarithm of 3
    array([ 0.55, -0.55])
    """
    z = np.asarray(logits, np.float64)
    x = np.zeros(1 + z.shape[1])  # log(1 / T), bias
    first, second = np.zeros_like(x), np.zeros_like(x)
    for step in range(1, steps + 1):
        p = softmax(z * np.exp(x[0]) + x[1:])
        inside = np.where(gold, p, 0)
        slope = p - inside / inside.sum(1, keepdims=True)
        g = np.concatenate([[(slope * z).sum(1).mean() * np.exp(x[0])], slope.mean(0)])
        if np.abs(g).max() < _STILL:
            break
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g * g
        x -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-12)
    bias = x[1:] - x[1:].mean()  # the mean of the bias changes nothing
    return float(np.exp(-x[0])), bias


def log_scores(scores: NDArray[np.floating]) -> Floats:
    """Logits whose softmax the scores are: their logarithms, not below that of the epsilon.

    Args:
        scores: (items, labels) that sum to 1.

    >>> softmax(log_scores(np.array([[0.25, 0.75]])))
    array([[0.25, 0.75]])
    """
    return np.asarray(np.log(np.clip(np.asarray(scores, np.float64), _TINY, 1)))


def tempered(scores: NDArray[np.floating], temperature: float) -> Floats:
    """``softmax(log scores / T)``: above 1 it makes less sure, below 1 more; the order stays.

    Args:
        scores: (items, labels) that sum to 1.
        temperature: T, above 0.

    Returns:
        (items, labels) in [0, 1] that sum to 1 (temperature scaling, Guo et al., ICML 2017).

    >>> tempered(np.array([[0.1, 0.9]]), 2.0)
    array([[0.25, 0.75]])
    """
    return softmax(log_scores(scores) / temperature)
