"""What an answer will be about: a linear map from what was said to where answers lie.

Ridge regression from vectors of contexts to vectors of replies, over all exemplars of a bank, in
closed form. Its value is the mean of the answers that people give to the like; the exemplar whose
reply lies nearest has the largest expected cosine to theirs.
"""

from __future__ import annotations

import numpy as np

from empathia.exemplars.encoding import unit
from empathia.types import FloatArray

_PENALTY = 10.0  # best of 3, 10, 30, 100 on the validation part of EmpatheticDialogues


def learn(contexts: FloatArray, replies: FloatArray) -> FloatArray:
    """The map (width + 1, width), the last row its constant.

    Args:
        contexts: (n, width), of length 1.
        replies: (n, width), likewise.
    """
    given = _with_constant(contexts)
    square = given.T @ given + _PENALTY * np.eye(given.shape[1], dtype=np.float32)
    learnt: FloatArray = np.linalg.solve(square, given.T @ replies).astype(np.float32)
    return learnt


def foretell(learnt: FloatArray, row: FloatArray) -> FloatArray:
    """Where the answer to a context lies: vectors (width,) of length 1 both."""
    place: FloatArray = unit(_with_constant(row[None]) @ learnt)[0]
    return place


def _with_constant(rows: FloatArray) -> FloatArray:
    joined: FloatArray = np.concatenate([rows, np.ones((len(rows), 1), np.float32)], axis=1)
    return joined
