"""The voices of a recording, as it is heard.

Each segment of speech is laid out in cells of .2 s. A cell has two voice embeddings: of the .8 s
around it, which tell when somebody else begins to speak, and of the 1.6 s around it, which tell
better who it is. Windows don't reach over the ends of a segment. The sound is let go; voices take
about 18 MB an hour of speech.
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
_QUEUE = 64  # windows embedded at once: twice as fast as segment by segment


class Embedder(Protocol):
    """Turns windows of speech into voices (``encoders/speaker.py`` has one)."""

    def embed(self, windows: Sequence[Audio]) -> FloatArray:
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
        self._counts: list[int] = []
        self._cells = 0
        self._voices: list[FloatArray] = []  # (windows, dim), short and long ones in turn
        self._waiting: list[Audio] = []
        self._foreseen: tuple[tuple[float, float], FloatArray] | None = None

    def foresee(self, audio: Audio, start: float) -> None:
        """Hear a segment that may have ended; if it is added so, it costs nothing any more.

        Args:
            audio: As in :meth:`add`.
            start: As in :meth:`add`.
        """
        segment = (start, start + audio.duration)
        if self._foreseen is None or self._foreseen[0] != segment:
            self._foreseen = segment, self._embedded(_windows(audio))

    def add(self, audio: Audio, start: float) -> None:
        """Hear one segment.

        Args:
            audio: Mono; of any length, an empty one has no cells.
            start: Its start in the recording (s).
        """
        self.segments.append((start, start + audio.duration))
        foreseen, self._foreseen = self._foreseen, None
        if foreseen is not None and foreseen[0] == self.segments[-1]:
            self._embed(len(self._waiting))
            self._voices.append(foreseen[1])
            self._count(len(foreseen[1]) // 2)
            return
        cut = _windows(audio)
        self._count(len(cut) // 2)
        self._waiting += cut
        while len(self._waiting) >= _QUEUE:
            self._embed(_QUEUE)

    def cells(self, ongoing: Audio | None = None, since: int = 0) -> Cells:
        """The cells so far; a window's voice does not depend on those that it is embedded with.

        Args:
            ongoing: Of a further segment that goes on, which is not kept.
            since: Number of the first segment that is wanted; it is 0 in the answer.
        """
        self._embed(len(self._waiting))
        further = [] if ongoing is None else _windows(ongoing)
        counts, spans = self._counts[since:], [b - a for a, b in self.segments[since:]]
        parts = self._last(2 * sum(counts))
        if ongoing is not None:
            counts, spans = [*counts, len(further) // 2], [*spans, ongoing.duration]
            parts += [self._embedded(further)] if further else []
        both = np.concatenate(parts) if parts else np.zeros((0, 1), np.float16)
        count, length = np.array(counts, np.int64), np.array(spans)
        segment = np.repeat(np.arange(len(count)), count)
        return Cells(
            both[::2].astype(np.float64),
            both[1::2].astype(np.float64),
            segment,
            (length / np.maximum(count, 1))[segment] if len(segment) else np.zeros(0),
        )

    @property
    def count(self) -> int:
        """How many cells there are."""
        return self._cells

    def _count(self, cells: int) -> None:
        self._counts.append(cells)
        self._cells += cells

    def _last(self, count: int) -> list[FloatArray]:
        """Voices of the last windows, (count, dim) in all."""
        parts: list[FloatArray] = []
        for part in reversed(self._voices):
            if count <= 0:
                break
            parts.append(part[-count:])
            count -= len(part)
        return parts[::-1]

    def _embed(self, count: int) -> None:
        """The first windows that wait."""
        if count:
            self._voices.append(self._embedded(self._waiting[:count]))
        del self._waiting[:count]

    def _embedded(self, windows: Sequence[Audio]) -> FloatArray:
        return self._encoder.embed(windows).astype(np.float16)


def _windows(audio: Audio) -> list[Audio]:
    """Short and long window of each cell, in turn."""
    samples, rate = audio.samples, audio.rate
    cut: list[Audio] = []
    for middle in cells(len(samples), rate):
        for length in (SHORT, LONG):
            low, high = window(middle, len(samples), round(length * rate))
            # Copies: a slice would keep the whole segment, or its block, in memory.
            cut.append(Audio(samples[low:high].copy(), rate))
    return cut


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
