"""Pooled layers of a speech encoder for worse copies of an utterance: "copies:3".

What :mod:`empathia.features.speech` gives, one row a copy, for recognisers that learn
(:mod:`empathia.emotion.voice`): every third copy is an excerpt of .5 to 2 s, half of these as
clear as the clip; all others went through what :mod:`empathia.training.degrade` does. The copies
follow from the sound alone, so the same clip always has the same ones. No recogniser asks for
them when it reads. Means alone, in 16 bits: an hour of clips of 3 s takes 13 MB in the cache.
"""

from __future__ import annotations

import functools
import zlib

import numpy as np

from empathia.contracts import Extractor
from empathia.encoders import layers
from empathia.errors import UsageError
from empathia.features import Each, speech
from empathia.training.degrade import degraded, excerpt
from empathia.types import Audio, Features, FloatArray

SOURCE = "sound"
MOST = 16
_SHORT = 3  # one copy in so many is an excerpt


def load(variant: str | None = None, threads: int | None = None) -> Extractor:
    """An extractor that holds an encoder.

    Args:
        variant: How many copies, from 1 to 16, and maybe an encoder ("3:whisper-tiny-en").
        threads: Threads that the encoder may use inside.

    Raises:
        UsageError: The variant is no such number.
        WeightsError: The encoder's weights are missing or damaged.
    """
    count, encoder = _count(variant), layers.encoder_of(variant)
    model = layers.load(encoder, threads)
    settings = {"version": 1, "count": count, **model.identity}
    return Each(settings, functools.partial(extract, count=count, model=model))


def weights_of(variant: str | None) -> tuple[str, ...]:
    """Weights of the manifest that a variant needs: its encoder's."""
    return layers.weights_of(layers.encoder_of(variant))


def _count(variant: str | None) -> int:
    number = (variant or "").partition(":")[0]
    if not number.isdecimal() or not 1 <= int(number) <= MOST:
        raise UsageError(
            f"the feature 'copies' needs how many, from 1 to {MOST}, found "
            f"'copies{':' if variant else ''}{variant or ''}'",
            "Write 'copies:3'",
        )
    return int(number)


def extract(
    audio: Audio, utterance: str = "", *, count: int, model: layers.SpeechModel
) -> Features:
    """Encode worse copies of one utterance and pool each layer over time.

    Args:
        audio: Mono sound at 16 kHz.
        utterance: Its id.
        count: How many copies.
        model: The encoder.

    Returns:
        Features of shape (count, 1 + layers * width): "speech", how long (s) the copy is as loud
        as speech, then "mean<layer>.<unit>". A row of 0 s has NaN in the other columns.

    Raises:
        InputError: Another rate, or samples that are not finite.
    """
    what = f"copies of '{utterance}'"
    clear, _ = speech.spoken(audio, what)
    sound = zlib.crc32(np.ascontiguousarray(audio.samples).tobytes())
    columns = names(*model.size)
    values = np.full((count, len(columns)), np.nan, np.float32)
    for i in range(count):
        copy = _copy(clear, i, np.random.default_rng([sound, i]))
        spoken, values[i, 0] = speech.spoken(copy, what)
        if values[i, 0]:
            values[i, 1:] = _means(model, spoken)
    units = ("s", *("",) * (len(columns) - 1))
    return Features(utterance, "copies", values, columns, units)


@functools.cache
def names(layers: int, width: int) -> tuple[str, ...]:
    """Names of all columns: "speech", then "mean<layer>.<unit>" layer by layer."""
    return ("speech", *(f"mean{i}.{k}" for i in range(layers) for k in range(width)))


def _copy(clear: Audio, number: int, draw: np.random.Generator) -> Audio:
    if not len(clear.samples) or number % _SHORT != _SHORT - 1:
        return degraded(clear, draw)
    short = excerpt(clear, draw)
    return degraded(short, draw) if draw.random() < 0.5 else short


def _means(model: layers.SpeechModel, spoken: Audio) -> FloatArray:
    means = model.layers(spoken).mean(1).ravel()
    return np.asarray(means.astype(np.float16), np.float32)
