"""Sentence encoders by name, with vectors of length 1."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Sequence

import numpy as np

from empathia import weights
from empathia.errors import UsageError
from empathia.types import FloatArray

Encode = Callable[[Sequence[str]], FloatArray]
ENCODERS = ("minilm", "e5-small")
"""Weights that make sentence vectors: of English, and of about a hundred languages."""
_LONGEST = 128  # word pieces; contexts are at most a few turns


def reads(language: str) -> str:
    """The encoder that reads a language, by its ISO 639-1 code."""
    return ENCODERS[0 if language == "en" else 1]


@functools.lru_cache(maxsize=2)
def load(name: str, threads: int | None = None) -> Encode:
    """What gives texts (n) their vectors (n, width) of length 1; a text's depends on it alone.

    Raises:
        UsageError: There is no such encoder.
        WeightsError: It is not here, or damaged.
    """
    _check(name)
    folder = weights.folder(name)
    if name == "minilm":
        from empathia.encoders.text import TextEncoder

        encode = TextEncoder.load(folder, threads=threads, longest=_LONGEST).encode
    else:
        from empathia.encoders.multilingual import MultilingualEncoder

        encode = MultilingualEncoder.load(folder, threads=threads, longest=_LONGEST).encode
    return lambda texts: unit(encode(list(texts)))


def sum_of(name: str) -> str:
    """What tells one encoder from another: a sum over its files and how it is run."""
    _check(name)
    parts = [_LONGEST, *sorted(f"{f.name} {f.sum}" for f in weights.entry(name).files)]
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()


def unit(vectors: FloatArray) -> FloatArray:
    """Vectors (n, width) brought to length 1; a vector of zeros stays."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: FloatArray = (vectors / np.maximum(length, 1e-12)).astype(np.float32)
    return scaled


def _check(name: str) -> None:
    if name not in ENCODERS:
        raise UsageError(f"there is no encoder '{name}'", f"Name one of {', '.join(ENCODERS)}")
