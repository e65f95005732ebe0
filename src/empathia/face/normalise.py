"""Landmarks out of the way of the camera: where a face is, its size and its roll taken away.

The roll is that of the line that mirrored stable points (:data:`points.PAIRS`) share, the origin
is between the eyes, and 1 is the distance between the outer corners of the eyes, in three
dimensions: so a head that turns does not grow. Yaw, pitch and what the face does stay.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from empathia.errors import InputError
from empathia.face.points import LEFT_OUTER, PAIRS, RIGHT_OUTER
from empathia.types import FloatArray
from empathia.types.seen import LANDMARKS

_EYES = list(PAIRS[0] + PAIRS[1])  # their corners
_RIGHT, _LEFT = (list(side) for side in zip(*PAIRS, strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Where a face was, how big, and how it was tilted.

    Args:
        origin: (..., 3) between the eyes, in the landmarks' units.
        scale: (...,) the inter-ocular distance, in the landmarks' units.
        roll: (...,) in degrees, positive: clockwise in the picture.
    """

    origin: FloatArray
    scale: FloatArray
    roll: FloatArray

    def undo(self, points: FloatArray) -> FloatArray:
        """Normalised points (..., n, 3) as they were, (..., n, 3)."""
        placed = _rolled(points, self.roll) * self.scale[..., None, None]
        there: FloatArray = (placed + self.origin[..., None, :]).astype(np.float32)
        return there


def normalised(landmarks: FloatArray) -> tuple[FloatArray, Placement]:
    """Landmarks in units of the face itself, and what was taken away.

    Args:
        landmarks: (..., 478, 3) in any units: x to the right, y down, z away.

    Returns:
        (..., 478, 3) float32 in units of the inter-ocular distance, and the placement.

    Raises:
        InputError: They have another shape, are not finite, or the face has no size.
    """
    points = np.asarray(landmarks, np.float64)
    if points.shape[-2:] != (LANDMARKS, 3):
        raise InputError(
            f"landmarks have shape {points.shape}, expected (..., {LANDMARKS}, 3)",
            "Give those of the whole face",
        )
    if not np.isfinite(points).all():
        raise InputError(
            "landmarks hold values that are no finite numbers",
            "Leave the moments without a face out",
        )
    origin = points[..., _EYES, :].mean(axis=-2)
    scale = np.linalg.norm(points[..., LEFT_OUTER, :] - points[..., RIGHT_OUTER, :], axis=-1)
    if not (scale > 0).all():
        raise InputError("the eyes of a face lie on one point", "Leave such faces out")
    across = (points[..., _LEFT, :] - points[..., _RIGHT, :]).sum(axis=-2)
    roll = np.degrees(np.arctan2(across[..., 1], across[..., 0]))
    kept = _rolled(points - origin[..., None, :], -roll) / scale[..., None, None]
    placement = Placement(*(a.astype(np.float32) for a in (origin, scale, roll)))
    return kept.astype(np.float32), placement


def _rolled(points: FloatArray | NDArray[np.float64], roll: FloatArray) -> NDArray[np.float64]:
    """Points (..., n, 3) turned clockwise in the picture by (...,) degrees."""
    angle = np.radians(np.asarray(roll, np.float64))[..., None]
    x, y = points[..., 0], points[..., 1]
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([c * x - s * y, s * x + c * y, points[..., 2].astype(np.float64)], axis=-1)
