"""Who speaks when.

Speech comes in segments between pauses. Each is cut at shorter pauses into
stretches of one speaker, as is hoped; windows of 1.6 s become voice embeddings,
a stretch the mean of the windows around it; stretches with like voices are one
speaker. A segment may so hold a change of speaker, if there is a breath between
the two. Only embeddings are kept, about 3 MB an hour.

Two people with very similar voices, as two voices of one synthesiser may be,
come out as one, and somebody who shouts and whispers may come out as two:
``benchmarks/diarisation.py`` says how often.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from empathia.errors import InputError, UsageError
from empathia.listen.clusters import Alike, Floats, Labels, group, in_order, means
from empathia.types import Audio, FloatArray, SpeakerNumber

_FRAME = 0.01  # s
_QUEUE = 64  # windows embedded at once: twice as fast as segment by segment


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


class Embedder(Protocol):
    """Turns windows of speech into voices (``encoders/speaker.py`` has one)."""

    def embed(self, windows: Sequence[Audio]) -> FloatArray:
        """(n, dim), rows of unit length, or zero where there is nothing to hear."""


@dataclass(frozen=True, slots=True)
class DiariserOptions:
    """How speakers are told apart.

    Args:
        window: Length of a window (s); shorter segments are one shorter window.
        hop: Windows start at most this far apart (s).
        pause: A pause this long (s) may divide speakers.
        depth: A pause is this much (dB) below the loud parts of its segment.
        longest: Longer stretches are divided where they are least loud (s).
        shortest: No stretch is made shorter (s).
        inside: What a change of speaker inside a segment costs, and ...
        between: ... between two segments, in s of speech times squared distance.
        most: The estimate goes no higher.
        alike: When two voices are one.
    """

    window: float = 1.6
    hop: float = 0.4
    pause: float = 0.1
    depth: float = 25.0
    longest: float = 2.4
    shortest: float = 0.4
    inside: float = 0.1
    between: float = 0.05
    most: int = 8
    alike: Alike = field(default_factory=Alike)


class Diariser:
    """Who speaks when, in one recording; hears its speech once, in order.

    Args:
        encoder: Turns windows of 16 kHz sound into voices.
        options: How speakers are told apart.
    """

    def __init__(self, encoder: Embedder, options: DiariserOptions | None = None) -> None:
        self._encoder = encoder
        self._options = DiariserOptions() if options is None else options
        self._segments: list[tuple[float, float]] = []
        self._edges: list[list[float]] = []  # where each segment's stretches begin and end (s)
        self._voices: list[FloatArray] = []
        self._waiting: list[tuple[list[Audio], Floats]] = []

    def add(self, audio: Audio, start: float) -> None:
        """Hear one segment of speech.

        Args:
            audio: Mono at 16 kHz; of any length, an empty one counts for nothing.
            start: Its start in the recording (s).
        """
        samples, rate = audio.samples, audio.rate
        edges = stretches(samples, rate, self._options)
        spans = windows(len(samples), rate, self._options)
        self._segments.append((start, start + audio.duration))
        self._edges.append([start + e / rate for e in edges])
        # Copies: a slice would keep the whole segment, or its block, in memory.
        cuts = [Audio(samples[a:b].copy(), rate) for a, b in spans]
        self._waiting.append((cuts, shares(edges, spans)))
        if sum(len(c) for c, _ in self._waiting) >= _QUEUE:
            self._embed()

    def finish(
        self,
        segments: Sequence[tuple[float, float]] | None = None,
        bounds: tuple[int, int] | None = None,
    ) -> Diarisation:
        """Who spoke, once all speech was heard.

        Args:
            segments: Exact (start, end) of what was added, in s; None takes the start and
                the number of samples.
            bounds: How many people speak, at least and at most; None estimates it. With less
                speech than speakers, there are fewer.

        Returns:
            All speech that was added, in the order in which it was, cut where the speaker
            changes; speakers are numbered by first appearance.

        Raises:
            InputError: ``segments`` are not those that were added.
            UsageError: The bounds are under 1 or turned round.
        """
        if bounds is not None and not 1 <= bounds[0] <= bounds[1]:
            raise UsageError(
                f"expected at least one speaker, found {bounds[0]} to {bounds[1]}",
                "Give the number of people who speak, or leave it out",
            )
        speakers = None if bounds is None else bounds[0]
        given = self._segments if segments is None else list(segments)
        if len(given) != len(self._segments):
            raise InputError(
                f"{len(self._segments)} segments were heard, found {len(given)}",
                "Give the segments that were added",
            )
        self._embed()
        labels = iter(self._labels(speakers).tolist())
        spans: list[SpeakerSpan] = []
        for (start, end), edges in zip(given, self._edges, strict=True):
            exact = [start, *edges[1:-1], end] if len(edges) > 1 else []
            spans += _joined([SpeakerSpan(a, b, next(labels)) for a, b in pairwise(exact)])
        number = len({s.speaker for s in spans})
        how = "estimated" if bounds is None else "given"
        return Diarisation(tuple(spans), SpeakerNumber(number, how))

    def _embed(self) -> None:
        cuts = [c for waiting, _ in self._waiting for c in waiting]
        if cuts:
            voices = self._encoder.embed(cuts)
            at = 0
            for waiting, share in self._waiting:
                self._voices += list((share @ voices[at : at + len(waiting)]).astype(np.float32))
                at += len(waiting)
        self._waiting = []

    def _labels(self, speakers: int | None) -> Labels:
        """The speaker of every stretch, (stretches,)."""
        heard = np.array([bool(v.any()) for v in self._voices], bool)
        if not heard.any():
            return np.zeros(len(heard), np.int64)
        voices = np.array([v for v in self._voices if v.any()], np.float64)
        seconds = np.array([b - a for e in self._edges for a, b in pairwise(e)])
        segment = np.repeat(np.arange(len(self._edges)), [len(e) - 1 for e in self._edges])
        opens = np.diff(segment, prepend=-1) > 0
        chosen = self._options
        labels = group(
            voices,
            seconds[heard],
            speakers,
            blocks=segment[heard],
            most=chosen.most,
            alike=chosen.alike,
        )
        cost = np.where(opens, chosen.between, chosen.inside)[heard]
        labels = smoothed(voices, seconds[heard], labels, cost)
        # What has no voice at all goes to whoever spoke last, at the start to who comes first.
        before = np.maximum(np.cumsum(heard) - 1, 0)
        return in_order(labels[before])


def windows(samples: int, rate: int, options: DiariserOptions) -> list[tuple[int, int]]:
    """Windows over a segment, (start, end) in samples: evenly spaced, the last at its end."""
    length, hop = round(options.window * rate), round(options.hop * rate)
    if samples <= length:
        return [(0, samples)] if samples else []
    starts = np.linspace(0, samples - length, -(-(samples - length) // hop) + 1)
    return [(int(s), int(s) + length) for s in starts]


def stretches(samples: FloatArray, rate: int, options: DiariserOptions) -> list[int]:
    """Where stretches of presumably one speaker begin and end, in samples, ends included.

    Cuts in the middle of short pauses, then divides what is still long where it is least loud.

    Args:
        samples: (n,) in [-1, 1], one segment of speech.
        rate: Samples a second (Hz).
        options: How long stretches and pauses are.
    """
    if len(samples) == 0:
        return [0]
    step = round(_FRAME * rate)
    loud = _level(samples, step)
    pauses = _pauses(loud < np.percentile(loud, 95) - options.depth, options.pause)
    edges = [0, *pauses, max(1, len(loud))]
    edges = _without_short(edges, options.shortest / _FRAME)
    longest = int(options.longest / _FRAME)
    inner = [c for a, b in pairwise(edges) for c in _divided(loud, a, b, longest)]
    return [*(e * step for e in inner), len(samples)]


def shares(edges: Sequence[int], spans: Sequence[tuple[int, int]]) -> Floats:
    """How much each window says about each stretch, (stretches, windows), rows sum to 1.

    A window speaks for its middle half; a stretch between those takes the nearest.
    """
    if not spans:
        return np.zeros((0, 0))
    span, low = np.array(spans, np.float64), np.array(edges[:-1], np.float64)[:, None]
    high = np.array(edges[1:], np.float64)[:, None]
    middle, quarter = span.mean(axis=1), (span[:, 1] - span[:, 0]) / 4
    overlap = np.minimum(high, middle + quarter) - np.maximum(low, middle - quarter)
    overlap = np.maximum(overlap, 0)
    nearest = np.abs(middle - (low + high) / 2).argmin(axis=1)
    lost = overlap.sum(axis=1) <= 0
    overlap[lost, nearest[lost]] = 1
    shared: Floats = overlap / overlap.sum(axis=1, keepdims=True)
    return shared


def smoothed(voices: Floats, seconds: Floats, labels: Labels, cost: Floats) -> Labels:
    """Move stretches to the nearest speaker where that is worth a change of speaker (Viterbi).

    Args:
        voices: (n, dim), none zero.
        seconds: (n,); what is longer weighs more against the cost.
        labels: (n,), which speaker each stretch has now.
        cost: (n,), of a change of speaker before each stretch.

    Returns:
        (n,), with the same speakers: none is smoothed away.
    """
    unit = voices / np.linalg.norm(voices, axis=1, keepdims=True)
    for _ in range(10):
        centres, _mass = means(unit, seconds, labels)
        distance = 1 + np.einsum("ij,ij->i", centres, centres) - 2 * unit @ centres.T
        moved = _cheapest(distance * seconds[:, None], cost)
        if np.array_equal(moved, labels) or len(np.unique(moved)) < len(centres):
            break
        labels = moved
    return labels


def _cheapest(price: Floats, cost: Floats) -> Labels:
    """The path through (n, k) prices with the least sum, changes included."""
    n, k = price.shape
    came = np.zeros((n, k), np.int64)
    total = price[0].copy()
    for i in range(1, n):
        best = int(total.argmin())
        change = total[best] + cost[i]
        came[i] = np.where(total <= change, np.arange(k), best)
        total = np.minimum(total, change) + price[i]
    path = np.zeros(n, np.int64)
    path[-1] = total.argmin()
    for i in range(n - 1, 0, -1):
        path[i - 1] = came[i, path[i]]
    return path


def _level(samples: FloatArray, step: int) -> Floats:
    """Level (frames,) of frames of 10 ms, smoothed over 50 ms, in dB to full scale."""
    whole = max(1, len(samples) // step)
    frames = (
        np.resize(samples, (whole, step))
        if len(samples) < step
        else (samples[: whole * step].reshape(whole, step))
    )
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    smooth = np.convolve(power, np.ones(5) / 5)[2 : 2 + whole]
    level: Floats = 10 * np.log10(smooth + 1e-10)
    return level


def _pauses(quiet: NDArray[np.bool_], shortest: float) -> list[int]:
    """Middles of quiet runs of (frames,), inside and not at the ends, in frames."""
    change = np.flatnonzero(np.diff(np.r_[False, quiet, False].astype(np.int8)))
    runs = change.reshape(-1, 2).tolist()
    return [
        (a + b) // 2 for a, b in runs if a > 0 and b < len(quiet) and b - a >= shortest / _FRAME
    ]


def _without_short(edges: list[int], shortest: float) -> list[int]:
    """Drop inner edges that would leave a stretch too short."""
    kept = edges[:1]
    for edge in edges[1:-1]:
        if edge - kept[-1] >= shortest and edges[-1] - edge >= shortest:
            kept.append(edge)
    return [*kept, edges[-1]]


def _divided(loud: Floats, low: int, high: int, longest: int) -> list[int]:
    """Starts of the parts of a stretch of (frames,), each no longer than ``longest`` frames."""
    if high - low <= longest:
        return [low]
    quarter = (high - low) // 4
    cut = low + quarter + int(np.argmin(loud[low + quarter : high - quarter]))
    return [*_divided(loud, low, cut, longest), *_divided(loud, cut, high, longest)]


def _joined(spans: Sequence[SpeakerSpan]) -> list[SpeakerSpan]:
    """Neighbours of one speaker as one span."""
    joined: list[SpeakerSpan] = []
    for span in spans:
        if joined and joined[-1].speaker == span.speaker:
            joined[-1] = SpeakerSpan(joined[-1].start, span.end, span.speaker)
        else:
            joined.append(span)
    return joined
