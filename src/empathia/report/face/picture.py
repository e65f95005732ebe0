"""A face drawn of its points: as SVG, or as pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.face.pose import rotation
from empathia.report.face.sketch import HEAD, LIGHT, SHAPES, STILL, Shape, weights
from empathia.report.raster import Canvas
from empathia.types import FloatArray

Array = NDArray[np.float64]

VIEW = (-1.25, -1.25, 2.5, 3.1)
"""Left, top, width and height of what a picture shows, in normalised units."""
NECK = np.array([0.0, 1.15, 0.55])
"""What a head turns about."""
DEPTH = 0.13
"""How much smaller one unit further off."""
_BETWEEN = 4  # points of a curve from one point to the next


class Stroke(NamedTuple):
    """A shape, as lines in the picture's units, and its look."""

    shape: Shape
    lines: list[Array]
    within: Array | None


def carried(landmarks: FloatArray, pose: FloatArray) -> FloatArray:
    """A normalised face where its neck carries it: a head that turns moves its eyes, too.

    Args:
        landmarks: (..., 478, 3).
        pose: (..., 3) in degrees.
    """
    shift = NECK - rotation(pose) @ NECK
    moved: FloatArray = (landmarks + shift[..., None, :]).astype(np.float32)
    return moved


def strokes(landmarks: FloatArray) -> Iterator[Stroke]:
    """What is to be drawn of one face.

    Args:
        landmarks: (478, 3), normalised.
    """
    places = np.concatenate([landmarks, weights() @ landmarks, np.array(STILL)])
    flat = places[:, :2] / (1 + DEPTH * places[:, 2:])
    outline = flat[:0]  # a rim is that of the hull before it
    for shape in SHAPES:
        chosen = flat[list(shape.points)]
        if shape.kind == "net":
            lines = list(chosen.reshape(-1, 2, 2))
        elif shape.kind == "disc":
            lines = [_disc(chosen, shape)]
        elif shape.kind in {"hull", "rim"}:
            outline = _hull(chosen) if shape.kind == "hull" else outline
            lines = [outline]
        else:
            lines = [_curve(chosen, closed=shape.kind == "fill")]
        within = _curve(flat[list(shape.within)], closed=True) if shape.within else None
        yield Stroke(shape, lines, within)


def _curve(points: Array, *, closed: bool) -> Array:
    """A smooth curve through (n, 2) points (Catmull and Rom's)."""
    ends = (points[-1:], points[:2]) if closed else (points[:1], points[-1:])
    p = np.concatenate([ends[0], points, ends[1]])
    before, a, b, after = p[:-3], p[1:-2], p[2:-1], p[3:]
    t = (np.arange(_BETWEEN) / _BETWEEN)[:, None, None]
    curve = a + t / 2 * (
        b - before + t * (2 * before - 5 * a + 4 * b - after + t * (3 * (a - b) + after - before))
    )
    smooth = curve.swapaxes(0, 1).reshape(-1, 2)
    return smooth if closed else np.concatenate([smooth, points[-1:]])


def _hull(points: Array) -> Array:
    """The convex outline of (n, 2) points, of which the first :data:`HEAD` are joined smoothly."""
    dense = np.concatenate([_curve(points[:HEAD], closed=True), points[HEAD:]])
    order = sorted(map(tuple, dense.tolist()))
    outline: list[tuple[float, float]] = []
    for way in (order, order[::-1]):  # Andrew's monotone chain: below, then above
        start = len(outline)
        for x, y in way:
            while len(outline) > start + 1 and not _turns(outline[-2], outline[-1], (x, y)):
                outline.pop()
            outline.append((x, y))
        outline.pop()
    return np.array(outline)


def _turns(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> bool:
    return (b[0] - a[0]) * (c[1] - a[1]) > (b[1] - a[1]) * (c[0] - a[0])


def _disc(points: Array, shape: Shape) -> Array:
    """A circle about the first of (n, 2) points."""
    radius = np.linalg.norm(points[1:] - points[0], axis=1).max()
    angles = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    ring = np.stack([np.cos(angles), np.sin(angles)], 1)
    disc: Array = points[0] + radius * (np.array(shape.shift) + shape.size * ring)
    return disc


def paint(
    canvas: Canvas,
    landmarks: FloatArray,
    box: tuple[float, float, float],
    colours: Mapping[str, str] = LIGHT,
) -> None:
    """Draw a face onto a canvas.

    Args:
        canvas: To draw on.
        landmarks: (478, 3), normalised.
        box: Left, top and width in pixels of where :data:`VIEW` comes to lie.
        colours: By the names of paints.
    """
    left, top, width = box
    unit = width / VIEW[2]
    origin = np.array([left - VIEW[0] * unit, top - VIEW[1] * unit])
    for shape, lines, within in strokes(landmarks):
        colour = colours[shape.paint]
        clip = None if within is None else origin + unit * within
        for line in lines:
            placed = origin + unit * line
            if shape.kind in {"fill", "disc", "hull"}:
                canvas.polygon(placed, colour, shape.opacity, clip)
            else:
                if shape.kind == "rim":
                    placed = np.concatenate([placed, placed[:2]])
                canvas.line(placed, colour, shape.width * unit / 1000, shape.opacity)
