"""Silence that a detector of speech has kept: inside of its segments, and at their ends.

It is told by the level alone, against the loud parts of the segment: in noise, or far from the
microphone, there is none. What one person says holds short silences, so those between two people
count earlier; and as one of them ends where the other begins, a change of speaker moves there.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.types import Audio

_FRAME = 0.01  # s
_SMOOTH = 5  # frames
_DEPTH = 30.0  # dB under the loud parts, ...
_LOUD = 95  # ... which are this percentile
_LEAST = 0.1  # s; a shorter one, as a stop consonant has, is none but at the ends of a segment
_INSIDE = 0.3  # s; in the midst of what one says it is a pause from here on
_NEAR = 0.2  # s; a change of speaker is placed as badly
_TOUCH = 1e-3  # s

Span = tuple[float, float, int, float | None]  # start and end (s), speaker, confidence


class Silence(NamedTuple):
    """Where nobody is heard, start and end in s."""

    start: float
    end: float


def silences(audio: Audio, start: float, nobody: NDArray[np.bool_] | None = None) -> list[Silence]:
    """What is silent in a segment of speech, in time order.

    Args:
        audio: Of the segment, mono, (n,) in [-1, 1].
        start: Its start in the recording (s).
        nobody: Where nobody speaks by another measure, (frames,) of 20 ms.
    """
    step = round(_FRAME * audio.rate)
    whole = len(audio.samples) // step
    if whole == 0:
        return []
    frames = audio.samples[: whole * step].reshape(whole, step)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    # A mean of frames that reaches over an end would take that for silence.
    spread = np.ones(_SMOOTH) / _SMOOTH
    smooth = np.convolve(power, spread, "full") / np.convolve(np.ones(whole), spread, "full")
    level = 10 * np.log10(smooth[_SMOOTH // 2 :][:whole] + 1e-10)
    quiet = level < np.percentile(level, _LOUD) - _DEPTH
    if nobody is not None:
        quiet[: 2 * len(nobody)] |= np.repeat(nobody, 2)[:whole]
    edges = np.flatnonzero(np.diff(np.r_[False, quiet, False].astype(np.int8))).reshape(-1, 2)
    return [
        Silence(start + a * _FRAME, start + (audio.duration if b == whole else b * _FRAME))
        for a, b in edges.tolist()
        if b - a >= _LEAST / _FRAME or a == 0 or b == whole
    ]


class Hush:
    """Hears the silences of segments and nothing else, where it is known who speaks."""

    def __init__(self) -> None:
        self._silences: list[Silence] = []

    def add(self, audio: Audio, start: float) -> None:
        """Hear one segment, mono, that starts there (s)."""
        self._silences += silences(audio, start)

    def foresee(self, audio: Audio, start: float) -> None:
        """There is nothing to get ready."""

    def spoken(self, segments: Sequence[tuple[float, float]], who: int) -> list[Span]:
        """Segments (start and end in s, in time order) of one speaker without silences."""
        return without([(start, end, who, None) for start, end in segments], self._silences)


def without(spans: Sequence[Span], quiet: Sequence[Silence]) -> list[Span]:
    """Speech without pauses, in time order.

    Args:
        spans: In time order, none overlaps another.
        quiet: The silences of all segments, in time order.

    Returns:
        The spans, ended and begun at silences, and cut in two at long ones. A span that is nothing
        but silence stays as it is: nobody's speech is lost.
    """
    ends = [s.end for s in quiet]
    told: list[Span] = []
    for span in spans:
        start, end = span[:2]
        if told and told[-1][2] != span[2] and start - told[-1][1] < _TOUCH:
            first, last = bisect_left(ends, start - _NEAR), bisect_left(ends, end - _TOUCH)
            low, high = _nearest(quiet[first:last], told[-1][0], start)
            told[-1] = (told[-1][0], low, *told[-1][2:])
            start = high
        told.append((start, *span[1:]))
    parts: list[Span] = []
    for span in told:
        first, last = bisect_right(ends, span[0]), bisect_left(ends, span[1]) + 1
        parts += _parts(span, quiet[first:last])
    return parts


def _nearest(quiet: Sequence[Silence], least: float, change: float) -> tuple[float, float]:
    """Start and end of the silence at a change of speaker (s), behind a time; or the change."""
    near = [s for s in quiet if least + _TOUCH < s.start <= change + _NEAR]
    away = [max(s.start - change, change - s.end, 0.0) for s in near]
    return near[away.index(min(away))] if near else (change, change)


def _parts(span: Span, quiet: Sequence[Silence]) -> list[Span]:
    """One span without the silences that end in it, or behind it."""
    start, end, speaker, confidence = span
    cuts = [start]
    for low, high in quiet:
        inside = low > start + _TOUCH and high < end - _TOUCH
        if low < end and (high - low >= _INSIDE or not inside):
            cuts += [max(low, start), min(high, end)]
    cuts.append(end)
    parts: list[Span] = [
        (a, b, speaker, confidence)
        for a, b in zip(cuts[::2], cuts[1::2], strict=True)
        if b - a > _TOUCH
    ]
    return parts or [span]
