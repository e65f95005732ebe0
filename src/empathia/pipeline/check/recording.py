"""What a recording announces, and what is in it when it is decoded to its end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from empathia import media
from empathia.contracts import Progress
from empathia.types import FloatArray

_RATE = 16000  # Hz, that recordings are read at
_BLOCK = 10.0  # s decoded at a time


@dataclass(frozen=True, slots=True)
class Recording:
    """What a file is as a recording.

    Args:
        channels: Of its main sound track.
        rate: Samples a second of that (Hz).
        video: Whether there is a moving picture.
        announced: Length that the file announces, in s; None where it does not say.
        decoded: Length of what could be decoded, in s.
        peak: Highest level, in dB to full scale; None where there is digital silence alone.
        level: Mean level (RMS), in dB to full scale; None likewise.
        silent: Share of samples in [0, 1] that are exactly zero.
        clipped: Share of samples in [0, 1] at full scale.
        notes: What is not as it was recorded.
    """

    channels: int | None
    rate: int | None
    video: bool
    announced: float | None
    decoded: float
    peak: float | None
    level: float | None
    silent: float
    clipped: float
    notes: tuple[str, ...]


def check(path: Path, progress: Progress) -> Recording:
    """Decode a recording to its end and say what it is like.

    Args:
        path: The file.
        progress: Called with the file's name and the seconds that are done.

    Raises:
        MediaError: It cannot be read.
    """
    info = media.probe(path)
    condition, loudness = media.Condition(), _Loudness()
    done = 0.0
    for block in media.blocks(path, _RATE, _BLOCK, condition):
        loudness.add(block.samples)
        done += block.duration
        progress(path.name[:40], done, info.duration)
    return Recording(
        channels=info.channels,
        rate=info.rate,
        video=info.has_video,
        announced=info.duration,
        decoded=done,
        peak=_decibel(loudness.peak),
        level=_decibel(math.sqrt(loudness.energy / max(1, loudness.count))),
        silent=loudness.zeros / max(1, loudness.count),
        clipped=condition.clipped / max(1, condition.samples),
        notes=condition.notes(),
    )


class _Loudness:
    """How loud a stream of samples is."""

    def __init__(self) -> None:
        self.count, self.zeros = 0, 0
        self.peak, self.energy = 0.0, 0.0

    def add(self, samples: FloatArray) -> None:
        """Samples (n,)."""
        self.count += len(samples)
        self.zeros += len(samples) - int(np.count_nonzero(samples))
        self.peak = max(self.peak, float(np.abs(samples).max(initial=0.0)))
        self.energy += float(np.square(samples, dtype=np.float64).sum())


def _decibel(amplitude: float) -> float | None:
    return 20 * math.log10(amplitude) if amplitude > 0 else None
