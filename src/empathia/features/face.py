"""What a face did: 52 blendshapes, the head's pose and seven expressions, a row a picture.

Rows stand at the rate at which the video was looked at, from the start of the utterance to its
end; a moment without this face is a row of NaN, so that rows tell the time. The scores of the
expressions are the net's own, which is sure of itself far too often
(:mod:`empathia.emotion.face` calibrates). An hour takes 9 MB in the cache at ten pictures a
second.
"""

from __future__ import annotations

import math

import numpy as np

from empathia.contracts import Extractor
from empathia.face.points import MEASURES, POSE
from empathia.features import Each, no_variants
from empathia.types import Features, FloatArray
from empathia.types.seen import Sight

SOURCE = "face"
_UNSTEADY = 0.1  # of a step
_UNITS = tuple("deg" if name in POSE else "" for name in MEASURES)


def load(variant: str | None = None, threads: int | None = None) -> Extractor:
    """The extractor; it has no variants, and needs no model beside those that watched.

    Raises:
        UsageError: A variant was asked for.
    """
    no_variants("face", variant)
    return Each({"version": 1}, extract)


def weights_of(_variant: str | None) -> tuple[str, ...]:
    """Weights of the manifest that faces are watched with."""
    return ("face-detector", "face-landmarks", "face-expression")


def extract(sight: Sight, utterance: str = "") -> Features:
    """What one face did in an utterance.

    Args:
        sight: Of the speaker, cut to the utterance.
        utterance: Its id.

    Returns:
        Features of shape (pictures, 62) at the rate of the sight, named by
        ``empathia.face.points.MEASURES``; rows of NaN where the face was not there, and no rows
        of a sight without moments.
    """
    seen = np.concatenate([sight.blendshapes, sight.poses, sight.expressions], axis=1)
    return Features(utterance, "face", in_time(sight, seen), MEASURES, _UNITS, sight.rate)


def in_time(sight: Sight, seen: FloatArray) -> FloatArray:
    """Values of the moments of a sight as rows at its rate, from its start to its end.

    Args:
        sight: Whose moments they are.
        seen: (moments, columns).

    Returns:
        (rows, columns) float32, NaN where the face was not there; no rows of no moments.
    """
    if not len(seen):
        return np.zeros((0, seen.shape[1]), np.float32)
    steps = (sight.times - sight.start) * sight.rate
    # Where pictures stand between two steps: the times of some videos are unsteady.
    turn = np.angle(np.exp(2j * np.pi * steps).mean()) / (2 * np.pi)
    phase = (turn + _UNSTEADY) % 1 - _UNSTEADY
    places = np.maximum(np.round(steps - phase).astype(np.int64), 0)
    looked = math.ceil((sight.end - sight.start) * sight.rate - phase - _UNSTEADY)
    whole = np.full((max(looked, int(places.max()) + 1), seen.shape[1]), np.nan, np.float32)
    whole[places] = seen
    return whole
