"""GGUF files made by hand."""

from __future__ import annotations

import struct

import numpy as np

F32, F16, Q4_0, Q4_1, Q8_0, Q6_K = 0, 1, 2, 3, 8, 14


def string(text: str) -> bytes:
    return struct.pack("<Q", len(text.encode())) + text.encode()


def gguf(
    tensors: list[tuple[str, tuple[int, ...], int, bytes]],
    alignment: int = 32,
    keys: dict[str, bytes] | None = None,
) -> bytes:
    """A whole file; ``keys`` are packed values by name, types first, or some that are odd."""
    told = [
        string("general.alignment") + struct.pack("<II", 4, alignment),
        string("name") + struct.pack("<I", 8) + string("tiny"),
    ]
    if keys is None:
        told += (
            string("words") + struct.pack("<IIQ", 9, 8, 2) + string("a") + string("bc"),
            string("lists") + struct.pack("<IIQIQ2f", 9, 9, 1, 6, 2, 0.5, 1.5),
        )
    told += [string(name) + value for name, value in (keys or {}).items()]
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(told)) + b"".join(told)
    data = b""
    for name, shape, kind, values in tensors:
        data += bytes(-len(data) % alignment)
        head += string(name) + struct.pack("<I", len(shape))
        head += struct.pack(f"<{len(shape)}QIQ", *shape, kind, len(data))
        data += values
    return head + bytes(-len(head) % alignment) + data


def halves(values: list[float]) -> bytes:
    return np.array(values, np.float16).tobytes()
