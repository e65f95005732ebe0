"""Faces over time, made up: what a face did is given, the rest is drawn."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from empathia.face.points import BLENDSHAPES, EXPRESSIONS
from empathia.types.seen import LANDMARKS, Sight

RATE = 10.0


def made(
    seconds: float = 2.0,
    *,
    seed: int = 0,
    there: float = 1.0,
    rate: float = RATE,
    start: float = 3.0,
    landmarks: bool = True,
    **does: float | np.ndarray,
) -> Sight:
    """A sight of one face.

    Args:
        seconds: How long it was looked at.
        seed: Of what is drawn.
        there: Share of the moments at which it is there.
        rate: Pictures a second.
        start: In s.
        landmarks: Whether they were kept.
        does: Names of blendshapes, "yaw", "pitch", "roll" or expressions, with a value or one a
            moment (of all moments, those too at which the face isn't there). A blendshape
            without its side stands for both. An expression is a share before all are made to
            sum to 1.
    """
    draw = np.random.default_rng(seed)
    count = round(seconds * rate)
    columns = (*BLENDSHAPES, "yaw", "pitch", "roll", *EXPRESSIONS)
    values = np.zeros((count, len(columns)), np.float32)
    values[:, : len(BLENDSHAPES)] = draw.uniform(0, 0.03, (count, len(BLENDSHAPES)))
    values[:, columns.index("neutral")] = 0.02
    for name, value in does.items():
        both = [name] if name in columns else [f"{name}Left", f"{name}Right"]
        for column in both:
            values[:, columns.index(column)] = value
    values[:, -7:] /= np.maximum(values[:, -7:].sum(axis=1, keepdims=True), 1e-6)
    kept = np.sort(draw.permutation(count)[: round(there * count)])
    points = draw.normal(0, 10, (count, LANDMARKS, 3)).astype(np.float32)
    points[:, [33, 263]] = [[-30, 0, 0], [30, 0, 0]]
    return Sight(
        "face 1",
        start,
        start + seconds,
        rate,
        start + kept / rate,
        np.tile(np.array([10, 10, 110, 110], np.float32), (len(kept), 1)),
        values[kept, :52],
        values[kept, 52:55],
        values[kept, 55:],
        points[kept] if landmarks else None,
    )


def features(seconds: float = 2.0, **how: float | np.ndarray | Mapping[str, float]):
    """The features "face" of :func:`made`."""
    from empathia.features.face import extract

    return extract(made(seconds, **how), "u")
