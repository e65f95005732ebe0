"""What accuracy, precision, recall and F1 are made of: counts that may be added up.

An item adds to the counts of its classes; the counts of a set of items are the
sum of theirs. So a measure of a resampled test set costs one sum and no look at
the items (see :mod:`empathia.metrics.bootstrap`), and exclusive labels, several
labels an item and answers that say nothing go one way.

Edges, as in scikit-learn with ``zero_division=0``: a class that is never said
has precision 0, one without a gold item recall 0, one without both F1 0; they
count in every macro mean but that of UAR. Without any item all is NaN.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError

Floats = NDArray[np.float64]


class Counts(NamedTuple):
    """Sums over items; every array may have the same leading axes (seeds, resamples).

    Args:
        hits: (..., classes) items of the class of which it was said.
        said: (..., classes) items of which the class was said.
        gold: (..., classes) items of the class.
        right: (...) items with exactly their classes said.
        overlap: (...) sum over items of ``|gold and said| / |gold or said|``.
        items: (...) how many.
    """

    hits: Floats
    said: Floats
    gold: Floats
    right: Floats
    overlap: Floats
    items: Floats


def tally(gold: NDArray[np.bool_], predicted: NDArray[np.bool_]) -> Floats:
    """The counts of each item as rows that may be summed: (items, 3 classes + 3).

    Args:
        gold: (items, classes), true where a class is right.
        predicted: Likewise, what was said; a row without any says nothing.

    Raises:
        UsageError: Shapes differ or have no classes.
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
    """Name the columns of (..., 3 classes + 3) sums of :func:`tally`'s rows."""
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
    """The counts of a set of items.

    Raises:
        UsageError: Shapes differ or there is nothing to count.
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
    """``tp / (tp + fp)`` of every class, (..., classes) in [0, 1]."""
    return _ratio(c.hits, c.said)


def recall(c: Counts) -> Floats:
    """``tp / (tp + fn)`` of every class, (..., classes) in [0, 1]."""
    return _ratio(c.hits, c.gold)


def f1(c: Counts) -> Floats:
    """``2 tp / (2 tp + fp + fn)`` of every class (van Rijsbergen, 1979), in [0, 1]."""
    return _ratio(2 * c.hits, c.said + c.gold)


def _macro(each: Callable[[Counts], Floats]) -> Callable[[Counts], Floats]:
    """Mean over classes, each counting the same."""
    return lambda c: np.where(c.items > 0, each(c).mean(-1), np.nan)


def _weighted(each: Callable[[Counts], Floats]) -> Callable[[Counts], Floats]:
    """Mean over classes, weighted by their gold items; 0 where no item has a class."""
    return lambda c: np.where(
        c.items > 0, _ratio((each(c) * c.gold).sum(-1), c.gold.sum(-1)), np.nan
    )


def _uar(c: Counts) -> Floats:
    return _ratio(recall(c).sum(-1), (c.gold > 0).sum(-1), np.nan)


def _micro_f1(c: Counts) -> Floats:
    score = _ratio(2 * c.hits.sum(-1), (c.said + c.gold).sum(-1))
    return np.where(c.items > 0, score, np.nan)


# - accuracy: share of items with exactly their classes said; for several labels an item that is
#   the exact match ratio. Exclusive labels: the weighted recall is the same number.
# - jaccard: mean over items of |gold and said| / |gold or said| (Godbole & Sarawagi, PAKDD 2004);
#   1 for an item that has no class and of which none was said.
# - uar: mean recall of the classes that have gold items (Schuller et al., INTERSPEECH 2009).
# - micro_f1: F1 of all decisions together.
COUNTED: Mapping[str, Callable[[Counts], Floats]] = {
    "accuracy": lambda c: _ratio(c.right, c.items, np.nan),
    "jaccard": lambda c: _ratio(c.overlap, c.items, np.nan),
    "macro_f1": _macro(f1),
    "macro_precision": _macro(precision),
    "macro_recall": _macro(recall),
    "micro_f1": _micro_f1,
    "uar": _uar,
    "weighted_f1": _weighted(f1),
    "weighted_precision": _weighted(precision),
    "weighted_recall": _weighted(recall),
}


def of_labels(name: str) -> Callable[..., float]:
    """A measure of :data:`COUNTED` as a function of (gold, predicted) indicators."""

    def measure(gold: NDArray[Any], predicted: NDArray[Any]) -> float:
        return float(COUNTED[name](count(gold, predicted)))

    measure.__name__ = name
    measure.__doc__ = f"{name} of (items, classes) indicators; see empathia.metrics.counts."
    return measure
