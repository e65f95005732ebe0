"""Ready-made vectors out of a file: a name and as many numbers for each of many things.

========  =====================================================================================
file      what is in it
========  =====================================================================================
npz       an array for each id, called so; or ``ids`` and an array with a row for each
Parquet   a column of ids (``utterance``, ``utterance_id``, ``id``, ``ids`` or ``key``, else the
          only one of text), and a column of lists, or all columns of numbers
========  =====================================================================================

Where a file holds several arrays with rows, or several columns of lists, that which is called as
the feature is taken. An array of several dimensions (478 points x 3) is one vector, its rows one
after the other. Pickles are refused: reading one runs whatever its author put there.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from empathia.errors import TextError, needs
from empathia.files import unpacking
from empathia.tables.text import fault
from empathia.types.speech import FloatArray

if TYPE_CHECKING:
    import pyarrow as pa

IDS = ("utterance", "utterance_id", "id", "ids", "key")
"""What an array or a column with ids may be called."""
_SAFE = (
    "Load it where you trust it, and write numpy.savez('vectors.npz', ids=numpy.array(ids, "
    "dtype=str), values=matrix)"
)
_ONE = "Write one vector of numbers an id, all of one length"


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """What a file holds.

    Args:
        ids: (n,) as they are spelt; one may be there twice.
        values: (n, numbers) float32; what is missing is NaN.
        names: Of the numbers, or () where they have none.
    """

    ids: tuple[str, ...]
    values: FloatArray
    names: tuple[str, ...] = ()


def read(path: Path, feature: str) -> Vectors:
    """Read a file of vectors, whose kind is told by what is in it.

    Args:
        path: An npz or a Parquet file.
        feature: What the vectors are to be called.

    Raises:
        TextError: It is missing, of another kind, a pickle or damaged; it has no ids, or
            vectors of several lengths.
        MissingExtra: It is Parquet, and pyarrow is not installed.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
    except OSError as error:
        raise fault(path, None, f"cannot be read ({error.strerror})", "Name a file") from error
    if start == b"PAR1":
        return _parquet(path, feature)
    if start[:2] == b"PK":
        return _npz(path, feature)
    if start[:1] == b"\x80" or path.suffix.lower() in {".pkl", ".pickle", ".p", ".joblib"}:
        raise fault(path, None, "is a pickle, which runs code when it is read", _SAFE)
    raise fault(path, None, "is neither npz nor Parquet", "Write it as one of these")


def _npz(path: Path, feature: str) -> Vectors:
    arrays = _arrays(path)
    named = [n for n in arrays if n.lower() in IDS]
    if named and arrays[named[0]].dtype.kind in "UiS":
        return _rows(path, feature, arrays.pop(named[0]), arrays)
    if not arrays:
        raise fault(path, None, "holds no array", _ONE)
    first, shape = next((n, a.shape) for n, a in arrays.items())
    for name, array in arrays.items():
        if array.dtype.kind not in "fiub":
            raise fault(path, None, f"'{name}' holds what is no number", _ONE)
        if array.shape != shape:
            raise fault(path, None, f"'{first}' has shape {shape}, '{name}' {array.shape}", _ONE)
    return Vectors(tuple(arrays), _flat(list(arrays.values())))


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    """All arrays of an npz file by name."""

    def damaged(error: Exception) -> TextError:
        if "allow_pickle" in str(error):
            return fault(path, None, "holds Python objects, which are pickles", _SAFE)
        return fault(path, None, f"is damaged ({error})", "Copy it again")

    with unpacking(damaged):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
        strange = [n for n in names if not n.endswith(".npy")]
        if strange:
            what = "a pickle in a zip" if any("pkl" in n for n in strange) else "a zip, but no npz"
            raise fault(path, None, f"is {what} (it holds '{strange[0]}')", _SAFE)
        for twice in {n for n in names if names.count(n) > 1} if len({*names}) < len(names) else ():
            raise fault(path, None, f"holds '{twice[:-4]}' twice", "Write each id once")
        with np.load(path, allow_pickle=False) as arrays:
            return {name: arrays[name] for name in arrays.files}


def _rows(
    path: Path, feature: str, ids: NDArray[Any], arrays: Mapping[str, NDArray[Any]]
) -> Vectors:
    """Ids, and the array that has a row for each."""
    fitting = {
        n: a for n, a in arrays.items() if a.dtype.kind in "fiub" and a.shape[:1] == ids.shape
    }
    chosen = [feature] if feature in fitting else list(fitting)
    if ids.ndim != 1 or len(chosen) != 1:
        there = ", ".join(f"'{n}' {a.shape}" for n, a in arrays.items()) or "nothing"
        raise fault(
            path,
            None,
            f"has ids of shape {ids.shape} and beside them {there}",
            f"Give one array with a row for each id, or call one of them '{feature}'",
        )
    return Vectors(_spelt(path, ids.tolist()), _flat(fitting[chosen[0]]))


def _spelt(path: Path, ids: Sequence[object]) -> tuple[str, ...]:
    """Ids as text; one that is absent, or bytes that are no UTF-8, is refused."""
    for row, x in enumerate(ids, 1):
        if x is None:
            raise fault(path, None, f"has no id in row {row}", "Name every vector")
    try:
        return tuple(x.decode() if isinstance(x, bytes) else str(x) for x in ids)
    except UnicodeDecodeError as error:
        raise fault(
            path, None, f"has an id that is no UTF-8 ({error.object!r})", "Write ids as text"
        ) from error


def _flat(values: NDArray[Any] | Sequence[NDArray[Any]]) -> FloatArray:
    rows = np.asarray(values)
    with np.errstate(over="ignore"):  # beyond float32 it is infinite, as is said then
        return rows.reshape(len(rows), -1 if rows.size else 0).astype(np.float32)


def _parquet(path: Path, feature: str) -> Vectors:
    with needs("train", "reading Parquet"):
        import pyarrow as pa
        from pyarrow import parquet
    try:
        with path.open("rb") as file:
            table = parquet.ParquetFile(file).read()
    except (OSError, pa.ArrowException) as error:
        raise fault(path, None, f"is no readable Parquet ({error})", "Write it again") from error
    key = _key(path, table)
    ids = _ids(path, table[key])
    kinds = {n: table.schema.field(n).type for n in table.column_names if n != key}
    any_list = (pa.types.is_list, pa.types.is_large_list, pa.types.is_fixed_size_list)
    lists = [n for n, t in kinds.items() if any(of_kind(t) for of_kind in any_list)]
    if feature in lists or len(lists) == 1:
        return _listed(path, ids, table[feature if feature in lists else lists[0]])
    numbers = [n for n, t in kinds.items() if pa.types.is_floating(t) or pa.types.is_integer(t)]
    if lists or not numbers:
        there = ", ".join(f"'{n}'" for n in lists) or "no numbers"
        raise fault(
            path,
            None,
            f"has {there} beside the ids in '{key}'",
            f"Keep one column of lists, or call one of them '{feature}'",
        )
    columns = [table[n].to_numpy().astype(np.float64) for n in numbers]
    return Vectors(ids, _flat(np.stack(columns, axis=1)), tuple(numbers))


def _ids(path: Path, column: pa.ChunkedArray) -> tuple[str, ...]:
    try:
        return _spelt(path, column.to_pylist())
    except UnicodeDecodeError as error:  # a column of text that holds other bytes
        raise fault(
            path, None, f"has ids that are no UTF-8 ({error})", "Write ids as text"
        ) from error


def _key(path: Path, table: pa.Table) -> str:
    """The column of ids."""
    import pyarrow as pa

    names: Sequence[str] = table.column_names
    named = [n for n in names if n.lower() in IDS]
    kinds = {n: table.schema.field(n).type for n in names}
    texts = [n for n, t in kinds.items() if pa.types.is_string(t) or pa.types.is_large_string(t)]
    if named:
        return named[0]
    if len(texts) != 1:
        raise fault(
            path, None, f"has no column of ids among {', '.join(names)}", f"Call it '{IDS[0]}'"
        )
    return texts[0]


def _listed(path: Path, ids: tuple[str, ...], column: pa.ChunkedArray) -> Vectors:
    """Vectors of a column of lists; an empty cell is missing."""
    import pyarrow as pa
    from pyarrow import compute

    there = np.array(column.is_valid().to_pylist(), bool)
    whole = column.drop_null().combine_chunks()
    lengths = np.array(compute.list_value_length(whole).to_pylist(), np.int64)
    off = np.flatnonzero(lengths != lengths[:1])
    if len(off):
        first, other = (np.array(ids)[there][i] for i in (0, off[0]))
        raise fault(
            path,
            None,
            f"'{first}' has {lengths[0]} numbers, '{other}' {lengths[off[0]]}",
            _ONE,
        )
    flat = whole.flatten()
    if not (pa.types.is_floating(flat.type) or pa.types.is_integer(flat.type)):
        raise fault(path, None, f"holds lists of {flat.type}", _ONE)
    values = np.full((len(ids), int(lengths[0]) if len(lengths) else 0), np.nan, np.float32)
    values[there] = _flat(
        flat.to_numpy(zero_copy_only=False).reshape(len(lengths), values.shape[1])
    )
    return Vectors(ids, values)
