"""When there is voice in an utterance, and how loud it is, 25 times a second.

Voice is what comes within 28 dB of the loudest moment; so it tells pauses within a turn, not
whether there is speech in a recording. Between the words of a steady talker there are none.
"""

from __future__ import annotations

import numpy as np

from empathia.contracts import Extractor
from empathia.features import Each, no_variants
from empathia.types import Audio, Features

SOURCE = "sound"
RATE = 25.0
"""Rows a second (Hz)."""
NAMES, UNITS = ("voice", "level"), ("", "dB")
_BELOW = 28.0  # dB under the loudest moment that are still voice
_SILENT = -90.0  # dB of full scale


def load(variant: str | None = None, threads: int | None = None) -> Extractor:
    """The extractor; it has no variants and needs no model.

    Raises:
        UsageError: A variant was asked for.
    """
    no_variants("activity", variant)
    return Each({"version": 1}, extract)


def extract(audio: Audio, utterance: str = "") -> Features:
    """Voice and level of one utterance.

    Args:
        audio: Mono sound.
        utterance: Its id.

    Returns:
        Features of shape (frames, 2) at 25 Hz: 1 where there is voice, else 0, and the level of
        the frame in dB of full scale, NaN where it is silent; the last may be shorter.
    """
    step = round(audio.rate / RATE)
    power = np.add.reduceat(audio.samples.astype(np.float64) ** 2, _starts(audio, step)) / step
    with np.errstate(divide="ignore"):
        level = 10 * np.log10(power)
    loudest = level.max(initial=_SILENT)
    voice = level > max(loudest - _BELOW, _SILENT)
    values = np.stack([voice, np.where(level > _SILENT, level, np.nan)], 1).astype(np.float32)
    return Features(utterance, "activity", values, NAMES, UNITS, RATE)


def _starts(audio: Audio, step: int) -> np.ndarray:
    return np.arange(0, len(audio.samples), step)
