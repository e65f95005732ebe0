"""Eighty mel bands in dB, a hundred frames a second: the picture that speech networks look at.

Windows of 25 ms every 10 ms (:mod:`empathia.features._mel`). Values are rounded to 16 bits
(steps of at most .06 dB), so that an hour takes 58 MB in the cache.
"""

from __future__ import annotations

import numpy as np

from empathia.contracts import Extractor
from empathia.features import Each, _mel, no_variants
from empathia.types import Audio, Features

SOURCE = "sound"
WINDOW, HOP, BANDS = 400, 160, 80
_NAMES = tuple(f"mel{i}" for i in range(BANDS))


def load(variant: str | None = None, threads: int | None = None) -> Extractor:
    """The extractor; it has no variants and needs no model.

    Raises:
        UsageError: A variant was asked for.
    """
    no_variants("logmel", variant)
    return Each({"version": 1}, extract)


def extract(audio: Audio, utterance: str = "") -> Features:
    """Levels of one utterance.

    Args:
        audio: Mono sound at 16 kHz.
        utterance: Its id.

    Returns:
        Features of shape (1 + n // 160, 80) in dB at 100 Hz; NaN where every sample is 0.

    Raises:
        InputError: Another rate, or samples that are not finite.
    """
    levels = _mel.spectrogram(audio, WINDOW, HOP, BANDS, f"log-mel of '{utterance}'")
    values = levels.astype(np.float16).astype(np.float32)
    return Features(utterance, "logmel", values, _NAMES, ("dB",) * BANDS, _mel.RATE / HOP)
