"""Measures as sums over replies, so that drawing talks again costs one product of matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Column:
    """What a measure sums up.

    Args:
        sums: (replies, columns) what each reply adds.
        value: The measure of sums (columns,); NaN where it has none.
    """

    sums: Floats
    value: Callable[[Floats], float]


def mean(values: Sequence[float]) -> Column:
    """The mean of what is known; NaN is not."""
    each = np.array(values, np.float64)
    known = ~np.isnan(each)
    sums = np.stack([np.where(known, each, 0.0), known.astype(np.float64)], axis=1)
    return Column(sums, ratio)


def ratio(sums: Floats) -> float:
    """The first of (2,) sums over the second, one number; NaN over nothing."""
    return float(sums[0] / sums[1]) if sums[1] else float("nan")
