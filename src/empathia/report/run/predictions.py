"""All rows of a run in one file: every seed, fold and utterance, with what was right."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from empathia.bench.results import Results
from empathia.errors import UsageError

if TYPE_CHECKING:
    import pyarrow

SUFFIXES = (".parquet", ".csv")


def dump(results: Results, suffix: str) -> bytes:
    """The rows with a column "right" (null where there is no one gold label).

    Args:
        results: The run.
        suffix: ".parquet" or ".csv".

    Raises:
        UsageError: The suffix is another one.
    """
    import pyarrow
    from pyarrow import csv, parquet

    if suffix not in SUFFIXES:
        raise UsageError(
            f"cannot dump as '{suffix}' (expected one of {', '.join(SUFFIXES)})",
            "Choose the format by the suffix of the file",
        )
    right = pyarrow.array(results.predicted == results.gold, mask=results.gold < 0)
    table = results.table.append_column("right", right)
    out = io.BytesIO()
    if suffix == ".parquet":
        parquet.write_table(table, out)
    else:
        csv.write_csv(_short(table), out, csv.WriteOptions(quoting_style="needed"))
    return out.getvalue()


def _short(table: pyarrow.Table) -> pyarrow.Table:
    """Scores as people read them: six digits."""
    from pyarrow import compute

    for i, name in enumerate(table.column_names):
        if name.startswith(("score:", "target:")):
            table = table.set_column(i, name, compute.round(table[name].cast("float64"), 6))
    return table
