"""Music, tones, noise and bare rooms are nobody, and nobody who speaks is lost.

    python benchmarks/nobody.py DATA [--seeds 20] [--words 200] [--talks 40] [--half report]

Made sounds of 15 s in which nobody speaks, at full level and up to 50 dB lower; 3 s of one in a
talk; bare rooms of a minute (room tone and faint hum, -75 to -35 dB), and half a minute of one
within a talk; calls that ring before a far voice answers. Then what must stay: whole clips of the
corpora under DATA (``ravdess``, ``emodb``, ``korean_emotional``), the far voice of those calls, and
single stretches of .35 to .9 s of speech alone in 12 s of silence, of noise, or of music. For each:
in how many recordings speech is heard there by the detector alone, and in how many after
``empathia.listen.standing`` has sifted it. Bounds were chosen on "tune". Nothing is written.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import places
from conversations import HALVES, Clip, clips, said, speakers_of
from numpy.typing import NDArray

from empathia import media
from empathia.listen.dictation import Dictation, ListenOptions
from empathia.listen.ear import Ear
from empathia.listen.speech import RATE, Segment
from empathia.types import Audio, FloatArray

Sound = NDArray[np.float64]
Draw = np.random.Generator
CORPORA = ("ravdess", "emodb", "korean_emotional")
T = np.arange(15 * RATE) / RATE
_HEARD = 0.15  # s of speech within a span


class Recording(NamedTuple):
    """A sound, and where in it it is asked whether somebody is heard (s)."""

    kind: str
    sound: FloatArray | Sound
    start: float
    end: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=20, help="recordings of each made sound")
    parser.add_argument("--words", type=int, default=200, help="single stretches of speech")
    parser.add_argument("--talks", type=int, default=40, help="of each kind with a talk in it")
    parser.add_argument("--half", choices=HALVES, default="report", help="of the speakers")
    args = parser.parse_args()
    people = {(c, s) for c in CORPORA for s in speakers_of(args.data, c, args.half)}
    spoken = [c for c in clips(args.data) if (c.corpus, c.speaker) in people]
    first = 7000 if args.half == "report" else 3000
    for made in (
        _nobody(args.seeds, first),
        _rooms(args.talks, first),
        _talks(spoken, args.talks, first),
        (Recording(f"clips: {c.corpus}", s := _sound(c.path), 0, len(s) / RATE) for c in spoken),
        _words(spoken, args.words, first),
    ):
        _print(made)


def _print(recordings: Iterable[Recording]) -> None:
    count: Counter[tuple[str, str]] = Counter()
    for kind, sound, start, end in recordings:
        ear = hear(sound)
        count[kind, "all"] += 1
        count[kind, "before"] += _within([*ear.segments, *ear.dropped], start, end)
        count[kind, "after"] += _within(ear.segments, start, end)
    for kind in dict.fromkeys(kind for kind, _ in count):
        all_, before, after = (count[kind, what] for what in ("all", "before", "after"))
        print(f"{kind:36} {all_:5} recordings, speech in {before:5}, sifted {after:5}", flush=True)


def hear(sound: FloatArray | Sound) -> Ear:
    """As `read` listens, without words and voices."""
    ear = Ear(Dictation(ListenOptions(words=False)), None)
    for at in range(0, len(sound), 10 * RATE):
        ear.add(Audio(sound[at : at + 10 * RATE].astype(np.float32), RATE))
    ear.finish()
    return ear


def _within(segments: Iterable[Segment], start: float, end: float) -> bool:
    return any(min(s.end, end) - max(s.start, start) >= _HEARD for s in segments)


def _sound(path: Path) -> FloatArray:
    return np.concatenate([block.samples for block in media.blocks(path, RATE)])


def _level(sound: Sound) -> Sound:
    return sound / max(1e-9, float(np.abs(sound).max())) / 2


# -- nobody ------------------------------------------------------------------------------------


def _nobody(seeds: int, first: int) -> Iterator[Recording]:
    for kind, make in MADE.items():
        for seed in range(seeds):
            draw = np.random.default_rng(first + seed)
            lower = 10 ** (-draw.uniform(0, 50) / 20) if seed % 2 else 1.0
            yield Recording(f"nobody: {kind}", lower * _level(make(draw)), 0, 15)


def _rooms(count: int, first: int) -> Iterator[Recording]:
    for seed in range(count):
        bare = bare_room(60, np.random.default_rng(first + seed))
        yield Recording("nobody: bare room", bare, 0, 60)


def bare_room(seconds: float, draw: Draw) -> Sound:
    """Room tone and faint hum, about 40 dB below a voice."""
    samples = round(seconds * RATE)
    sound = places.hiss(samples, draw) + draw.uniform(0.1, 1) * places.hum(samples, draw)
    slow = 1 + 0.3 * np.sin(2 * np.pi * draw.uniform(0.05, 0.5) * np.arange(samples) / RATE)
    return np.asarray(10 ** (draw.uniform(-75, -35) / 20) * places.unit(sound) * slow)


def _talks(spoken: list[Clip], count: int, first: int) -> Iterator[Recording]:
    """What is no voice within a talk, and a far voice behind what is none."""
    kinds = list(MADE)
    for seed in range(count):
        draw = np.random.default_rng(first + seed)
        before, after = (_talk(spoken, draw) for _ in range(2))
        kind = kinds[seed % len(kinds)]
        made = 10 ** (draw.uniform(-10, 0) / 20) * _level(MADE[kind](draw))[: 3 * RATE]
        pause = bare_room(30, draw)
        for name, middle in (("3 s of music or noise in a talk", made), ("a long pause", pause)):
            start = len(before) / RATE + 0.3
            sound = np.concatenate([before, middle, after]) + 1e-4 * draw.normal(
                0, 1, len(before) + len(middle) + len(after)
            )
            yield Recording(f"nobody: {name}", sound, start, start - 0.6 + len(middle) / RATE)
        ring = 10 ** (draw.uniform(-15, 0) / 20) * _level(_ringing(draw))[: 8 * RATE]
        far = _far(before, draw)
        call, answered = np.concatenate([ring, far]), len(ring) / RATE
        yield Recording("nobody: rings before a far voice", call, 0, answered)
        yield Recording("a far voice behind rings", call, answered, len(call) / RATE)


def _talk(spoken: list[Clip], draw: Draw) -> Sound:
    """Three clips of one speaker with pauses around them."""
    one = spoken[draw.integers(len(spoken))]
    mine = [c for c in spoken if c.speaker == one.speaker and c.corpus == one.corpus]
    parts = [np.zeros(RATE // 2)]
    for index in draw.integers(len(mine), size=3):
        parts += [0.08 * places.unit(said(mine[index].path).samples), np.zeros(RATE // 2)]
    return np.concatenate(parts)


def _far(talk: Sound, draw: Draw) -> Sound:
    """The same across a room, 30 to 45 dB below full scale."""
    room = places.room(draw, large=True)
    response = room.response(room.place(2.0, 5.0, draw), draw)
    heard = places.unit(places.convolved(talk.astype(np.float32), response))
    level = 10 ** (draw.uniform(-45, -30) / 20)
    return np.asarray(level * (heard + 10 ** (-25 / 20) * places.hiss(len(heard), draw)))


def _tune(draw: Draw, partials: Sound, rise: float, fade: float, shake: float = 0.0) -> Sound:
    """Notes of a random tune with these partials; ``fade`` in 1/s, ``shake`` is vibrato."""
    out, step, low = (
        np.zeros(len(T)),
        draw.choice([0.25, 0.4, 0.6, 1.0]),
        110 * 2 ** draw.uniform(0, 2.2),
    )
    for k in range(int(15 / step)):
        pitch = low * 2 ** (draw.choice([0, 2, 3, 5, 7, 9, 10, 12]) / 12)
        at = round(k * step * RATE)
        t = T[: min(len(T) - at, round(RATE * step * (1 if fade < 1 else 2)))]
        phase = 2 * np.pi * pitch * (t + shake / 35 * np.sin(35 * t))
        envelope = np.minimum(t / rise, 1) * np.exp(-fade * t) * np.minimum((t[-1] - t) / 0.02, 1)
        out[at : at + len(t)] += envelope * (
            partials[:, None] * np.sin(np.arange(1, len(partials) + 1)[:, None] * phase)
        ).sum(axis=0)
    return out


def _voiceless_song(draw: Draw) -> Sound:
    """Harmonics under two resonances, gliding or in steps: a hum, an "ah" of a machine."""
    pitch = draw.uniform(100, 350) * np.ones(len(T))
    if draw.random() < 0.5:
        pitch *= 1 + 0.25 * np.sin(2 * np.pi * draw.uniform(0.2, 0.7) * T + draw.uniform(0, 6))
    else:
        pitch *= 2 ** (np.repeat(draw.choice([0, 2, 4, 7, 9], 30), RATE // 2) / 12)
    pitch *= 1 + 0.01 * np.sin(2 * np.pi * 5.5 * T)
    phase, (low, high) = 2 * np.pi * np.cumsum(pitch) / RATE, draw.uniform((280, 800), (750, 2300))
    voiced = sum(
        np.sin(h * phase)
        * (
            np.exp(-(((h * pitch - low) / 200) ** 2))
            + 0.4 * np.exp(-(((h * pitch - high) / 250) ** 2))
        )
        for h in range(1, 20)
    )
    return np.asarray(voiced) * (np.sin(2 * np.pi * draw.uniform(0.2, 0.5) * T) > -0.6)


def _band(draw: Draw) -> Sound:
    beat = draw.choice([0.4, 0.5, 0.6])
    chords = _tune(draw, np.array([1, 0.5, 0.3]), 0.01, 3) + _tune(
        draw, np.array([1, 0.4]), 0.02, 2
    )
    drums = draw.normal(0, 1, len(T)) * np.exp(-30 * ((T + beat / 2) % beat))
    return chords + drums + 2 * np.sin(2 * np.pi * 55 * T) * np.exp(-15 * (T % beat))


def _ringing(draw: Draw) -> Sound:
    on, off = draw.choice([(2.0, 4.0), (1.0, 4.0), (0.4, 0.2), (0.5, 0.5)])
    low, high = draw.choice([(440, 480), (425, 425), (400, 450), (480, 620)])
    return (T % (on + off) < on) * (np.sin(2 * np.pi * low * T) + np.sin(2 * np.pi * high * T))


def _keys(draw: Draw) -> Sound:
    step = RATE // 4
    low = np.repeat(draw.choice([697, 770, 852, 941], 60), step)
    high = np.repeat(draw.choice([1209, 1336, 1477, 1633], 60), step)
    return (np.sin(2 * np.pi * low * T) + np.sin(2 * np.pi * high * T)) * (T % 0.25 < 0.12)


def _engine(draw: Draw) -> Sound:
    hum = sum(np.sin(2 * np.pi * draw.uniform(25, 40) * h * T) / h for h in range(1, 30))
    return np.asarray(hum) * (1 + 0.2 * np.sin(2 * np.pi * draw.uniform(5, 12) * T)) + 0.2 * _hiss(
        draw
    )


def _hiss(draw: Draw) -> Sound:
    return draw.normal(0, 1, len(T))


MADE: dict[str, Callable[[Draw], Sound]] = {
    "recorder": lambda d: _tune(d, np.array([1, 0.1, 0.15, 0.02]), 0.05, 0.1, 0.002),
    "harmonium": lambda d: _tune(d, np.array([1, 0.7, 0.8, 0.5, 0.4, 0.4, 0.2]), 0.08, 0, 0.003),
    "cello": lambda d: _tune(d, 1 / np.arange(1, 20) ** 1.3, 0.15, 0.4, 0.008),
    "trumpet": lambda d: _tune(d, np.array([0.7, 1, 1, 0.8, 0.6, 0.5, 0.3]), 0.04, 0.2, 0.004),
    "guitar": lambda d: _tune(d, 1 / np.arange(1, 9), 0.003, 3),
    "marimba": lambda d: _tune(d, np.array([1, 0.0, 0.0, 0.5]), 0.002, 8),
    "whistle": lambda d: _tune(d, np.array([1.0]), 0.06, 0.1, 0.01),
    "hum": _voiceless_song,
    "band": _band,
    "tone": lambda d: np.sin(2 * np.pi * d.uniform(80, 3500) * T),
    "ringing": _ringing,
    "keys": _keys,
    "claps": lambda d: _hiss(d) * np.exp(-12 * (T % d.uniform(0.6, 1.5))),
    "hiss": _hiss,
    "pink hiss": lambda d: places.hiss(len(T), d).astype(np.float64),
    "mains and fan": lambda d: places.hum(len(T), d).astype(np.float64),
    "engine": _engine,
}

# -- somebody ----------------------------------------------------------------------------------


def _words(spoken: list[Clip], most: int, first: int) -> Iterator[Recording]:
    """Single stretches of speech, and where each stands."""
    draw = np.random.default_rng(first)
    for index in draw.permutation(len(spoken))[:most]:
        word = _word(_sound(spoken[index].path), draw)
        if word is None:
            continue
        power = np.square(word).mean()
        for place, noise in _places(draw).items():
            sound = noise * np.sqrt(power)
            at = len(sound) // 2
            sound[at : at + len(word)] += word
            sound /= max(1.0, np.abs(sound).max())
            yield Recording(f"a word in {place}", sound, at / RATE, (at + len(word)) / RATE)


def _word(clip: FloatArray, draw: Draw) -> Sound | None:
    ear = hear(clip)
    if not ear.segments:
        return None
    segment, length = ear.segments[draw.integers(len(ear.segments))], draw.uniform(0.35, 0.9)
    start = draw.uniform(segment.start, max(segment.start, segment.end - length))
    word = clip[round(start * RATE) : round((start + length) * RATE)].astype(np.float64)
    fade = np.minimum(np.minimum(np.arange(len(word)), np.arange(len(word))[::-1]) / 320, 1)
    return word * fade if np.square(word).mean() > 1e-8 else None


def _places(draw: Draw) -> dict[str, Sound]:
    """12 s to speak in; their level relative to the word."""
    hiss = _hiss(draw)[: 12 * RATE]
    tune = list(MADE.values())[draw.integers(9)](draw)[: 12 * RATE]
    tune /= np.sqrt(np.square(tune).mean())
    levels = {"silence": (hiss, -80), "hiss": (hiss, -20), "loud hiss": (hiss, -10)}
    levels |= {"hiss as loud": (hiss, -3), "faint music": (tune, -20), "music": (tune, -10)}
    levels |= {"music as loud": (tune, 0)}
    return {name: 10 ** (decibel / 20) * what for name, (what, decibel) in levels.items()}


if __name__ == "__main__":
    main()
