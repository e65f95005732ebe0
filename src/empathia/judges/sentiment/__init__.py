"""How good or bad a reply's words are: from -1 to 1, by a linear model of words and a vector.

Its teacher is VADER (Hutto and Gilbert, ICWSM 2014), a lexicon with rules, on what people said
in EmpatheticDialogues; a sentence vector takes it to words that the lexicon does not list.
Columns are hashed runs of words, weighted by nothing but their share of the text, and MiniLM's
vector of it; a ridge regression, cut off at -1 and 1. ``fitting.py`` learns it.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia import weights
from empathia.training.keeping import check_shapes, read_arrays
from empathia.types import Empathy, FloatArray

NAME, ENCODER = "judge-sentiment", "minilm"
COLUMNS = 2**16
LONGEST = 2  # words of a run that is a column
_WORD = re.compile(r"\w+(?:['’]\w+)?|[?!]|[:;]-?[()DP]")
Texts = Sequence[str]


def load(folders: Sequence[Path] = (), threads: int | None = None) -> SentimentJudge:
    """The judge that ships.

    Args:
        folders: Of other judges; of no use here.
        threads: Threads of the encoder; None takes all cores.

    Raises:
        WeightsError: It or its encoder is missing or damaged.
    """
    return restored(weights.folder(NAME), threads)


def restored(folder: Path, threads: int | None = None) -> SentimentJudge:
    """The judge that ``fitting.py`` wrote into a folder; errors as of :func:`load`."""
    from empathia.encoders.text import WIDTH, TextEncoder

    arrays, _ = read_arrays(folder)
    check_shapes(folder, arrays, {"words": (COLUMNS,), "vector": (WIDTH,), "bias": (1,)})
    encoder = TextEncoder.load(weights.folder(ENCODER), threads=threads)
    words, vector, bias = (arrays[n].astype(np.float64) for n in ("words", "vector", "bias"))
    return SentimentJudge(encoder.encode, words, vector, float(bias[0]))


@dataclass(frozen=True, slots=True, eq=False)
class SentimentJudge:
    """Judges the sentiment of replies; see :class:`empathia.contracts.Judge`.

    Args:
        encode: Texts to their vectors, (texts, width).
        words: (columns,) weight of each hashed run of words.
        vector: (width,) weights.
        bias: Bias.
    """

    encode: Callable[[Texts], FloatArray]
    words: NDArray[np.float64]
    vector: NDArray[np.float64]
    bias: float

    def judge(self, pairs: Sequence[tuple[str, str]]) -> list[Empathy]:
        """The sentiment of each reply with words; what it answers makes no difference."""
        there = [i for i, (_, reply) in enumerate(pairs) if reply.strip()]
        values = self.values([pairs[i][1] for i in there])
        found = dict(zip(there, values.tolist(), strict=True))
        return [Empathy(sentiment=found.get(i)) for i in range(len(pairs))]

    def values(self, texts: Texts) -> NDArray[np.float64]:
        """(texts,) sentiments in [-1, 1]."""
        if not texts:
            return np.zeros(0)
        of_words = [sum(v * self.words[c] for c, v in columns(t).items()) for t in texts]
        values = np.array(of_words) + self.encode(texts) @ self.vector + self.bias
        return np.clip(values, -1, 1)


def columns(text: str) -> dict[int, float]:
    """Numbers of columns of a text, from 0, to their values; as a vector of length 1."""
    words = _WORD.findall(text.lower().replace("’", "'"))
    runs = Counter(
        zlib.crc32(" ".join(words[i : i + n]).encode()) % COLUMNS
        for n in range(1, LONGEST + 1)
        for i in range(len(words) - n + 1)
    )
    length = sum(c * c for c in runs.values()) ** 0.5
    return {column: count / length for column, count in runs.items()}
