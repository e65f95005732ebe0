"""Which muscle pulls which place of the face whereto: the table behind :mod:`motion`.

Units are the distance between the outer corners of the eyes; x to the person's left, y down,
z away from the camera; the origin lies between the eyes. Corners of the eyes are at x = .19 and
.5, brows at y = -.15 to -.28, the tip of the nose at y = .3, wings of the nose at (.23, .38), the
corner of the mouth at (.28, .68), the chin at y = 1.24. The left side is told, the right follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Pull(NamedTuple):
    """A place that is pulled, and the skin around it with it.

    Args:
        at: (x, y) of the place.
        by: (x, y, z) of its way.
        reach: Skin further off stays.
        part: "skin" (all but the eyes), "upper" or "lower" (of the mouth's line).
    """

    at: tuple[float, float]
    by: tuple[float, float, float]
    reach: float
    part: str = "skin"


_CORNER, _UPPER, _LOWER = (0.276, 0.68), (0.0, 0.64), (0.0, 0.73)

# Of one side; "Left" is appended to these names, and "Right" for the mirror image.
ONE_SIDE: Mapping[str, tuple[Pull, ...]] = {
    "browDown": (
        Pull((0.17, -0.22), (-0.03, 0.075, 0.0), 0.26),
        Pull((0.34, -0.26), (-0.02, 0.07, 0.0), 0.24),
        Pull((0.52, -0.22), (-0.01, 0.03, 0.0), 0.2),
    ),
    "browOuterUp": (
        Pull((0.58, -0.19), (0.0, -0.095, 0.0), 0.26),
        Pull((0.43, -0.27), (0.0, -0.085, 0.0), 0.26),
        Pull((0.46, -0.45), (0.0, -0.03, 0.0), 0.24),
    ),
    "cheekSquint": (
        Pull((0.42, 0.2), (0.0, -0.05, -0.03), 0.28),
        Pull((0.55, 0.15), (0.0, -0.03, 0.0), 0.2),
    ),
    "mouthSmile": (
        Pull(_CORNER, (0.095, -0.095, 0.06), 0.2),
        Pull((0.16, 0.63), (0.05, -0.005, 0.02), 0.19),
        Pull((0.15, 0.75), (0.05, -0.005, 0.02), 0.2),
        Pull((0.42, 0.42), (0.025, -0.055, -0.035), 0.33),
    ),
    "mouthFrown": (
        Pull(_CORNER, (0.01, 0.095, 0.0), 0.25),
        Pull((0.16, 0.74), (0.0, 0.02, 0.0), 0.16, "lower"),
        Pull((0.3, 0.88), (0.01, 0.03, 0.0), 0.24),
    ),
    "mouthDimple": (
        Pull(_CORNER, (0.05, -0.012, 0.06), 0.2),
        Pull((0.4, 0.62), (0.015, 0.0, 0.03), 0.2),
    ),
    "mouthStretch": (
        Pull(_CORNER, (0.1, 0.04, 0.05), 0.26),
        Pull((0.15, 0.75), (0.04, 0.02, 0.01), 0.18),
        Pull((0.36, 0.95), (0.03, 0.03, 0.0), 0.26),
    ),
    "mouthPress": (
        Pull((0.12, 0.615), (0.0, 0.03, 0.01), 0.16, "upper"),
        Pull((0.12, 0.76), (0.0, -0.035, 0.01), 0.16, "lower"),
        Pull(_CORNER, (0.015, 0.0, 0.01), 0.14),
    ),
    "mouthLowerDown": (
        Pull((0.13, 0.72), (0.01, 0.085, 0.0), 0.2, "lower"),
        Pull((0.15, 0.86), (0.01, 0.05, 0.0), 0.2, "lower"),
    ),
    "mouthUpperUp": (
        Pull((0.13, 0.64), (0.01, -0.075, 0.0), 0.19, "upper"),
        Pull((0.2, 0.5), (0.015, -0.05, -0.01), 0.2, "upper"),
    ),
    "noseSneer": (
        Pull((0.2, 0.34), (0.01, -0.065, 0.0), 0.2),
        Pull((0.11, 0.1), (0.0, -0.03, -0.01), 0.17),
        Pull((0.17, 0.52), (0.0, -0.035, 0.0), 0.18, "upper"),
    ),
}

# Of both sides at once; what is off the middle is pulled on both.
MIDDLE: Mapping[str, tuple[Pull, ...]] = {
    "browInnerUp": (
        Pull((0.17, -0.22), (0.0, -0.1, 0.0), 0.26),
        Pull((0.3, -0.26), (0.0, -0.06, 0.0), 0.2),
        Pull((0.0, -0.33), (0.0, -0.05, 0.0), 0.24),
    ),
    "cheekPuff": (
        Pull((0.42, 0.66), (0.09, 0.0, -0.12), 0.34),
        Pull((0.66, 0.62), (0.05, 0.0, 0.0), 0.55),
        Pull((0.0, 0.6), (0.0, 0.0, -0.03), 0.16),
    ),
    "mouthFunnel": (
        Pull(_CORNER, (-0.095, 0.0, -0.06), 0.22),
        Pull(_UPPER, (0.0, -0.06, -0.09), 0.24, "upper"),
        Pull(_LOWER, (0.0, 0.075, -0.09), 0.26, "lower"),
    ),
    "mouthPucker": (
        Pull(_CORNER, (-0.135, 0.0, -0.06), 0.25),
        Pull((0.13, 0.63), (-0.06, -0.01, -0.08), 0.18, "upper"),
        Pull((0.13, 0.74), (-0.06, 0.012, -0.08), 0.18, "lower"),
        Pull((0.0, 0.68), (0.0, 0.0, -0.11), 0.14),
    ),
    "mouthRollLower": (
        Pull((0.0, 0.75), (0.0, -0.05, 0.04), 0.16, "lower"),
        Pull((0.16, 0.74), (0.0, -0.04, 0.04), 0.14, "lower"),
    ),
    "mouthRollUpper": (
        Pull((0.0, 0.62), (0.0, 0.04, 0.04), 0.15, "upper"),
        Pull((0.16, 0.63), (0.0, 0.03, 0.04), 0.14, "upper"),
    ),
    "mouthShrugLower": (
        Pull((0.0, 0.72), (0.0, -0.05, -0.04), 0.24, "lower"),
        Pull((0.0, 1.02), (0.0, -0.06, -0.02), 0.3, "lower"),
    ),
    "mouthShrugUpper": (Pull(_UPPER, (0.0, -0.05, -0.03), 0.24, "upper"),),
}

SIDEWAYS = (
    Pull((0.276, 0.68), (0.1, 0.0, 0.01), 0.3),
    Pull((0.0, 0.68), (0.1, 0.0, 0.0), 0.3),
    Pull((-0.276, 0.68), (0.1, 0.0, -0.01), 0.3),
)
"""The mouth to the person's left, alike in all its width; not mirrored."""
