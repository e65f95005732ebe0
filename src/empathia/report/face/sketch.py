"""What a drawn face consists of: shapes over its points, from back to front.

Said once, as data: :mod:`picture` draws it in Python, ``assets/face.js`` in a page.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.face import points as of
from empathia.face.motion import mesh, neutral

Array = NDArray[np.float64]


class Shape(NamedTuple):
    """One shape of the drawing.

    Args:
        kind: "fill" a closed line, draw a "line", the edges of a "net" (points pairwise), fill the
            "hull" about all points, draw the "rim" of the last one, or a "disc" about the first
            point.
        points: Which; from 478 on they are :data:`BEYOND`, then :data:`STILL`.
        paint: Name of a colour.
        opacity: From 0 to 1, of what is filled; lines would show where their pieces meet.
        width: Of a line, in thousandths of the distance between the outer corners of the eyes.
        size: Of a disc, relative to the mean of its points.
        shift: Of a disc, right and down, relative to its radius.
        within: Points of a closed line that nothing of this is drawn beyond.
    """

    kind: Literal["fill", "line", "net", "hull", "rim", "disc"]
    points: tuple[int, ...]
    paint: str
    opacity: float = 1.0
    width: float = 0.0
    size: float = 1.0
    shift: tuple[float, float] = (0.0, 0.0)
    within: tuple[int, ...] = ()


def _arc(n: int, wide: float, high: float) -> list[tuple[float, float, float]]:
    """The crown, from the right temple over the top to the left one."""
    angles = np.linspace(-np.pi / 2, np.pi / 2, n)
    return [(wide * np.sin(a), -0.08 - high * np.cos(a), 0.5 - 0.12 * np.cos(a)) for a in angles]


_EAR = (
    (0.74, -0.03, 0.6),
    (0.83, -0.08, 0.66),
    (0.855, 0.08, 0.68),
    (0.81, 0.3, 0.64),
    (0.745, 0.36, 0.58),
)
_NECK = ((0.5, 0.85, 0.45), (0.5, 1.05, 0.42))

BEYOND: tuple[tuple[float, float, float], ...] = (
    *_arc(11, 0.8, 0.98),
    *((-x, y, z) for x, y, z in _EAR),
    *_EAR,
    *((-x, y, z) for x, y, z in _NECK),
    *_NECK,
)
"""Places of the head that go with it: the crown, the ears, where the neck begins."""

STILL: tuple[tuple[float, float, float], ...] = tuple(
    (side * x, y, 0.5)
    for side in (-1, 1)
    for x, y in ((0.45, 1.3), (0.47, 1.46), (0.62, 1.57), (1.0, 1.69), (1.42, 1.87), (1.6, 2.4))
)
"""Places of the body, which stays: neck and shoulders, right and left."""

_FIRST = len(neutral())
_CROWN = tuple(range(_FIRST, _FIRST + 11))
_EARS = tuple(tuple(range(_FIRST + 11 + 5 * i, _FIRST + 16 + 5 * i)) for i in range(2))
_NECKS = tuple(tuple(range(_FIRST + 21 + 2 * i, _FIRST + 23 + 2 * i)) for i in range(2))
_BODY = tuple(tuple(range(_FIRST + 25 + 6 * i, _FIRST + 31 + 6 * i)) for i in range(2))

_FACE = of.OVAL[7:30]  # from the left temple below the chin to the right one
_HEAD = (*_FACE, *_CROWN)
_SKIN = tuple(sorted({i for edge in mesh() for i in edge} - set(_FACE)))
_HAIRLINE = (*of.OVAL[29:], *of.OVAL[:8])  # from the right temple to the left one
_SCALP = tuple(
    (_HAIRLINE[round((i + j) * (len(_HAIRLINE) - 1) / 10)], crown)
    for i, crown in enumerate(_CROWN)
    for j in {0, (i < 5) - (i > 5)}  # and the one towards the middle
)
_TRUNK = (*_NECKS[0], *_BODY[0], *reversed(_BODY[1]), *reversed(_NECKS[1]))

_UPPER_LIP = (*of.OUTER_LIPS[10:], of.OUTER_LIPS[0], of.INNER_LIPS[0], *of.INNER_LIPS[:9:-1])
_LOWER_LIP = (*of.OUTER_LIPS[:11], *of.INNER_LIPS[10::-1])


def _eye(
    outline: Sequence[int], iris: Sequence[int], pupil: int, crease: Sequence[int]
) -> list[Shape]:
    outline, disc = tuple(outline), (pupil, *iris)
    return [
        Shape("fill", outline, "white"),
        Shape("disc", disc, "iris", size=1.06, within=outline),
        Shape("disc", disc, "rim", 0.35, size=0.74, within=outline),
        Shape("disc", disc, "pupil", size=0.46, within=outline),
        Shape("disc", disc, "light", 0.95, size=0.2, shift=(0.3, -0.34), within=outline),
        Shape("line", (*outline[:9],), "drawn", width=8),
        Shape("line", (*outline[8:], outline[0]), "ink", width=24),
        Shape("line", tuple(crease), "faint", width=9),
    ]


HEAD = len(_HEAD)
"""How many points of a hull's are its line when the face looks ahead."""

SHAPES: tuple[Shape, ...] = (
    Shape("fill", _TRUNK, "shade"),
    *(Shape("line", (*_NECKS[i], *_BODY[i]), "soft", width=12) for i in range(2)),
    *(Shape("fill", ear, "shade") for ear in _EARS),
    *(Shape("line", ear, "soft", width=12) for ear in _EARS),
    Shape("hull", (*_HEAD, *_SKIN), "skin"),
    Shape("net", tuple(i for edge in (*mesh(), *_SCALP) for i in edge), "mesh", width=6),
    Shape("rim", (*_HEAD, *_SKIN), "soft", width=16),
    *_eye(of.RIGHT_EYE, of.RIGHT_IRIS, of.RIGHT_PUPIL, (247, 30, 29, 27, 28, 56, 190)),
    *_eye(of.LEFT_EYE, of.LEFT_IRIS, of.LEFT_PUPIL, (467, 260, 259, 257, 258, 286, 414)),
    Shape("fill", of.RIGHT_BROW, "brow"),
    Shape("fill", of.LEFT_BROW, "brow"),
    Shape("line", of.NOSE_BASE, "drawn", width=13),
    Shape("line", (193, 122, 196, 236, 198), "faint", width=7),
    Shape("fill", of.INNER_LIPS, "mouth"),
    Shape("fill", _UPPER_LIP, "lip", 0.75),
    Shape("fill", _LOWER_LIP, "lip", 0.55),
    Shape("line", of.INNER_LIPS[:11], "ink", width=9),
    Shape("line", (*of.INNER_LIPS[10:], of.INNER_LIPS[0]), "ink", width=13),
)

LIGHT: Mapping[str, str] = {
    "skin": "#fbfaf6", "shade": "#eeece5", "mesh": "#cfd1d4", "soft": "#6d7681",
    "ink": "#1b2026", "drawn": "#5e6266", "faint": "#adaead", "white": "#ffffff",
    "iris": "#3d7ea6", "rim": "#1d4a68", "pupil": "#12171c", "light": "#ffffff",
    "brow": "#454e59", "lip": "#d3ab9f", "mouth": "#5d3a3c",
}  # fmt: skip
DARK: Mapping[str, str] = {
    **LIGHT, "skin": "#d3d4d2", "shade": "#a9adb1", "mesh": "#adb1b5", "white": "#f4f5f6",
    "drawn": "#525659", "faint": "#939596", "lip": "#b98f84",
}  # fmt: skip


@cache
def weights() -> Array:
    """(n, 478) by which the head's other places are sums of its points.

    The sums are exact under every rotation, shift and size; they use points that no muscle moves
    much, so that the crown stays where it is when the mouth opens.
    """
    steady = np.array([i for pair in of.PAIRS for i in pair])
    known = np.c_[neutral()[steady], np.ones(len(steady))]
    sums = np.zeros((len(BEYOND), len(neutral())))
    sums[:, steady] = np.c_[np.array(BEYOND), np.ones(len(BEYOND))] @ np.linalg.pinv(known)
    return sums
