"""How many people speak.

The voices are parted into two groups, three, and so on; traits of each partition tell how likely
it is that so many people speak and not one less: how clear of each other the groups keep, how
little somebody speaks, how far all voices scatter.

What the traits weigh was learnt on made conversations, calm and acted, in rooms, on the phone, in
noise and with hard cuts, of the tuning half of the speakers, and on synthetic voices; none may
weigh against common sense (``benchmarks/speaker_number.py`` learns it anew).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from empathia.listen.clusters import means
from empathia.listen.voices import Cells, Floats, Labels

MOST = 8  # no estimate goes higher
_USUAL = 120.0  # s
_FAR = 2.5  # spreads; what is further from the usual says no more


class Weighing(NamedTuple):
    """One trait: its usual value, how much it usually differs, and what it says."""

    usual: float
    spread: float
    weight: float


BIAS = 0.87
TRAITS: Mapping[str, Weighing] = {
    "nearer": Weighing(-0.060, 0.069, -0.36),
    "seconds": Weighing(2.571, 0.739, 1.10),
    "margin": Weighing(0.125, 0.065, 0.96),
    "strays": Weighing(0.038, 0.038, -0.26),
    "scatter": Weighing(0.355, 0.057, 0.59),
}

# That one person stays one is worth some who are taken for fewer: for two, and for more.
HESITATION = (0.6, 0.2)


class Partition(NamedTuple):
    """Cells in k groups, seen through what the traits need.

    Attributes:
        cells: (n,) of them.
        labels: The group of each cell, (n,), from 0 to k - 1, none of them empty.
    """

    cells: Cells
    labels: Labels

    @property
    def groups(self) -> int:
        """How many."""
        return int(self.labels.max()) + 1


def another(partition: Partition) -> float:
    """How likely it is that so many people speak as there are groups, if not fewer by one.

    Args:
        partition: Of at least two groups.
    """
    seen = traits(partition)
    score = BIAS - (HESITATION[0] if partition.groups == 2 else HESITATION[1])
    for name, (usual, spread, weight) in TRAITS.items():
        score += weight * float(np.clip((seen[name] - usual) / spread, -_FAR, _FAR))
    return 1 / (1 + math.exp(-score))


def probabilities(more: Mapping[int, float]) -> dict[int, float]:
    """Of each number of people, summing to 1.

    Args:
        more: How likely it is that there are 2 and not 1, 3 and not 2, ... without a gap.
    """
    chances, reach = {}, 1.0
    for number in sorted(more):
        chances[number - 1] = reach * (1 - more[number])
        reach *= more[number]
    chances[len(more) + 1] = reach
    return chances


def within(likely: Mapping[int, float], least: int, most: int) -> dict[int, float]:
    """The same where no other numbers can be; {} where none of these can."""
    kept = {k: p for k, p in likely.items() if least <= k <= most}
    total = sum(kept.values())
    return {k: p / total for k, p in kept.items()} if total > 0 else {}


def traits(partition: Partition) -> dict[str, float]:
    """What tells whether the groups are so many people.

    Returns:
        "nearer": how much nearer to another group than to their own some pieces are (cosine);
        "seconds": the logarithm of what the group speaks that speaks least;
        "margin": how much nearer to its own centre than to others the least clear group is;
        "strays": the share of cells that are nearer to another group;
        "scatter": how far the voices are from their mean, all together.
    """
    cells, labels = partition
    short, mass = means(cells.short, cells.seconds, labels)
    long, _mass = means(cells.long, cells.seconds, labels)
    whole = np.average(cells.long, axis=0, weights=cells.seconds)
    own, best = _nearness(cells.long, long, labels)
    own_short, best_short = _nearness(cells.short, short, labels)
    inside, _mass = means((own - best)[:, None], cells.seconds, labels)
    # In long talk a mood, too, comes up often; what it weighs was learnt on up to two minutes.
    longer = max(0.0, float(np.log(mass.sum() / _USUAL))) / 2
    return {
        "nearer": _nearer(partition),
        "seconds": float(np.log(mass.min())) - longer,
        "margin": float(inside.min()),
        "strays": float(np.average(own_short < best_short, weights=cells.seconds)),
        "scatter": float(1 - whole @ whole),
    }


class _Pieces(NamedTuple):
    """Runs of cells of one group and one segment: mean long voice, group and length (s) of each."""

    voice: Floats
    group: Labels
    seconds: Floats


def _pieces(partition: Partition) -> _Pieces:
    cells, labels = partition
    starts = (np.diff(labels, prepend=-1) != 0) | (np.diff(cells.segment, prepend=-1) != 0)
    number = np.cumsum(starts) - 1
    voice, seconds = means(cells.long, cells.seconds, number)
    return _Pieces(voice, labels[starts], seconds)


def _nearer(partition: Partition) -> float:
    """How much nearer pieces are to another group than to the rest of their own (cosines).

    The ninth tenth of the pieces, by their seconds, of the two groups that differ least by it.
    """
    pieces = _pieces(partition)
    centres, mass = means(pieces.voice, pieces.seconds, pieces.group)
    has = mass[pieces.group] - pieces.seconds > 1e-6
    rest = (centres * mass[:, None])[pieces.group] - pieces.voice * pieces.seconds[:, None]
    unit = _unit(pieces.voice)
    nearer = unit @ _unit(centres).T - np.einsum("ij,ij->i", unit, _unit(rest))[:, None]
    worst = -1.0
    for i, j in zip(*np.triu_indices(partition.groups, 1), strict=True):
        first, second = has & (pieces.group == i), has & (pieces.group == j)
        both = np.r_[nearer[first, j], nearer[second, i]]
        seconds = np.r_[pieces.seconds[first], pieces.seconds[second]]
        worst = max(worst, _quantile(both, seconds, 0.9))
    return worst


def _nearness(voices: Floats, centres: Floats, labels: Labels) -> tuple[Floats, Floats]:
    """Cosine of each voice with its own group, and with the nearest other one, (n,) each."""
    cosine = voices @ _unit(centres).T
    at = np.arange(len(labels))
    own = cosine[at, labels].copy()
    cosine[at, labels] = -1
    return own, cosine.max(axis=1)


def _quantile(values: Floats, weights: Floats, share: float) -> float:
    """Under which so great a share of the weight lies; 0 where there is nothing."""
    if len(values) == 0:
        return 0.0
    order = np.argsort(values, kind="stable")
    reach = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(int(np.searchsorted(reach, share)), len(values) - 1)])


def _unit(rows: Floats) -> Floats:
    unit: Floats = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return unit
