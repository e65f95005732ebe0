"""Read the arrays of a CTranslate2 ``model.bin`` with numpy alone.

Layout, version 6, little endian: u32 version; name of the specification; u32
revision; u32 number of variables; for each its name, u8 rank, u32 dimensions,
u8 type, u32 bytes, data; then u32 number of aliases, each two names. A name
is a u16 length and that many bytes, of which the last is NUL.

CTranslate2 itself gives no layer of an encoder but the last.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from empathia.errors import WeightsError

_VERSION = 6
_TYPES = ("<f4", "<i1", "<i2", "<i4", "<f2")
_REMEDY = "Run: empathia weights verify, then pull the damaged weight again"


def read(path: Path, want: Callable[[str], bool] = lambda _: True) -> dict[str, NDArray[Any]]:
    """Arrays of a model file by name: matrices and vectors in the type that they are stored in.

    Args:
        path: The file ``model.bin``.
        want: Says which names to read; the others are skipped without reading them.

    Raises:
        WeightsError: The file is missing, cut off, or of another version or type.
    """
    try:
        with path.open("rb") as file:
            return _read(file, path, want)
    except OSError as error:
        raise WeightsError(f"{path} cannot be read ({error.strerror})", _REMEDY) from error
    except (struct.error, UnicodeDecodeError, ValueError) as error:
        raise WeightsError(f"{path} is cut off or damaged ({error})", _REMEDY) from error


def _read(file: BinaryIO, path: Path, want: Callable[[str], bool]) -> dict[str, NDArray[Any]]:
    version = _number(file, "I")
    if version != _VERSION:
        raise WeightsError(f"{path} has format version {version}, expected {_VERSION}", _REMEDY)
    _name(file)
    _number(file, "I")
    arrays: dict[str, NDArray[Any]] = {}
    for _ in range(_number(file, "I")):
        name = _name(file)
        shape = tuple(_number(file, "I") for _ in range(_number(file, "B")))
        kind, size = _number(file, "B"), _number(file, "I")
        if not want(name):
            file.seek(size, 1)
            continue
        if kind >= len(_TYPES):
            raise WeightsError(f"'{name}' in {path} has the unknown type {kind}", _REMEDY)
        data = file.read(size)
        if len(data) != size:
            raise ValueError(f"'{name}' ends after {len(data)} of {size} bytes")
        arrays[name] = np.frombuffer(data, _TYPES[kind]).reshape(shape)
    return arrays


def _number(file: BinaryIO, kind: str) -> int:
    size = struct.calcsize(kind)
    return int(struct.unpack(f"<{kind}", file.read(size))[0])


def _name(file: BinaryIO) -> str:
    size = _number(file, "H")
    raw = file.read(size)
    if len(raw) != size:
        raise ValueError("a name is cut off")
    return raw.rstrip(b"\0").decode()
