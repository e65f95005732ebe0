"""What muscles say of an expression: a second opinion beside the net, from 52 blendshapes.

Which muscles go with which expression follows P. Ekman and W. V. Friesen, EMFACS (1983). Where a
measure begins to tell and where it tells all was set on two dozen photographs that ship in
packages, and on copies of them that were turned in space: no labels of a corpus were used.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from empathia.face.measures import unfeigned
from empathia.types import FloatArray

# Measure (of both sides, their mean): from where to where it tells.
RANGES: Mapping[str, tuple[float, float]] = {
    "mouthSmile": (0.15, 0.7),
    "mouthFrown": (0.03, 0.25),
    "browDown": (0.1, 0.5),
    "browInnerUp": (0.1, 0.6),
    "browOuterUp": (0.45, 0.8),
    "eyeWide": (0.04, 0.25),
    "eyeSquint": (0.45, 0.75),
    "jawOpen": (0.05, 0.5),
    "noseSneer": (0.005, 0.05),
    "mouthUpperUp": (0.2, 0.6),
    "mouthPress": (0.15, 0.5),
    "mouthStretch": (0.15, 0.5),
    "mouthShrugLower": (0.05, 0.4),
}


def opinion(values: FloatArray) -> FloatArray:
    """How much of each expression's muscles is at work.

    Args:
        values: Features "face", (frames, 62).

    Returns:
        (frames, 7) in [0, 1] in the order of ``EXPRESSIONS``; 0 for neutral.
    """
    at = {
        name: np.clip((unfeigned(values, name) - start) / (full - start), 0, 1)
        for name, (start, full) in RANGES.items()
    }
    unsmiling = at["mouthUpperUp"] * (1 - at["mouthSmile"])
    sums = (
        np.zeros(len(values)),
        at["mouthSmile"],
        0.8 * at["browInnerUp"] * (1 - at["browOuterUp"])
        + at["mouthFrown"]
        + 0.7 * at["mouthShrugLower"],
        at["browDown"] + 0.3 * at["mouthPress"],
        0.6 * (at["browInnerUp"] + at["eyeWide"] + at["mouthStretch"]),
        at["noseSneer"] + 0.8 * unsmiling + 0.4 * at["eyeSquint"] + 0.3 * at["browDown"],
        0.4 * (at["browInnerUp"] + at["browOuterUp"]) + 0.5 * at["eyeWide"] + 0.7 * at["jawOpen"],
    )
    return np.asarray(np.clip(np.stack(sums, axis=1), 0, 1), np.float32)
