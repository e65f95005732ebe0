"""Which of some goes with which of others, at the least cost in all."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_MOST = 4096  # ways that are kept in view


def paired(costs: NDArray[np.floating]) -> list[tuple[int, int]]:
    """Pairs of rows and columns: as many as can be, and of those ways the cheapest.

    Args:
        costs: (n, m); what cannot be a pair is infinite.
    """
    # Row by row: for each set of columns that are taken, the best way to have taken them.
    ways: dict[int, tuple[float, tuple[tuple[int, int], ...]]] = {0: (0.0, ())}
    alone = 1.0 + float(np.sum(costs[np.isfinite(costs)]))
    for row, line in enumerate(costs):
        further: dict[int, tuple[float, tuple[tuple[int, int], ...]]] = {}
        for taken, (cost, pairs) in ways.items():
            free = [j for j in np.flatnonzero(np.isfinite(line)) if not taken >> int(j) & 1]
            choices = [(taken, cost + alone, pairs)]
            choices += [
                (taken | 1 << int(j), cost + float(line[j]), (*pairs, (row, int(j)))) for j in free
            ]
            for key, total, way in choices:
                if key not in further or total < further[key][0]:
                    further[key] = total, way
        ways = dict(sorted(further.items(), key=lambda item: item[1][0])[:_MOST])
    return list(min(ways.values(), key=lambda way: way[0])[1])
