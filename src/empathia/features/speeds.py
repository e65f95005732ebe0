"""Pooled layers of a speech encoder for the same utterance at another speed: "speeds:0.9".

As :mod:`empathia.features.speech`, but the speech is first made slower and lower ("speeds:0.9")
or faster and higher ("speeds:1.1"), as a tape at another speed sounds; another encoder than the
default one is named behind the speed ("speeds:1.1:whisper-tiny-en"). Such features are views of
one utterance: a recogniser learns from all of them and averages its answers over them
(:mod:`empathia.emotion.kernel`). On RAVDESS, speakers unknown, two views beside the speech
itself are worth 1.5 points of mean recall.
"""

from __future__ import annotations

import functools

import numpy as np

from empathia.contracts import Extractor
from empathia.encoders import layers
from empathia.errors import UsageError
from empathia.features import Each, speech
from empathia.types import Audio, Features, FloatArray

SOURCE = "sound"
SLOWEST, FASTEST = 0.5, 2.0


def load(variant: str | None = None, threads: int | None = None) -> Extractor:
    """An extractor that holds an encoder.

    Args:
        variant: The speed, from .5 to 2 (1 gives the feature "speech"), and maybe an encoder.
        threads: Threads that the encoder may use inside.

    Raises:
        UsageError: The variant is no such number.
        WeightsError: The encoder's weights are missing or damaged.
    """
    speed, encoder = _speed(variant), layers.encoder_of(variant)
    model = layers.load(encoder, threads)
    settings = {"version": 1, "speed": speed, **model.identity}
    return Each(settings, functools.partial(extract, speed=speed, model=model))


def weights_of(variant: str | None) -> tuple[str, ...]:
    """Weights of the manifest that a variant needs: its encoder's at any speed."""
    return layers.weights_of(layers.encoder_of(variant))


def _speed(variant: str | None) -> float:
    try:
        speed = float((variant or "").partition(":")[0])
    except ValueError:
        speed = 0.0
    if not SLOWEST <= speed <= FASTEST:
        raise UsageError(
            f"the feature 'speeds' needs a speed from {SLOWEST} to {FASTEST}, found "
            f"'speeds{':' if variant else ''}{variant or ''}'",
            "Write 'speeds:0.9'",
        )
    return speed


def extract(
    audio: Audio, utterance: str = "", *, speed: float, model: layers.SpeechModel
) -> Features:
    """Encode one utterance at a speed and pool each layer over time.

    Args:
        audio: Mono sound at 16 kHz.
        utterance: Its id.
        speed: How many times as fast.
        model: The encoder.

    Returns:
        Features of shape (1, 1 + layers * 2 * width), columns as those of "speech"; the first one
        is how long (s) the clip itself is as loud as speech: 0 for silence, whose other
        columns are NaN.

    Raises:
        InputError: Another rate, or samples that are not finite.
    """
    spoken, seconds = speech.spoken(audio, f"speech at speed {speed} of '{utterance}'")
    columns = speech.names(*model.size)
    values = np.full((1, len(columns)), np.nan, np.float32)
    values[0, 0] = seconds
    if seconds:
        layers = model.layers(Audio(faster(spoken.samples, speed), spoken.rate))
        values[0, 1:] = np.stack([layers.mean(1), layers.std(1)], 1).ravel()
    return Features(utterance, "speeds", values, columns, ("s", *("",) * (len(columns) - 1)))


def faster(samples: FloatArray, speed: float) -> FloatArray:
    """Sound as a tape at ``speed`` gives it back: that much shorter, and higher.

    The spectrum of the whole is cut off or filled up, so that nothing folds back. The sound is
    taken to go round, which is unheard where it starts and ends in silence.

    Args:
        samples: (n,).
        speed: How many times as fast.

    Returns:
        (n / speed,) at the same rate.
    """
    n = len(samples)
    m = max(1, round(n / speed))
    if m == n:
        return samples
    spectrum = np.fft.rfft(samples.astype(np.float64))
    return np.asarray(np.fft.irfft(spectrum[: m // 2 + 1], m) * (m / n), np.float32)
