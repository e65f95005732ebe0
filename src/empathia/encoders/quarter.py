"""Read the weights of multilingual-e5-small in four bits: the file ``e5-small-q4.bin``.

Little-endian: ``E5S1``, a version, the sizes of the network, a tokenizer (passed over: the weight
has a ``tokenizer.json``), a directory of tensors, and their bytes. Vectors are float32. Rows of
matrices are blocks of 32 weights: a float16 scale and 16 bytes, whose low halves are the first 16
weights and whose high halves the last 16, each raised by 8.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from empathia import weights
from empathia.errors import WeightsError
from empathia.types import FloatArray

NAME, FILE = "e5-small", "e5-small-q4.bin"
BLOCK = 32
KIND = "embeddings.token_type_embeddings.first"
_WORDS = "emb.word"
_BLOCK = np.dtype([("scale", "<f2"), ("halves", "u1", BLOCK // 2)])
_DAMAGED = (OSError, ValueError, KeyError, struct.error, UnicodeDecodeError)
# Names of the file to those of a BERT, as the graph and the torch twin have them.
_PARTS = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}
_ENDS = {"w": "weight", "b": "bias"}


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """The weights of an encoder.

    Args:
        words: (word pieces, width / 32) blocks of the word embeddings, which stay in four bits
            and in the file.
        positions: (longest text, width) float32.
        arrays: All others by their names in a BERT, float32.
    """

    words: NDArray[np.void]
    positions: FloatArray
    arrays: dict[str, FloatArray]

    def embedded(self, ids: NDArray[np.int64]) -> FloatArray:
        """What goes into the first norm, (batch, length, width), of (batch, length) word pieces."""
        kind = self.arrays[KIND]
        return _plain(self.words[ids]) + (self.positions[: ids.shape[1]] + kind)


def read(path: Path) -> Network:
    """The weights in a file.

    Raises:
        WeightsError: It is missing, damaged, or of another layout.
    """
    try:
        return _read(np.memmap(path, np.uint8, "r"))
    except _DAMAGED as e:
        raise WeightsError(f"'{path}' cannot be read ({e})", weights.remedy(NAME)) from e


def _read(raw: NDArray[np.uint8]) -> Network:
    mark, width = struct.unpack_from("<4s4xi", raw.data)
    if mark != b"E5S1" or width % BLOCK:
        raise ValueError(f"it begins with {mark!r} and has {width} columns")
    tensors = {}
    for name, (quarter, count, start, size) in _directory(raw).items():
        part = raw[start : start + size]
        flat = part.view(_BLOCK if quarter else "<f4")
        if flat.size * (BLOCK if quarter else 1) != count:
            raise ValueError(f"'{name}' has not {count} weights")
        tensors[name] = flat
    words = tensors.pop(_WORDS).reshape(-1, width // BLOCK)
    positions = np.array(tensors.pop("emb.pos")).reshape(-1, width)
    return Network(words, positions, dict(_named(n, t, width) for n, t in tensors.items()))


def _directory(raw: NDArray[np.uint8]) -> dict[str, tuple[int, int, int, int]]:
    """Tensors by name: whether in four bits, how many weights, first byte, bytes."""
    pieces, text = struct.unpack_from("<i16xQ", raw.data, 44)
    at = 72 + 4 * (pieces + 1) + 4 * pieces + text
    (rules,) = struct.unpack_from("<4xI", raw.data, at)
    at += 8 + rules
    (count,) = struct.unpack_from("<i", raw.data, at)
    at += 4
    table = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", raw.data, at)
        name = bytes(raw[at + 2 : at + 2 + length]).decode()
        table[name] = struct.unpack_from("<BIQQ", raw.data, at + 2 + length)
        at += 2 + length + 21
    return table


def _named(name: str, flat: NDArray[Any], width: int) -> tuple[str, FloatArray]:
    """The name in a BERT of a tensor, and its weights in their shape."""
    if name == "emb.type":  # of a text on its own, all pieces are of the first kind
        return KIND, np.array(flat)[:width]
    layer = re.fullmatch(r"l(\d+)\.(\w+)\.([wb])", name)
    if layer is None:
        return f"embeddings.LayerNorm.{_ENDS[name.removeprefix('emb.ln.')]}", np.array(flat)
    number, part, end = layer.groups()
    full = f"encoder.layer.{number}.{_PARTS[part]}.{_ENDS[end]}"
    if flat.dtype != _BLOCK:
        return full, np.array(flat)
    inner = 4 * width if part == "fo" else width
    return full, _plain(flat.reshape(-1, inner // BLOCK))


def _plain(blocks: NDArray[np.void]) -> FloatArray:
    """(..., blocks) to (..., 32 * blocks) float32."""
    halves = blocks["halves"]
    both = np.concatenate([halves & 15, halves >> 4], -1).astype(np.int8) - 8
    scaled = both * blocks["scale"].astype(np.float32)[..., None]
    return scaled.reshape(*blocks.shape[:-1], -1)
