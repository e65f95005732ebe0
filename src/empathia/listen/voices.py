"""The voices of a recording, as it is heard.

Each segment of speech is laid out in cells of .2 s. A cell has two voice embeddings: of the .8 s
around it, which tell when somebody else begins to speak, and of the 1.6 s around it, which tell
better who it is. Windows don't reach over the ends of a segment. The sound is let go; voices take
about 14 MB an hour of speech.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from empathia.types import Audio, FloatArray

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]

CELL = 0.2  # s
SHORT, LONG = 0.8, 1.6  # s


class Embedder(Protocol):
    """Turns windows of a segment of speech into voices (``encoders/speaker.py`` has one)."""

    def embed(self, segment: Audio, windows: Sequence[tuple[int, int]]) -> FloatArray:
        """(n, dim), rows of unit length, or zero where there is nothing to hear."""


class Cells(NamedTuple):
    """Cells of speech in the order in which they were heard.

    Attributes:
        short: Voice of the .8 s around each, (n, dim), rows of unit length.
        long: Voice of the 1.6 s around each, (n, dim).
        segment: Which segment each is of, (n,).
        seconds: Their lengths, (n,).
    """

    short: Floats
    long: Floats
    segment: Labels
    seconds: Floats

    def of(self, chosen: NDArray[np.bool_]) -> Cells:
        """Some of the cells."""
        return Cells(
            self.short[chosen], self.long[chosen], self.segment[chosen], self.seconds[chosen]
        )


class Voices:
    """Hears segments of speech, once and in order, and keeps embeddings alone.

    Args:
        encoder: Turns windows of 16 kHz sound into voices.
    """

    def __init__(self, encoder: Embedder) -> None:
        self.segments: list[tuple[float, float]] = []  # start and end in s, by their samples
        self._encoder = encoder
        self._voices: list[FloatArray] = []  # of each, (2 cells, dim), short and long ones in turn
        self.count = 0  # of cells
        self._foreseen: tuple[tuple[float, float], FloatArray] | None = None

    def foresee(self, audio: Audio, start: float) -> None:
        """Hear a segment that may have ended; if it is added so, it costs nothing any more.

        Args:
            audio: As in :meth:`add`.
            start: As in :meth:`add`.
        """
        segment = (start, start + audio.duration)
        if self._foreseen is None or self._foreseen[0] != segment:
            self._foreseen = segment, self._embedded(audio)

    def add(self, audio: Audio, start: float) -> None:
        """Hear one segment.

        Args:
            audio: Mono; of any length, an empty one has no cells.
            start: Its start in the recording (s).
        """
        self.segments.append((start, start + audio.duration))
        foreseen, self._foreseen = self._foreseen, None
        known = foreseen is not None and foreseen[0] == self.segments[-1]
        self._voices.append(foreseen[1] if foreseen and known else self._embedded(audio))
        self.count += len(self._voices[-1]) // 2

    def cells(self, ongoing: Audio | None = None, since: int = 0) -> Cells:
        """The cells so far.

        Args:
            ongoing: Of a further segment that goes on, which is not kept.
            since: Number of the first segment that is wanted; it is 0 in the answer.
        """
        further = [] if ongoing is None else [(ongoing.duration, self._embedded(ongoing))]
        parts = [*self._voices[since:], *(voices for _, voices in further)]
        both = np.concatenate([p for p in parts if len(p)] or [self._nothing()])
        spans = [end - start for start, end in self.segments[since:]]
        length = np.array(spans + [seconds for seconds, _ in further])
        count = np.array([len(p) // 2 for p in parts], np.int64)
        segment = np.repeat(np.arange(len(count)), count)
        return Cells(
            both[::2].astype(np.float64),
            both[1::2].astype(np.float64),
            segment,
            (length / np.maximum(count, 1))[segment] if len(segment) else np.zeros(0),
        )

    def _nothing(self) -> FloatArray:
        """No voice, (0, dim), as wide as those that were heard."""
        widths = (p.shape[1] for p in reversed(self._voices) if len(p))
        return np.zeros((0, next(widths, 1)), np.float16)

    def _embedded(self, audio: Audio) -> FloatArray:
        size = len(audio.samples)
        windows = [
            window(middle, size, round(length * audio.rate))
            for middle in cells(size, audio.rate)
            for length in (SHORT, LONG)
        ]
        if not windows:
            return np.zeros((0, 1), np.float16)
        return self._encoder.embed(audio, windows).astype(np.float16)


def cells(samples: int, rate: int) -> list[float]:
    """Middles of the cells of a segment, in samples."""
    if samples == 0:
        return []
    count = max(1, round(samples / (CELL * rate)))
    return [(i + 0.5) * samples / count for i in range(count)]


def window(middle: float, samples: int, length: int) -> tuple[int, int]:
    """Start and end of the window of a cell, inside of its segment, all in samples."""
    low = int(min(max(0.0, middle - length / 2), max(0, samples - length)))
    return low, min(samples, low + length)
