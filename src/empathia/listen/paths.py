"""The likeliest path through states that are costly to change (Viterbi)."""

from __future__ import annotations

import numpy as np

from empathia.listen.voices import Floats, Labels


def cheapest(price: Floats, cost: Floats) -> Labels:
    """The path through (n, k) prices with the least sum, changes included (Viterbi).

    Args:
        price: Of each place of the path, (n, k), n at least 1.
        cost: Of a change before each, (n,); the first says nothing.

    Returns:
        Which of the k at each place, (n,).
    """
    total, *rows = price.tolist()
    came: list[list[int]] = []
    for row, more in zip(rows, cost[1:].tolist(), strict=True):
        best = min(total)
        at, change = total.index(best), best + more
        came.append([j if t <= change else at for j, t in enumerate(total)])
        total = [min(t, change) + p for t, p in zip(total, row, strict=True)]
    path = [total.index(min(total))]
    for before in reversed(came):
        path.append(before[path[-1]])
    return np.array(path[::-1], np.int64)
