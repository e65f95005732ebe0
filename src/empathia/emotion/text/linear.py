"""A linear model of hashed words, learnt beside the recogniser ``text`` from the same sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from empathia.emotion.text.columns import columns, packed, rarity, scores, values
from empathia.emotion.tfidf.fitting import regress
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.scores import likelihood, probabilities
from empathia.types import FloatArray

_PENALTY = 3.0  # inverse strength, C
_WORTH = np.linspace(0, 1, 21)  # of the words' logits beside those of the encoder, which have 1
Kept = tuple[NDArray[np.int8], FloatArray, NDArray[np.float16]]


@dataclass(frozen=True, slots=True)
class Known:
    """Sentences whose label is known.

    Args:
        texts: The sentences.
        target: (sentences, labels) 0 or 1.
    """

    texts: Sequence[str]
    target: FloatArray


def learn(known: Known, bits: int) -> Kept:
    """Softmax regression on weighted words.

    Its bias is dropped: calibration gives one to the sum of both models.

    Returns:
        Weights (2 ** bits, labels) in eight bits, (labels,) what a step is worth, and (2 ** bits,)
        rarity of each column.
    """
    rare = rarity(known.texts, bits).astype(np.float16)
    rows = [columns(t, bits) for t in known.texts]
    starts = np.cumsum([0, *map(len, rows)])
    each = np.concatenate([values(r, rare) for r in rows])
    x = sparse.csr_matrix((each, np.concatenate(rows), starts), shape=(len(rows), 1 << bits))
    learnt = regress(x, known.target.astype(np.float64), _PENALTY, exclusive=True, balance=False)
    return (*packed(learnt.weight), rare)


def mixed(kept: Kept, logits: FloatArray, valid: Known) -> Kept:
    """The same, worth what makes validation likeliest beside the encoder's logits.

    Args:
        kept: What :func:`learn` gave.
        logits: (sentences, labels) of the encoder.
        valid: Of validation.
    """
    weight, scale, rare = kept
    words = scores(valid.texts, *kept)

    def good(worth: float) -> float:
        both = logits + worth * words
        temperature = fit_temperature(both, valid.target, exclusive=True)
        p = probabilities(both / temperature, exclusive=True)
        return likelihood(p, valid.target, exclusive=True)

    best = max(_WORTH.tolist(), key=good)
    return weight, (best * scale).astype(np.float32), rare
