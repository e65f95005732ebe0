"""One pass over a stream of sound: where somebody speaks, handed on to voices and words.

    blocks -> speech -> windows -> words
                     -> segments -> voices

No more than one window of sound is kept in memory.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from empathia import media
from empathia.listen.dictation import Dictation
from empathia.listen.speech import RATE, Segment, SpeechDetector, Waveform
from empathia.listen.standing import Standing
from empathia.types import Audio

_WINDOW = 28.0  # s that the speech model hears at once; it takes 30
_GAP = 3.0  # s without speech that close a window: in longer ones the model invents words


class Listener(Protocol):
    """Hears each segment of speech (``listen/speakers.py`` has one)."""

    def add(self, audio: Audio, start: float) -> None:
        """Hear one segment of speech; called in time order."""


class Ear:
    """One pass over a stream of blocks at 16 kHz.

    Finds speech and hands it on: each segment to the voices, windows of segments to the words.

    Args:
        dictation: Takes the windows.
        diariser: Takes the segments, or None.
    """

    def __init__(self, dictation: Dictation, diariser: Listener | None) -> None:
        self.segments: list[Segment] = []
        self.waveform = Waveform()
        self._dictation = dictation
        self._diariser = diariser
        self._detector = SpeechDetector()
        self._standing = Standing()
        self._tape = media.Tape(RATE)
        self._window: tuple[float, float] | None = None

    @property
    def duration(self) -> float:
        """Seconds heard so far."""
        return self._detector.duration

    @property
    def dropped(self) -> Sequence[Segment]:
        """What was taken for speech at first."""
        return self._standing.dropped

    def add(self, block: Audio) -> None:
        """Hear the next block."""
        self._tape.add(block.samples)
        self.waveform.add(block)
        self._standing.add(block)
        self._take(self._standing.sift(self._detector.add(block), self._detector.settled))
        settled = self._standing.settled(self._detector.settled)
        if self._window is not None and settled - self._window[1] > _GAP:
            self._close()
        kept = settled if self._window is None else self._window[0]
        self._tape.forget(int(kept * RATE))

    def finish(self) -> None:
        """There are no more blocks."""
        self._take(self._standing.sift(self._detector.finish(), math.inf))
        self._close()

    def _take(self, segments: Sequence[Segment]) -> None:
        for segment in segments:
            self.segments.append(segment)
            if self._diariser is not None:
                self._diariser.add(self._cut(segment.start, segment.end), segment.start)
            if self._window is None or not self._fits(segment, self._window):
                self._close()
                self._window = (segment.start, segment.end)
            self._window = (self._window[0], segment.end)

    @staticmethod
    def _fits(segment: Segment, window: tuple[float, float]) -> bool:
        start, end = window
        return segment.end - start <= _WINDOW and segment.start - end <= _GAP

    def _close(self) -> None:
        if self._window is not None:
            self._dictation.add(self._cut(*self._window), self._window[0])
        self._window = None

    def _cut(self, start: float, end: float) -> Audio:
        return self._tape.cut(round(start * RATE), round(end * RATE))


def left_out(ear: Ear) -> tuple[str, ...]:
    """What to say of short sounds beside speech that were taken for none."""
    if not ear.segments or not ear.dropped:
        return ()
    times = ", ".join(f"{s.start:.0f}" for s in ear.dropped[:5])
    more = f" and {len(ear.dropped) - 5} more" if len(ear.dropped) > 5 else ""
    return (f"short sounds were taken for music or noise, not for speech (at {times}{more} s)",)
