"""Mel spectrograms in dB with the definitions of librosa.

Frames are centred on multiples of the hop, the sound is continued with zeros; the window
is a periodic Hann window; filters are Slaney's, area-normalised, from 0 Hz to half the rate;
powers become dB relative to 1, no further than 80 dB below the loudest of the clip.
"""

from __future__ import annotations

import functools
import math

import numpy as np
from numpy.typing import NDArray

from empathia.errors import InputError
from empathia.types import Audio

Array = NDArray[np.float64]

RATE = 16_000
_FLOOR, _RANGE = 1e-10, 80.0  # power; dB
_BLOCK = 1024  # frames transformed at a time


def spectrogram(audio: Audio, window: int, hop: int, bands: int, what: str) -> Array:
    """Mel spectrogram of a clip.

    Args:
        audio: Mono sound at 16 kHz.
        window: Samples of a frame.
        hop: Samples between the middles of frames.
        bands: Number of filters.
        what: What asks, for messages.

    Returns:
        Shape (1 + n // hop, bands) in dB; all NaN where every sample is 0: there is nothing to
        hear. A clip without samples has no frames.

    Raises:
        InputError: Another rate, or samples that are not finite.
    """
    samples = audio.samples
    if audio.rate != RATE or not np.isfinite(samples).all():
        raise InputError(
            f"{what}: expected finite samples at {RATE} Hz, found {audio.rate} Hz"
            + ("" if audio.rate != RATE else " with NaN or infinity"),
            "Decode the recording with empathia.media",
        )
    count = 1 + len(samples) // hop if len(samples) else 0
    if not samples.any():
        return np.full((count, bands), np.nan)
    around = np.zeros(window // 2)
    padded = np.concatenate([around, samples, around])
    frames = np.lib.stride_tricks.sliding_window_view(padded, window)[::hop]
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(window) / window)
    power = np.empty((count, bands))
    for start in range(0, count, _BLOCK):
        spectrum = np.fft.rfft(frames[start : start + _BLOCK] * hann, axis=1)
        energy = np.square(spectrum.real) + np.square(spectrum.imag)
        power[start : start + _BLOCK] = energy @ filters(window, bands)
    level: Array = 10 * np.log10(np.maximum(power, _FLOOR))
    clipped: Array = np.maximum(level, level.max() - _RANGE)
    return clipped


@functools.cache
def filters(window: int, bands: int) -> Array:
    """Slaney's mel filters, shape (window // 2 + 1, bands), each of area 1 over frequency."""
    highest = 15 + 27 * math.log(RATE / 2 / 1000) / math.log(6.4)
    edges = _hz(np.linspace(0, highest, bands + 2))
    bins = np.arange(window // 2 + 1)[:, None] * RATE / window
    low, middle, high = edges[:-2], edges[1:-1], edges[2:]
    rising, falling = (bins - low) / (middle - low), (high - bins) / (high - middle)
    triangles: Array = np.maximum(0, np.minimum(rising, falling))
    areas: Array = triangles * 2 / (high - low)
    return areas


def _hz(mel: Array) -> Array:
    """Linear up to 1 kHz (mel 15), then 27 steps for each factor of 6.4."""
    return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))
