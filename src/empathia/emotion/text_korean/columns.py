"""Korean words as hashed columns, with nothing but the standard library and numpy.

Korean glues particles and endings to its stems and writes a syllable as one
sign, so runs of syllables inside words stand for morphemes. (Runs of the letters
inside syllables, and runs across words, added nothing in cross-validation.) A
run is hashed to a column (Weinberger et al., ICML 2009); a text is a set of
columns whose values have length 1 together.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

BITS = 18
LONGEST = 4
_WORD = re.compile(r"\w+|[^\w\s]+")
_LONG = re.compile(r"(.)\1{2,}")


def columns(text: str, bits: int = BITS) -> NDArray[np.int64]:
    """The columns of a text out of ``2 ** bits``, (columns,), each once, in rising order."""
    hashed = {zlib.crc32(run.encode()) & ((1 << bits) - 1) for run in runs(text)}
    return np.array(sorted(hashed), np.int64)


def runs(text: str) -> Iterator[str]:
    """Runs of 1 to 4 signs inside words, whose edges are marked by a space.

    Letters are lower case; a sign that is repeated more than twice counts as twice.
    """
    plain = _LONG.sub(r"\1\1", unicodedata.normalize("NFKC", text).lower())
    for word in _WORD.findall(plain):
        marked = f" {word} "
        for n in range(1, LONGEST + 1):
            yield from (marked[i : i + n] for i in range(len(marked) - n + 1))


def scores(texts: Sequence[str], weight: NDArray[np.float32]) -> NDArray[np.float32]:
    """Sum of the weights of each text's columns, scaled to a vector of length 1.

    Args:
        texts: Any number; one without any column scores 0.
        weight: (2 ** bits, labels).

    Returns:
        (len(texts), labels).
    """
    out = np.zeros((len(texts), weight.shape[1]), np.float32)
    bits = len(weight).bit_length() - 1
    for row, text in enumerate(texts):
        hashed = columns(text, bits)
        if len(hashed):
            out[row] = weight[hashed].sum(0, dtype=np.float32) / np.sqrt(len(hashed))
    return out
