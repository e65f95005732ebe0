"""Opinions of several sources about the same labels, made one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from empathia.metrics.scores import Array, softmax

_SMALLEST = 1e-6  # no source alone can rule a label out


def log_pool(scores: Sequence[NDArray[np.floating]], weights: Sequence[float]) -> Array:
    """The log-linear pool: ``p(label) ∝ product over sources of p_source(label) ** weight``.

    Genest & Zidek, Statistical Science 1986. A source of weight 0, or one to which all labels are
    equally likely, changes nothing; the order of the sources does not matter.

    Args:
        scores: One array a source, (..., labels), of exclusive scores in [0, 1].
        weights: One number a source, at least 0.

    Returns:
        (..., labels) in [0, 1], summing to 1 over the labels.

    >>> log_pool([np.array([0.75, 0.25]), np.array([0.75, 0.25])], [1, 1])
    array([0.9, 0.1])
    """
    logs = (w * np.log(np.maximum(s, _SMALLEST)) for s, w in zip(scores, weights, strict=True))
    return softmax(sum(logs, np.zeros(scores[0].shape)))


def mean_pool(scores: Sequence[NDArray[np.floating]], weights: Sequence[float]) -> Array:
    """The linear pool: ``p(label) = sum of weight p_source(label) / sum of weights`` (Stone, 1961).

    Args:
        scores: One array a source, (..., labels), in [0, 1].
        weights: One number a source, at least 0, not all 0.

    Returns:
        (..., labels) in [0, 1].

    >>> mean_pool([np.array([0.75, 0.25]), np.array([0.25, 0.75])], [3, 1])
    array([0.625, 0.375])
    """
    return np.asarray(np.average(scores, axis=0, weights=weights))
