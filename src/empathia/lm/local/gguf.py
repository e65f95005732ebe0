"""The head of a GGUF file: what it says of itself.

Layout, version 2 and 3, little endian: ``GGUF``, u32 version, u64 number of tensors, u64 number
of keys; a key is a string, a u32 type and a value. Then come the tensors. A string is a u64 length
and its bytes, an array a u32 type, a u64 length and its values.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from empathia.files import Plain

DAMAGED = (
    *(OSError, KeyError, TypeError, ValueError, OverflowError, MemoryError, RecursionError),
    struct.error,
)
"""What reading a file raises that is damaged or of another kind."""

_NUMBERS = dict(enumerate(("<B", "<b", "<H", "<h", "<I", "<i", "<f", "<?"))) | dict(
    enumerate(("<Q", "<q", "<d"), start=10)
)
_STRING, _ARRAY = 8, 9


def path(spec: str) -> Path:
    """The file of a model.

    Args:
        spec: Name of a pulled weight, or path of a file whose name ends in ``.gguf``.

    Raises:
        UsageError: There is no weight of that name.
        WeightsError: It is not pulled.
    """
    from empathia import weights

    return Path(spec) if spec.endswith(".gguf") else weights.folder(spec) / "model.gguf"


def head(file: BinaryIO) -> tuple[int, dict[str, Plain]]:
    """How many tensors follow, and the keys with their values; read up to the first tensor.

    Raises:
        ValueError: It is no GGUF of a version that is known; see also :data:`DAMAGED`.
    """
    magic, version, tensors, count = struct.unpack("<4sIQQ", file.read(24))
    if magic != b"GGUF" or version not in (2, 3):
        raise ValueError(f"expected GGUF 2 or 3, found {magic!r} {version}")
    return tensors, dict(_key(file) for _ in range(count))


def string(file: BinaryIO) -> str:
    """A string; bytes that are no text stand as U+FFFD."""
    return file.read(_number(file, "<Q")).decode(errors="replace")


def _key(file: BinaryIO) -> tuple[str, Plain]:
    return string(file), _value(file, _number(file, "<I"))


def _value(file: BinaryIO, kind: int) -> Plain:
    if kind == _STRING:
        return string(file)
    if kind == _ARRAY:
        of, count = struct.unpack("<IQ", file.read(12))
        return [_value(file, of) for _ in range(count)]
    return _number(file, _NUMBERS[kind])


def _number(file: BinaryIO, kind: str) -> int:
    (value,) = struct.unpack(kind, file.read(struct.calcsize(kind)))
    number: int = value
    return number
