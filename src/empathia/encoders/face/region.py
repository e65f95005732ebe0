"""A square region of a picture, turned with the face in it, and its pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from empathia.types import FloatArray


@dataclass(frozen=True, slots=True)
class Region:
    """A square that may be turned and may reach beyond the picture.

    Args:
        x, y: Its middle, in pixels.
        side: In pixels.
        angle: Clockwise, in radians.
    """

    x: float
    y: float
    side: float
    angle: float = 0.0

    def placed(self, points: FloatArray) -> FloatArray:
        """Points (n, 3) from (0, 0) to (1, 1), corners of the region, in pixels of the picture.

        Depth grows as much as width and height.
        """
        c, s = math.cos(self.angle) * self.side, math.sin(self.angle) * self.side
        x, y = points[:, 0] - 0.5, points[:, 1] - 0.5
        placed: FloatArray = np.stack(
            [self.x + c * x - s * y, self.y + s * x + c * y, points[:, 2] * self.side], axis=1
        ).astype(np.float32)
        return placed

    def change(self, other: Region) -> float:
        """How much another differs: in sides moved, radians turned or, as a logarithm, grown."""
        moved = math.hypot(self.x - other.x, self.y - other.y) / other.side
        turned = abs(math.remainder(self.angle - other.angle, math.tau))
        return max(moved, turned, abs(math.log(self.side / other.side)))


def around(points: FloatArray, angle: float, margin: float) -> Region:
    """The region that holds points (n, >= 2) upright by an angle, its side the longer of both.

    Args:
        points: In pixels, x to the right and y down.
        angle: Clockwise, in radians.
        margin: Side of the region in sides of what holds them.
    """
    c, s = math.cos(angle), math.sin(angle)
    along = np.stack([c * points[:, 0] + s * points[:, 1], c * points[:, 1] - s * points[:, 0]])
    low, high = along.min(axis=1), along.max(axis=1)
    u, v = map(float, (low + high) / 2)
    side = margin * max(float((high - low).max()), 1e-3)
    return Region(c * u - s * v, s * u + c * v, side, angle)


def crop(pixels: NDArray[np.uint8], region: Region, size: int) -> FloatArray:
    """What a region shows, by bilinear interpolation in steps of 1/255.

    Args:
        pixels: (h, w, 3), red, green, blue; 2 x 2 or more.
        region: In its pixels; beyond the picture its edge goes on.
        size: Pixels of a side.

    Returns:
        (size, size, 3) in [0, 1].
    """
    height, width = pixels.shape[:2]
    step = region.side / size
    c, s = np.float32(math.cos(region.angle) * step), np.float32(math.sin(region.angle) * step)
    at = np.arange(size, dtype=np.float32) - np.float32((size - 1) / 2)
    x = np.clip(np.float32(region.x - 0.5) + c * at - s * at[:, None], 0, width - 1.001)
    y = np.clip(np.float32(region.y - 0.5) + s * at + c * at[:, None], 0, height - 1.001)
    left, top = x.astype(np.int32), y.astype(np.int32)
    low, high = left.min(), left.max() + 2
    shown = pixels[top.min() : top.max() + 2, low:high]
    # The three colours of a pixel travel in one number: a quarter of the time of three.
    packed = np.empty((*shown.shape[:2], 4), np.uint8)
    packed[..., :3] = shown
    flat, row = packed.view(np.uint32).reshape(-1), packed.shape[1]
    first = (top - top.min()) * row + (left - low)
    corners = [flat.take(first + beside) for beside in (0, 1, row, row + 1)]
    rest = [((a - b) * 256).astype(np.uint32) for a, b in ((x, left), (y, top))]
    even = _mixed([corner & _HALF for corner in corners], *rest)
    odd = _mixed([corner >> np.uint32(8) & _HALF for corner in corners], *rest)
    out = (even | odd << np.uint32(8)).view(np.uint8).reshape(size, size, 4)
    return out[..., :3].astype(np.float32) / np.float32(255)


_HALF = np.uint32(0x00FF00FF)  # every other byte, so that products have room
_ROUND = np.uint32(0x00800080)


def _mixed(
    corners: list[NDArray[np.uint32]], along: NDArray[np.uint32], down: NDArray[np.uint32]
) -> NDArray[np.uint32]:
    """Two colours in one number of the four pixels around each place, by its 256ths."""
    one = np.uint32(256)

    def between(
        a: NDArray[np.uint32], b: NDArray[np.uint32], share: NDArray[np.uint32]
    ) -> NDArray[np.uint32]:
        mixed: NDArray[np.uint32] = (a * (one - share) + b * share + _ROUND) >> np.uint32(8) & _HALF
        return mixed

    upper = between(corners[0], corners[1], along)
    lower = between(corners[2], corners[3], along)
    return between(upper, lower, down)
