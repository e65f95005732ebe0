"""Diarisation error: how much of the speech is missed, invented or given to somebody else."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError

_STEP = 0.01  # s
_MOST = 12  # speakers in the truth; the search for the best mapping doubles with each

Spans = Sequence[tuple[float, float, int]]


class DiarisationErrors(NamedTuple):
    """Seconds of speech that were missed, falsely detected, confused, and spoken in all."""

    missed: float
    false: float
    confused: float
    spoken: float

    @property
    def rate(self) -> float:
        """The diarisation error rate, from 0 upwards; NaN where nobody speaks.

        ``DER = (missed + false + confused) / spoken`` (Fiscus et al., NIST RT-05S, 2005).

        >>> DiarisationErrors(missed=1.0, false=0.5, confused=0.5, spoken=8.0).rate
        0.25
        """
        if self.spoken <= 0:
            return math.nan
        return (self.missed + self.false + self.confused) / self.spoken


def diarisation_errors(truth: Spans, predicted: Spans, collar: float = 0.0) -> DiarisationErrors:
    """Compare who spoke when, under the one-to-one mapping of speakers that fits best.

    Args:
        truth: (start, end, speaker), times in s, speakers from 0; later spans cover earlier
            ones, since one speaker at a time is all that is told apart here.
        predicted: Likewise.
        collar: This much (s) on both sides of each boundary of the truth does not count.

    Raises:
        UsageError: There are more than 12 speakers in the truth.

    >>> errors = diarisation_errors([(0, 4, 0), (5, 9, 1)], [(0, 3, 1), (5, 9.5, 0)])
    >>> errors.missed, errors.false, errors.confused, errors.spoken
    (1.0, 0.5, 0.0, 8.0)
    >>> errors.rate
    0.1875
    """
    if max((s for _, _, s in truth), default=0) >= _MOST:
        raise UsageError(
            "diarisation errors are counted for at most 12 speakers", "Score the recording in parts"
        )
    size = math.ceil(max((end for _, end, _ in [*truth, *predicted]), default=0.0) / _STEP) + 1
    scored = np.ones(size, bool)
    for start, end, _ in truth if collar > 0 else ():
        for edge in (start, end):
            low, high = round((edge - collar) / _STEP), round((edge + collar) / _STEP)
            scored[max(0, low) : max(0, high)] = False
    t, p = _frames(truth, size)[scored], _frames(predicted, size)[scored]
    both = (t >= 0) & (p >= 0)
    shared = np.zeros((int(t.max(initial=0)) + 1, int(p.max(initial=0)) + 1), np.int64)
    np.add.at(shared, (t[both], p[both]), 1)
    counts = (
        ((t >= 0) & (p < 0)).sum(),
        ((t < 0) & (p >= 0)).sum(),
        both.sum() - _best_match(shared),
        (t >= 0).sum(),
    )
    return DiarisationErrors(*(_STEP * int(c) for c in counts))


def _frames(spans: Spans, size: int) -> NDArray[np.int64]:
    """The speaker of every 10 ms, -1 for none."""
    frames = np.full(size, -1, np.int64)
    for start, end, speaker in spans:
        frames[round(start / _STEP) : round(end / _STEP)] = speaker
    return frames


def _best_match(shared: NDArray[np.int64]) -> int:
    """The most frames that a one-to-one mapping of rows to columns can share."""
    best = {0: 0}  # rows taken, as bits -> frames
    for column in shared.T.tolist():
        for taken, frames in list(best.items()):
            for row, more in enumerate(column):
                now = taken | 1 << row
                if now != taken:
                    best[now] = max(best.get(now, 0), frames + more)
    return max(best.values())
