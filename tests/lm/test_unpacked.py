"""Packed weights of a GGUF file as 16-bit floats."""

from __future__ import annotations

import numpy as np
import pytest
from gguf_files import F16, F32, Q4_0, Q4_1, Q6_K, Q8_0, gguf, halves
from hypothesis import given
from hypothesis import strategies as st

from empathia.errors import WeightsError
from empathia.lm.local import unpacked


def through(tmp_path, content: bytes) -> bytes:
    source, target = tmp_path / "packed.gguf", tmp_path / "unpacked.gguf"
    source.write_bytes(content)
    unpacked.write(source, target)
    return target.read_bytes()


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
