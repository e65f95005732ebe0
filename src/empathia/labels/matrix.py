"""Scores over one label set as scores over another, by a matrix with named rows and columns.

A column says what one source label amounts to among the target labels and sums
to 1, so that exclusive scores stay exclusive. It is written in a run file as
``"joy>happy 0.5, joy>excited 0.5, sadness>sad 1"``, or counted on training data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from empathia.errors import ConfigError, LabelError
from empathia.labels import LabelSet
from empathia.metrics.scores import Array

_PRIOR_COUNT = 5.0  # items that the class shares count as in a counted column


@dataclass(frozen=True, slots=True, eq=False)
class Matrix:
    """``target scores = values @ source scores``.

    Args:
        source: Labels of the columns.
        target: Labels of the rows.
        values: (target, source), in [0, 1].
        exclusive: Each column must sum to 1.

    Raises:
        LabelError: A number is outside [0, 1] or a column does not sum to 1; names it.
    """

    source: LabelSet
    target: LabelSet
    values: Array
    exclusive: bool = True

    def __post_init__(self) -> None:
        for k, label in enumerate(self.source):
            column = self.values[:, k]
            if column.min() < 0 or column.max() > 1 + 1e-9:
                raise LabelError(f"what '{label}' becomes is outside [0, 1]", "Mend its numbers")
            if self.exclusive and abs(column.sum() - 1) > 1e-6:
                raise LabelError(
                    f"what '{label}' of '{self.source.name}' becomes sums to {column.sum():g} "
                    f"over '{self.target.name}', expected 1",
                    "Give every source label shares that sum to 1",
                )

    def __call__(self, scores: Array) -> Array:
        """(items, source) to (items, target)."""
        return np.asarray(scores @ self.values.T)

    def named(self) -> dict[str, dict[str, float]]:
        """What each source label becomes, for the record."""
        return {
            s: dict(zip(self.target, self.values[:, k].tolist(), strict=True))
            for k, s in enumerate(self.source)
        }


def written(text: str, source: LabelSet, target: LabelSet, *, exclusive: bool) -> Matrix:
    """A matrix as a run file gives it.

    Raises:
        ConfigError: A part is not ``label>label number``, or a pair is given twice.
        LabelError: A label is unknown, or the numbers do not fit.
    """
    shares: dict[tuple[str, str], float] = {}
    for part in text.split(","):
        pair, _, number = part.strip().partition(" ")
        label, arrow, becomes = pair.partition(">")
        try:
            share = float(number)
        except ValueError:
            arrow, share = "", 0.0
        if not arrow or (label, becomes) in shares:
            raise ConfigError(
                f"'{part.strip()}' in a projection is doubled or not 'label>label number'",
                "Write it like: joy>happy 0.5, joy>excited 0.5",
            )
        shares[label, becomes] = share
    return Matrix(source, target, _filled(shares, source, target), exclusive)


def _filled(shares: Mapping[tuple[str, str], float], source: LabelSet, target: LabelSet) -> Array:
    """(target, source); what is not listed is 0."""
    values = np.zeros((len(target), len(source)))
    for (label, becomes), share in shares.items():
        values[target.index(becomes), source.index(label)] = share
    return values


def counted(
    scores: Array, gold: Array, source: LabelSet, target: LabelSet, *, exclusive: bool
) -> Matrix:
    """How often each target label holds where a source label is scored, on training data.

    A column leans on the class shares by a few items, so that a label that is never scored
    says nothing.

    Args:
        scores: (items, source).
        gold: (items, target); shares are allowed.
        source: Labels of the scores.
        target: Labels of the gold.
        exclusive: One target label an item.
    """
    prior = gold.mean(0)[:, None]
    values = (gold.T @ scores + _PRIOR_COUNT * prior) / (scores.sum(0) + _PRIOR_COUNT)
    return Matrix(source, target, np.asarray(values), exclusive)
