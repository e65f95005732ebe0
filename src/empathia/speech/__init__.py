"""Voice out: words become sound, piece by piece; each voice is a plug-in (``contracts.Voice``).

``kokoro`` speaks English on this machine, ``url`` asks a server that speaks what it speaks. Where
no voice is wanted none is loaded.
"""

from __future__ import annotations

import wave
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

import numpy as np

from empathia import files, plugins
from empathia.contracts import Voice
from empathia.errors import UsageError
from empathia.types import Audio, Emotion

_FELT = {
    "gentle": "sad sadness sorrow grief hurt lonely fear fearful afraid terrified anxious anxiety "
    "nervous nervousness worried shame ashamed guilt guilty remorse disappointed disappointment",
    "calm": "angry anger annoyed annoyance frustrated frustration furious disgust disgusted "
    "disapproval jealous",
    "bright": "happy joy joyful happiness excited excitement amusement proud pride grateful "
    "gratitude love hopeful optimism relief content",
}
_TONES = {label: tone for tone, labels in _FELT.items() for label in labels.split()}


def load(spec: str, threads: int | None = None) -> Voice:
    """A voice by what a user calls it.

    Args:
        spec: A URL and its model ("http://localhost:8880/v1#kokoro"), or the name of a plug-in,
            with what it takes behind a colon ("kokoro", "kokoro:bm_george").
        threads: For voices on this machine; None for all cores.

    Raises:
        UsageError: There is no such voice.
        WeightsError: Its weights are not here.
    """
    name, _, rest = ("url", ":", spec) if "://" in spec else spec.partition(":")
    voice: Voice = plugins.load("speech", name, ("load",)).load(rest, threads)
    return voice


def tone(emotion: Emotion | None) -> str:
    """In which tone to answer what somebody feels: one of :data:`empathia.types.manner.TONES`."""
    return tone_of(None if emotion is None else emotion.label)


def tone_of(label: str | None) -> str:
    """The same by the label of what is felt; None where nobody is sure."""
    return _TONES.get((label or "").lower(), "plain")


def write_wav(path: Path, pieces: Iterable[Audio]) -> float:
    """Write speech into a WAV file of 16 bits, whole or not at all.

    Args:
        path: The file; its name ends in .wav.
        pieces: Of one rate; the file has no header's worth of sound where there are none.

    Returns:
        Seconds that were spoken.

    Raises:
        UsageError: Nothing was spoken.
    """
    spoken = list(pieces)
    if not spoken:
        raise UsageError("there is nothing to speak", "Give words that can be said")
    whole = np.concatenate([p.samples for p in spoken])
    with files.writing(path) as file:
        write_sound(file, Audio(whole, spoken[0].rate))
    return len(whole) / spoken[0].rate


def write_sound(file: BinaryIO, sound: Audio) -> None:
    """Write a WAV file of 16 bits."""
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(sound.rate)
        out.writeframes(samples(sound))


def samples(sound: Audio) -> bytes:
    """16 bits each, the low one first."""
    return np.round(np.clip(sound.samples, -1, 1) * 32767).astype("<i2").tobytes()
