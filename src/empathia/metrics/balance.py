"""Weights under which what is rare counts as much as what is frequent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def class_weights(target: NDArray[np.floating] | NDArray[np.bool_], *, exclusive: bool) -> Array:
    """Weight of each label so that all count the same in sum; the mean over targets is 1.

    A label without any target has the weight 1. Of independent labels it is the weight of a
    "there", ``(n - there) / there``, so that both sides of a label count the same.
    """
    there = target.sum(0)
    seen = there > 0
    weights = np.ones(target.shape[1])
    if exclusive:
        weights[seen] = there.sum() / (there[seen] * seen.sum())
    else:
        weights[seen] = (len(target) - there[seen]) / there[seen]
    return weights


def group_weights(groups: NDArray[np.str_]) -> NDArray[np.float64]:
    """(n,) weights by which each group counts the same, however many items it has."""
    _, which, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return np.asarray(1 / sizes[which])
