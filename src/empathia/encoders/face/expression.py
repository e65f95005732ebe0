"""What a face expresses: seven scores, and the 256 numbers that they are made of.

The net of face-api.js (MIT): blocks of separable convolutions over a square of 112 pixels, run by
ONNX Runtime. The square is that which face-api.js cuts: its middle lies between eyes and mouth, its
side goes with their distance, by its numbers; only that here it is turned upright. A face and its
mirror image are read, and what comes of both is averaged.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia import weights
from empathia.encoders import graph
from empathia.encoders.face.region import Region, crop
from empathia.errors import WeightsError
from empathia.face.points import EXPRESSIONS
from empathia.types import FloatArray
from empathia.types.seen import Face, Picture

WEIGHT = "face-expression"
SIDE, FEATURES = 112, 256
"""Pixels of a side of what the net sees; how many numbers its scores are made of."""

_RIGHT, _LEFT, _MOUTH = (33, 133), (362, 263), (0, 17, 61, 291)  # corners of eyes and mouth, lips
_WIDE = 1 / 0.45  # sides in distances of eye and mouth: face-api.js' own, as is the next
_ABOVE = 0.07  # of the side: the middle of the square lies so far below that of the three


class Expressions:
    """Reads expressions of faces.

    Args:
        threads: Threads of the network; None takes all cores.

    Raises:
        WeightsError: The weight is damaged.
    """

    def __init__(self, threads: int | None = None) -> None:
        self._net = graph.session("expression", _arrays(weights.folder(WEIGHT)), threads)

    def read(self, picture: Picture, face: Face) -> FloatArray:
        """How much a face shows each of ``EXPRESSIONS``, (7,), summing to 1.

        They are sure of themselves far too often: :mod:`empathia.emotion.face` calibrates.
        """
        _, logits = self.judge(square(picture, face)[None])
        odds = np.exp(logits[0] - logits.max())
        scores: FloatArray = odds / odds.sum()
        return scores

    def judge(self, squares: NDArray[np.uint8]) -> tuple[FloatArray, FloatArray]:
        """What the net sees and says of faces and their mirror images, averaged.

        Args:
            squares: (n, 112, 112, 3), red, green, blue, as of :func:`square`.

        Returns:
            Features (n, 256) and logits (n, 7) in the order of ``EXPRESSIONS``.
        """
        sides = [self.raw(np.stack([face, face[:, ::-1]])) for face in squares]
        features = [seen.mean(axis=0) for seen, _ in sides]
        logits = [said.mean(axis=0) for _, said in sides]
        return (
            np.array(features, np.float32).reshape(-1, FEATURES),
            np.array(logits, np.float32).reshape(-1, len(EXPRESSIONS)),
        )

    def raw(self, squares: NDArray[np.uint8]) -> tuple[FloatArray, FloatArray]:
        """As :meth:`judge`, of the faces alone, without their mirror images.

        Args:
            squares: (n, 112, 112, 3).

        Returns:
            Features (n, 256) and logits (n, 7).
        """
        features, logits = self._net.run(None, {"pictures": np.ascontiguousarray(squares)})
        return features, logits


def square(picture: Picture, face: Face) -> NDArray[np.uint8]:
    """A face, cut out upright as the net wants it, (112, 112, 3).

    Args:
        picture: It is in.
        face: In pixels of the video; the picture may be smaller.
    """
    points = face.landmarks[:, :2] * picture.scale
    right, left, mouth = (
        points[list(where)].mean(axis=0, dtype=np.float64) for where in (_RIGHT, _LEFT, _MOUTH)
    )
    apart = (np.linalg.norm(left - mouth) + np.linalg.norm(right - mouth)) / 2
    side = max(1.0, _WIDE * float(apart))
    angle = math.atan2(left[1] - right[1], left[0] - right[0])
    x, y = (right + left + mouth) / 3
    region = Region(
        x - math.sin(angle) * _ABOVE * side, y + math.cos(angle) * _ABOVE * side, side, angle
    )
    pixels, region = _shrunk(picture.pixels, region, math.floor(side / SIDE))
    return np.asarray(np.round(255 * crop(pixels, region, SIDE)), np.uint8)


def _shrunk(pixels: NDArray[np.uint8], region: Region, by: int) -> tuple[NDArray[np.uint8], Region]:
    """What is around a region, each pixel the mean of several: of single ones it would be noise.

    Args:
        pixels: (h, w, 3).
        region: In them.
        by: How many times smaller.

    Returns:
        (h, w, 3), and the region in it; both as they are where there is nothing to shrink.
    """
    height, width = pixels.shape[:2]
    reach = 0.75 * region.side
    left, right = (int(np.clip(region.x + s * reach, 0, width)) for s in (-1, 1))
    top, bottom = (int(np.clip(region.y + s * reach, 0, height)) for s in (-1, 1))
    if by < 2 or min(right - left, bottom - top) < 2 * by:
        return pixels, region
    wide, high = (right - left) // by * by, (bottom - top) // by * by
    around = pixels[top : top + high, left : left + wide]
    total = np.zeros((high // by, wide // by, 3), np.uint32)
    for i in range(by):
        for j in range(by):
            total += around[i::by, j::by]
    smaller = Region((region.x - left) / by, (region.y - top) / by, region.side / by, region.angle)
    return np.asarray(np.round(total / by**2), np.uint8), smaller


def _arrays(folder: Path) -> dict[str, FloatArray]:
    """Weights by name, out of bytes with a step and a lowest value each."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        held = load_file(folder / "model.safetensors")
        return {
            name: np.float32(held[f"{name}.scale"][0]) * a + np.float32(held[f"{name}.scale"][1])
            if a.dtype == np.uint8
            else a
            for name, a in held.items()
            if not name.endswith(".scale")
        }
    except (OSError, SafetensorError, KeyError) as error:
        raise WeightsError(
            f"cannot read '{folder / 'model.safetensors'}' ({error})", weights.remedy(WEIGHT)
        ) from error
