"""How somebody looks in a picture, cheaply: colours of the face, the hair and the clothes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from empathia.types import FloatArray
from empathia.types.seen import Face, Picture

# Left, top, right and bottom of the parts in sides of the face, and what each counts.
_PARTS = ((0.1, 0.1, 0.9, 0.9), (-0.2, -0.45, 1.2, 0.05), (-0.4, 1.2, 1.4, 1.9))
_WEIGHTS = np.array([0.4, 0.25, 0.35])
_LEAST = 0.4  # of a part that must lie in the picture
_BINS = 5  # of each colour
_PIXELS = 24  # of a side of a part that are looked at


def looks(picture: Picture, face: Face) -> FloatArray:
    """Shares of colours of the parts, (3, 125); a row of a part beyond the picture is NaN."""
    left, top, right, bottom = (float(x) * picture.scale for x in face.box)
    corner, sides = np.array([left, top] * 2), np.array([right - left, bottom - top] * 2)
    return np.stack([_colours(picture.pixels, corner + sides * part) for part in _PARTS])


def unlike(one: FloatArray, other: FloatArray) -> float:
    """How different two looks (3, 125) are, in [0, 1]: Hellinger's distance, mean over parts."""
    apart = np.sqrt(np.clip(1 - np.sqrt(one * other).sum(axis=1), 0, 1))
    known = np.isfinite(apart)
    return float(np.average(apart[known], weights=_WEIGHTS[known])) if known.any() else 0.0


def blended(one: FloatArray, other: FloatArray, share: float) -> FloatArray:
    """Looks (3, 125) with a share of others; a part that one lacks is the other's."""
    mixed = (1 - share) * one + share * other
    return np.where(np.isfinite(mixed), mixed, np.where(np.isfinite(one), one, other))


def _colours(pixels: NDArray[np.uint8], edges: Sequence[float] | NDArray[np.float64]) -> FloatArray:
    """Shares of colours (125,) of what lies between left, top, right and bottom."""
    height, width = pixels.shape[:2]
    left, right = np.clip([edges[0], edges[2]], 0, width)
    top, bottom = np.clip([edges[1], edges[3]], 0, height)
    inside = (right - left) * (bottom - top)
    if inside < _LEAST * (edges[2] - edges[0]) * (edges[3] - edges[1]) or inside < 4:
        return np.full(_BINS**3, np.nan, np.float32)
    rows = np.linspace(top, bottom - 1, min(_PIXELS, int(bottom - top) + 1)).astype(int)
    columns = np.linspace(left, right - 1, min(_PIXELS, int(right - left) + 1)).astype(int)
    seen = pixels[np.ix_(rows, columns)].reshape(-1, 3) * ((_BINS - 1) / 255)
    # A colour between two bins counts for both, else noise would move it from one to the other.
    lower = np.minimum(seen.astype(int), _BINS - 2)
    above = seen - lower
    shares = np.zeros(_BINS**3)
    for corner in np.ndindex(2, 2, 2):
        weight = np.where(corner, above, 1 - above).prod(axis=1)
        place = (lower + corner) @ (_BINS**2, _BINS, 1)
        shares += np.bincount(place, weight, minlength=_BINS**3)
    return (shares / len(seen)).astype(np.float32)
