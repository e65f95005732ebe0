"""How right the emotion of a foretold reaction is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from empathia.evaluate.reactions.summed import Floats, Summed
from empathia.metrics.counts import COUNTED, Counts, counts, tally
from empathia.types import Emotion

MEASURES = ("weighted_f1", "macro_f1", "accuracy")


def count(
    gold: Sequence[str | None], best: Sequence[Emotion | None], labels: Sequence[str]
) -> Floats:
    """(pairs, 3 labels + 3) counts of the first draws' labels.

    What says nothing is an error, and is never left out. A pair without one gold label is zeros.

    Args:
        gold: The one gold label of each pair.
        best: What the first draw of each tells.
        labels: Of the set, in order.
    """
    told = _indicators(labels, [e.label if e else None for e in best])
    true = _indicators(labels, gold)
    return tally(true, told) * np.asarray(true.any(axis=1))[:, None]


def measures(sums: Floats, units: NDArray[np.int64]) -> dict[str, Summed]:
    """Measures of (rows, seeds, 3 labels + 3) counts, and "covered", how many say anything.

    None where no row has a gold label, or nothing is ever said: who does not foretell emotions is
    no floor of it, and is not beaten.
    """
    whole = counts(sums.sum((0, 1)))
    if not (whole.items and whole.predicted.any()):
        return {}
    known = np.asarray((sums[..., -1] > 0).any(axis=1), bool)
    ones = np.ones(len(known), np.int64)

    def summed(measure: str) -> Summed:
        return Summed(sums, units, lambda s: COUNTED[measure](counts(s)), known, ones)

    covered = Summed(sums, units, lambda s: _share(counts(s)), known, ones)
    return {measure: summed(measure) for measure in MEASURES} | {"covered": covered}


def _share(c: Counts) -> Floats:
    with np.errstate(invalid="ignore"):
        share: Floats = c.predicted.sum(-1) / np.where(c.items > 0, c.items, np.nan)
    return share


def _indicators(labels: Sequence[str], told: Sequence[str | None]) -> NDArray[np.bool_]:
    """(rows, labels); a row without any says nothing."""
    return np.array([[t == x for x in labels] for t in told], bool).reshape(len(told), len(labels))
