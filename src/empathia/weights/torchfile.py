"""Read tensors out of PyTorch checkpoints without torch and without running anything.

A checkpoint is a pickle beside raw numbers, and a pickle may name any function
of the machine. This reader knows ordered dictionaries, tensors and storages;
a file that asks for anything else is refused. Both layouts are read: the
stream of pickles of PyTorch before 1.6, and the zip archive since.
"""

from __future__ import annotations

import io
import pickle
import pickletools
import warnings
import zipfile
from collections.abc import Callable, Mapping
from math import prod
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.errors import WeightsError

Array = NDArray[Any]

_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL = 1001
_DTYPES = {
    "FloatStorage": "<f4",
    "DoubleStorage": "<f8",
    "HalfStorage": "<f2",
    "BFloat16Storage": "<u2",  # numpy has no bfloat16: read as bits, then widened to float32
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "ShortStorage": "<i2",
    "CharStorage": "|i1",
    "ByteStorage": "|u1",
    "BoolStorage": "|b1",
}


class _Kind(NamedTuple):
    """A storage class of torch, by name only."""

    name: str


class _Storage(NamedTuple):
    """A run of numbers in the file."""

    kind: str
    key: str
    length: int


class _Tensor(NamedTuple):
    """A view of a storage, in elements."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _Table(dict[Any, Any]):
    """Stands in for OrderedDict; attributes that a pickle wants to set are dropped."""

    def __setstate__(self, state: object) -> None:
        pass


def _rebuild_tensor(
    storage: object, offset: object, shape: object, strides: object, *_rest: object
) -> _Tensor:
    sizes = (*_whole(shape), *_whole(strides), *_whole((offset,)))
    if not isinstance(storage, _Storage) or min(sizes) < 0:
        raise ValueError("a tensor without a storage or with a negative size")
    return _Tensor(storage, sizes[-1], _whole(shape), _whole(strides))


def _rebuild_parameter(tensor: object, *_rest: object) -> _Tensor:
    if not isinstance(tensor, _Tensor):
        raise ValueError("a parameter that is no tensor")
    return tensor


def _whole(values: object) -> tuple[int, ...]:
    if not isinstance(values, tuple) or not all(type(v) is int for v in values):
        raise ValueError("sizes that are no whole numbers")
    return values


class _Call:
    """A function that a pickle may call but not alter (BUILD could set its attributes)."""

    __slots__ = ("_function",)

    def __init__(self, function: Callable[..., _Tensor]) -> None:
        self._function = function

    def __call__(self, *arguments: object) -> _Tensor:
        return self._function(*arguments)

    def __setstate__(self, state: object) -> None:
        raise ValueError("a pickle that alters a function")


class _Reader(pickle.Unpickler):
    """Unpickles the few classes that a state dictionary needs."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__(file)
        self._file = file
        self.storages: dict[str, _Storage] = {}

    def load(self) -> Any:  # noqa: ANN401 - a pickle holds anything
        """Look through the pickle without acting on it, then unpickle it."""
        start = self._file.tell()
        with warnings.catch_warnings():
            # In a damaged file bytes may pass for a string with odd escapes.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._look_through()
        self._file.seek(start)
        return super().load()

    def _look_through(self) -> None:
        for place, (code, value, _) in enumerate(pickletools.genops(self._file)):
            if code.proto > 2:
                raise _RefusedError(f"it holds {code.name}, which torch does not write")
            # The memo is an array: one wild index would ask for gigabytes.
            if code.name.endswith("PUT") and not 0 <= int(value or 0) <= place:
                raise ValueError("a wild memo index")

    def find_class(self, module: str, name: str) -> object:
        if (module, name) == ("collections", "OrderedDict"):
            return _Table
        if module == "torch" and name in _DTYPES:
            return _Kind(name)
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Call(_rebuild_tensor)
        if (module, name) == ("torch._utils", "_rebuild_parameter"):
            return _Call(_rebuild_parameter)
        raise _RefusedError(f"it asks for {module}.{name}")

    def persistent_load(self, pid: object) -> _Storage:
        tag, kind, key, _device, count, *view = pid if isinstance(pid, tuple) else ()
        if tag != "storage" or not isinstance(kind, _Kind) or view not in ([], [None]):
            raise _RefusedError("it holds something else than plain storages")
        if type(key) is not str or type(count) is not int or count < 0:
            raise ValueError("a storage without key and size")
        return self.storages.setdefault(key, _Storage(kind.name, key, count))


class _RefusedError(Exception):
    """The file asks for something that this reader does not do."""


def read(path: Path, key: str | None = None) -> dict[str, Array]:
    """Tensors of a checkpoint by name, as contiguous arrays.

    Args:
        path: A file that ``torch.save`` wrote, of either layout.
        key: Entry of the checkpoint that holds the tensors ("model_state"); None where the
            checkpoint itself is the dictionary of tensors.

    Returns:
        Arrays (...,) in the order, of the shapes and in the units of the file; bfloat16 is
        widened to float32.

    Raises:
        WeightsError: The file is damaged, holds no tensors there, or asks for anything else
            than dictionaries, tensors and storages. Nothing of it was executed.
    """
    try:
        with path.open("rb") as file:
            packed = file.read(4) == b"PK\x03\x04"
            file.seek(0)
            return _from_zip(file, key) if packed else _from_stream(file, key)
    except FileNotFoundError:
        raise WeightsError(f"there is no file {path}", "Name a PyTorch checkpoint") from None
    except _RefusedError as error:
        raise WeightsError(
            f"{path.name} is refused: {error}", "Only dictionaries of tensors are read"
        ) from None
    except Exception as error:  # pickles, zips and numbers raise whatever they like
        raise WeightsError(
            f"{path.name} is no whole PyTorch checkpoint: {error}", "Fetch the file again"
        ) from error


def _from_stream(file: IO[bytes], key: str | None) -> dict[str, Array]:
    if _Reader(file).load() != _MAGIC or _Reader(file).load() != _LEGACY_PROTOCOL:
        raise ValueError("it does not begin like one")
    if _Reader(file).load().get("little_endian") is not True:
        raise _RefusedError("its numbers are big-endian")
    reader = _Reader(file)
    tensors = _tensors(reader.load(), key)
    wanted = {t.storage.key for t in tensors.values()}
    numbers: dict[str, bytes] = {}
    for name in _Reader(file).load():
        storage = reader.storages[name]
        count = int.from_bytes(file.read(8), "little")
        length = count * np.dtype(_DTYPES[storage.kind]).itemsize
        if count != storage.length:
            raise ValueError(f"storage {name} has {count} numbers, expected {storage.length}")
        if name in wanted:
            numbers[name] = file.read(length)
        else:
            file.seek(length, 1)
    return {name: _array(t, numbers[t.storage.key]) for name, t in tensors.items()}


def _from_zip(file: IO[bytes], key: str | None) -> dict[str, Array]:
    with zipfile.ZipFile(file) as archive:
        names = archive.namelist()
        top = next(n for n in [*names, "/"] if n.endswith("/data.pkl") or n == "/")[:-8]
        if not top:
            raise ValueError("it is a zip without data.pkl")
        if f"{top}byteorder" in names and archive.read(f"{top}byteorder").strip() != b"little":
            raise _RefusedError("its numbers are big-endian")
        tensors = _tensors(_Reader(io.BytesIO(archive.read(f"{top}data.pkl"))).load(), key)
        storages = {t.storage.key for t in tensors.values()}
        numbers = {s: archive.read(f"{top}data/{s}") for s in storages}
    return {name: _array(t, numbers[t.storage.key]) for name, t in tensors.items()}


def _tensors(checkpoint: object, key: str | None) -> dict[str, _Tensor]:
    table = checkpoint if isinstance(checkpoint, dict) else {}
    if key is not None:
        inner = table.get(key)
        if not isinstance(inner, dict):
            raise _RefusedError(f"it has no dictionary '{key}' (found: {_keys(table)})")
        table = inner
    strange = [k for k, v in table.items() if not (isinstance(k, str) and isinstance(v, _Tensor))]
    if strange or not table:
        raise _RefusedError(f"it is no dictionary of tensors (found: {_keys(table)})")
    return table


def _keys(table: Mapping[Any, Any]) -> str:
    return ", ".join(str(k)[:40] for k in list(table)[:5]) or "nothing"


def _array(tensor: _Tensor, numbers: bytes) -> Array:
    storage = tensor.storage
    flat: Array = np.frombuffer(numbers, _DTYPES[storage.kind])
    if len(flat) != storage.length:
        raise ValueError(f"it is cut short: {len(flat)} numbers of {storage.length}")
    steps = zip(tensor.shape, tensor.strides, strict=True)
    count = prod(tensor.shape)
    last = tensor.offset + sum((n - 1) * step for n, step in steps) if count else 0
    if count > storage.length or last >= max(storage.length, 1):
        raise ValueError("a tensor reaches beyond its storage")
    if storage.kind == "BFloat16Storage":
        flat = (flat.astype("<u4") << 16).view("<f4")
    view = np.lib.stride_tricks.as_strided(
        flat[tensor.offset :], tensor.shape, [s * flat.itemsize for s in tensor.strides]
    )
    return np.array(view, order="C")
