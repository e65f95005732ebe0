"""Pairs that may be summed before they are compared: of one dialogue, answered by the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from empathia.evaluate.reactions.asked import Asked
from empathia.types import Features, Reaction

Cells = NDArray[np.int64]


def cells_of(asked: Asked, names: Sequence[str], rows: Sequence[str]) -> dict[str, Cells]:
    """By feature of one row, (rows,) the number of the cell that each pair is in.

    Sums of a cell can be left out of a difference whole where one of two does not answer: no pair
    is compared that one alone answers, and no moments of single pairs are held.

    Args:
        asked: What was asked.
        names: Of the predictors.
        rows: Features of one row.

    Raises:
        InputError: A file is missing or damaged.
    """
    nobody = np.zeros((len(asked.units), len(names)), bool)
    answered = {feature: nobody.copy() for feature in rows}
    parts = [part for seed in asked.seeds for part in seed if rows]
    for place, name in enumerate(names):
        for part in parts:
            for row, pair, draws in part.said(name):
                for feature in pair.truth.keys() & answered.keys():
                    answered[feature][row, place] |= _answers(pair.truth[feature], draws)
    return {feature: _numbered(asked.units, flags) for feature, flags in answered.items()}


def _answers(real: Features, draws: Sequence[Reaction]) -> bool:
    said = next((f for r in draws if (f := r.features.get(real.extractor)) is not None), None)
    if said is None or real.values.shape[1] != said.values.shape[1]:
        return False
    return bool((~np.isnan(real.values[:1]) & ~np.isnan(said.values[:1])).any())


def _numbered(units: Cells, flags: NDArray[np.bool_]) -> Cells:
    _, cells = np.unique(np.column_stack([units, flags]), axis=0, return_inverse=True)
    return np.asarray(cells.reshape(-1), np.int64)
