"""Conversations made of single clips, as real ones are: a module for other benchmarks.

    conversation = converse(data, Case("tune", "calm", speakers=2, place="room", number=0))

``data`` holds the corpora ``ravdess``, ``emodb`` and ``korean_emotional`` in their official
layouts. The people of one conversation come from one corpus, the corpora take turns; the speakers
of each are halved, what is tuned on one half counts on the other. "calm" has neutral and calm
clips alone, "acted" has all emotions, so that a mood jumps from clip to clip. A conversation
lasts 60 to 120 s (one person alone 60 s); a clip that comes up again is said 3 % faster or slower.
One that is not usual lasts 12 to 120 s, often without any pause, and often with other voices: clips
that run faster or slower, each person's by as much.

Turns are 1 to 3 clips or a short answer. Between them are -1 to 1.5 s, mostly .2 s; others throw
in bits of .25 to .7 s; in all two speak in up to 15 % of the time. Levels differ by up to 12 dB.
The same number has the same talk in each place:

    clean   close microphones, noise 45 dB lower
    room    each has a place .4 to 3 m from the microphone; RT60 .2 to .9 s; noise 25 to 40 dB lower
    phone   300 to 3400 Hz at 8 kHz, mu-law, noise 20 to 35 dB lower
    noise   hiss, hum or the babble of others, 5 to 20 dB lower
    far     meeting rooms, 1.5 to 5 m, down to -45 dB, any noise 8 to 25 dB lower

Speech in a clip is decided by its level (32 dB below its loudest 50 ms; gaps under .3 s are
speech), not by the speech detector.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import places

from empathia import media, plugins
from empathia.types import Audio, FloatArray

RATE = places.RATE
CORPORA = ("ravdess", "emodb", "korean_emotional")
HALVES = ("tune", "report")
MANNERS = ("calm", "acted")
PLACES = ("clean", "room", "phone", "noise", "far")
STEP = 0.01  # s

_CALM = frozenset({"neutral", "calm"})
_AGAIN = (-0.03, 0.03)  # how much faster
_OVERLAP = 0.15
_GAP = (-1.0, 1.5)  # s
_LEVELS = 12.0  # dB
_NOISE = {"clean": (45, 45), "room": (25, 40), "phone": (20, 35), "noise": (5, 20), "far": (8, 25)}
_LOUD = (-32.0, -18.0)  # dB to full scale
_FAINT = (-45.0, -30.0)
_DISTANCE = {"room": (0.4, 3.0), "far": (1.5, 5.0)}  # m

Span = tuple[float, float, int]  # start and end in s, speaker from 0
Draw = np.random.Generator


class Clip(NamedTuple):
    """One clip of a corpus."""

    corpus: str
    speaker: str
    emotion: str
    path: Path


class Said(NamedTuple):
    """A clip without the silence around it, and where in it is speech (s)."""

    samples: FloatArray
    speech: tuple[tuple[float, float], ...]

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE


@dataclass(frozen=True)
class Case:
    """Which conversation to make: of which half, how, of how many, where, which one, how fast."""

    half: str
    manner: str
    speakers: int
    place: str
    number: int
    usual: bool = True

    @property
    def talk(self) -> list[int]:
        """Seed of what is said: the same in each place."""
        named = HALVES.index(self.half), MANNERS.index(self.manner)
        return [*named, self.speakers, self.number]

    @property
    def scene(self) -> list[int]:
        """Seed of the place."""
        return [*self.talk, PLACES.index(self.place)]


class Conversation(NamedTuple):
    """A conversation and who says something when.

    Args:
        sound: The recording.
        spans: Speech without pauses, in the order of its beginnings; spans may overlap.
        turns: What each says in one go, what is thrown in included.
    """

    sound: Audio
    spans: tuple[Span, ...]
    turns: tuple[Span, ...]


def converse(data: Path, case: Case) -> Conversation:
    """Make one conversation.

    Args:
        data: Folder of the corpora.
        case: Which one.
    """
    draw = np.random.default_rng(case.talk)
    people = people_of(data, case, draw)
    pace = _USUAL if case.usual else _any_pace(draw)
    decks = [_Deck(data, case.manner, who, draw, pace.voices) for who in people]
    talk = _Talk(decks, draw, pace)
    levels = 10 ** (-draw.uniform(0, _LEVELS, case.speakers) / 20)
    sound = _placed(data, case, people, talk, levels)
    return Conversation(Audio(sound, RATE), tuple(sorted(talk.spans)), tuple(sorted(talk.turns)))


# -- people ------------------------------------------------------------------------------------


@cache
def clips(data: Path) -> tuple[Clip, ...]:
    """All clips of the corpora that are there."""
    every = []
    for corpus in (c for c in CORPORA if (data / c).is_dir()):
        for dialogue in plugins.load("corpora", corpus).load(data / corpus):
            u = dialogue.utterances[0]
            every.append(Clip(corpus, u.speaker, u.gold[0], u.audio))
    return tuple(every)


def speakers_of(data: Path, corpus: str, half: str) -> list[str]:
    """Every other pair of speakers (RAVDESS alternates men and women)."""
    names = sorted({c.speaker for c in clips(data) if c.corpus == corpus})
    return [s for i, s in enumerate(names) if i // 2 % 2 == HALVES.index(half)]


def people_of(data: Path, case: Case, draw: Draw) -> list[tuple[str, str]]:
    """(corpus, speaker) of each."""
    there = [c for c in CORPORA if len(speakers_of(data, c, case.half)) >= case.speakers]
    corpus = there[case.number % len(there)]
    chosen = draw.permutation(speakers_of(data, corpus, case.half))[: case.speakers]
    return [(corpus, str(s)) for s in chosen]


@lru_cache(maxsize=1200)
def said(path: Path) -> Said:
    """One clip, decoded and remembered."""
    samples = np.concatenate([b.samples for b in media.blocks(path, RATE)])
    speech = speech_in(samples)
    first, last = speech[0][0], speech[-1][1]
    kept = samples[round(first * RATE) : round(last * RATE)].copy()
    return Said(kept, tuple((a - first, b - first) for a, b in speech))


def speech_in(samples: FloatArray) -> list[tuple[float, float]]:
    """Where a clip has speech, by its level, in s."""
    power = np.mean(samples[: len(samples) // 160 * 160].reshape(-1, 160) ** 2.0, axis=1)
    power = np.convolve(power, np.ones(5) / 5, "same")
    on = np.flatnonzero(power > power.max() * 10**-3.2)
    cuts = np.flatnonzero(np.diff(on) > 30)
    starts, ends = [on[0], *on[cuts + 1]], [*on[cuts], on[-1]]
    every = [(a * STEP, b * STEP + STEP) for a, b in zip(starts, ends, strict=True)]
    return [(a, b) for a, b in every if b - a >= 0.1] or every


class _Pace(NamedTuple):
    """How a talk goes.

    Args:
        seconds: How long, at least and at most, s.
        tight: Whether nobody pauses, neither between turns nor inside of them.
        voices: How much faster everybody's clips may run, each his own: other voices.
    """

    seconds: tuple[float, float] = (60.0, 120.0)
    tight: bool = False
    voices: float = 0.0


_USUAL = _Pace()


def _any_pace(draw: Draw) -> _Pace:
    """A pace that is not the usual one."""
    seconds = float(np.exp(draw.uniform(np.log(12), np.log(120))))
    return _Pace((seconds, seconds), draw.random() < 0.3, 0.14 if draw.random() < 0.6 else 0.0)


class _Deck:
    """What somebody says: his clips shuffled, and shuffled anew once all were said."""

    def __init__(
        self, data: Path, manner: str, who: tuple[str, str], draw: Draw, voices: float = 0.0
    ) -> None:
        own = [c for c in clips(data) if (c.corpus, c.speaker) == who]
        self._clips = [c.path for c in own if manner == "acted" or c.emotion in _CALM]
        self._left: list[Path] = []
        self._draw, self._speed = draw, 0.0
        self._voice = 1 + draw.uniform(-voices, voices) if voices else 1.0

    def next(self) -> Said:
        if not self._left:
            self._left = [self._clips[i] for i in self._draw.permutation(len(self._clips))]
            self._speed += 1.0  # 1 the first time
        one = said(self._left.pop())
        speed = self._voice * (1.0 if self._speed == 1 else 1 + self._draw.choice(_AGAIN))
        return one if speed == 1 else _at_speed(one, speed)

    def bit(self, least: float, most: float) -> Said:
        """The start of what somebody says, of so many seconds."""
        whole = self.next()
        length = round(min(self._draw.uniform(least, most), whole.speech[0][1]) * RATE)
        samples = whole.samples[:length].copy()
        samples[-320:] *= np.linspace(1, 0, len(samples[-320:]), dtype=np.float32)
        return Said(samples, ((0.0, length / RATE),))


def _at_speed(one: Said, speed: float) -> Said:
    at = np.arange(0, len(one.samples) - 1, speed)
    samples = np.interp(at, np.arange(len(one.samples)), one.samples).astype(np.float32)
    return Said(samples, tuple((a / speed, b / speed) for a, b in one.speech))


# -- talk --------------------------------------------------------------------------------------


class _Talk:
    """Who says what when.

    Attributes:
        spans: Speech without pauses.
        turns: What each says in one go.
    """

    def __init__(self, decks: Sequence[_Deck], draw: Draw, pace: _Pace) -> None:
        self.spans: list[Span] = []
        self.turns: list[Span] = []
        self._decks, self._draw = decks, draw
        self._pieces: list[tuple[int, int, FloatArray]] = []  # speaker, first sample, samples
        self._free = [0.5] * len(decks)  # when each has ended (s)
        self._both = 0.0  # s in which two speak
        self._share = draw.uniform(0, _OVERLAP)
        self._tight = pace.tight
        target = pace.seconds[0] if len(decks) == 1 else draw.uniform(*pace.seconds)
        for turn, speaker in enumerate(_order(len(decks), draw), start=1):
            self._turn(speaker)
            if self.end >= target and turn >= len(decks):
                break

    @property
    def end(self) -> float:
        """When the last one has ended (s)."""
        return max(self._free)

    def tracks(self) -> list[FloatArray]:
        """What each says, (n,) each, with a power of 1 where he speaks."""
        every = []
        for speaker in range(len(self._decks)):
            own = [(at, samples) for who, at, samples in self._pieces if who == speaker]
            track = np.zeros(round((self.end + 0.5) * RATE), np.float32)
            for at, samples in own:
                track[at : at + len(samples)] += samples[: len(track) - at]
            power = np.concatenate([samples for _, samples in own])
            every.append(track / np.sqrt(np.mean(np.square(power))))
        return every

    def _turn(self, speaker: int) -> None:
        draw, last = self._draw, self.turns[-1] if self.turns else None
        short = len(self._decks) > 1 and draw.random() < 0.2
        deck = self._decks[speaker]
        count = draw.choice((1, 2, 3), p=(0.5, 0.3, 0.2))
        words = [deck.bit(0.4, 1.2)] if short else [deck.next() for _ in range(count)]
        start = self.end + self._gap(self.end - last[0] if last else 0.0)
        start = max(start, self._free[speaker] + 0.1 * (not self._tight))
        self._both += max(0.0, self.end - start)
        at = start
        for one in words:
            at = self._say(speaker, one, at) + draw.uniform(0.1, 0.6) * (not self._tight)
        end = self._free[speaker]
        self.turns.append((start, end, speaker))
        if end - start > 2 and len(self._decks) > 1 and draw.random() < 0.2 + 4 * self._share:
            self._throw_in(speaker, start, end)

    def _gap(self, longest: float) -> float:
        """Seconds to the next turn; less than none where two may speak at once."""
        draw, gap = self._draw, math.inf
        while not _GAP[0] <= gap <= _GAP[1]:
            gap = draw.laplace(0.2, 0.35)
        if draw.random() < 4 * self._share:
            gap = draw.uniform(_GAP[0], 0.0)
        gap = -abs(gap) / 4 if self._tight else gap
        allowed = min(self._share * self.end - self._both, longest / 2)
        if gap >= -max(allowed, 0.0):
            return gap
        return 0.0 if self._tight else draw.uniform(0.05, 0.4)

    def _throw_in(self, speaker: int, start: float, end: float) -> None:
        others = [s for s in range(len(self._decks)) if s != speaker]
        other = int(self._draw.choice(others))
        bit = self._decks[other].bit(0.25, 0.7)
        at = self._draw.uniform(start + 0.6, end - 1.0)
        allowed = self._share * end - self._both
        if at > self._free[other] + 0.1 and bit.seconds < allowed:
            self.turns.append((at, self._say(other, bit, at), other))
            self._both += bit.seconds

    def _say(self, speaker: int, one: Said, at: float) -> float:
        """Returns when it ends (s)."""
        first = round(at * RATE)
        self._pieces.append((speaker, first, one.samples))
        self.spans += [(at + a, at + b, speaker) for a, b in one.speech]
        self._free[speaker] = at + one.seconds
        return self._free[speaker]


def _order(count: int, draw: Draw) -> Iterator[int]:
    """Everybody once, then some more than others, nobody twice in a row if there are others."""
    yield from range(count)
    weight, last = draw.dirichlet([4.0] * count), count - 1
    while True:
        left = np.where(np.arange(count) == last, 0.0 if count > 1 else 1.0, weight + 0.05)
        last = int(draw.choice(count, p=left / left.sum()))
        yield last


# -- places ------------------------------------------------------------------------------------


def _placed(
    data: Path, case: Case, people: list[tuple[str, str]], talk: _Talk, levels: FloatArray
) -> FloatArray:
    """The sound of a talk in its place."""
    draw = np.random.default_rng(case.scene)
    tracks = [g * t for g, t in zip(levels, talk.tracks(), strict=True)]
    if case.place in _DISTANCE:
        room = places.room(draw, large=case.place == "far")
        mouths = [room.place(*_DISTANCE[case.place], draw) for _ in tracks]
        tracks = [
            places.convolved(t, room.response(m, draw)) for t, m in zip(tracks, mouths, strict=True)
        ]
    sound = np.sum(tracks, axis=0, dtype=np.float32)
    speech = np.zeros(len(sound), bool)
    for start, end, _ in talk.spans:
        speech[round(start * RATE) : round(end * RATE)] = True
    sound /= np.sqrt(np.mean(np.square(sound[speech])))
    sound += 10 ** (-draw.uniform(*_NOISE[case.place]) / 20) * _noise(
        data, case, people, len(sound), draw
    )
    sound *= 10 ** (draw.uniform(*(_FAINT if case.place == "far" else _LOUD)) / 20)
    sound = np.clip(sound, -1, 1)
    return places.phone(sound) if case.place == "phone" else sound


def _noise(
    data: Path, case: Case, people: list[tuple[str, str]], samples: int, draw: Draw
) -> FloatArray:
    """What sounds behind the talk, of power 1."""
    kinds = ("hiss", "hum", "babble") if case.place in ("noise", "far") else ("hiss",)
    kind = kinds[case.number // len(CORPORA) % len(kinds)]
    if kind == "babble":
        return _babble(data, case, people, samples, draw)
    return (places.hiss if kind == "hiss" else places.hum)(samples, draw)


def _babble(
    data: Path, case: Case, people: list[tuple[str, str]], samples: int, draw: Draw
) -> FloatArray:
    """Six others who speak all the time."""
    others = [
        (corpus, s)
        for corpus in CORPORA
        for s in speakers_of(data, corpus, case.half)
        if (corpus, s) not in people
    ]
    total = np.zeros(samples, np.float32)
    for index in draw.permutation(len(others))[:6]:
        deck, at = _Deck(data, "acted", others[index], draw), 0
        while at < samples:
            part = places.unit(deck.next().samples)[: samples - at]
            total[at : at + len(part)] += part
            at += len(part)
    return places.unit(total)
