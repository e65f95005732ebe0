"""What accuracy, precision, recall and F1 are made of: counts that may be added up.

An item adds to the counts of its classes; the counts of a set of items are the
sum of theirs. So a measure of a resampled test set costs one sum and no look at
the items (see :mod:`empathia.metrics.bootstrap`), and exclusive labels, several
labels an item and abstentions go one way.

Edges, as in scikit-learn with ``zero_division=0``: a class that is never predicted
has precision 0, one without a gold item recall 0, one without both F1 0; they
count in every macro mean but that of UAR. Without any item all is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError

Floats = NDArray[np.float64]


class Counts(NamedTuple):
    """Sums over items; every array may have the same leading axes (seeds, resamples).

    Args:
        hits: (..., classes) items of the class for which it was predicted.
        predicted: (..., classes) items for which the class was predicted.
        gold: (..., classes) items of the class.
        right: (...) items with exactly their classes predicted.
        overlap: (...) sum over items of ``|gold and predicted| / |gold or predicted|``.
        items: (...) how many.
    """

    hits: Floats
    predicted: Floats
    gold: Floats
    right: Floats
    overlap: Floats
    items: Floats


def tally(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> Floats:
    """The counts of each item as rows that may be summed: (items, 3 classes + 3).

    Args:
        gold: (items, classes), true where a class is right.
        predicted: Likewise, where it is predicted; a row without any abstains.

    Raises:
        UsageError: Shapes differ or have no classes.

    >>> tally(np.array([[True, False]]), np.array([[True, True]]))
    array([[1. , 0. , 1. , 1. , 1. , 0. , 0. , 0.5, 1. ]])
    """
    g, p = np.asarray(gold, bool), np.asarray(predicted, bool)
    if g.shape != p.shape or g.ndim != 2 or g.shape[1] == 0:
        raise UsageError(
            f"counting needs two (items, classes) arrays, found {g.shape} and {p.shape}",
            "Give gold and predicted labels as indicators",
        )
    both, either = (g & p).sum(1), (g | p).sum(1)
    overlap = np.where(either > 0, both / np.maximum(either, 1), 1.0)
    right = (g == p).all(1)
    return np.column_stack([g & p, p, g, right, overlap, np.ones(len(g))]).astype(np.float64)


def counts(sums: Floats) -> Counts:
    """Name the columns of (..., 3 classes + 3) sums of :func:`tally`'s rows.

    >>> counts(np.array([1, 0, 1, 1, 1, 0, 0, 0.5, 1])).gold
    array([1., 0.])
    """
    k = sums.shape[-1] // 3 - 1
    return Counts(
        sums[..., :k],
        sums[..., k : 2 * k],
        sums[..., 2 * k : 3 * k],
        sums[..., -3],
        sums[..., -2],
        sums[..., -1],
    )


def count(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> Counts:
    """The counts of a set of (items, classes) indicators.

    Raises:
        UsageError: Shapes differ or there is nothing to count.

    >>> count(np.eye(2, dtype=bool)[[0, 0, 1]], np.eye(2, dtype=bool)[[0, 1, 1]]).hits
    array([1., 1.])
    """
    if np.size(gold) == 0:
        raise UsageError(
            f"a measure needs filled (items, classes) arrays, found {np.shape(gold)} and "
            f"{np.shape(predicted)}",
            "Give gold and predicted labels as indicators",
        )
    return counts(tally(gold, predicted).sum(0))


def _ratio(above: Floats, below: Floats, empty: float = 0.0) -> Floats:
    out = np.full(np.broadcast_shapes(np.shape(above), np.shape(below)), empty)
    np.divide(above, below, out=out, where=np.asarray(below) > 0)
    return out


def precision(c: Counts) -> Floats:
    """``tp / (tp + fp)`` of every class (van Rijsbergen, 1979), (..., classes) in [0, 1].

    >>> counted = count(np.eye(2, dtype=bool)[[0, 0, 0, 1]], np.eye(2, dtype=bool)[[0, 0, 1, 1]])
    >>> precision(counted)
    array([1. , 0.5])
    """
    return _ratio(c.hits, c.predicted)


def recall(c: Counts) -> Floats:
    """``tp / (tp + fn)`` of every class (van Rijsbergen, 1979), (..., classes) in [0, 1].

    >>> counted = count(np.eye(2, dtype=bool)[[0, 0, 0, 1]], np.eye(2, dtype=bool)[[0, 0, 1, 1]])
    >>> recall(counted).round(3)
    array([0.667, 1.   ])
    """
    return _ratio(c.hits, c.gold)


def f1(c: Counts) -> Floats:
    """``2 tp / (2 tp + fp + fn)`` of every class (van Rijsbergen, 1979), (..., classes) in [0, 1].

    >>> counted = count(np.eye(2, dtype=bool)[[0, 0, 0, 1]], np.eye(2, dtype=bool)[[0, 0, 1, 1]])
    >>> f1(counted).round(3)
    array([0.8  , 0.667])
    """
    return _ratio(2 * c.hits, c.predicted + c.gold)


def _macro(each: Callable[[Counts], Floats]) -> Callable[[Counts], Floats]:
    """Mean over classes, each counting the same."""
    return lambda c: np.where(c.items > 0, each(c).mean(-1), np.nan)


def _weighted(each: Callable[[Counts], Floats]) -> Callable[[Counts], Floats]:
    """Mean over classes, weighted by their gold items; 0 where no item has a class."""
    return lambda c: np.where(
        c.items > 0, _ratio((each(c) * c.gold).sum(-1), c.gold.sum(-1)), np.nan
    )


def _recall_of_gold_classes(c: Counts) -> Floats:
    return _ratio(recall(c).sum(-1), (c.gold > 0).sum(-1), np.nan)


def _micro_f1(c: Counts) -> Floats:
    score = _ratio(2 * c.hits.sum(-1), (c.predicted + c.gold).sum(-1))
    return np.where(c.items > 0, score, np.nan)


COUNTED: Mapping[str, Callable[[Counts], Floats]] = {
    "accuracy": lambda c: _ratio(c.right, c.items, np.nan),
    "jaccard": lambda c: _ratio(c.overlap, c.items, np.nan),
    "macro_f1": _macro(f1),
    "macro_precision": _macro(precision),
    "macro_recall": _macro(recall),
    "micro_f1": _micro_f1,
    "uar": _recall_of_gold_classes,
    "weighted_f1": _weighted(f1),
    "weighted_precision": _weighted(precision),
    "weighted_recall": _weighted(recall),
}
"""Measures of counts by name; the functions of that name in this folder say what each one is."""
