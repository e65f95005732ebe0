"""The eight prosodic measures of an utterance, with the definitions of Praat.

| measure | unit | what |
|---|---|---|
| duration | s | length of the clip |
| avg_intensity | dB | level of the mean energy, lowest pitch 100 Hz, means subtracted |
| intensity_variation | dB | standard deviation of the frames' levels |
| avg_pitch | Hz | mean over voiced frames, autocorrelation, 75 to 600 Hz |
| pitch_std | Hz | standard deviation over voiced frames |
| pitch_range | Hz | highest minus lowest voiced frame |
| articulation_rate | 1/s | syllable nuclei over phonation time |
| mean_hnr | dB | harmonics-to-noise ratio, mean over frames that are not silent |

The methods are those of Boersma (1993) and of de Jong and Wempe (2009), written here for
whole blocks of frames at a time. Where the papers leave open how frames are placed or
lengths rounded, Praat's behaviour decided; the modules beside this one say what differs.

A measure that cannot be taken is NaN, never 0: a silent clip has a duration and nothing
else, a whisper has no pitch, a click has no rate.
"""

from __future__ import annotations

import math

import numpy as np

from empathia.contracts import Extractor
from empathia.errors import InputError
from empathia.features import Each, no_variants
from empathia.features.prosody.grid import centre_and_peak
from empathia.features.prosody.harmonicity import harmonicity
from empathia.features.prosody.intensity import loudness
from empathia.features.prosody.pitch import track
from empathia.features.prosody.syllables import syllables
from empathia.types import Audio, Features

SOURCE = "sound"
NAMES = (
    "duration",
    "avg_intensity",
    "intensity_variation",
    "avg_pitch",
    "pitch_std",
    "pitch_range",
    "articulation_rate",
    "mean_hnr",
)
UNITS = ("s", "dB", "dB", "Hz", "Hz", "Hz", "1/s", "dB")


def load(variant: str | None = None, threads: int | None = None) -> Extractor:
    """The extractor; it has no variants and needs no model.

    Raises:
        UsageError: A variant was asked for.
    """
    no_variants("prosody", variant)
    return Each({"version": 1}, extract)


def extract(audio: Audio, utterance: str = "") -> Features:
    """Measure one utterance.

    Args:
        audio: Mono sound at any rate; 16 kHz is what the measures are tuned on.
        utterance: Its id.

    Returns:
        Features of shape (1, 8) with columns :data:`NAMES` in :data:`UNITS`; NaN where
        a measure is missing.

    Raises:
        InputError: Samples are not finite.
    """
    values = dict.fromkeys(NAMES, math.nan)
    values["duration"] = audio.duration
    if len(audio.samples):
        _, peak = centre_and_peak(audio.samples)
        if not math.isfinite(peak):
            raise InputError(
                f"prosody of '{utterance}': expected finite samples, found NaN or infinity",
                "Decode the recording with empathia.media, which mends such samples",
            )
        if peak > 0:
            values |= _measure(audio)
    row = np.array([[values[name] for name in NAMES]], dtype=np.float32)
    return Features(utterance, "prosody", row, NAMES, UNITS)


def _measure(audio: Audio) -> dict[str, float]:
    values: dict[str, float] = {"mean_hnr": harmonicity(audio)}
    if (level := loudness(audio)) is not None:
        values["avg_intensity"] = level.mean
        values["intensity_variation"] = level.deviation
    if (spoken := syllables(audio)) is not None:
        values["articulation_rate"] = spoken.rate
    pitch = track(audio)
    voiced = np.empty(0) if pitch is None else pitch.voiced
    if len(voiced):
        values["avg_pitch"] = float(voiced.mean())
    if len(voiced) > 1:  # one frame varies in nothing
        values["pitch_std"] = float(voiced.std(ddof=1))
        values["pitch_range"] = float(np.ptp(voiced))
    return values
