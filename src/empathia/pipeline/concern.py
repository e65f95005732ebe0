"""No smile at words that hint at harm: attentive, and concerned at most, whoever foretells it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from empathia.reaction.lively import AFTER, NAMES, RATE
from empathia.reaction.lively.rules import FACES, ramp
from empathia.types import FloatArray

Span = tuple[float, float]
_EASE = 0.6  # s in which a face sobers, and in which it may show something again
_FEELS = ("mouth", "cheek", "nose", "jaw", "brow", "eyeWide", "eyeSquint")
_CONCERN = tuple(FACES["sadness"])
_SHOWN = [
    i for i, n in enumerate(NAMES) if n.startswith(_FEELS) and not n.startswith(_CONCERN)
]  # what leaves the face


def spans(times: Sequence[Span], heard: Sequence[int], hints: Sequence[int]) -> list[Span]:
    """When the face is sober (s): from words that hint at harm until the turn after them is over.

    Args:
        times: Start and end of all turns.
        heard: Places of those that are reacted to.
        hints: Places of those that hint at harm.
    """
    sober = []
    for i in hints:
        start, end = times[i]
        after = [times[j] for j in heard if times[j][0] >= end]
        until = min(after)[1] if after else np.inf  # a reaction is held until then
        sober.append((start, max(end + AFTER, until)))
    return sober


def sobered(track: FloatArray, sober: Sequence[Span], rest: FloatArray | None = None) -> FloatArray:
    """A face or its points over a talk, without what does not become the moment.

    Args:
        track: (frames, columns) at 25 Hz: :data:`empathia.reaction.lively.NAMES`, of which all
            but concern and attention leaves the face; or points, which come to rest.
        sober: When, in s.
        rest: (columns,) of a face at rest; None is all zeros.

    Returns:
        (frames, columns), smooth at the edges.
    """
    times = np.arange(len(track)) / RATE
    shown = np.ones(len(track))
    for start, end in sober:
        again = min(end, len(track) / RATE) + _EASE
        away = ramp(times, start - _EASE, start) - ramp(times, again, again + _EASE)
        shown = np.minimum(shown, 1 - away)
    columns = _SHOWN if track.shape[1] == len(NAMES) else range(track.shape[1])
    calm = track.copy()
    rest = np.zeros(track.shape[1], np.float32) if rest is None else rest
    share = shown[:, None].astype(np.float32)
    calm[:, columns] = rest[columns] + share * (track[:, columns] - rest[columns])
    return calm
