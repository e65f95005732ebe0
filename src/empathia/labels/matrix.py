"""Scores over one label set as scores over another, by a matrix with named rows and columns.

A column says what one source label amounts to among the target labels and sums
to 1, so that exclusive scores stay exclusive. It is written in a run file as
``{ joy = { happy = 0.5, excited = 0.5 }, sadness = { sad = 1 } }``, or counted on training data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from empathia.errors import ConfigError, LabelError
from empathia.files import Plain
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


def written(table: Plain, source: LabelSet, target: LabelSet, *, exclusive: bool) -> Matrix:
    """A matrix as a run file gives it: ``{ joy = { happy = 0.5, excited = 0.5 } }``.

    Raises:
        ConfigError: It is no table of tables of numbers.
        LabelError: A label is unknown, or the numbers do not fit.
    """
    values = np.zeros((len(target), len(source)))
    for label, shares in _table(table).items():
        for to, share in _table(shares).items():
            if isinstance(share, bool) or not isinstance(share, int | float):
                raise _unreadable(share)
            values[target.index(to), source.index(label)] = share
    return Matrix(source, target, values, exclusive)


def _table(value: Plain) -> Mapping[str, Plain]:
    if not isinstance(value, Mapping):
        raise _unreadable(value)
    return value


def _unreadable(value: Plain) -> ConfigError:
    return ConfigError(
        f"a projection is a table of tables of numbers, found {value!r}",
        "Write it like: projection = { joy = { happy = 0.5, excited = 0.5 } }",
    )


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
