"""Where the two panes of a split screen are: between black bars, on both sides of a seam."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.types import FloatArray

_BLACK = 28.0  # grey of a bar at most, after a lossy codec
_MIDDLE = (0.35, 0.65)  # where a seam may be, in widths of the content
_STEP = 3.0  # change of grey over a seam that tells it
_STANDS_OUT = 3.0  # times the change elsewhere
_LEAST = 32  # pixels of a side with content

Box = tuple[float, float, float, float]


class Panes(NamedTuple):
    """Left, top, right and bottom of each pane in pixels; whether the seam was seen."""

    left: Box
    right: Box
    seen: bool


def panes(pictures: Sequence[NDArray[np.uint8]]) -> Panes | None:
    """The panes of a split screen, or None where nothing but black is shown.

    A seam is a black strip, or a line at which most rows of most pictures change; where there is
    neither, it is taken to be in the middle of what is not black.

    Args:
        pictures: (height, width, 3) each, some of the video, of one size.
    """
    grey: FloatArray = np.stack([p.mean(axis=2, dtype=np.float32) for p in pictures])
    rows = _longest(np.percentile(grey, 90, axis=2).max(axis=0) > _BLACK)
    if rows[1] - rows[0] < _LEAST:
        return None
    lit = np.percentile(grey[:, rows[0] : rows[1]], 90, axis=1).max(axis=0) > _BLACK
    if lit.sum() < _LEAST:
        return None
    columns = np.flatnonzero(lit)
    start, end = int(columns[0]), int(columns[-1]) + 1
    first, last = (start + round(m * (end - start)) for m in _MIDDLE)
    dark = _longest(~lit[first:last])
    seam = (first + dark[0], first + dark[1]) if dark[1] > dark[0] else None
    line = _line(grey[:, rows[0] : rows[1]], first, last) if seam is None else None
    middle = (start + end) // 2
    left, right = seam or ((line, line) if line is not None else (middle, middle))
    top, bottom = map(float, rows)
    return Panes(
        (float(start), top, float(left), bottom),
        (float(right), top, float(end), bottom),
        seam is not None or line is not None,
    )


def _line(grey: FloatArray, first: int, last: int) -> int | None:
    """The column at which most rows change, in (pictures, rows, columns); None where none does."""
    still = np.median(grey, axis=0)
    change = np.abs(still[:, 2:-1] + still[:, 3:] - still[:, :-3] - still[:, 1:-2]) / 2
    each = np.median(change, axis=0)  # of the columns from 2 on
    among = each[first - 2 : last - 2]
    best = int(np.argmax(among))
    if among[best] < _STEP or among[best] < _STANDS_OUT * np.median(each):
        return None
    return first + best


def _longest(lit: NDArray[np.bool_]) -> tuple[int, int]:
    """Start and end of the longest run; (0, 0) where there is none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], lit, [False]]).astype(np.int8)))
    runs = edges.reshape(-1, 2)
    if not len(runs):
        return 0, 0
    start, end = runs[np.argmax(runs[:, 1] - runs[:, 0])]
    return int(start), int(end)
