"""How many people speak.

The voices are parted into two groups, three, and so on, a group in two each time. Traits of the
two tell how likely they are different people: how near their voices are to each other, measured
by how near voices of one person are here; how little one of them speaks, and how shortly.
What each step says adds up, so that a doubtful one (six people in two groups) stops nothing.

What the traits weigh was learnt on made conversations of 12 s to two minutes, calm and acted, in
rooms, on the phone, in noise, from afar and with hard cuts, of the tuning half of the speakers,
and on synthetic voices (``benchmarks/speaker_number.py`` learns it anew).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from empathia.listen.clusters import means
from empathia.listen.voices import CELL, LONG, Cells, Floats, Labels

MOST = 8  # no estimate goes higher
_FAR = 2.5  # spreads; what is further from the usual says no more
_ALIKE = 0.6  # cosine of two windows of one person, where there are too few to see it
_FEW = 5  # windows


class Weighing(NamedTuple):
    """One trait: its usual value, how much it usually differs, and what it says."""

    usual: float
    spread: float
    weight: float


BIAS = -1.38
TRAITS: Mapping[str, Weighing] = {
    "alike": Weighing(0.744, 0.141, -1.27),
    "apart": Weighing(-0.033, 0.151, 0.76),
    "seconds": Weighing(1.948, 0.848, 0.80),
    "pieces": Weighing(0.825, 0.393, 0.11),
}

# That one person stays one is worth some who are taken for fewer: for two, and for more.
HESITATION = (0.3, 0.3)


class Step(NamedTuple):
    """One group more: cells in k groups, and which two of them were one before.

    Attributes:
        cells: (n,) of them.
        labels: The group of each cell, (n,), from 0 to k - 1, none of them empty.
        pair: The two groups.
    """

    cells: Cells
    labels: Labels
    pair: tuple[int, int]

    @property
    def groups(self) -> int:
        """How many."""
        return int(self.labels.max()) + 1


def evidence(step: Step) -> float:
    """Logarithm of the odds that the two groups are two people."""
    seen, score = traits(step), BIAS
    score -= HESITATION[0] if step.groups == 2 else HESITATION[1]
    for name, (usual, spread, weight) in TRAITS.items():
        score += weight * float(np.clip((seen[name] - usual) / spread, -_FAR, _FAR))
    return score


def probabilities(steps: Mapping[int, float]) -> dict[int, float]:
    """Of each number of people, summing to 1.

    Args:
        steps: The evidence of each step, by the number of groups: from 2 on, without a gap.
    """
    numbers = [1, *sorted(steps)]
    sums = np.cumsum([0.0, *(steps[n] for n in numbers[1:])])
    chances = np.exp(sums - sums.max())
    return dict(zip(numbers, (chances / chances.sum()).tolist(), strict=True))


def within(likely: Mapping[int, float], least: int, most: int) -> dict[int, float]:
    """The same where no other numbers can be; {} where none of these can."""
    kept = {k: p for k, p in likely.items() if least <= k <= most}
    total = sum(kept.values())
    return {k: p / total for k, p in kept.items()} if total > 0 else {}


def traits(step: Step) -> dict[str, float]:
    """What tells whether two groups are two people.

    Returns:
        "alike": the cosine of the two groups, of all, that are nearest to each other;
        "apart": how much nearer neighbouring voices are than these two groups (cosine);
        "seconds": the logarithm of what the lesser of the two speaks;
        "pieces": the logarithm of how long their pieces usually are (s).
    """
    cells, labels, (a, b) = step
    centres, mass = means(cells.long, cells.seconds, labels)
    unit = centres / np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
    cosines = unit @ unit.T
    return {
        "alike": float(cosines[np.triu_indices(step.groups, 1)].max()),
        "apart": _neighbours(cells) - float(cosines[a, b]),
        "seconds": float(np.log(min(mass[a], mass[b]))),
        "pieces": float(np.log(np.median(_pieces(step)))),
    }


def _neighbours(cells: Cells) -> float:
    """The usual cosine of two windows one behind the other in one segment."""
    hop = round(LONG / CELL)
    first, second = cells.long[:-hop], cells.long[hop:]
    one = cells.segment[hop:] == cells.segment[:-hop]
    cosines = np.einsum("ij,ij->i", first[one], second[one])
    return float(np.median(cosines)) if len(cosines) >= _FEW else _ALIKE


def _pieces(step: Step) -> Floats:
    """Seconds of each run of cells of the two groups, of one group and one segment."""
    cells, labels, pair = step
    starts = (np.diff(labels, prepend=-1) != 0) | (np.diff(cells.segment, prepend=-1) != 0)
    seconds: Floats = np.add.reduceat(cells.seconds, np.flatnonzero(starts))
    return seconds[np.isin(labels[starts], pair)]
