"""Measures as sums over pairs, so that drawing dialogues again costs a product of matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from empathia.metrics.bootstrap import Block
from empathia.metrics.reactions.concordance import concordances

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Summed:
    """What one measure of one predictor sums up.

    Args:
        sums: (rows, seeds, columns); all zeros where a seed has no figure for a row.
        units: (rows,) number of the dialogue of each.
        value: The measure of (..., columns) sums, (...); NaN of nothing.
        known: (rows,) whether a row counts.
        pairs: (rows,) how many pairs each is of.
    """

    sums: Floats
    units: NDArray[np.int64]
    value: Callable[[Floats], Floats]
    known: NDArray[np.bool_]
    pairs: NDArray[np.int64]

    @property
    def n(self) -> int:
        """Pairs that count."""
        return int(self.pairs[self.known].sum())

    def among(self, rows: NDArray[np.bool_]) -> Summed:
        """Of some (rows,) alone."""
        kept = self.sums * rows[:, None, None]
        return Summed(kept, self.units, self.value, self.known & rows, self.pairs)

    def block(self) -> Block:
        """Sums of each dialogue, the seeds side by side."""
        units, place = np.unique(self.units, return_inverse=True)
        sums = np.zeros((len(units), *self.sums.shape[1:]))
        np.add.at(sums, place, self.sums)
        return Block(units, sums.reshape(len(units), -1))

    def figure(self, sums: Floats) -> Floats:
        """The measure of (..., seeds * columns) sums, mean over seeds, (...)."""
        each = self.value(sums.reshape(*sums.shape[:-1], *self.sums.shape[1:]))
        known = ~np.isnan(each)
        with np.errstate(invalid="ignore"):
            mean: Floats = np.where(known, each, 0).sum(-1) / known.sum(-1)
        return mean


def means(values: Sequence[Floats], units: NDArray[np.int64]) -> Summed:
    """The mean over rows of (seeds, rows) values; NaN does not count."""
    each = np.array(values, np.float64).T
    known = ~np.isnan(each)
    sums = np.stack([np.where(known, each, 0), known], axis=-1)
    rows = np.asarray(known.any(axis=1), bool)
    return Summed(sums, units, _ratio, rows, np.ones(len(rows), np.int64))


def _ratio(sums: Floats) -> Floats:
    with np.errstate(invalid="ignore"):
        value: Floats = sums[..., 0] / np.where(sums[..., 1] > 0, sums[..., 1], np.nan)
    return value


def pooled(moments: Floats, units: NDArray[np.int64], cells: NDArray[np.int64]) -> Summed:
    """Concordance over all pairs, mean over columns.

    Args:
        moments: (cells, seeds, 6, columns).
        units: (pairs,) number of the dialogue of each.
        cells: (pairs,) number of the cell of each, none of two dialogues.
    """
    _, first, pairs = np.unique(cells, return_index=True, return_counts=True)
    columns = moments.shape[-1]
    flat = moments.reshape(*moments.shape[:2], -1)

    def value(sums: Floats) -> Floats:
        each = concordances(sums.reshape(*sums.shape[:-1], 6, columns))
        known = ~np.isnan(each)
        with np.errstate(invalid="ignore"):
            mean: Floats = np.where(known, each, 0).sum(-1) / known.sum(-1)
        return mean

    known = np.asarray(moments[:, :, 0].sum(axis=(1, 2)) > 0, bool)
    return Summed(flat, units[first], value, known, pairs)
