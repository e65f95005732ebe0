"""Ready-made numbers of a table as features."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase

import numpy as np

from empathia.corpora._tables import PROSODY
from empathia.corpora.table import cells
from empathia.corpora.table.rows import Row, Table
from empathia.errors import CorpusError
from empathia.types import Features


def joined(
    table: Table, keys: Mapping[str, Row], feature: str, columns: Sequence[str]
) -> dict[str, Features]:
    """One feature, (1, numbers), by utterance id; rows of which all cells are empty have none.

    Args:
        table: Where the numbers are.
        keys: Its rows by utterance id.
        feature: What they are to be called.
        columns: Which they are; names may hold ``*``.

    Raises:
        CorpusError: A column is missing, a cell is no number, or lists differ in length.
    """
    chosen = [h for c in columns for h in _matching(table, c, feature)]
    numbers: dict[str, list[float]] = {}
    names: tuple[str, ...] = ()
    for key, row in keys.items():
        values: dict[str, float] = {}
        for column in chosen:
            values.update(_numbers(row, column))
        if all(math.isnan(v) for v in values.values()):
            continue
        if names and tuple(values) != names:
            raise row.wrong(f"feature '{feature}' has {len(values)} numbers, others {len(names)}")
        names = tuple(values)
        numbers[key] = list(values.values())
    units = tuple(PROSODY[n] for n in names) if set(names) <= set(PROSODY) else ()
    return {
        key: Features(key, feature, np.array([values], np.float32), names, units)
        for key, values in numbers.items()
    }


def _matching(table: Table, column: str, feature: str) -> list[str]:
    columns = [column] if column in table.header else []
    if "*" in column:
        columns = [h for h in table.header if fnmatchcase(h, column)]
    if not columns:
        raise CorpusError(
            f"{table.file} has no column '{column}' for feature '{feature}'",
            "Name one of its columns",
        )
    return columns


def _numbers(row: Row, column: str) -> dict[str, float]:
    """The numbers of one cell by name; a list has one name a number."""
    cell = row.cells.get(column)
    if isinstance(cell, str) and cell.startswith("["):
        cell = cells.parsed(cell)
    if not isinstance(cell, list):
        value = cells.finite(row, column, cell)
        return {column: math.nan if value is None else value}
    values = [cells.finite(row, column, x) for x in cell]
    return {f"{column}[{i}]": math.nan if v is None else v for i, v in enumerate(values)}
