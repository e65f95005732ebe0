"""Measures of replies by sentence vectors: likeness to a reference, and near-duplicates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from empathia.evaluate.replies.sums import Column, mean
from empathia.exemplars.encoding import Encode
from empathia.judges.given import Given
from empathia.types import FloatArray

_SAME = 0.95  # cosine from which two replies are near-duplicates


def by_meaning(replies: Sequence[Given], encode: Encode) -> dict[str, Column]:
    """Cosine to the reference, and the share of replies that another one nearly is."""
    rows = encode([g.reply for g in replies])
    figures = {}
    if any(g.reference for g in replies):
        near = (rows * encode([g.reference or " " for g in replies])).sum(1)
        figures["similarity"] = mean(
            [float(s) if g.reference else np.nan for s, g in zip(near, replies, strict=True)]
        )
    figures["near-duplicates"] = mean(_doubled(rows).astype(np.float64).tolist())
    return figures


def _doubled(rows: FloatArray) -> NDArray[np.bool_]:
    """Whether another row lies within a cosine of .95, (n,)."""
    figures = np.zeros(len(rows), bool)
    for start in range(0, len(rows), 1024):
        some = rows[start : start + 1024] @ rows.T
        some[np.arange(len(some)), np.arange(start, start + len(some))] = -1
        figures[start : start + len(some)] = some.max(1, initial=-1) >= _SAME
    return figures
