"""Short, doubtful speech that does not stand out of what surrounds it is none.

A detector of speech takes a note of a flute, a hum or a beat of music for half a second of speech
now and then, with some doubt. Real speech is surer, or longer; or else it is louder than what is
heard around it, even in noise of its own strength, and a little louder near speech that is sure.
Music is as loud as itself. ``benchmarks/nobody.py`` measures what is lost and what is kept.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Sequence

import numpy as np

from empathia.listen.speech import RATE, Segment
from empathia.types import Audio, FloatArray

_SURE = 0.98  # probability of speech that is believed as it is
_LONG = 1.3  # s; so is a segment as long ...
_LIKELY = 0.8  # ... and as probable
_AROUND = 5.0  # s before and behind a segment that surround it
_STANDS = 3.5  # dB that its loudest tenth is above the loudest quarter of its surroundings ...
_BESIDE, _SOON = 1.0, 1.0  # ... dB beside sure speech, where no more than these s behind it count
_FRAME = RATE // 20  # samples, 50 ms
_LEAD, _TAIL = 1, 2  # frames at both ends of a segment that are hardly speech
_FEW = 10  # frames of surroundings that tell nothing


class Standing:
    """Sifts the segments of a stream, a few seconds behind it.

    Holds no more than levels of the last minute.

    Attributes:
        dropped: Segments that are none.
    """

    def __init__(self) -> None:
        self.dropped: list[Segment] = []
        self._levels: deque[float] = deque()  # dB, a frame each
        self._first = 0  # number of the first of them
        self._rest = np.zeros(0, np.float32)
        self._waiting: list[Segment] = []
        self._before: list[Segment] = []  # what was sifted and still surrounds others

    def add(self, audio: Audio) -> None:
        """Hear a block of sound."""
        samples = np.concatenate([self._rest, audio.samples])
        whole = len(samples) // _FRAME * _FRAME
        self._rest = samples[whole:]
        powers = np.square(samples[:whole]).reshape(-1, _FRAME).mean(axis=1)
        self._levels.extend((10 * np.log10(powers + 1e-10)).tolist())

    def sift(self, segments: Sequence[Segment], settled: float) -> list[Segment]:
        """Segments that are speech, of these and of those before, as soon as it is known.

        Args:
            segments: New ones, in time order.
            settled: No later segment starts before this time (s); infinite at the end.
        """
        self._waiting += segments
        speech: list[Segment] = []
        while self._waiting and self._known(self._waiting[0], settled):
            segment = self._waiting.pop(0)
            believed = self.sure(segment) or self._stands(segment)
            (speech if believed else self.dropped).append(segment)
            self._before.append(segment)
        if math.isfinite(settled):
            self._forget(self.settled(settled))
        return speech

    def certain(self, segment: Segment) -> bool:
        """Whether the next segment is speech for sure, and will come out as soon as it ends."""
        return not self._waiting and self.sure(segment)

    @staticmethod
    def sure(segment: Segment) -> bool:
        """Whether a segment is speech for sure, whatever surrounds it."""
        long = segment.end - segment.start >= _LONG
        return segment.peak >= (_LIKELY if long else _SURE)

    def settled(self, settled: float) -> float:
        """No segment that is still to come out starts before this time (s)."""
        return self._waiting[0].start if self._waiting else settled

    def _known(self, segment: Segment, settled: float) -> bool:
        wait = _SOON if self._beside(segment, _SOON) else _AROUND
        return self.sure(segment) or settled >= segment.end + wait

    def _near(self, segment: Segment, behind: float) -> list[Segment]:
        return [
            s
            for s in (*self._before, *self._waiting)
            if s.start < segment.end + behind and s.end > segment.start - _AROUND
        ]

    def _beside(self, segment: Segment, behind: float) -> bool:
        """Whether there is sure speech near it, up to so many seconds behind it."""
        return any(map(self.sure, self._near(segment, behind)))

    def _stands(self, segment: Segment) -> bool:
        behind = _SOON if self._beside(segment, _SOON) else _AROUND
        own = self._cut(segment.start, segment.end)[_LEAD:-_TAIL]
        low, high = segment.start - _AROUND, segment.end + behind
        speech = sorted([*self._near(segment, behind), segment], key=lambda s: s.start)
        gaps = zip([low, *(s.end for s in speech)], [*(s.start for s in speech), high], strict=True)
        around = np.concatenate([self._cut(a, b) for a, b in gaps])
        if len(around) < _FEW or not len(own):
            return True
        least = _BESIDE if self._beside(segment, behind) else _STANDS
        return bool(np.percentile(own, 90) - np.percentile(around, 75) >= least)

    def _cut(self, start: float, end: float) -> FloatArray:
        """Levels (frames,) from one time to another (s)."""
        low, high = (max(0, round(t * RATE / _FRAME) - self._first) for t in (start, end))
        return np.array(list(self._levels)[low:high], np.float32)

    def _forget(self, settled: float) -> None:
        """Drop what surrounds nothing that is to come."""
        self._before = [s for s in self._before if s.end > settled - _AROUND]
        until = int((settled - _AROUND) * RATE / _FRAME) - 1
        while self._levels and self._first < until:
            self._levels.popleft()
            self._first += 1
