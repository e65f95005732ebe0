"""One pass over a stream of sound: where somebody speaks, handed on to voices and words.

    blocks -> speech -> windows -> words
                     -> segments -> voices

No more sound is kept than one window and, where turns are cut out, the open one.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Protocol

from empathia import media
from empathia.listen.dictation import Dictation
from empathia.listen.speech import FRAME, RATE, Segment, SpeechDetector, Waveform
from empathia.listen.standing import Standing
from empathia.types import Audio


class Voices(Protocol):
    """Hears each segment of speech (``listen/speakers.py`` has one)."""

    def add(self, audio: Audio, start: float) -> None:
        """Hear one segment of speech; called in time order."""

    def foresee(self, audio: Audio, start: float) -> None:
        """Get ready for a segment that may be added next, as it is here."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """How speech becomes windows for the words.

    Args:
        window: Longest window of several segments (s); the speech model takes 30.
        gap: Time without speech that closes a window (s): in longer ones the model invents words.
        live: Words are wanted as soon as a segment ends, and the sound until it is released: an
            open window is heard again whenever it grows, and speech that has fallen silent is
            heard before the pause is long enough, in case that it is.
        quick: Words are written in less time where they are clear, and nothing is heard before a
            pause is one while others are heard.
        draft: Speech that goes on is heard whenever so much of it has come (s), and nothing else
            is being heard. None waits for a pause.
        step: Of a stream so much is heard at once (samples), so that turns do not depend on the
            blocks that come.
    """

    window: float = 28.0
    gap: float = 3.0
    live: bool = False
    quick: bool = False
    draft: float | None = None
    step: int = RATE // 10


RECORDED = Hearing()
LIVE = Hearing(window=8.0, gap=1.0, live=True)
TALKING = replace(LIVE, quick=True, step=2 * FRAME)
DRAFTING = replace(TALKING, draft=1.0)


class Ear:
    """One pass over a stream of blocks at 16 kHz.

    Finds speech and hands it on: each segment to the voices, windows of segments to the words.

    Args:
        dictation: Takes the windows.
        voices: Takes the segments, or None.
        hearing: How segments become windows.
        foreseen: Is told of each segment that may have ended.
    """

    def __init__(
        self,
        dictation: Dictation,
        voices: Voices | None,
        hearing: Hearing = RECORDED,
        foreseen: Callable[[Segment], None] | None = None,
    ) -> None:
        self.segments: list[Segment] = []
        self.waveform = Waveform()
        self._dictation = dictation
        self._voices = voices
        self._hearing = hearing
        self._foreseen = foreseen
        self._detector = SpeechDetector()
        self._standing = Standing()
        self._tape = media.Tape(RATE)
        self._window: tuple[float, float] | None = None
        self._heard: tuple[float, float] | None = None  # the part of it that the words are of
        self._kept: deque[Segment] = deque()  # whose sound is still wanted
        self._divided = 0.0  # s; where the open segment was divided

    @property
    def duration(self) -> float:
        """Seconds heard so far."""
        return self._detector.duration

    @property
    def dropped(self) -> Sequence[Segment]:
        """What was taken for speech at first."""
        return self._standing.dropped

    @property
    def settled(self) -> float:
        """No segment that is still to come out starts before this time (s)."""
        return self._standing.settled(self._detector.settled)

    @property
    def opened(self) -> float | None:
        """When the segment began that goes on (s); None where nobody speaks, or perhaps nobody."""
        opened = self._detector.opened
        return None if opened is None or self.settled < opened else opened

    @property
    def speaking(self) -> float | None:
        """The same, but behind what may be nobody somebody speaks who surely does."""
        begun = self._detector.begun
        is_sure = begun is not None and self._standing.sure(begun)
        return self._detector.opened if is_sure else self.opened

    @property
    def is_still(self) -> bool:
        """Whether nothing is heard at the moment that may be speech."""
        return self._detector.opened is None

    def add(self, block: Audio) -> None:
        """Hear the next block."""
        self._tape.add(block.samples)
        self.waveform.add(block)
        self._standing.add(block)
        self._take(self._standing.sift(self._detector.add(block), self._detector.settled))
        if self._hearing.live:
            self._foresee()
        settled = self.settled
        if self._window is not None and settled - self._window[1] > self._hearing.gap:
            self.close_window()
        wanted = [settled, *(s.start for s in list(self._kept)[:1])]
        if self._window is not None:
            wanted.append(self._window[0])
        self._tape.forget(int(min(wanted) * RATE))

    def pause(self) -> None:
        """No sound comes for the time being: what was being said has ended."""
        self._take(self._standing.sift(self._detector.pause(), math.inf))

    def finish(self) -> None:
        """There are no more blocks."""
        self._take(self._standing.sift(self._detector.finish(), math.inf))
        self.close_window()

    def divide(self, start: float, time: float) -> None:
        """End the window in the midst of a segment that goes on, since another speaks from there.

        Args:
            start: Where the segment began, or was divided before (s).
            time: Where it is divided (s).
        """
        piece = Segment(start, time)
        self._grow(piece)
        self._hear(piece)
        self.close_window()
        self._divided = time

    def close_window(self) -> None:
        """Let the next segment begin a new window."""
        if self._window is not None:
            self._hear()
            self._window = self._heard = None

    def cut(self, start: float, end: float) -> Audio:
        """Sound from one time to another (s), as far as it is kept."""
        return self._tape.cut(round(start * RATE), round(end * RATE))

    def release(self, until: float) -> None:
        """Keep no sound of segments that end by then (s)."""
        while self._kept and self._kept[0].end <= until:
            self._kept.popleft()

    def _take(self, segments: Sequence[Segment]) -> None:
        for segment in segments:
            self.segments.append(segment)
            if self._voices is not None:
                self._voices.add(self.cut(segment.start, segment.end), segment.start)
            self._grow(segment)
        if segments and self._hearing.live:
            self._kept.extend(segments)
            self._hear()

    def _foresee(self) -> None:
        """Hear speech that has fallen silent, or goes on for long, if it can be nothing else."""
        resting = self._detector.resting
        piece = resting or self._new()
        if piece is None or not self._standing.certain(piece):
            return
        if self._hearing.quick and not self._dictation.is_alone:
            return  # it may be for nothing, and others wait for what is not
        if self._window is not None and not self._fits(piece, self._window):
            self.close_window()
        before = self._window
        self._grow(piece)
        self._hear(piece)
        self._window = before
        if resting is not None and self._voices is not None:
            self._voices.foresee(self.cut(piece.start, piece.end), piece.start)
        if resting is not None and self._foreseen is not None:
            self._foreseen(piece)

    def _new(self) -> Segment | None:
        """The segment that goes on, where enough of it was not heard yet."""
        going = self._detector.going
        if self._hearing.draft is None or going is None or not self._dictation.is_idle:
            return None
        heard = going.start if self._heard is None else self._heard[1]
        begun = max(going.start, self._divided, heard)
        return going if going.end - begun >= self._hearing.draft else None

    def _grow(self, segment: Segment) -> None:
        """Make a segment part of the window, or begin a new one with it."""
        if self._window is not None and not self._fits(segment, self._window):
            self.close_window()
        start = max(segment.start, self._divided) if self._window is None else self._window[0]
        self._window = (start, segment.end)

    def _fits(self, segment: Segment, window: tuple[float, float]) -> bool:
        start, end = window
        chosen = self._hearing
        return segment.end - start <= chosen.window and segment.start - end <= chosen.gap

    def _hear(self, *ongoing: Segment) -> None:
        """Hand on the window, in place of what was heard of it before."""
        if self._window is None or self._window == self._heard:
            return
        if self._heard is not None:
            self._dictation.retract(self._heard[0])
        start, end = self._window
        known = takewhile(lambda s: s.end > start, reversed(self.segments))
        inside = [s for s in (*reversed([*known]), *ongoing) if s.start < end]
        speech = [(max(s.start, start), min(s.end, end)) for s in inside]
        self._dictation.add(self.cut(start, end), start, speech)
        self._heard = self._window


def left_out(ear: Ear) -> tuple[str, ...]:
    """What to say of short sounds beside speech that were taken for none."""
    if not ear.segments or not ear.dropped:
        return ()
    times = ", ".join(f"{s.start:.0f}" for s in ear.dropped[:5])
    more = f" and {len(ear.dropped) - 5} more" if len(ear.dropped) > 5 else ""
    return (f"short sounds were taken for music or noise, not for speech (at {times}{more} s)",)


def silence(ear: Ear) -> tuple[str, ...]:
    """What to say where there is no speech, or of what was taken for none."""
    if ear.segments:
        return left_out(ear)
    if ear.duration == 0:
        return ("no sound came",)
    return ("the recording is silent" if ear.waveform.silent else "nobody speaks here",)
