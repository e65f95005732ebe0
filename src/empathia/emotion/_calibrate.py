"""From logits to probabilities that mean what they say; fitted on validation data alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


def sigmoid(logits: Floats) -> NDArray[np.float64]:
    """Independent probabilities."""
    return 1 / (1 + np.exp(-np.asarray(logits, np.float64)))


def softmax(logits: Floats) -> NDArray[np.float64]:
    """Exclusive probabilities over the last axis."""
    z = np.asarray(logits, np.float64)
    e = np.exp(z - z.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True))


def best_thresholds(scores: Floats, gold: NDArray[np.bool_]) -> NDArray[np.float64]:
    """For each class the threshold with the highest F1: predicted is ``score >= threshold``.

    Args:
        scores: (items, classes).
        gold: (items, classes).

    Returns:
        (classes,), half way between the two scores that it divides; above all scores where a
        class has no gold item.
    """
    return np.array([_best_threshold(scores[:, k], gold[:, k]) for k in range(gold.shape[1])])


def _best_threshold(scores: Floats, gold: NDArray[np.bool_]) -> float:
    order = np.argsort(-scores, kind="stable")
    ranked = np.asarray(scores, np.float64)[order]
    hits = np.cumsum(gold[order])
    f1 = 2 * hits / (np.arange(1, len(ranked) + 1) + gold.sum())
    # Only between two different scores can a threshold cut.
    f1[:-1][ranked[:-1] == ranked[1:]] = -1
    best = int(np.argmax(f1))
    if hits[-1] == 0:
        return float(ranked[0]) + 1e-6
    below = ranked[best + 1] if best + 1 < len(ranked) else ranked[best] - 1e-6
    return float((ranked[best] + below) / 2)


def fit_temperature(
    logits: Floats, gold: NDArray[np.bool_], *, steps: int = 2000, rate: float = 0.02
) -> tuple[float, NDArray[np.float64]]:
    """Temperature T and bias b of ``softmax(logits / T + b)`` by maximum likelihood.

    An item may have several gold labels; its likelihood is the probability of their union, so
    that the confidence in a label estimates how often it is among the gold ones (temperature
    scaling: Guo et al., ICML 2017). Plain Adam, deterministic; the problem has one valley.

    Args:
        logits: (items, classes).
        gold: (items, classes), at least one true an item.
        steps: Steps of Adam.
        rate: Their size.
    """
    z = np.asarray(logits, np.float64)
    x = np.zeros(1 + z.shape[1])  # log(1 / T), bias
    first, second = np.zeros_like(x), np.zeros_like(x)
    for step in range(1, steps + 1):
        p = softmax(z * np.exp(x[0]) + x[1:])
        inside = np.where(gold, p, 0)
        slope = p - inside / inside.sum(1, keepdims=True)
        g = np.concatenate([[(slope * z).sum(1).mean() * np.exp(x[0])], slope.mean(0)])
        first, second = 0.9 * first + 0.1 * g, 0.999 * second + 0.001 * g * g
        x -= rate * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + 1e-12)
    bias = x[1:] - x[1:].mean()  # the mean of the bias changes nothing
    return float(np.exp(-x[0])), bias


def confidence_floor(confidence: Floats, coverage: float) -> float:
    """Confidence that all but the least sure answers reach.

    Args:
        confidence: (items,) of validation items.
        coverage: Share of items that are to be answered, in [0, 1].
    """
    return float(np.quantile(confidence, 1 - coverage))
