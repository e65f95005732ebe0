"""Music, tones and noise are nobody, and nobody who speaks is lost.

    python benchmarks/nobody.py DATA [--seeds 20] [--words 200]

Made sounds of 15 s in which nobody speaks, at full level and up to 50 dB lower; whole clips of the
corpora under DATA (``ravdess``, ``emodb``, ``korean_emotional``); and single stretches of .35 to
.9 s of speech alone in 12 s of silence, of noise, or of music. For each: how many recordings hold
speech by the detector alone, and how many after ``empathia.listen.standing`` has sifted it. The
bounds there were chosen on other seeds and instruments, and on words of the speakers that are left
out here. Nothing is written.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import places
from numpy.typing import NDArray

from empathia import media
from empathia.listen.dictation import Dictation, ListenOptions
from empathia.listen.ear import Ear
from empathia.listen.speech import RATE
from empathia.types import Audio, FloatArray

Sound = NDArray[np.float64]
Draw = np.random.Generator
CLIPS: dict[str, tuple[str, Callable[[Path], str]]] = {
    "ravdess": ("Actor_*/*.flac", lambda p: p.stem[-2:]),
    "emodb": ("*.flac", lambda p: p.name[:2]),
    "korean_emotional": ("**/wav/*.flac", lambda p: p.parent.parent.name),
}
T = np.arange(15 * RATE) / RATE


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--seeds", type=int, default=20, help="recordings of each made sound")
    parser.add_argument("--words", type=int, default=200, help="single stretches of speech")
    args = parser.parse_args()
    count: Counter[tuple[str, str]] = Counter()
    for kind, make in MADE.items():
        for seed in range(args.seeds):
            draw = np.random.default_rng(7000 + seed)
            lower = 10 ** (-draw.uniform(0, 50) / 20) if seed % 2 else 1.0
            _count(count, f"nobody: {kind}", lower * _level(make(draw)))
    for corpus, (pattern, _) in CLIPS.items():
        for path in sorted((args.data / corpus).glob(pattern)):
            _count(count, f"clips: {corpus}", _sound(path))
    for place, sound in _words(args.data, args.words):
        _count(count, f"a word in {place}", sound)
    for name in dict.fromkeys(name for name, _ in count):
        all_, before, after = (count[name, what] for what in ("all", "before", "after"))
        print(f"{name:28} {all_:5} recordings, speech in {before:5}, sifted {after:5}")


def _count(count: Counter[tuple[str, str]], name: str, sound: FloatArray | Sound) -> None:
    ear = Ear(Dictation(ListenOptions(words=False)), None)
    for at in range(0, len(sound), 10 * RATE):
        ear.add(Audio(sound[at : at + 10 * RATE].astype(np.float32), RATE))
    ear.finish()
    count[name, "all"] += 1
    count[name, "before"] += bool(ear.segments or ear.dropped)
    count[name, "after"] += bool(ear.segments)


def _sound(path: Path) -> FloatArray:
    return np.concatenate([block.samples for block in media.blocks(path, RATE)])


def _level(sound: Sound) -> Sound:
    return sound / max(1e-9, float(np.abs(sound).max())) / 2


# -- nobody ------------------------------------------------------------------------------------


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


def _words(data: Path, most: int) -> Iterator[tuple[str, Sound]]:
    """Single stretches of speech, and where each stands."""
    draw = np.random.default_rng(11)
    clips = [
        path
        for corpus, (pattern, speaker) in CLIPS.items()
        for path in sorted((data / corpus).glob(pattern))
        if sum(map(ord, speaker(path))) % 2
    ]
    for index in draw.permutation(len(clips))[:most]:
        word = _word(_sound(clips[index]), draw)
        if word is None:
            continue
        power = np.square(word).mean()
        for place, noise in _places(draw).items():
            sound = noise * np.sqrt(power)
            at = len(sound) // 2
            sound[at : at + len(word)] += word
            yield place, sound / max(1.0, np.abs(sound).max())


def _word(clip: FloatArray, draw: Draw) -> Sound | None:
    ear = Ear(Dictation(ListenOptions(words=False)), None)
    ear.add(Audio(clip, RATE))
    ear.finish()
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
