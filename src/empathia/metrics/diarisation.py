"""Who spoke when, against the truth: speech missed, invented, confused; turns found.

Several may speak at a time, in the truth and in the prediction.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.errors import UsageError

_STEP = 0.01  # s
_MOST = 12  # speakers in the truth; the search for the best mapping doubles with each

Span = tuple[float, float, int] | tuple[float, float, int, float | None]
Spans = Sequence[Span]


class DiarisationErrors(NamedTuple):
    """Seconds of speech that were missed, falsely detected, confused, and spoken in all.

    A second in which two speak counts as two.
    """

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


def diarisation_errors(truth: Spans, predicted: Spans) -> DiarisationErrors:
    """Compare who spoke when, under the one-to-one mapping of speakers that fits best.

    As NIST's md-eval counts, without collar. In each 10 ms, with R speakers in the truth, P in
    the prediction and C of them right under the mapping, ``max(0, R - P)`` are missed,
    ``max(0, P - R)`` are false and ``min(R, P) - C`` are confused. The mapping is the one with
    the largest sum of C.

    Args:
        truth: (start, end, speaker), times in s; what comes behind is not looked at. Spans may
            overlap; those of one speaker count once.
        predicted: Likewise.

    Raises:
        UsageError: There are more than 12 speakers in the truth.

    Speaker 0 has 4 s, of which 1 is missed; speaker 1 has 4 s and half a second too much:

    >>> errors = diarisation_errors([(0, 4, 0), (5, 9, 1)], [(0, 3, 1), (5, 9.5, 0)])
    >>> errors.missed, errors.false, errors.confused, errors.spoken
    (1.0, 0.5, 0.0, 8.0)
    >>> errors.rate
    0.1875

    Two speak from 2 to 4 s, one of whom is missed; from 4 to 6 s the wrong one is named:

    >>> diarisation_errors([(0, 4, 0), (2, 6, 1)], [(0, 6, 5)])
    DiarisationErrors(missed=2.0, false=0.0, confused=2.0, spoken=8.0)
    """
    size = math.ceil(max((s[1] for s in [*truth, *predicted]), default=0.0) / _STEP) + 1
    t, p = _frames(truth, size), _frames(predicted, size)
    if len(t) > _MOST:
        raise UsageError(
            f"expected at most {_MOST} speakers in the truth, found {len(t)}",
            "Score the recording in parts",
        )
    r, h = t.sum(axis=0), p.sum(axis=0)
    both = t.astype(np.float64) @ p.T.astype(np.float64)
    counts = (
        np.maximum(r - h, 0).sum(),
        np.maximum(h - r, 0).sum(),
        np.minimum(r, h).sum() - _best_match(both),
        r.sum(),
    )
    return DiarisationErrors(*(_STEP * int(c) for c in counts))


class BoundaryMatches(NamedTuple):
    """How many boundaries of turns are right, and how many there are in truth and prediction."""

    right: int
    truth: int
    predicted: int

    @property
    def f1(self) -> float:
        """``2 right / (truth + predicted)``, in [0, 1]; NaN without any turn.

        >>> BoundaryMatches(right=3, truth=4, predicted=8).f1
        0.5
        """
        total = self.truth + self.predicted
        return 2 * self.right / total if total else math.nan


def boundary_matches(truth: Spans, predicted: Spans, within: float = 0.5) -> BoundaryMatches:
    """Compare where turns begin and end, whoever speaks.

    Beginnings are matched with beginnings and ends with ends, one to one, as many as can be.

    Args:
        truth: Turns (start, end, speaker), times in s, in any order.
        predicted: Likewise.
        within: Those that are no farther apart (s) may match.

    The beginning at 5 s is missed by a second, the other three boundaries are found:

    >>> boundary_matches([(0, 4, 0), (5, 9, 1)], [(0.25, 4.5, 0), (6, 9, 1)])
    BoundaryMatches(right=3, truth=4, predicted=4)
    """
    right = _matched([s[0] for s in truth], [s[0] for s in predicted], within)
    right += _matched([s[1] for s in truth], [s[1] for s in predicted], within)
    return BoundaryMatches(right, 2 * len(truth), 2 * len(predicted))


def _matched(times: list[float], others: list[float], within: float) -> int:
    """Pairs of times; always the earliest that are near enough, which is as many as can be."""
    times, others = sorted(times), sorted(others)
    i = j = right = 0
    while i < len(times) and j < len(others):
        if abs(times[i] - others[j]) <= within:
            i, j, right = i + 1, j + 1, right + 1
        elif times[i] < others[j]:
            i += 1
        else:
            j += 1
    return right


def _frames(spans: Spans, size: int) -> NDArray[np.bool_]:
    """Who speaks in every 10 ms, (speakers, size)."""
    names = {name: i for i, name in enumerate(dict.fromkeys(s[2] for s in spans))}
    frames = np.zeros((len(names), size), bool)
    for span in spans:
        frames[names[span[2]], round(span[0] / _STEP) : round(span[1] / _STEP)] = True
    return frames


def _best_match(shared: NDArray[np.float64]) -> int:
    """The most frames that a one-to-one mapping of rows to columns can share."""
    best = {0: 0.0}  # rows taken, as bits -> frames
    for column in shared.T.tolist():
        for taken, frames in list(best.items()):
            for row, more in enumerate(column):
                now = taken | 1 << row
                if now != taken:
                    best[now] = max(best.get(now, 0.0), frames + more)
    return round(max(best.values()))
