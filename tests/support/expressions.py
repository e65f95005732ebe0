"""A photographed face with another expression: landmarks moved by our basis, the picture bent."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import LinearNDInterpolator
from scipy.ndimage import map_coordinates

from empathia.face.motion import basis
from empathia.face.normalise import normalised
from empathia.face.points import BLENDSHAPES, INNER_LIPS

_SMOOTH = 24  # places at each edge of the picture that stay


def moved(landmarks: np.ndarray, **shapes: float) -> np.ndarray:
    """Landmarks (478, 3) in pixels under further motions.

    A name without its side means both; a motion may be negative, which takes one away. Lids of a
    photograph do not shut: their triangles would fold.
    """
    plain, placement = normalised(landmarks)
    for name, way in zip(BLENDSHAPES, basis(), strict=True):
        side = name.removesuffix("Left").removesuffix("Right")
        plain = plain + shapes.get(name, shapes.get(side, 0.0)) * way
    return placement.undo(plain.astype(np.float32))


def warped(pixels: np.ndarray, landmarks: np.ndarray, **shapes: float) -> np.ndarray:
    """The picture (height, width, 3) of a face with these landmarks, under further motions."""
    after = moved(landmarks, **shapes)[:, :2]
    height, width = pixels.shape[:2]
    t = np.linspace(0, 1, _SMOOTH)
    edges = [np.c_[x, y] for x, y in ((t, t * 0), (t, t * 0 + 1), (t * 0, t), (t * 0 + 1, t))]
    still = np.concatenate(edges) * (width - 1, height - 1)
    way = np.concatenate([landmarks[:, :2] - after, np.zeros_like(still)])
    back = LinearNDInterpolator(np.concatenate([after, still]), way, fill_value=0.0)
    y, x = np.mgrid[:height, :width]
    dx, dy = np.moveaxis(back(x, y), -1, 0)
    there, colours = (y + dy, x + dx), np.moveaxis(pixels, -1, 0)
    bent = [map_coordinates(colour, there, order=1, mode="nearest") for colour in colours]
    return _opened(np.stack(bent, -1), landmarks[:, :2], after)


def _opened(pixels: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """Dark where the lips have parted: no photograph shows what is behind closed ones."""
    lower, upper = list(INNER_LIPS[1:10]), list(INNER_LIPS[:10:-1])
    if (after[lower] - after[upper])[:, 1].max() < 2 * (before[lower] - before[upper])[:, 1].max():
        return pixels
    y, x = np.mgrid[: pixels.shape[0], : pixels.shape[1]]
    top, bottom = (np.interp(x, after[i, 0], after[i, 1], -1, -1) for i in (upper, lower))
    out = pixels.copy()
    out[(y > top) & (y < bottom)] = (52, 26, 28)
    return out
