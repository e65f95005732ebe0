"""Features of utterances as rows of one table, scaled by what the training part shows.

A feature over time becomes one row: mean and standard deviation of each column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray

from empathia.errors import ConfigError, TrainingError
from empathia.types import Features, Sample

Table = NDArray[np.float32]
_CONSTANT = 1e-6


class Rows:
    """Turns samples into rows; fitted on training samples by :meth:`fit`.

    Missing values, of an utterance that has other values, stand at the training mean, which
    is 0 here. So does a column that training does not know or in which nothing varied there,
    whatever it holds: nothing was learnt of it.

    Args:
        kept: For each feature the indices of the columns that are read.
        groups: One name a column of the table, shared by those that belong together.
    """

    def __init__(self, kept: Mapping[str, NDArray[np.intp]], groups: Sequence[str]) -> None:
        self.kept, self.groups = kept, groups
        self.mean: Table = np.zeros(len(groups), np.float32)
        self.scale: Table = np.ones(len(groups), np.float32)

    @classmethod
    def fit(
        cls, samples: Sequence[Sample], names: Sequence[str], columns: Sequence[str] = ()
    ) -> Self:
        """Learn which columns there are, their means and standard deviations.

        Args:
            samples: Of the training part.
            names: Names of the features.
            columns: Beginnings of the names of columns that are read; () for all.

        Raises:
            TrainingError: No sample has one of the features.
            ConfigError: No column's name begins so.
        """
        begin = tuple(columns) or ("",)
        kept, groups = {}, []
        for name in names:
            known = _column_names(name, samples)
            kept[name] = np.array([i for i, x in enumerate(known) if x.startswith(begin)], np.intp)
            groups += [f"{name}/{known[i].split('.')[0]}" for i in kept[name]]
        if not groups:
            raise ConfigError(
                f"no column of {', '.join(names)} begins with {' or '.join(columns)}",
                "Mend model.columns",
            )
        rows = cls(kept, groups)
        rows.scale_by(rows.raw([s for s in samples if rows.there(s)]))
        return rows

    def scale_by(self, raw: Table) -> None:
        """Take means and standard deviations from unscaled rows, (rows, columns)."""
        there = ~np.isnan(raw)
        count = np.maximum(there.sum(0), 1)
        self.mean = (np.where(there, raw, 0).sum(0, dtype=np.float64) / count).astype(np.float32)
        square = np.where(there, raw - self.mean, 0).astype(np.float64) ** 2
        spread = np.sqrt(square.sum(0) / count)
        self.scale = np.where(spread > _CONSTANT, spread, np.inf).astype(np.float32)

    def there(self, sample: Sample) -> bool:
        """Whether the sample has any value to be judged by."""
        return not np.isnan(self.raw([sample])).all()

    def raw(self, samples: Sequence[Sample]) -> Table:
        """Unscaled, NaN where missing, shape (samples, columns)."""
        rows = np.full((len(samples), len(self.groups)), np.nan, np.float32)
        for i, sample in enumerate(samples):
            rows[i] = np.concatenate([self._part(sample, name) for name in self.kept])
        return rows

    def _part(self, sample: Sample, name: str) -> Table:
        kept = self.kept[name]
        if name not in sample.features:
            return np.full(len(kept), np.nan, np.float32)
        values = row(sample.features[name])
        if len(kept) and kept[-1] >= len(values):
            raise TrainingError(
                f"'{name}' of utterance '{sample.id}' has {len(values)} columns, others more",
                "Extract the features again with one setting",
            )
        return np.asarray(values[kept])

    def __call__(self, samples: Sequence[Sample]) -> Table:
        """Scaled rows, shape (samples, columns)."""
        return np.asarray(np.nan_to_num((self.raw(samples) - self.mean) / self.scale), np.float32)


def row(features: Features) -> Table:
    """The row of a feature, (columns,) in its units.

    Of one over time it is the mean and the standard deviation of each column, (2 columns,).
    What is not finite is missing, so NaN.
    """
    x = np.where(np.isfinite(features.values), features.values, np.nan)
    if features.rate is None and len(x) == 1:
        return np.asarray(x[0])
    there = ~np.isnan(x)
    with np.errstate(invalid="ignore"):
        count = there.sum(0)
        mean = np.where(there, x, 0).sum(0) / count
        spread = np.sqrt((np.where(there, x - mean, 0) ** 2).sum(0) / count)
    return np.concatenate([mean, spread]).astype(np.float32)


def _column_names(name: str, samples: Sequence[Sample]) -> list[str]:
    first = next((s.features[name] for s in samples if name in s.features), None)
    if first is None:
        raise TrainingError(
            f"no training utterance has the feature '{name}'", "Check [features] of the run file"
        )
    names = list(first.names) or [f"column{i}" for i in range(first.values.shape[1])]
    if first.rate is None and len(first.values) == 1:
        return names
    return [f"{statistic} {n}" for statistic in ("mean", "deviation") for n in names]
