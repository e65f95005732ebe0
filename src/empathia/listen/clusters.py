"""Voices into groups, one a speaker, in plain numpy.

Ward's agglomeration, because it keeps the many moods of one voice together where
average linkage splits off its outliers; cut at the number of speakers, which is
given or estimated from how alike the voices of the groups are, and settled by moving
single points. Linear in memory, quadratic in time up to a few thousand points and
linear beyond.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Labels = NDArray[np.int64]
Floats = NDArray[np.float64]

_BLOCK = 2000  # points that are joined at once; more are first condensed, block by block ...
_CONDENSED = 200  # ... to so many
_ROUNDS = 20


@dataclass(frozen=True, slots=True)
class Alike:
    """How alike the voices of two groups must be to be taken for one speaker.

    Groups are compared by the mean cosine of their windows, whatever the mood; those that keep
    clear of each other may be more alike, as two calm people of one sex are. The bounds were
    chosen on acted and on calm speech of 24 people in three languages
    (``benchmarks/diarisation.py``).

    Args:
        different: Cosine under which two groups are two speakers.
        share: Added a unit of the logarithm of how much less a group speaks than an equal
            share: a small group is a mere outlier unless it differs more.
        clear: Cosine under which they are if they keep ``margin``.
        margin: Where the tenth of stretches that is nearest to the other group must be, from
            0, the middle between the groups, to .5, the mean of its own.
        least: Nobody speaks less than this (s).
    """

    different: float = 0.58
    share: float = 0.1
    clear: float = 0.68
    margin: float = 0.27
    least: float = 1.0

    def distinct(self, means: Floats, seconds: Floats, margins: Floats) -> bool:
        """Whether no two groups are one speaker.

        Args:
            means: Mean embedding of each group, (k, dim), not normalised; k >= 2.
            seconds: How long each speaks, (k,).
            margins: How clear of each other they keep, (k, k).
        """
        if seconds.min() < self.least:
            return False
        pairs = np.triu_indices(len(means), 1)
        fewer = np.minimum(seconds[pairs[0]], seconds[pairs[1]]) * len(means) / seconds.sum()
        cosine = (means @ means.T)[pairs]
        apart = cosine < self.different + self.share * np.log(np.minimum(fewer, 1))
        clear = (cosine < self.clear) & (margins[pairs] > self.margin)
        return bool(np.all(apart | clear))


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


def margins(points: Floats, weights: Floats, labels: Labels, blocks: Labels) -> Floats:
    """How clear of each other groups keep.

    Each point is placed on the line from the mean of another group (-.5) to that of its own
    (.5), its own without what is of the same block: neighbours in time are alike anyhow.

    Args:
        points: (n, dim).
        weights: (n,), positive.
        labels: (n,), groups 0 to k - 1, none of them empty.
        blocks: (n,), which points belong together in time.

    Returns:
        (k, k), the place of the nearest tenth of the points of both groups; 0 where each
        group is but one block.
    """
    centres, mass = means(points, weights, labels)
    key = np.unique(np.stack([labels, blocks]), axis=1, return_inverse=True)[1].reshape(-1)
    inner, block_mass = means(points, weights, key)
    left = mass[labels] - block_mass[key]
    held = left > 1e-9
    home = centres[labels] * mass[labels, None] - inner[key] * block_mass[key, None]
    home /= np.where(held, left, 1.0)[:, None]
    home_squares = np.einsum("ij,ij->i", home, home)[:, None]
    group_squares = np.sum(centres**2, axis=1)
    along = np.einsum("ij,ij->i", points, home)[:, None] - points @ centres.T
    length = np.maximum(home_squares - 2 * home @ centres.T + group_squares, 1e-9)
    place = (along - (home_squares - group_squares) / 2) / length
    clear = np.zeros((len(centres), len(centres)))
    for i, j in zip(*np.triu_indices(len(centres), 1), strict=True):
        both = np.r_[place[(labels == i) & held, j], place[(labels == j) & held, i]]
        clear[i, j] = clear[j, i] = np.quantile(both, 0.1) if len(both) else 0.0
    return clear


def group(
    points: Floats,
    weights: Floats,
    groups: int | None = None,
    *,
    blocks: Labels | None = None,
    most: int = 8,
    alike: Alike | None = None,
) -> Labels:
    """Group embeddings by speaker.

    Args:
        points: Mean embedding of the windows of each stretch of speech, (n, dim), n >= 1, none
            zero. Windows have unit length, their means less the more they differ.
        weights: Seconds of each stretch, (n,), positive.
        groups: How many speakers; None estimates it. Never more than there are stretches.
        blocks: (n,), which stretches belong together in time; None: each is by itself.
        most: Upper bound of the estimate.
        alike: When two groups are one speaker.

    Returns:
        (n,), numbered by first appearance.
    """
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    centres, mass, seats = _condensed(unit, weights)
    tree = ward(centres, mass)

    def cut(k: int) -> Labels:
        return settle(unit, weights, tree.cut(k)[seats])

    if groups is not None:
        return in_order(cut(max(1, groups)))
    bounds = Alike() if alike is None else alike
    parts = np.arange(len(unit)) if blocks is None else blocks
    best = np.zeros(len(unit), np.int64)
    for k in range(2, min(most, len(centres)) + 1):
        labels = cut(k)
        if not bounds.distinct(
            *means(points, weights, labels), margins(unit, weights, labels, parts)
        ):
            # One pair that looks alike may hide two that do not: look one further.
            if k > best.max() + 2:
                break
            continue
        best = labels
    return in_order(best)


def _condensed(unit: Floats, weights: Floats) -> tuple[Floats, Floats, Labels]:
    """Groups to begin with: means (m, dim), weights (m,), and the group of each point (n,).

    Every point is one where they are few; else each block, in time order, becomes a few
    hundred groups of points that are almost equal.
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
