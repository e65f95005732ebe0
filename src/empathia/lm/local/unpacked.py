"""A GGUF file whose weights are unpacked from blocks of integers to 16-bit floats.

llama.cpp multiplies packed weights by activations that it rounds to 8 bits; that moves
the log likelihood of an answer by up to .4 nats. Multiplied as floats the same weights
are within .03 nats of arithmetic in 32 bits. An adapter is added to the weights on the way.

After the head (``gguf``) a tensor is its name, u32 rank, u64 dimensions, u32 type and the u64
offset of its data, which begin at the next multiple of the alignment.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from empathia.errors import WeightsError
from empathia.lm.local import gguf
from empathia.lm.local.adapter import Adapter

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

_F16 = 1  # GGUF's type of a 16-bit float


@dataclass(frozen=True, slots=True)
class _Tensor:
    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int

    @property
    def known(self) -> bool:
        """Whether its numbers can be read here."""
        return self.kind in _BLOCKS and int(np.prod(self.shape)) % 32 == 0


def write(source: Path, target: Path, adapter: Adapter | None = None) -> None:
    """Write a copy of a GGUF file with 16-bit floats for what is packed as Q4_0, Q4_1 or Q8_0.

    Tensors of other types are copied as they are.

    Args:
        source: The file.
        target: Where to.
        adapter: Is added to the layers that it names.

    Raises:
        WeightsError: The file is cut off or of another version, the adapter is another model's,
            or the copy cannot be written.
    """
    remedy = "Pull it again, or make room in the folder for temporary files"
    try:
        with source.open("rb") as file, target.open("wb") as out:
            _copy(file, out, adapter)
    except gguf.DAMAGED as error:
        raise WeightsError(f"cannot unpack '{source}' ({error})", remedy) from error


def _copy(file: BinaryIO, out: BinaryIO, adapter: Adapter | None) -> None:
    count, told = gguf.head(file)
    alignment = max(1, int(told.get("general.alignment", 32)))  # type: ignore[arg-type]
    end = file.tell()
    tensors = [_tensor(file) for _ in range(count)]
    start = file.tell() + -file.tell() % alignment
    size = file.seek(0, 2) - start
    file.seek(0)
    out.write(file.read(end))
    if size < 0 or any(t.offset >= size for t in tensors):
        raise ValueError("the file is cut off")
    if adapter is not None:
        _check(adapter, tensors)
    edges = sorted({t.offset for t in tensors} | {size})
    following = dict(pairwise(edges))
    place = 0
    for t in tensors:
        length = 2 * int(np.prod(t.shape)) if t.known else following[t.offset] - t.offset
        name = t.name.encode()
        out.write(struct.pack("<Q", len(name)) + name + struct.pack("<I", len(t.shape)))
        kind = _F16 if t.known else t.kind
        out.write(struct.pack(f"<{len(t.shape)}QIQ", *t.shape, kind, place))
        place += length + -length % alignment
    for t in tensors:
        out.write(bytes(-out.tell() % alignment))
        file.seek(start + t.offset)
        data = file.read(following[t.offset] - t.offset)
        out.write(_floats(data, t, adapter).tobytes() if t.known else data)


def _check(adapter: Adapter, tensors: Sequence[_Tensor]) -> None:
    known = {t.name for t in tensors if t.known}
    if strange := sorted(set(adapter.pairs) - known):
        raise ValueError(f"the adapter of '{adapter.base}' wants '{strange[0]}', which is not here")


def _tensor(file: BinaryIO) -> _Tensor:
    name = gguf.string(file)
    (rank,) = struct.unpack("<I", file.read(4))
    *shape, kind, offset = struct.unpack(f"<{rank}QIQ", file.read(8 * rank + 12))
    return _Tensor(name, tuple(shape), kind, offset)


def _floats(data: bytes, tensor: _Tensor, adapter: Adapter | None) -> NDArray[np.float16]:
    size, values = _BLOCKS[tensor.kind]
    count = int(np.prod(tensor.shape)) // 32
    blocks = np.frombuffer(data, np.uint8, count * size).reshape(count, size)
    floats = values(blocks).ravel()
    if adapter is not None:
        more = adapter.added(tensor.name, tensor.shape)
        floats = floats if more is None else floats + more.ravel()
    return floats.astype(np.float16)


def _halves(blocks: Bytes, first: int) -> Floats:
    """One 16-bit float of each block, as a column."""
    return blocks[:, first : first + 2].copy().view("<f2").astype(np.float32)


def _nibbles(packed: Bytes) -> Floats:
    """32 numbers of 16 bytes: the low halves of all, then the high ones."""
    return np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.float32)


def _q4_0(blocks: Bytes) -> Floats:
    return (_nibbles(blocks[:, 2:]) - 8) * _halves(blocks, 0)


def _q4_1(blocks: Bytes) -> Floats:
    return _nibbles(blocks[:, 4:]) * _halves(blocks, 0) + _halves(blocks, 2)


def _f16(blocks: Bytes) -> Floats:
    return blocks.view("<f2").astype(np.float32)


def _q8_0(blocks: Bytes) -> Floats:
    return blocks[:, 2:].view(np.int8).astype(np.float32) * _halves(blocks, 0)


# GGUF's type -> (bytes of a block of 32 numbers, what they stand for).
_BLOCKS: dict[int, tuple[int, Callable[[Bytes], Floats]]] = {
    _F16: (64, _f16),
    2: (18, _q4_0),
    3: (20, _q4_1),
    8: (34, _q8_0),
}
