"""Where the points of a face were: 478 landmarks without the head's place, size and roll.

``landmarks`` has a row a picture (NaN where the face was not there, as in
:mod:`empathia.features.face`), ``landmarks:mean`` the mean over an utterance in one row. The unit
is the distance between the outer corners of the eyes, the origin lies between the eyes
(:mod:`empathia.face.normalise`). An hour of rows takes 200 MB in the cache at ten a second.
"""

from __future__ import annotations

import numpy as np

from empathia.contracts import Extractor
from empathia.errors import InputError, UsageError
from empathia.face.normalise import normalised
from empathia.face.points import COLUMNS, UNIT
from empathia.features import Each
from empathia.features.face import in_time, weights_of
from empathia.types import Features, seen

__all__ = ["LANDMARKS", "NAMES", "SOURCE", "extract", "load", "weights_of"]

SOURCE = "face"
LANDMARKS = True  # are to be kept
NAMES = COLUMNS
_UNITS = (UNIT,) * len(NAMES)
MEAN = "mean"


def load(variant: str | None = None, threads: int | None = None) -> Extractor:
    """The extractor.

    Args:
        variant: None for a row a picture, "mean" for one an utterance.
        threads: It takes one.

    Raises:
        UsageError: Another variant.
    """
    if variant not in (None, MEAN):
        raise UsageError(
            f"the feature 'landmarks' has no variant '{variant}'",
            "Write 'landmarks' or 'landmarks:mean'",
        )
    settings = {"version": 1, "rows": "utterance" if variant else "pictures"}
    return Each(settings, mean if variant else extract)


def extract(sight: seen.Sight, utterance: str = "") -> Features:
    """Landmarks of one utterance, shape (pictures, 1434) at the rate of the sight.

    Args:
        sight: Of the speaker, with landmarks, cut to the utterance.
        utterance: Its id.

    Raises:
        InputError: The landmarks were not kept.
    """
    return Features(
        utterance, "landmarks", in_time(sight, _flat(sight, utterance)), NAMES, _UNITS, sight.rate
    )


def mean(sight: seen.Sight, utterance: str = "") -> Features:
    """The mean landmarks of one utterance, shape (1, 1434); see :func:`extract`."""
    flat = _flat(sight, utterance)
    row = flat.mean(axis=0, keepdims=True) if len(flat) else np.full((1, len(NAMES)), np.nan)
    return Features(utterance, "landmarks", row.astype(np.float32), NAMES, _UNITS)


def _flat(sight: seen.Sight, utterance: str) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    if sight.landmarks is None:
        raise InputError(
            f"the landmarks of '{utterance}' were not kept", "Watch the video with landmarks"
        )
    if not len(sight.landmarks):
        return np.zeros((0, len(NAMES)), np.float32)
    return normalised(sight.landmarks)[0].reshape(len(sight.landmarks), -1)
