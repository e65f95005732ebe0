"""The one listener: sound comes block by block, turns go out.

    add(block)   -> ear -> segments, windows
    heard(block) -> the same, and after each step turns that have ended
    close()      -> the others, and who really spoke

A recording is added in blocks and closed; nothing is asked in between, so that its turns are made
of all that was heard. Of a stream a turn goes out once its speaker has paused, or somebody else
speaks, by the speakers as they are known by then. Only sound of turns that did not go out is kept.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from empathia import media
from empathia.listen.attribution import Stretch
from empathia.listen.dictation import Dictation, ListenOptions
from empathia.listen.ear import LIVE, RECORDED, Ear, Hearing
from empathia.listen.gate import Believed
from empathia.listen.speakers import Diarisation, Diariser, SpeakerSpan
from empathia.listen.speech import RATE, Segment
from empathia.listen.turns import TurnOptions, turns
from empathia.listen.words import Transcriber, Window
from empathia.types import Audio, SpeakerNumber, Word

LIVE_TURNS = TurnOptions(pause=0.5, sentence_pause=0.5)
TALK_TURNS = TurnOptions(pause=1.0, sentence_pause=0.5)
"""Where somebody is answered: who stops in the midst of a sentence is waited for."""

_FIRST, _NEXT = 1.4, 2.0  # s of a segment after which it is asked who speaks, and then again
_ASKED = 3.0  # s of it that are asked about
_ANOTHER = 0.9  # s that somebody speaks who is another
_EACH = 4.0  # s of speech for each speaker that is given; before, some may not have spoken yet
_SLIVER = 0.3  # s of speech behind a turn that went out: its own end, by another count


class Listener:
    """Listens to one stream of blocks at 16 kHz.

    Args:
        options: How to listen.
        diariser: A fresh one; None takes everything for one speaker.
        transcriber: A loaded model; None loads ``options.model`` when somebody speaks.
        hearing: How speech becomes windows of words.
        limits: Where turns end; None takes the pause of the options.
        foreseen: Is given the sound of each turn that may have ended.

    Attributes:
        ear: What was heard.
    """

    def __init__(
        self,
        options: ListenOptions,
        diariser: Diariser | None = None,
        transcriber: Transcriber | None = None,
        *,
        hearing: Hearing = RECORDED,
        limits: TurnOptions | None = None,
        foreseen: Callable[[Audio], None] | None = None,
    ) -> None:
        self._options = options
        self._foreseen = foreseen
        self._diariser = diariser
        self._dictation = Dictation(options, transcriber, quick=hearing.quick)
        self._step = hearing.step
        self._limits = TurnOptions.of(options.pause) if limits is None else limits
        self.ear = Ear(self._dictation, diariser, hearing, foreseen and self._foresee)
        self._known = 0  # segments that the speakers are known of
        self._speech = Diarisation((), SpeakerNumber(1, "given"))
        self._open: list[Stretch] = []
        self._gone: list[Stretch] = []
        self._behind = 0.0  # s; what has gone out ends there
        self._said: set[Word] = set()
        self._tape = media.Tape(RATE)  # of a stream, what is shorter than a step
        self._at = 0  # samples of it that were heard
        self._closed = False
        self._asked = 0.0  # s; when it was last asked who speaks
        self._spoken = 0.0  # s; when somebody last spoke

    @property
    def duration(self) -> float:
        """Seconds of a stream that came so far."""
        return self._tape.end / RATE

    @property
    def speech(self) -> Diarisation:
        """Who speaks when, as far as it is known."""
        return self._speech

    @property
    def transcript(self) -> Believed:
        """The words that can be believed: of turns that did not go out; of all, once closed."""
        if self._closed:
            return self._dictation.finish()
        return self._dictation.so_far(self._behind - _SLIVER)

    def drafted(self) -> tuple[Word, ...] | None:
        """Words that are known by now of turns that did not go out, later ones may change them.

        Returns:
            None while more is being heard.
        """
        told = self._dictation.at_hand(self._behind - _SLIVER)
        return None if told is None else tuple(w for w in told.words if w not in self._said)

    def _foresee(self, piece: Segment) -> None:
        if self._foreseen is not None:
            begin = min([piece.start, *(t.start for t in self._open[:1])])
            self._foreseen(self.ear.cut(begin, piece.end))

    def add(self, block: Audio) -> None:
        """Hear the next block of a recording."""
        self.ear.add(block)

    def heard(self, block: Audio) -> Iterator[list[Stretch]]:
        """Hear the next block of a stream, of any length.

        Yields:
            After each step (a tenth of a second or less) the turns that have ended, in time
            order; their sound is let go in the next step.
        """
        self._tape.add(block.samples)
        while self._tape.end - self._at >= self._step:
            self.ear.release(self._behind)
            self.ear.add(self._next(self._at + self._step))
            yield self._ended()

    def _next(self, end: int) -> Audio:
        """What came up to a position (in samples) and was not heard yet."""
        sound = self._tape.cut(self._at, end)
        self._at = end
        self._tape.forget(end)
        return sound

    def _ended(self) -> list[Stretch]:
        if self.ear.speaking is not None:
            self._spoken = self._at / RATE
        self._look()
        over = 0
        while over < len(self._open) and self._over(self._open[over]):
            over += 1
        return self._go(over) or self._interrupted()

    @property
    def goes_on(self) -> float | None:
        """When that began which did not go out yet (s), or who speaks now; None where none does."""
        return self._open[0].start if self._open else self.ear.speaking

    def is_quiet(self, since: float) -> bool:
        """Whether nobody speaks, and all that was said from a time (s) on has gone out.

        What may be no speech at all is not waited for when it is over for long.
        """
        doubtful = self._at / RATE - self._spoken > self._limits.pause
        known = self.ear.settled > since or doubtful
        return known and self.ear.is_still and not self._open

    def pause(self) -> list[Stretch]:
        """All turns that are open, because no sound comes for the time being."""
        self.ear.pause()
        self._look()
        return self._go(len(self._open))

    def stop(self) -> None:
        """Hear no more words: those that wait are left; for streams and files that end early."""
        self._dictation.close()

    def close(self) -> list[Stretch]:
        """The last turns, once there are no more blocks; speakers are final from here on."""
        if self._tape.end > self._at:
            self.ear.add(self._next(self._tape.end))
        self.ear.finish()
        self._known, self._closed = -1, True
        self._look()
        return self._go(len(self._open))

    def speakers(self) -> list[SpeakerSpan]:
        """Who speaks in each of the turns that went out, as it is known by now, and how surely."""
        spans = sorted(self._speech.spans, key=lambda s: s.start)
        starts = [s.start for s in spans]
        reach = max((s.end - s.start for s in spans), default=0.0)
        told = []
        for turn in self._gone:
            near = spans[bisect_left(starts, turn.start - reach) : bisect_right(starts, turn.end)]
            share = dict.fromkeys((s.speaker for s in near), 0.0)
            for s in near:
                share[s.speaker] += max(0.0, min(s.end, turn.end) - max(s.start, turn.start))
            who = max(share, key=share.__getitem__, default=turn.speaker)
            theirs = [s for s in near if s.speaker == who]
            longest = max(theirs, key=lambda s: s.end - s.start, default=None)
            sure = None if longest is None else longest.confidence
            told.append(SpeakerSpan(turn.start, turn.end, who, sure))
        return told

    def _over(self, turn: Stretch) -> bool:
        """Whether nothing that is still to come can belong to a turn."""
        chosen = self._limits
        pause = chosen.sentence_pause if turn.ends_sentence else chosen.pause
        return self.ear.settled - turn.end + 2 * chosen.pad > pause

    def _look(self) -> None:
        """Make the turns that did not go out yet of the speech and the words so far."""
        segments = self.ear.segments
        if self._known == len(segments):
            return
        self._known = len(segments)
        self._speech = diarised(self.ear, self._diariser, self._bounded(), last=self._closed)
        self._open = self._made(self._speech.spans)

    def _bounded(self) -> tuple[int, int] | None:
        """How many people have spoken, at least and at most; None where that is not known."""
        bounds = self._options.bounds
        if bounds is None or self._closed:
            return bounds
        spoken = sum(s.end - s.start for s in self.ear.segments)
        return bounds if spoken >= _EACH * bounds[0] else (1, bounds[1])

    def _made(self, speech: Sequence[SpeakerSpan]) -> list[Stretch]:
        """Turns of the speech that did not go out yet."""
        spans = _later(speech, self._behind) if self._gone else speech
        windows = [
            replace(v, words=tuple(w for w in v.words if w not in self._said)) for v in self._near()
        ]
        return turns(spans, windows, self._limits)

    def _near(self) -> list[Window]:
        """What was recognised of turns that did not go out, and at their beginning."""
        return [v for v in self.transcript.windows if v.end > self._behind - _SLIVER]

    def _interrupted(self) -> list[Stretch]:
        """Turns that have ended because somebody else speaks, in a segment that goes on."""
        opened, now = self.ear.opened, self.ear.duration
        if self._diariser is None or opened is None:
            return []
        if now - opened < _FIRST or (self._asked > opened and now - self._asked < _NEXT):
            return []
        self._asked = now
        begin = max(opened, self._behind)
        low = max(begin, now - _ASKED)
        speech = diarised(self.ear, self._diariser, self._bounded(), (low, now), last=False)
        spans = _later(speech.spans, self._behind) if self._gone else list(speech.spans)
        # What is not asked about any more is of who spoke then.
        spans = [s._replace(start=begin) if s.start == low else s for s in spans]
        change = _change(spans, now)
        if change is None:
            return []
        self._speech = speech
        if change > begin:
            self.ear.divide(begin, change)
        self.ear.close_window()
        self._open = self._made([s for s in spans if s.start < change])
        return self._go(len(self._open))

    def _go(self, count: int) -> list[Stretch]:
        """Let the first turns go out."""
        going, self._open = self._open[:count], self._open[count:]
        if going:
            self.ear.close_window()
            self._gone += going
            # Behind the last turn of a segment there may be silence that is in no turn.
            over = () if self._open else (s.end for s in self.ear.segments[-1:])
            self._behind = max(self._behind, *(t.end for t in going), *over)
            # Turns cut words off at their ends; a probability tells which word it is.
            theirs = {(w.text, w.probability) for t in going for w in t.words}
            words = (w for v in self._near() for w in v.words)
            self._said = {w for w in words if w in self._said or (w.text, w.probability) in theirs}
        return going


def listener(
    options: ListenOptions,
    diariser: Diariser | None = None,
    transcriber: Transcriber | None = None,
    limits: TurnOptions = LIVE_TURNS,
    *,
    hearing: Hearing = LIVE,
    foreseen: Callable[[Audio], None] | None = None,
) -> Listener:
    """A listener that is asked for turns as they end; a pause in the options comes first."""
    chosen = TurnOptions.of(options.pause, limits)
    return Listener(
        options, diariser, transcriber, hearing=hearing, limits=chosen, foreseen=foreseen
    )


def diarised(
    ear: Ear,
    diariser: Diariser | None,
    bounds: tuple[int, int] | None,
    ongoing: tuple[float, float] | None = None,
    *,
    last: bool,
) -> Diarisation:
    """Who speaks when in what was heard so far; one person where nobody tells voices apart.

    Args:
        ear: What was heard.
        diariser: Who tells voices apart, or None.
        bounds: How many people speak, at least and at most, or None.
        ongoing: Start and end (s) of speech that goes on, which is asked about as well.
        last: Whether there is no more to come.
    """
    if diariser is None or not (ear.segments or ongoing):
        alone = tuple(SpeakerSpan(s.start, s.end, 0) for s in ear.segments)
        return Diarisation(alone, SpeakerNumber(1, "given"))
    segments = [(s.start, s.end) for s in ear.segments]
    if last:
        return diariser.finish(segments, bounds)
    further = None if ongoing is None else (ear.cut(*ongoing), ongoing[0])
    return diariser.so_far(segments, bounds, further)


def _change(spans: Sequence[SpeakerSpan], now: float) -> float | None:
    """Since when somebody else speaks than before (s); None where nobody does for long enough."""
    if not spans:
        return None
    who = max(spans, key=lambda s: s.end).speaker
    ended = max((s.end for s in spans if s.speaker != who), default=None)
    if ended is None:
        return None
    since = min(s.start for s in spans if s.speaker == who and s.end > ended)
    return since if since >= ended and now - since >= _ANOTHER else None


def _later(spans: Sequence[SpeakerSpan], time: float) -> list[SpeakerSpan]:
    """Speech behind a time (s); what began before it is cut there."""
    later = [s._replace(start=max(s.start, time)) for s in spans if s.end > time]
    return [s for s in later if s.start > time or s.end - s.start > _SLIVER]
