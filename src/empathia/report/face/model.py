"""The drawn face as data for a page: what ``assets/face.js`` needs to move and to draw it."""

from __future__ import annotations

import base64
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from empathia.face.motion import MEETING, basis, neutral
from empathia.face.points import BLENDSHAPES
from empathia.files import Plain
from empathia.report.face.picture import DEPTH, NECK, VIEW
from empathia.report.face.sketch import DARK, HEAD, LIGHT, SHAPES, STILL, weights
from empathia.types import FloatArray

_SHAPE_UNIT, _DEGREE_UNIT, _POINT_UNIT = 1 / 20000, 1 / 100, 1 / 8000
_EXACT = 4  # decimals of places


def model() -> dict[str, Plain]:
    """The face at rest, its motions, and what of it is drawn; for all tracks the same."""
    used = _used()
    place = {int(i): k for k, i in enumerate(used)}
    first = len(neutral())

    def here(i: int) -> int:
        return place[i] if i < first else len(used) + i - first

    steady = np.flatnonzero(np.abs(weights()).sum(0) > 0)
    return {
        "rest": [_rounded(p) for p in neutral()[used]],
        "motions": {name: _sparse(basis()[k][used]) for k, name in enumerate(BLENDSHAPES) if k},
        "meeting": [[[here(i) for i in edge] for edge in both] for both in MEETING],
        "steady": [here(int(i)) for i in steady],
        "beyond": [_rounded(row[steady]) for row in weights()],
        "still": [list(p) for p in STILL],
        "shapes": [
            {
                **shape._asdict(),
                "points": [here(i) for i in shape.points],
                "within": [here(i) for i in shape.within],
            }
            for shape in SHAPES
        ],
        "head": HEAD,
        "view": VIEW,
        "neck": NECK.tolist(),
        "depth": DEPTH,
        "light": dict(LIGHT),
        "dark": dict(DARK),
    }


def track(names: Sequence[str], values: FloatArray, rate: float) -> dict[str, Plain]:
    """Blendshapes and pose over time.

    Args:
        names: Of the columns.
        values: (frames, columns); columns of zeros are left out.
        rate: Frames a second (Hz).
    """
    moving = [i for i in range(len(names)) if values[:, i].any()]
    units = [_SHAPE_UNIT if names[i] in BLENDSHAPES else _DEGREE_UNIT for i in moving]
    return {
        "rate": rate,
        "names": [names[i] for i in moving],
        "units": units,
        "values": _packed(values[:, moving] / np.array(units)),
    }


def places(points: FloatArray, rate: float) -> dict[str, Plain]:
    """Landmarks over time, (frames, 478, 3)."""
    values = points[:, _used()].reshape(len(points), -1)
    return {"rate": rate, "unit": _POINT_UNIT, "points": _packed(values / _POINT_UNIT)}


def _used() -> NDArray[np.intp]:
    """Points that are drawn, or that others are sums of."""
    drawn = {i for shape in SHAPES for i in (*shape.points, *shape.within) if i < len(neutral())}
    drawn |= {i for both in MEETING for edge in both for i in edge}
    steady = np.flatnonzero(np.abs(weights()).sum(0) > 0)
    return np.array(sorted(drawn | set(steady.tolist())), np.intp)


def _sparse(way: NDArray[np.float64]) -> list[float]:
    """Number, x, y, z of each point that moves, behind each other."""
    moved = np.flatnonzero(np.abs(way).max(1) > 10**-_EXACT)
    return [x for k in moved for x in (int(k), *_rounded(way[k]))]


def _rounded(values: NDArray[np.float64]) -> list[float]:
    rounded: list[float] = (np.round(values, _EXACT) + 0.0).tolist()
    return rounded


def _packed(values: NDArray[np.floating]) -> str:
    """Numbers as 16 bits each, little end first, in base64."""
    whole = np.clip(np.round(values), -32767, 32767).astype("<i2")
    return base64.b64encode(whole.tobytes()).decode("ascii")
