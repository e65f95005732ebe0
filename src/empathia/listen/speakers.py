"""Who speaks when.

Speech comes in segments between pauses, and a segment may hold several people. Its cells of .2 s
(``voices.py``) are put into groups by voice (``clusters.py``), one a speaker; how many there are is
estimated from the groups (``number.py``) or given. Then the likeliest path through the speakers is
sought over all cells, where a change costs something (Viterbi): so a change is found in the midst
of a segment, without a pause, and single odd cells don't become turns.

What is shorter than .6 s and stands alone, or is as near to one speaker as to another, has the
confidence 0: it goes to whom it is nearest, but tells nothing.

Two people with very similar voices, as two voices of one synthesiser may be, come out as one, and
somebody who shouts and whispers may come out as two: ``benchmarks/diarisation.py`` says how often.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.errors import InputError, UsageError
from empathia.listen.clusters import Groups, in_order, means
from empathia.listen.number import MOST, Step, evidence, probabilities, within
from empathia.listen.overlap import HeadCount, doubled
from empathia.listen.paths import cheapest
from empathia.listen.pauses import Silence, silences, without
from empathia.listen.voices import Cells, Embedder, Floats, Labels, Voices
from empathia.types import Audio, SpeakerNumber

_INSIDE = 0.15  # what a change of speaker inside a segment costs, in cosines of one cell, and ...
_BETWEEN = 0.08  # ... between two segments
_ROUNDS = 4
_MINUTE = 300  # cells
_GROWN = 1.1
_SHORT = 0.6  # s; who speaks less, and alone, can hardly be told
_EACH = 1.0  # s; there are no more people than that speak so much on average
# What tells that a span is rightly given, fitted on 8,000 spans of the talks that the number was
# learnt on, with their estimated speakers (docs/experiments.md): a bias, the margin
# of cosines to the next speaker, and the logarithm of the seconds, of three at most.
_SURE = (0.11, 4.9, 0.28)


class SpeakerSpan(NamedTuple):
    """Speech of one speaker; those of several may overlap.

    Attributes:
        start: Start in s.
        end: End in s.
        speaker: Number of the speaker, from 0.
        confidence: That it is this speaker, in [0, 1]; 0 where it is too short to tell; None
            where there was nothing to tell apart.
    """

    start: float
    end: float
    speaker: int
    confidence: float | None = None


class Diarisation(NamedTuple):
    """Who speaks when, in time order, and how many people do."""

    spans: tuple[SpeakerSpan, ...]
    number: SpeakerNumber


class Diariser:
    """Who speaks when, in one recording; hears its speech once, in order.

    Args:
        encoder: Turns windows of 16 kHz sound into voices.
        head_count: Tells where two speak at once; None takes all speech for one person's.

    Attributes:
        voices: What was heard of them.
    """

    def __init__(self, encoder: Embedder, head_count: HeadCount | None = None) -> None:
        self.voices = Voices(encoder)
        self._head_count = head_count
        self._both: list[tuple[float, float]] = []  # where two speak (s)
        self._silences: list[Silence] = []
        self._known: _Known | None = None  # of so_far() alone

    def add(self, audio: Audio, start: float) -> None:
        """Hear one segment of speech.

        Args:
            audio: Mono at 16 kHz; of any length, an empty one counts for nothing.
            start: Its start in the recording (s).
        """
        self.voices.add(audio, start)
        count = None if self._head_count is None else self._head_count.heard(audio)
        self._silences += silences(audio, start, None if count is None else count.nobody)
        self._both += [] if count is None else [(start + a, start + b) for a, b in count.both]

    def foresee(self, audio: Audio, start: float) -> None:
        """Hear a segment that may have ended; :meth:`add` is then done with it at once."""
        self.voices.foresee(audio, start)

    def finish(
        self,
        segments: Sequence[tuple[float, float]] | None = None,
        bounds: tuple[int, int] | None = None,
    ) -> Diarisation:
        """Who spoke in all speech so far; it may be asked at any time, and again.

        Args:
            segments: Exact (start, end) of what was added, in s; None takes the start and
                the number of samples.
            bounds: How many people speak, at least and at most; None estimates it. With less
                speech than speakers, there are fewer.

        Returns:
            All speech that was added, without pauses, by its start, cut where the speaker changes,
            and twice where two speak; speakers are numbered by first appearance.

        Raises:
            InputError: ``segments`` are not those that were added.
            UsageError: The bounds are under 1 or turned round.
        """
        return self._anew(self._checked(segments, bounds), bounds, None)

    def so_far(
        self,
        segments: Sequence[tuple[float, float]] | None = None,
        bounds: tuple[int, int] | None = None,
        ongoing: tuple[Audio, float] | None = None,
    ) -> Diarisation:
        """Who spoke so far, for a stream: as :meth:`finish`, at a cost that does not grow.

        After the first minute of speech, speakers are looked for anew whenever it has grown by
        a tenth; what comes in between goes to the speakers that are known, once. :meth:`finish`
        does not depend on this.

        Args:
            segments: As in :meth:`finish`.
            bounds: As in :meth:`finish`.
            ongoing: Sound and start (s) of a further segment that goes on; it is not kept.
        """
        given, known = self._checked(segments, bounds), self._known
        if known is None or known.bounds != bounds or known.old(self.voices.count):
            return self._anew(given, bounds, ongoing)
        sound = None if ongoing is None else ongoing[0]
        cells = self.voices.cells(sound, known.segments)
        voiced = cells.of(np.any(cells.short, axis=1))
        labels = _followed_on(voiced, known)
        spans = _told(
            _with(given[known.segments :], ongoing), cells, labels, known.centres, known.last
        )
        told = known.told._replace(spans=known.told.spans + self._spoken(spans, known.silences))
        if ongoing is None:
            self._known = known._replace(
                segments=len(given),
                silences=len(self._silences),
                last=int(labels[-1]) if len(labels) else known.last,
                told=told,
            )
        return told

    def _anew(
        self,
        given: Sequence[tuple[float, float]],
        bounds: tuple[int, int] | None,
        ongoing: tuple[Audio, float] | None,
    ) -> Diarisation:
        """Look for speakers in all speech so far; they are known from here on."""
        cells = self.voices.cells(None if ongoing is None else ongoing[0])
        given, heard = _with(given, ongoing), np.any(cells.short, axis=1)
        if not heard.any():
            return _nobody(given, bounds)
        labels, likely = parted(cells.of(heard), bounds)
        centres = _centres(cells.of(heard), labels)
        number = SpeakerNumber(len(centres), _how(bounds), likely)
        told = Diarisation(self._spoken(_told(given, cells, labels, centres)), number)
        if ongoing is None:
            counts = len(cells.segment), len(given), len(self._silences)
            self._known = _Known(bounds, *counts, centres, int(labels[-1]), told)
        return told

    def _spoken(self, spans: Sequence[SpeakerSpan], silences: int = 0) -> tuple[SpeakerSpan, ...]:
        """Spans without the silences, from one of these on, and twice where two speak."""
        first = bisect_left(self._both, (spans[0].start - 1e-3,)) if spans else 0
        clear = without(spans, self._silences[silences:])
        return tuple(SpeakerSpan(*s) for s in doubled(clear, self._both[first:]))

    def _checked(
        self, segments: Sequence[tuple[float, float]] | None, bounds: tuple[int, int] | None
    ) -> Sequence[tuple[float, float]]:
        if bounds is not None and not 1 <= bounds[0] <= bounds[1]:
            raise UsageError(
                f"expected at least one speaker, found {bounds[0]} to {bounds[1]}",
                "Give the number of people who speak, or leave it out",
            )
        given = self.voices.segments if segments is None else list(segments)
        if len(given) != len(self.voices.segments):
            raise InputError(
                f"{len(self.voices.segments)} segments were heard, found {len(given)}",
                "Give the segments that were added",
            )
        return given


class _Known(NamedTuple):
    """Speakers as they were found in the first cells, and what they said up to a segment.

    Attributes:
        bounds: How many people were asked for.
        cells: How many cells they were found in.
        segments: How many segments were told since.
        silences: How many silences there were in them.
        centres: Voice of each speaker, (k, dim).
        last: Who spoke last.
        told: Who spoke when.
    """

    bounds: tuple[int, int] | None
    cells: int
    segments: int
    silences: int
    centres: Floats
    last: int
    told: Diarisation

    def old(self, cells: int) -> bool:
        """Whether there are so many cells by now that it is worth to look anew."""
        return self.cells < _MINUTE or cells > _GROWN * self.cells


def _with(
    given: Sequence[tuple[float, float]], ongoing: tuple[Audio, float] | None
) -> Sequence[tuple[float, float]]:
    """Segments, and the one that goes on."""
    return given if ongoing is None else [*given, (ongoing[1], ongoing[1] + ongoing[0].duration)]


def _nobody(given: Sequence[tuple[float, float]], bounds: tuple[int, int] | None) -> Diarisation:
    """All speech is of one, because there are no voices to tell apart."""
    spans = tuple(SpeakerSpan(a, b, 0) for a, b in given if b > a)
    return Diarisation(spans, SpeakerNumber(1, _how(bounds)))


def _told(
    given: Sequence[tuple[float, float]],
    cells: Cells,
    labels: Labels,
    centres: Floats,
    last: int | None = None,
) -> list[SpeakerSpan]:
    """What the speakers of the cells with a voice, (n,), say of all speech.

    Args:
        given: Start and end of each segment (s).
        cells: Of them.
        labels: Who speaks in those with a voice.
        centres: Voice of each speaker, (k, dim).
        last: Who spoke before; None where these are the first.
    """
    heard: NDArray[np.bool_] = np.any(cells.short, axis=1)
    near = cells.short[heard] @ centres.T
    # What has no voice at all goes to whoever spoke last, at the start to who comes first.
    place = np.cumsum(heard)
    whose = np.r_[labels[0] if last is None else last, labels][place]
    first = near[:1] if len(near) else np.zeros((1, len(centres)))
    return _spans(given, cells.segment, whose, np.concatenate([first, near])[place])


def _how(bounds: tuple[int, int] | None) -> str:
    return "given" if bounds is not None and bounds[0] == bounds[1] else "estimated"


def parted(cells: Cells, bounds: tuple[int, int] | None = None) -> tuple[Labels, dict[int, float]]:
    """The speaker of every cell, (n,), by first appearance, and how likely each number is.

    Args:
        cells: At least one; none without a voice.
        bounds: How many people speak, at least and at most; None estimates it. Where both are
            one number, that is taken, and how likely each is by the voices alone is told still.
    """
    groups = Groups(cells.long, cells.seconds)
    every = list(steps(cells, groups))
    parts = {1: np.zeros(len(cells.segment), np.int64), **{s.groups: s.labels for s in every}}
    likely = probabilities({step.groups: evidence(step) for step in every})
    least, most = (1, MOST) if bounds is None else bounds
    possible = within(likely, least, most)
    if least < most and possible:
        return in_order(parts[max(possible, key=possible.__getitem__)]), possible
    # One number is given, or so many are never estimated, or there is too little speech.
    labels = in_order(followed(cells, groups.cut(min(least, _enough(cells)))))
    return labels, likely if least == most else {}


def steps(cells: Cells, groups: Groups) -> Iterator[Step]:
    """Cells in two groups, three and so on, as many as there may be people."""
    for k in range(2, min(MOST, _enough(cells)) + 1):
        labels = followed(cells, groups.cut(k))
        if int(labels.max()) + 1 < k:
            break
        yield Step(cells, labels, groups.pair(k))


def _enough(cells: Cells) -> int:
    return max(1, int(cells.seconds.sum() / _EACH))


def followed(cells: Cells, labels: Labels) -> Labels:
    """The likeliest path through the speakers that the groups stand for, (n,).

    Args:
        cells: (n,) of them.
        labels: The group of each, (n,), from 0, none of them empty.

    Returns:
        The same groups: none is lost on the way.
    """
    cost = _costs(cells)
    for _ in range(_ROUNDS):
        centres = _centres(cells, labels)
        moved = cheapest(-cells.short @ centres.T, cost)
        if np.array_equal(moved, labels) or len(np.unique(moved)) < len(centres):
            break
        labels = moved
    return labels


def _followed_on(cells: Cells, known: _Known) -> Labels:
    """The speakers of cells that follow on those that are known, (n,)."""
    if len(cells.segment) == 0:
        return np.zeros(0, np.int64)
    price = -cells.short @ known.centres.T
    price[0, np.arange(len(known.centres)) != known.last] += _BETWEEN
    return cheapest(price, _costs(cells))


def _costs(cells: Cells) -> Floats:
    """What a change of speaker before each cell costs, (n,)."""
    return np.where(np.diff(cells.segment, prepend=-1) > 0, _BETWEEN, _INSIDE)


def _centres(cells: Cells, labels: Labels) -> Floats:
    """Voice of each group, (k, dim), rows of unit length."""
    centres, _mass = means(cells.short, cells.seconds, labels)
    unit: Floats = centres / np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
    return unit


def _spans(
    segments: Sequence[tuple[float, float]], segment: Labels, labels: Labels, near: Floats
) -> list[SpeakerSpan]:
    """Segments (s) cut where the speaker changes.

    Args:
        segments: (start, end) of each.
        segment: Of which each cell is, (n,).
        labels: Who speaks in each cell, (n,).
        near: How near each cell is to each speaker, (n, k).
    """
    spans: list[SpeakerSpan] = []
    bounds = np.searchsorted(segment, np.arange(len(segments) + 1))
    for (start, end), low, high in zip(segments, bounds[:-1], bounds[1:], strict=True):
        if low == high:
            continue
        own, cosine = labels[low:high], near[low:high]
        changes = np.flatnonzero(np.diff(own)) + 1
        at = [_change(cosine[c - 1 : c + 1], own[c - 1], own[c]) + c for c in changes]
        length = (end - start) / (high - low)
        times = [start, *(start + length * a for a in at), end]
        for a, b, first, last in zip(
            times[:-1], times[1:], [0, *changes], [*changes, high - low], strict=True
        ):
            who = int(own[first])
            spans.append(SpeakerSpan(a, b, who, _confidence(cosine[first:last], who, b - a)))
    return spans


def _change(near: Floats, first: int, second: int) -> float:
    """When the second becomes nearer, in cells from the border of two, from -.5 to .5."""
    before, after = near[0, first] - near[0, second], near[1, first] - near[1, second]
    return float(before / (before - after) - 0.5) if before > 0 > after else 0.0


def _confidence(near: Floats, who: int, seconds: float) -> float | None:
    """That (n, k) cells are rightly given to somebody; None where there is nobody else."""
    if near.shape[1] == 1:
        return None
    if seconds < _SHORT:
        return 0.0
    others = np.delete(near, who, axis=1).max(axis=1)
    margin = float(np.mean(near[:, who] - others))
    bias, clear, long = _SURE
    score = bias + clear * margin + long * math.log(min(seconds, 3.0))
    return round(1 / (1 + math.exp(-score)), 3)
