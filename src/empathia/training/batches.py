"""In which order and how often items are learnt from, and which of them go together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from empathia.metrics.balance import class_weights

_POOL = 50  # batches that are sorted by length together


def by_length(
    lengths: NDArray[np.int64], order: NDArray[np.int64], size: int, rng: np.random.Generator
) -> Sequence[NDArray[np.int64]]:
    """Indices in batches, in a random order.

    Args:
        lengths: (items,) of each.
        order: Indices of items in a random order; an item may come several times.
        size: Items a batch at most.
        rng: Orders the batches.
    """
    batches: list[NDArray[np.int64]] = []
    for start in range(0, len(order), size * _POOL):
        pool = order[start : start + size * _POOL]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches.extend(pool[i : i + size] for i in range(0, len(pool), size))
    return [batches[i] for i in rng.permutation(len(batches))]


def balanced(
    target: NDArray[np.float64], rng: np.random.Generator, *, exclusive: bool
) -> NDArray[np.int64]:
    """(items,) indices drawn with replacement so that all labels are seen as often.

    An item whose target is not known is drawn as often as it would be without balance: it does
    not crowd out the others, and what else it teaches is not lost.

    Args:
        target: (items, labels) in [0, 1]; rows of NaN where there is none.
        rng: Draws.
        exclusive: One label an item; else an item of no label is drawn as rarely as any other.
    """
    known = ~np.isnan(target).any(axis=1)
    each = np.ones(len(target))
    if known.any():
        those = target[known]
        each[known] = those @ class_weights(those, exclusive=exclusive)
        each = np.where(each > 0, each, each[each > 0].min(initial=1.0))
        each[known] *= known.sum() / each[known].sum()  # 1 in the mean, as of the unknown
    return rng.choice(len(target), len(target), p=each / each.sum())
