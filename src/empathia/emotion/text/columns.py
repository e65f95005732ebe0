"""Words and pairs of neighbours as hashed columns: what a sentence vector blurs, such as names.

A run is hashed to a column (Weinberger et al., ICML 2009); a text is a set of columns whose values
have length 1 together, rare ones more of it. Nothing but the standard library and numpy.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from empathia.types import FloatArray

_WORD = re.compile(r"\w+(?:'\w+)?|[?!]")
_STEPS = 127  # of eight bits, either way


def columns(text: str, bits: int) -> NDArray[np.int64]:
    """The columns of a text out of ``2 ** bits``, (columns,), each once, in rising order."""
    words = _WORD.findall(text.lower().replace("’", "'"))
    runs = {*words, *(f"{a} {b}" for a, b in pairwise(words))}
    hashed = {zlib.crc32(run.encode()) & ((1 << bits) - 1) for run in runs}
    return np.array(sorted(hashed), np.int64)


def rarity(texts: Sequence[str], bits: int) -> FloatArray:
    """(2 ** bits,) what a column counts by: more, the fewer of the texts have it."""
    often = np.zeros(1 << bits)
    for text in texts:
        often[columns(text, bits)] += 1
    return np.asarray(1 + np.log((1 + len(texts)) / (1 + often)), np.float32)


def values(hashed: NDArray[np.int64], rare: NDArray[np.floating]) -> FloatArray:
    """(columns,) of length 1: how much each of a text's columns counts."""
    each = rare[hashed].astype(np.float32)
    return np.asarray(each / np.sqrt(each @ each)) if len(each) else each


def scores(
    texts: Sequence[str], weight: NDArray[np.int8], scale: FloatArray, rare: NDArray[np.floating]
) -> FloatArray:
    """Sum of the weights of each text's columns, as of a vector of length 1.

    Args:
        texts: Any number; one without any column scores 0.
        weight: (2 ** bits, labels) in steps.
        scale: (labels,) what a step is worth.
        rare: (2 ** bits,) see :func:`rarity`.

    Returns:
        (len(texts), labels).
    """
    out = np.zeros((len(texts), weight.shape[1]), np.float32)
    bits = len(weight).bit_length() - 1
    for row, text in enumerate(texts):
        hashed = columns(text, bits)
        out[row] = values(hashed, rare) @ weight[hashed].astype(np.float32)
    return out * scale


def packed(weight: NDArray[np.floating]) -> tuple[NDArray[np.int8], FloatArray]:
    """Weights (columns, labels) in eight bits, and what a step is worth, (labels,)."""
    scale = np.maximum(np.abs(weight).max(0), 1e-12).astype(np.float32) / _STEPS
    return np.rint(weight / scale).astype(np.int8), scale
