"""Small bright dots on a face: markers of a motion capture.

A dot is brighter than its surroundings, as narrow as a marker of 4 mm, and as narrow one way as the
other, which lines of a face are not. Eyes and mouth are left out: glints and teeth are bright, too.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.face.points import LEFT_BROW, LEFT_EYE, OUTER_LIPS, OVAL, RIGHT_BROW, RIGHT_EYE
from empathia.types import FloatArray

_NARROW = 0.012  # deviation of a dot in widths of the face; a marker's radius
_LEAST = 0.8  # the same in pixels
_SMALLEST = 30.0  # width of a face in pixels that dots can be told on
_STRONG, _SHARE = 3.5, 0.04  # of a dot: times the spread of the skin; of its brightness
_ROUND = 0.3  # how curved the other way, in parts of the most curved
_INSIDE = 0.92  # how much of the oval is looked at
_AROUND = {RIGHT_EYE: 1.5, LEFT_EYE: 1.5, RIGHT_BROW: 1.1, LEFT_BROW: 1.1, OUTER_LIPS: 1.15}


def dots(pixels: NDArray[np.uint8], landmarks: FloatArray) -> int | None:
    """How many dots are on a face; None where it is too small or cut off.

    Args:
        pixels: (height, width, 3) of the picture.
        landmarks: (478, 2 or 3) of the face, in its pixels.
    """
    oval = landmarks[list(OVAL), :2].astype(np.float64)
    left, top = np.floor(oval.min(axis=0)).astype(int)
    right, bottom = np.ceil(oval.max(axis=0)).astype(int) + 1
    height, width = pixels.shape[:2]
    if right - left < _SMALLEST or left < 0 or top < 0 or right > width or bottom > height:
        return None
    grey = pixels[top:bottom, left:right].mean(axis=2)
    points = landmarks[:, :2].astype(np.float64) - (left, top)
    skin = _within(grey.shape, points[list(OVAL)], _INSIDE)
    for part, around in _AROUND.items():
        skin &= ~_within(grey.shape, points[list(part)], around)
    narrow = max(_LEAST, _NARROW * (right - left))
    bump = _blurred(grey, narrow) - _blurred(grey, 2 * narrow)
    level = np.median(grey[skin]) if skin.any() else 0.0
    spread = 1.4826 * np.median(np.abs(bump[skin] - np.median(bump[skin]))) if skin.any() else 0.0
    least = max(_STRONG * spread, _SHARE * level)
    return int((skin & _peaks(bump) & (bump > least) & _round(bump)).sum())


def _within(shape: tuple[int, ...], outline: FloatArray, size: float) -> NDArray[np.bool_]:
    """Pixels inside of an outline (n, 2) that is made larger or smaller around its middle.

    Crossings of a line from each pixel to the left are counted; an odd number is inside.
    """
    middle = outline.mean(axis=0)
    x, y = (middle + size * (outline - middle)).T
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    inside = np.zeros(shape, bool)
    for x1, y1, x2, y2 in zip(x, y, np.roll(x, 1), np.roll(y, 1), strict=True):
        between = (y1 > rows) != (y2 > rows)
        with np.errstate(divide="ignore", invalid="ignore"):
            inside ^= between & (columns < (x2 - x1) * (rows - y1) / (y2 - y1) + x1)
    return inside


def _blurred(grey: FloatArray, deviation: float) -> FloatArray:
    """A picture (height, width) under a Gaussian; its edges go on."""
    reach = int(np.ceil(3 * deviation))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
    weights /= weights.sum()
    for axis in (0, 1):
        padded = np.pad(grey, [(reach, reach) if a == axis else (0, 0) for a in (0, 1)], "edge")
        size = grey.shape[axis]
        grey = sum(
            w * np.take(padded, range(i, i + size), axis=axis) for i, w in enumerate(weights)
        )
    return grey


def _neighbours(values: FloatArray) -> FloatArray:
    """(3, 3, height, width): each pixel's neighbours; beyond the edge the edge."""
    padded = np.pad(values, 1, "edge")
    h, w = values.shape
    return np.stack([[padded[i : i + h, j : j + w] for j in range(3)] for i in range(3)])


def _peaks(values: FloatArray) -> NDArray[np.bool_]:
    around = _neighbours(values).reshape(9, *values.shape)
    around[4] = -np.inf
    # The neighbours before it may be as high: of a flat top one pixel is a peak.
    peaks: NDArray[np.bool_] = (values > around[5:].max(axis=0)) & (
        values >= around[:4].max(axis=0)
    )
    return peaks


def _round(values: FloatArray) -> NDArray[np.bool_]:
    """Where a surface is curved downwards both ways about alike (eigenvalues of its Hessian)."""
    n = _neighbours(values)
    xx, yy = n[1, 0] + n[1, 2] - 2 * n[1, 1], n[0, 1] + n[2, 1] - 2 * n[1, 1]
    xy = (n[0, 0] + n[2, 2] - n[0, 2] - n[2, 0]) / 4
    middle, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    least, most = middle + half, middle - half
    rounded: NDArray[np.bool_] = (least < 0) & (least <= _ROUND * most)
    return rounded
