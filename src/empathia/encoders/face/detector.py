"""Where faces are in a picture (BlazeFace, full range: Bazarevsky et al. 2019)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia.encoders.face.region import Region, around
from empathia.encoders.face.runtime import Net
from empathia.media.frames import resized
from empathia.types import FloatArray

_SIZE, _CELLS = 192, 48  # pixels of its input; one box a cell
_KEYS = 6  # right and left eye, nose, mouth, right and left ear
_MARGIN = 1.5  # what the mesh wants around the box
_SAME = 0.5  # of the smaller of two boxes of one face


@dataclass(frozen=True, slots=True, eq=False)
class Detection:
    """A face that was made out.

    Args:
        score: In [0, 1].
        region: Where to look closer.
    """

    score: float
    region: Region


class Detector:
    """Finds faces in whole pictures. Make it with :meth:`load`."""

    def __init__(self, net: Net) -> None:
        self._net = net
        at = (np.arange(_CELLS, dtype=np.float32) + 0.5) / _CELLS
        self._middles = np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2)

    @classmethod
    def load(cls, folder: Path, threads: int | None = None) -> Detector:
        """The detector out of the folder of the weight ``face-detector``."""
        content = (folder / "detector.tflite").read_bytes()
        cells = _CELLS * _CELLS
        shapes = ((1, cells, 4 + 2 * _KEYS), (1, cells, 1))
        return cls(Net(content, "face-detector", shapes, threads))

    def find(self, pixels: NDArray[np.uint8], least: float, most: int) -> list[Detection]:
        """The likeliest faces of a picture (h, w, 3), best first.

        Args:
            pixels: Red, green, blue.
            least: Score of a face, in [0, 1].
            most: How many, at most.
        """
        height, width = pixels.shape[:2]
        side = max(height, width)
        small = resized(
            pixels, max(1, round(width * _SIZE / side)), max(1, round(height * _SIZE / side))
        )
        top, left = ((_SIZE - n) // 2 for n in small.shape[:2])
        held = np.zeros((_SIZE, _SIZE, 3), np.float32)
        held[top : top + small.shape[0], left : left + small.shape[1]] = small
        boxes, logits = self._net(held[None] / 127.5 - 1)
        scores = 1 / (1 + np.exp(-np.clip(logits[0, :, 0], -80, 80)))
        likely = np.flatnonzero(scores >= least)
        points = boxes[0, likely].reshape(-1, 2 + _KEYS, 2) / _SIZE
        points[:, 0] += self._middles[likely]
        points[:, 2:] += self._middles[likely, None]
        points[:, [0, *range(2, 2 + _KEYS)]] -= np.array([left, top]) / _SIZE
        return _apart(points * side, scores[likely].astype(np.float32), most)


def _apart(points: FloatArray, scores: FloatArray, most: int) -> list[Detection]:
    """One detection of boxes that overlap: their mean, weighted by score.

    Args:
        points: (n, 8, 2) middle, size and six keys of each box, in pixels.
        scores: (n,).
        most: How many, at most.
    """
    corners = np.concatenate([points[:, 0] - points[:, 1] / 2, points[:, 0] + points[:, 1] / 2], 1)
    left = np.argsort(-scores)
    out: list[Detection] = []
    while len(left) and len(out) < most:
        same = shared(corners[left[0]], corners[left]) > _SAME
        same[0] = True
        group = left[same]
        mean = np.average(points[group], axis=0, weights=scores[group])
        out.append(Detection(float(scores[left[0]]), _region(mean)))
        left = left[~same]
    return out


def _region(points: FloatArray) -> Region:
    middle, size, right, left = points[:4]
    angle = math.atan2(float(left[1] - right[1]), float(left[0] - right[0]))
    half = float(size.max()) / 2
    square = around(np.stack([middle - half, middle + half]), 0.0, _MARGIN)
    return Region(square.x, square.y, square.side, angle)


def shared(box: FloatArray, boxes: FloatArray) -> FloatArray:
    """What a box (4,) shares with others (n, 4), of the smaller of both: one number each."""
    inner = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)
    smaller = np.minimum(areas, np.prod(box[2:] - box[:2]))
    share: FloatArray = np.prod(np.maximum(inner, 0), axis=1) / np.maximum(smaller, 1e-9)
    return share
