"""How a head is turned: the rotation that lays a model of a face upon its landmarks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from empathia.errors import InputError
from empathia.types import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A face that looks straight ahead.

    Args:
        points: (n, 3), x to the right of the picture, y down, z away from the camera.
        weights: (n,) how much each counts for the pose; 0 for what muscles move.
    """

    points: FloatArray
    weights: FloatArray


def pose(landmarks: FloatArray, model: Model) -> FloatArray:
    """Yaw, pitch and roll of a head: the rotation is a pitch, then a yaw, then a roll.

    Pitch and roll are those of the rigid fit in space. The yaw is told from the picture alone, by
    the rotation nearest to the best affine image of the model: the net's depth turns with a head
    that nods, but takes one that turns aside for flatter than it is (by a quarter).

    Args:
        landmarks: (..., m, 3) with m >= n, in any units, axes as in ``model``.
        model: What they are compared with.

    Returns:
        (..., 3) in degrees: yaw (positive: turned to the picture's right), pitch (positive: up),
        roll (positive: clockwise in the picture).

    Raises:
        InputError: Landmarks are not finite.
    """
    used = np.flatnonzero(model.weights)
    seen = np.asarray(landmarks, np.float64)[..., used, :]
    if not np.isfinite(seen).all():
        raise InputError(
            "landmarks hold values that are no finite numbers",
            "Leave the moments without a face out",
        )
    weights = model.weights[used] / model.weights[used].sum()
    known = _centred(model.points[used].astype(np.float64), weights)
    weighed = known * weights[:, None]
    together = np.swapaxes(_centred(seen, weights), -1, -2) @ weighed
    flat = together[..., :2, :] @ np.linalg.inv(known.T @ weighed)
    space, image = _nearest(together), _nearest(flat)
    yaw = np.arcsin(np.clip(image[..., 2, 0], -1.0, 1.0))
    pitch = -np.arctan2(space[..., 2, 1], space[..., 2, 2])
    roll = np.arctan2(space[..., 1, 0], space[..., 0, 0])
    angles: FloatArray = np.degrees(np.stack([yaw, pitch, roll], axis=-1)).astype(np.float32)
    return angles


def rotation(angles: FloatArray) -> NDArray[np.float64]:
    """Rotations (..., 3, 3) of yaw, pitch and roll, (..., 3) in degrees; see :func:`pose`."""
    yaw, pitch, roll = np.moveaxis(np.radians(np.asarray(angles, np.float64)), -1, 0)
    return _about(2, roll) @ _about(1, -yaw) @ _about(0, -pitch)


def _about(axis: int, angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotations (..., 3, 3) about one axis by angles (...,) in radians."""
    a, b = (axis + 1) % 3, (axis + 2) % 3
    out = np.zeros((*angle.shape, 3, 3))
    out[..., axis, axis] = 1.0
    out[..., a, a] = out[..., b, b] = np.cos(angle)
    out[..., b, a] = np.sin(angle)
    out[..., a, b] = -np.sin(angle)
    return out


def _centred(points: NDArray[np.float64], weights: FloatArray) -> NDArray[np.float64]:
    centred: NDArray[np.float64] = points - (weights @ points)[..., None, :]
    return centred


def _nearest(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotations (..., 3, 3) nearest to matrices (..., 3, 3), or to two rows of them (..., 2, 3)."""
    u, _, v = np.linalg.svd(matrices, full_matrices=False)
    x, y = np.moveaxis((u @ v)[..., :2, :], -2, 0)
    return np.stack([x, y, np.cross(x, y)], axis=-2)
