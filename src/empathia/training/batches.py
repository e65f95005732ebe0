"""Batches of items of like length, so that little is padded."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

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
