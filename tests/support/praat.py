"""Praat's own values of the eight measures: an oracle for tests and benchmarks.

praat-parselmouth is GPL and therefore optional; nothing in the package imports it.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from itertools import pairwise

import numpy as np
import parselmouth
from parselmouth.praat import call


def measures(samples: np.ndarray, rate: int, spent: Counter[str] | None = None) -> dict[str, float]:
    """The eight measures, call by call; seconds by kind of call are added to ``spent``."""
    sound = parselmouth.Sound(np.asarray(samples, dtype=np.float64), rate)
    values = {"duration": sound.get_total_duration()}
    for kind, take in (
        ("intensity", _intensity),
        ("pitch", _pitch),
        ("rate", _rate),
        ("harmonicity", _harmonicity),
    ):
        began = time.perf_counter()
        values |= take(sound)
        if spent is not None:
            spent[kind] += time.perf_counter() - began
    return values


def _intensity(sound: parselmouth.Sound) -> dict[str, float]:
    curve = call(sound, "To Intensity", 100, 0.0, "yes")
    frames = np.asarray(curve.values)[0]
    return {
        "avg_intensity": call(curve, "Get mean", 0, 0, "energy"),
        "intensity_variation": call(curve, "Get standard deviation", 0, 0),
        # Frames of digital silence hold -300 dB: a mark, not a level.
        "intensity_variation_heard": float(frames[frames > -299].std(ddof=1)),
    }


def _pitch(sound: parselmouth.Sound) -> dict[str, float]:
    track = call(sound, "To Pitch", 0.0, 75, 600)
    low, high = (call(track, f"Get {end}", 0, 0, "Hertz", "None") for end in ("minimum", "maximum"))
    return {
        "avg_pitch": call(track, "Get mean", 0, 0, "Hertz"),
        "pitch_std": call(track, "Get standard deviation", 0, 0, "Hertz"),
        "pitch_range": high - low,
    }


def _harmonicity(sound: parselmouth.Sound) -> dict[str, float]:
    curve = call(sound, "To Harmonicity (cc)", 0.01, 75, 0.1, 1.0)
    return {"mean_hnr": call(curve, "Get mean", 0, 0)}


def _rate(sound: parselmouth.Sound) -> dict[str, float]:
    """Voiced peaks of loudness that a dip of 2 dB parts from the next, over phonation."""
    curve = call(sound, "To Intensity", 50, 0.0, "yes")
    lowest = call(curve, "Get minimum", 0, 0, "Parabolic")
    highest = call(curve, "Get maximum", 0, 0, "Parabolic")
    loud = call(curve, "Get quantile", 0, 0, 0.99)
    threshold = max(loud - 25, lowest)
    spoken = _spoken(curve, loud - 25 - highest)
    line = call(call(curve, "Down to Matrix"), "To Sound (slice)", 1)
    points = call(line, "To PointProcess (extrema)", "Left", "yes", "no", "Sinc70")
    count = call(points, "Get number of points")
    times = [call(points, "Get time from index", i + 1) for i in range(count)]
    peaks = [t for t in times if call(line, "Get value at time", t, "Cubic") > threshold]
    voice = sound.to_pitch_ac(0.02, 30.0, 4, False, 0.03, 0.25, 0.01, 0.35, 0.25, 450.0)
    nuclei = sum(
        call(line, "Get value at time", a, "Cubic") - call(curve, "Get minimum", a, b, "None") > 2
        and not math.isnan(voice.get_value_at_time(a))
        and any(start <= a < end for start, end in spoken)
        for a, b in pairwise(peaks)
    )
    phonation = sum(end - start for start, end in spoken)
    return {"articulation_rate": nuclei / phonation if nuclei else math.nan}


def _spoken(curve: parselmouth.Intensity, threshold: float) -> list[tuple[float, float]]:
    grid = call(curve, "To TextGrid (silences)", threshold, 0.3, 0.1, "silent", "sounding")
    count = call(grid, "Get number of intervals", 1)
    return [
        (call(grid, "Get starting point", 1, i), call(grid, "Get end point", 1, i))
        for i in range(1, count + 1)
        if call(grid, "Get label of interval", 1, i) == "sounding"
    ]
