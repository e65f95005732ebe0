"""Weights under which what is rare counts as much as what is frequent."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def class_weights(target: NDArray[np.floating] | NDArray[np.bool_], *, exclusive: bool) -> Array:
    """(labels,) weights under which all labels count the same in sum; at least 0.

    ``weight = targets / (labels seen * targets of the label)``, whose mean over targets is 1, as
    in King & Zeng (Political Analysis 2001). Of independent labels it is the weight of a "there",
    ``(n - there) / there``, so that both sides of a label count the same. A label without any
    target has the weight 1.

    Args:
        target: (items, labels) in [0, 1]; shares are allowed.
        exclusive: One label an item.

    >>> class_weights(np.eye(2)[[0, 0, 0, 1]], exclusive=True).round(3)
    array([0.667, 2.   ])
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
    """(items,) weights by which each group counts the same, however many items it has, in (0, 1].

    ``weight = 1 / items of the group``: a mean under them is the mean of the groups' means.

    Args:
        groups: (items,) names.

    >>> group_weights(np.array(["a", "a", "b"]))
    array([0.5, 0.5, 1. ])
    """
    _, which, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    return np.asarray(1 / sizes[which])
