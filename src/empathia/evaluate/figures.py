"""From sums over dialogues to figures, for the test set as it is and for resampled ones alike."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from empathia.evaluate.judged import CALIBRATED, Judged
from empathia.metrics.bootstrap import Block, interval, resampled
from empathia.metrics.calibration import BINS
from empathia.metrics.counts import COUNTED, counts, f1, precision, recall
from empathia.types import Score

Floats = NDArray[np.float64]
SINGLE = (
    "weighted_f1",
    "macro_f1",
    "accuracy",
    "uar",
    "weighted_precision",
    "weighted_recall",
    "macro_precision",
    "macro_recall",
)
INDEPENDENT = (
    "micro_f1",
    "macro_f1",
    "weighted_f1",
    "accuracy",
    "jaccard",
    "uar",
    "macro_precision",
    "macro_recall",
    "weighted_precision",
    "weighted_recall",
)


@dataclass(frozen=True, slots=True)
class Sampled:
    """Sums of one part of the test set: (seeds, columns) as it is, (resamples, seeds, columns).

    ``drawn`` has no resamples where there is a single dialogue: nothing can be resampled.
    """

    slice: str
    n: int
    sums: Floats
    drawn: Floats


def sample(
    judged: Judged,
    parts: Mapping[str, NDArray[np.bool_]],
    seeds: int,
    columns: int,
    resamples: int,
) -> dict[str, Sampled]:
    """Sum parts of the test set by dialogue and resample them all together.

    Args:
        judged: The test rows.
        parts: (rows,) which rows a part holds, by the part's name.
        seeds: How many seeds there are.
        columns: How many of the columns are needed.
        resamples: How many test sets to draw.
    """
    blocks = {
        name: block(judged, rows, judged.unit[rows], seeds, columns) for name, rows in parts.items()
    }
    enough = judged.units > 1 and resamples > 0
    drawn = (
        resampled(list(blocks.values()), judged.units, resamples)
        if enough
        else [np.empty((0, seeds * columns)) for _ in blocks]
    )
    return {
        name: Sampled(
            name,
            round(int(parts[name].sum()) / seeds),
            block.sums.sum(0).reshape(seeds, columns),
            drawn[i].reshape(-1, seeds, columns),
        )
        for i, (name, block) in enumerate(blocks.items())
    }


def block(
    judged: Judged, rows: NDArray[np.bool_], unit: NDArray[np.integer], seeds: int, columns: int
) -> Block:
    """Sums of some rows by dialogue, the seeds side by side.

    Args:
        judged: The test rows.
        rows: (test rows,) which of them.
        unit: (chosen rows,) number of the dialogue of each.
        seeds: How many seeds there are.
        columns: How many of the columns are needed.
    """
    units, place = np.unique(unit, return_inverse=True)
    where, size = place * seeds + judged.seed[rows], len(units) * seeds
    values = judged.columns[rows]
    sums = np.empty((size, columns))
    for c in range(columns):
        sums[:, c] = np.bincount(where, values[:, c], size)
    return Block(units, sums.reshape(len(units), -1))


def together(parts: Iterable[Sampled], name: str) -> Sampled:
    """The sum of several parts."""
    every = list(parts)
    return Sampled(
        name,
        sum(p.n for p in every),
        sum_of([p.sums for p in every]),
        sum_of([p.drawn for p in every]),
    )


def sum_of(values: list[Floats]) -> Floats:
    """Sum of arrays of one shape, which it has as well: (..., columns), without stacking them."""
    total = values[0].copy()
    for v in values[1:]:
        total += v
    return total


def figures(sums: Floats, classes: int, names: Iterable[str]) -> dict[str, Floats]:
    """Measures by name of (..., columns) sums, each (...); calibration too where it is there."""
    counted = 3 * classes + 3
    measures = {name: COUNTED[name](counts(sums[..., :counted])) for name in names}
    if sums.shape[-1] > counted:
        for end, first in (("", counted), ("_scaled", counted + CALIBRATED)):
            measures |= _quality(sums[..., first : first + CALIBRATED], end)
    return measures


def _quality(sums: Floats, end: str) -> dict[str, Floats]:
    decisions, rows = sums[..., BINS], sums[..., BINS + 3]
    gaps = np.abs(sums[..., :BINS]).sum(-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            f"ece{end}": np.where(decisions > 0, gaps / decisions, np.nan),
            f"nll{end}": np.where(rows > 0, sums[..., BINS + 1] / rows, np.nan),
            f"brier{end}": np.where(rows > 0, sums[..., BINS + 2] / rows, np.nan),
        }


def each_class(sums: Floats, classes: int) -> dict[str, Floats]:
    """Precision, recall and F1 of every class, each (..., classes)."""
    counted = counts(sums[..., : 3 * classes + 3])
    return {"precision": precision(counted), "recall": recall(counted), "f1": f1(counted)}


def mean(values: Floats, axis: int = -1) -> Floats:
    """Mean over an axis of (..., n) of what is known; NaN where nothing is."""
    known = ~np.isnan(values)
    number = known.sum(axis)
    total = np.where(known, values, 0).sum(axis)
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)


def score(metric: str, value: float, drawn: Floats, n: int, where: str) -> Score:
    """A figure with the interval of its (resamples,) values, if there are any.

    Calibration error has none: resampled gaps are wider than the true ones, so that percentiles
    would lie above the figure itself.
    """
    fine = len(drawn) and not np.isnan(value) and not metric.startswith("ece")
    span = interval(drawn) if fine else None
    low, high = span or (None, None)
    return Score(metric, float(value), low, high, n, where)


def scores(part: Sampled, classes: int, names: Iterable[str]) -> tuple[Score, ...]:
    """Every measure of a part: mean over the seeds, and its interval."""
    now, drawn = (figures(x, classes, names) for x in (part.sums, part.drawn))
    return tuple(
        score(name, float(mean(now[name])), mean(drawn[name]), part.n, part.slice) for name in now
    )


def present(part: Sampled, classes: int) -> tuple[Sampled, int]:
    """A part without the classes that nothing in it is or is taken for, and how many are left.

    Macro means count such a class as 0, so that parts could not be compared.
    """
    whole = counts(part.sums.reshape(-1, part.sums.shape[-1]).sum(0))
    there = np.flatnonzero(whole.gold + whole.predicted)
    if not len(there):
        return part, classes
    kept = [
        *there,
        *(classes + there),
        *(2 * classes + there),
        *range(3 * classes, 3 * classes + 3),
    ]
    fewer = replace(part, sums=part.sums[..., kept], drawn=part.drawn[..., kept])
    return fewer, len(there)


def fold_means(parts: Iterable[Sampled], classes: int, names: Iterable[str]) -> tuple[Score, ...]:
    """Every measure as the mean over folds of its mean over seeds."""
    parts, names = list(parts), list(names)
    now = [figures(p.sums, classes, names) for p in parts]
    drawn = [figures(p.drawn, classes, names) for p in parts]
    total = sum(p.n for p in parts)
    return tuple(
        score(
            name,
            float(mean(np.array([mean(f[name]) for f in now]))),
            mean(np.stack([mean(f[name]) for f in drawn]), 0),
            total,
            "mean over folds",
        )
        for name in now[0]
    )
