"""Voices into groups, one a speaker, in plain numpy.

Ward's agglomeration, because it keeps the many moods of one voice together where
average linkage splits off its outliers; cut at the number of speakers and settled by moving
single points. Linear in memory, quadratic in time up to a thousand points and linear beyond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
Floats = NDArray[np.float64]

_BLOCK = 1000  # points that are joined at once; more are first condensed, block by block ...
_CONDENSED = 100  # ... to so many
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Tree:
    """Joins of points, cheapest first.

    Args:
        size: Number of points.
        joins: Pairs of points whose groups are joined, in order.
    """

    size: int
    joins: tuple[tuple[int, int], ...]

    def cut(self, groups: int) -> Labels:
        """The group of each point, (n,), 0 to ``groups`` - 1 in order of first appearance.

        There are fewer groups where there are fewer points.
        """
        parent = list(range(self.size))

        def root(i: int) -> int:
            while parent[i] != i:
                parent[i] = parent[parent[i]]
                i = parent[i]
            return i

        for a, b in self.joins[: max(0, self.size - groups)]:
            parent[root(a)] = root(b)
        return in_order([root(i) for i in range(self.size)])


def in_order(labels: Sequence[int] | Labels) -> Labels:
    """The same groups, (n,) to (n,), numbered by first appearance."""
    number: dict[int, int] = {}
    return np.array([number.setdefault(int(x), len(number)) for x in labels], np.int64)


def means(points: Floats, weights: Floats, labels: Labels) -> tuple[Floats, Floats]:
    """Weighted mean (k, dim) and total weight (k,) of groups 0 to k - 1, none of them empty."""
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(int(labels.max()) + 1))
    total: Floats = np.add.reduceat(weights[order], starts)
    sums = np.add.reduceat((points * weights[:, None])[order], starts)
    return sums / total[:, None], total


def ward(points: Floats, weights: Floats) -> Tree:
    """Agglomerate points so that the weighted variance inside the groups stays small.

    The nearest-neighbour chain (Murtagh 1983): it finds the same joins as the plain
    algorithm in quadratic time.

    Args:
        points: (n, dim), n up to a few thousand: a matrix of n * n is kept.
        weights: (n,), positive.
    """
    mass = weights.astype(np.float64)
    cost = _costs(points.astype(np.float64), mass)
    joins: list[tuple[float, int, int]] = []
    alive = np.ones(len(points), bool)
    chain: list[int] = []
    while len(joins) < len(points) - 1:
        if not chain:
            chain = [int(np.argmax(alive))]
        top = chain[-1]
        near = int(np.argmin(cost[top]))
        # At a tie the chain turns back, or it would run in circles among equal points.
        if len(chain) == 1 or cost[top, chain[-2]] > cost[top, near]:
            chain.append(near)
            continue
        into = chain[-2]
        del chain[-2:]
        joins.append((float(cost[top, into]), top, into))
        _join(cost, mass, top, into)
        alive[top] = False
    # The chain finds joins out of order; sorted by cost they are those of the plain algorithm.
    joins.sort(key=lambda j: j[0])
    return Tree(len(points), tuple((a, b) for _, a, b in joins))


def _costs(points: Floats, mass: Floats) -> Floats:
    """By how much joining two points raises the variance inside groups, (n, n); inf with itself."""
    square = np.einsum("ij,ij->i", points, points)
    cost: Floats = points @ points.T
    cost *= -2
    cost += square
    cost += square[:, None]
    np.maximum(cost, 0, out=cost)
    cost *= mass
    cost *= mass[:, None]
    cost /= mass[:, None] + mass
    cost = (cost + cost.T) / 2  # to the last bit, or the chain may not end
    np.fill_diagonal(cost, np.inf)
    return cost


def _join(cost: Floats, mass: Floats, gone: int, into: int) -> None:
    """Join two groups in place, (n, n) costs and (n,) masses (Lance and Williams 1967)."""
    a, b = mass[gone], mass[into]
    row = ((a + mass) * cost[gone] + (b + mass) * cost[into] - mass * cost[gone, into]) / (
        a + b + mass
    )
    row[into] = np.inf
    cost[into], cost[:, into] = row, row
    cost[gone], cost[:, gone] = np.inf, np.inf
    mass[into] = a + b


def settle(points: Floats, weights: Floats, labels: Labels) -> Labels:
    """Move points to the group with the nearest mean until none moves; no group dies out.

    Args:
        points: (n, dim).
        weights: (n,), positive.
        labels: (n,), groups 0 to k - 1, none of them empty.

    Returns:
        (n,), the groups that the points end in.
    """
    for _ in range(_ROUNDS):
        centres, _mass = means(points, weights, labels)
        distance = np.einsum("ij,ij->i", centres, centres) - 2 * points @ centres.T
        moved = distance.argmin(axis=1)
        if np.array_equal(moved, labels) or len(np.unique(moved)) < len(centres):
            break
        labels = moved
    return labels


class Groups:
    """Embeddings in groups, as many as one asks for.

    Args:
        points: Embeddings, (n, dim), n >= 1, none zero.
        weights: Seconds of each, (n,), positive.
    """

    def __init__(self, points: Floats, weights: Floats) -> None:
        self._unit = points / np.linalg.norm(points, axis=1, keepdims=True)
        self._weights = weights
        centres, mass, self._seats = _condensed(self._unit, weights)
        self._tree = ward(centres, mass)

    def cut(self, groups: int) -> Labels:
        """The group of each, (n,), from 0; never more groups than there are points."""
        return settle(self._unit, self._weights, self._tree.cut(groups)[self._seats])

    def pair(self, groups: int) -> tuple[int, int]:
        """Which of so many groups are one if there is a group less; there are two and more."""
        labels, before = self._tree.cut(groups), self._tree.cut(groups - 1)
        both = [np.unique(labels[before == group]) for group in range(groups - 1)]
        first, second = next(two for two in both if len(two) == 2)
        return int(first), int(second)


def _condensed(unit: Floats, weights: Floats) -> tuple[Floats, Floats, Labels]:
    """Groups to begin with: means (m, dim), weights (m,), and the group of each point (n,).

    Every point is one where they are few; else each block, in time order, becomes a hundred
    groups of points that are almost equal.
    """
    if len(unit) <= _BLOCK:
        return unit, weights, np.arange(len(unit))
    seats: list[Labels] = []
    parts: list[tuple[Floats, Floats]] = []
    for low in range(0, len(unit), _BLOCK):
        block = slice(low, low + _BLOCK)
        labels = ward(unit[block], weights[block]).cut(_CONDENSED)
        parts.append(means(unit[block], weights[block], labels))
        seats.append(labels + sum(len(m) for m, _ in parts[:-1]))
    centres = np.concatenate([c for c, _ in parts])
    return centres, np.concatenate([m for _, m in parts]), np.concatenate(seats)
