"""Measures of what a face does, by name, and without what the head's pose feigns.

The net of the blendshapes takes a bowed head for lowered brows and curled lips, and a raised one
for raised brows. How much of it was set on photographs that ship in packages and on copies of them
that were turned in space.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from empathia.face.points import MEASURES
from empathia.types import FloatArray

FACING = -6.0
"""Pitch in degrees of a head that looks at a camera."""
_BOWED: Mapping[str, float] = {"browDown": 0.35, "mouthSmile": 0.2}  # feigned, at most
_RAISED: Mapping[str, float] = {"browInnerUp": 0.35}
_STEP = 15.0  # degrees within which all of that comes


def measure(values: FloatArray, name: str) -> FloatArray:
    """A measure of :data:`empathia.face.points.MEASURES`, or the mean of both sides of one.

    Args:
        values: The feature "face", (frames, 62).
        name: Such as "jawOpen", "yaw", or "mouthSmile" for the mean of its sides.

    Returns:
        (frames,).
    """
    if name in MEASURES:
        return values[:, MEASURES.index(name)]
    sides = [MEASURES.index(name + side) for side in ("Left", "Right")]
    both: FloatArray = values[:, sides].mean(axis=1)
    return both


def unfeigned(values: FloatArray, name: str) -> FloatArray:
    """The same of a blendshape, less what the head's pitch feigns, at least 0, (frames,).

    Args:
        values: The feature "face", (frames, 62).
        name: Of a blendshape, or of one without its sides.
    """
    pitch = measure(values, "pitch") - FACING
    bowed, raised = np.clip((-pitch - 12) / _STEP, 0, 1), np.clip((pitch - 1) / _STEP, 0, 1)
    feigned = _BOWED.get(name, 0.0) * bowed + _RAISED.get(name, 0.0) * raised
    left: FloatArray = np.maximum(measure(values, name) - feigned, 0).astype(np.float32)
    return left
