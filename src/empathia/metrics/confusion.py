"""The confusion matrix: what was predicted for the items of each class."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError


def confusion(
    gold: NDArray[np.bool_], predicted: NDArray[np.bool_], silent: NDArray[np.integer], kinds: int
) -> NDArray[np.int64]:
    """Count what was predicted for each class's items; silence has columns of its own.

    ``confusion[g, p] = items of class g for which p was predicted``, whole numbers from 0 upwards
    (Townsend, Perception & Psychophysics 1971).
    With exclusive labels a row sums to the class's items. An item with several gold labels
    stands in the row of each, one with several answers in the column of each.

    Args:
        gold: (items, classes), true where a class is right.
        predicted: Likewise, where it is predicted.
        silent: (items,) which kind of silence, from 0, where nothing was predicted; else -1.
        kinds: How many kinds of silence there are.

    Returns:
        (classes, classes + kinds).

    Raises:
        UsageError: Shapes differ.

    >>> gold, predicted = np.eye(2, dtype=bool)[[0, 0, 1]], np.eye(2, dtype=bool)[[0, 1, 1]]
    >>> predicted[2] = False
    >>> confusion(gold, predicted, np.array([-1, -1, 0]), 1)
    array([[1, 1, 0],
           [0, 0, 1]])
    """
    g, p, s = np.asarray(gold, bool), np.asarray(predicted, bool), np.asarray(silent)
    if g.shape != p.shape or g.ndim != 2 or s.shape != g.shape[:1]:
        raise UsageError(
            f"a confusion matrix needs (items, classes) twice and (items,), found {g.shape}, "
            f"{p.shape} and {s.shape}",
            "Give gold and predicted labels as indicators",
        )
    columns = np.column_stack([p, s[:, None] == np.arange(kinds)])
    return np.asarray((g.T.astype(np.float64) @ columns).round(), np.int64)
