"""Packed weights of a GGUF file as 16-bit floats."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empathia.errors import WeightsError
from empathia.lm.local import unpacked

F32, F16, Q4_0, Q4_1, Q8_0, Q6_K = 0, 1, 2, 3, 8, 14


def string(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def gguf(tensors: list[tuple[str, tuple[int, ...], int, bytes]], alignment: int = 32) -> bytes:
    keys = (
        string("general.alignment") + struct.pack("<II", 4, alignment),
        string("name") + struct.pack("<I", 8) + string("tiny"),
        string("words") + struct.pack("<IIQ", 9, 8, 2) + string("a") + string("bc"),
        string("lists") + struct.pack("<IIQIQ2f", 9, 9, 1, 6, 2, 0.5, 1.5),
    )
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(keys)) + b"".join(keys)
    data = b""
    for name, shape, kind, values in tensors:
        data += bytes(-len(data) % alignment)
        head += string(name) + struct.pack("<I", len(shape))
        head += struct.pack(f"<{len(shape)}QIQ", *shape, kind, len(data))
        data += values
    return head + bytes(-len(head) % alignment) + data


def through(tmp_path, content: bytes) -> bytes:
    source, target = tmp_path / "packed.gguf", tmp_path / "unpacked.gguf"
    source.write_bytes(content)
    unpacked.write(source, target)
    return target.read_bytes()


def halves(values: list[float]) -> bytes:
    return np.array(values, np.float16).tobytes()


def test_blocks_are_unpacked_and_all_else_is_kept(tmp_path):
    scale, low = 0.25, -1.0
    low_high = bytes(range(16))  # number i and i + 16 of a block: the halves of byte i
    signed = np.arange(-16, 16, dtype=np.int8)
    before = [
        ("norm", (3,), F32, np.arange(3, dtype=np.float32).tobytes()),
        ("a", (32, 2), Q4_1, 2 * (halves([scale, low]) + low_high)),
        ("b", (32, 1), Q4_0, halves([scale]) + low_high),
        ("c", (32, 1), Q8_0, halves([scale]) + signed.tobytes()),
        ("other", (5,), Q6_K, b"kept!"),
    ]
    four_bits = np.r_[np.arange(16), np.zeros(16)]
    after = [
        before[0],
        ("a", (32, 2), F16, 2 * halves(four_bits * scale + low)),
        ("b", (32, 1), F16, halves((four_bits - 8) * scale)),
        ("c", (32, 1), F16, halves(signed * scale)),
        before[4],
    ]
    assert through(tmp_path, gguf(before)) == gguf(after)
    assert through(tmp_path, gguf(before, 64)) == gguf(after, 64)


@given(st.binary(max_size=200))
def test_what_is_no_such_file_is_refused(tmp_path_factory, content):
    with pytest.raises(WeightsError, match="cannot unpack"):
        through(tmp_path_factory.mktemp("gguf"), content)


@given(st.floats(0, 1, exclude_max=True))
def test_a_file_that_is_cut_off_is_refused(tmp_path_factory, share):
    whole = gguf([("a", (32, 8), Q4_1, bytes(160)), ("b", (64, 8), Q8_0, bytes(544))])
    with pytest.raises(WeightsError, match="cannot unpack"):
        through(tmp_path_factory.mktemp("gguf"), whole[: int(share * len(whole))])
