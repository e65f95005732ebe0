"""Thirteen mel-frequency cepstral coefficients a frame, with the defaults of librosa.

Davis and Mermelstein (1980), "Comparison of parametric representations for monosyllabic
word recognition": 128 mel bands in dB (:mod:`empathia.features._mel`; window of 2048
samples, hop of 512), then the orthonormal cosine transform (DCT-II), of which the first 13
values are kept. Sound is at 16 kHz here, not at librosa's 22.05 kHz: frames are 128 ms long
and come every 32 ms, so 100 frames are 3.2 s. An hour takes 6 MB in the cache.
"""

from __future__ import annotations

import functools

import numpy as np

from empathia.contracts import Extractor
from empathia.features import Each, _mel, no_variants
from empathia.types import Audio, Features

SOURCE = "sound"
WINDOW, HOP, BANDS, KEPT = 2048, 512, 128, 13
_NAMES = tuple(f"mfcc{i}" for i in range(KEPT))


def load(variant: str | None = None, threads: int | None = None) -> Extractor:
    """The extractor; it has no variants and needs no model.

    Raises:
        UsageError: A variant was asked for.
    """
    no_variants("mfcc", variant)
    return Each({"version": 1}, extract)


def extract(audio: Audio, utterance: str = "") -> Features:
    """Coefficients of one utterance.

    Args:
        audio: Mono sound at 16 kHz.
        utterance: Its id.

    Returns:
        Features of shape (1 + n // 512, 13) at 31.25 Hz; NaN where every sample is 0.

    Raises:
        InputError: Another rate, or samples that are not finite.
    """
    levels = _mel.spectrogram(audio, WINDOW, HOP, BANDS, f"mfcc of '{utterance}'")
    values = (levels @ _cosines()).astype(np.float32)
    return Features(utterance, "mfcc", values, _NAMES, ("dB",) * KEPT, _mel.RATE / HOP)


@functools.cache
def _cosines() -> _mel.Array:
    """The first columns of the orthonormal DCT-II, shape (128, 13)."""
    band, order = np.arange(BANDS)[:, None], np.arange(KEPT)[None, :]
    waves: _mel.Array = np.cos(np.pi * order * (2 * band + 1) / (2 * BANDS)) * np.sqrt(2 / BANDS)
    waves[:, 0] /= np.sqrt(2)
    return waves
