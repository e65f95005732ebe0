"""What muscles say of an expression: a second opinion beside the net, from 52 blendshapes.

Which muscles go with which expression follows P. Ekman and W. V. Friesen, EMFACS (1983). Where a
measure begins to tell and where it tells all was set on two dozen photographs that ship in
packages, and on copies of them that were turned in space: no labels of a corpus were used. For the
net of the blendshapes, looking down lowers brows and curls lips, and looking up raises brows:
these measures begin to tell later then.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from empathia.face.points import MEASURES
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
_DOWN = {"browDown": 0.35, "mouthSmile": 0.2}  # how much later where the head is bowed
_UP = {"browInnerUp": 0.35}


def measure(values: FloatArray, name: str) -> FloatArray:
    """A blendshape, or the mean of both of its sides, (frames,) of features "face" (frames, 62)."""
    if name in MEASURES:
        return values[:, MEASURES.index(name)]
    sides = [MEASURES.index(name + side) for side in ("Left", "Right")]
    both: FloatArray = values[:, sides].mean(axis=1)
    return both


def opinion(values: FloatArray) -> FloatArray:
    """How much of each expression's muscles is at work.

    Args:
        values: Features "face", (frames, 62).

    Returns:
        (frames, 7) in [0, 1] in the order of ``EXPRESSIONS``; 0 for neutral.
    """
    pitch = measure(values, "pitch")
    bowed, raised = np.clip((-pitch - 18) / 15, 0, 1), np.clip((pitch + 5) / 15, 0, 1)
    at = {}
    for name, (start, full) in RANGES.items():
        later = _DOWN.get(name, 0.0) * bowed + _UP.get(name, 0.0) * raised
        at[name] = np.clip((measure(values, name) - start - later) / (full - start), 0, 1)
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
