"""What the lively listener does when: faces for feelings, nods, raised brows, blinks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Chance = np.random.Generator

RATE = 25.0
"""Frames a second (Hz)."""
DELAY = 0.4
"""Seconds from what is felt to the face that answers it."""
FADED = 2.6
"""Seconds behind a turn until its feeling has left the face."""

# Blendshapes at full confidence (a name without its side means both), and how the head is held,
# in degrees of pitch and roll. A listener feels with somebody: anger is met with concern.
FACES: Mapping[str, Mapping[str, float]] = {
    "joy": {"mouthSmile": 0.95, "cheekSquint": 0.5, "eyeSquint": 0.25, "browOuterUp": 0.2},
    "sadness": {"browInnerUp": 0.75, "mouthFrown": 0.45, "mouthPress": 0.12, "eyeBlink": 0.1},
    "anger": {"browDown": 0.3, "browInnerUp": 0.4, "mouthPress": 0.34, "eyeSquint": 0.15},
    "fear": {"browInnerUp": 0.6, "browOuterUp": 0.2, "eyeWide": 0.25, "mouthStretch": 0.16},
    "disgust": {"noseSneer": 0.34, "browDown": 0.3, "mouthFrown": 0.22, "eyeSquint": 0.15},
    "surprise": {"browInnerUp": 0.55, "browOuterUp": 0.6, "eyeWide": 0.4, "jawOpen": 0.14},
}
HELD: Mapping[str, tuple[float, float]] = {
    "joy": (1.5, 1.0),
    "sadness": (-2.5, 4.5),
    "anger": (-1.0, 1.0),
    "fear": (0.5, 2.0),
    "disgust": (1.0, -1.5),
    "surprise": (2.5, 0.0),
}
_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "joy": (
        *("happy", "happiness", "excited", "excitement", "amusement", "gratitude", "love"),
        *("relief", "pride", "optimism", "admiration", "positive", "joyful", "grateful", "proud"),
    ),
    "sadness": ("sad", "grief", "disappointment", "lonely", "devastated", "disappointed"),
    "anger": ("angry", "annoyance", "frustrated", "frustration", "furious", "annoyed"),
    "fear": ("fearful", "afraid", "anxious", "nervousness", "terrified", "apprehensive"),
    "disgust": ("disgusted", "disapproval", "contempt"),
    "surprise": ("surprised", "realization", "confusion"),
}
FAMILY: Mapping[str, str] = {
    **{name: name for name in FACES},
    **{label: name for name, labels in _FAMILIES.items() for label in labels},
}
"""Label to one of :data:`FACES`; a label that is not here moves nothing."""

_SLOWER = {"sadness": 1.35, "fear": 1.1}  # nods


class Nod(NamedTuple):
    """One nod: when it begins (s), how deep it goes (degrees) and how long it takes (s)."""

    start: float
    depth: float
    length: float


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """What is heard of one turn.

    Args:
        start, end: In s.
        voice: (frames,) whether there is voice, at :data:`RATE` from its start.
        level: (frames,) in dB, NaN where it is not known.
        feeling: One of :data:`FACES`, or None: neutral, unsure, or of no such kind.
        confidence: In it, in [0, 1].
        asks: Whether it ends in a question.
        mirrored: By blendshape, (frames,) of the speaker's face that is to be followed.
    """

    start: float
    end: float
    voice: NDArray[np.bool_]
    level: Array
    feeling: str | None = None
    confidence: float = 0.0
    asks: bool = False
    mirrored: Mapping[str, Array] = field(default_factory=dict)


def presence(heard: Heard, t: Array) -> Array:
    """How much of the feeling is on the listener's face, in [0, 1], at times t (frames,) in s.

    It comes with a delay, is strongest about the end of the turn, and fades behind it.
    """
    risen = ramp(t, heard.start + DELAY, heard.start + DELAY + 1.3)
    fallen = ramp(t, heard.end + 0.8, heard.end + FADED)
    late = 0.75 + 0.25 * ramp(t, heard.end - 1.2, heard.end)
    there = risen * (1 - fallen) * late
    if heard.feeling == "surprise":  # brief
        there = there * (0.4 + 0.6 * np.exp(-np.maximum(t - heard.start - DELAY - 1.3, 0) / 1.2))
    return there


def nods(heard: Heard, chance: Chance) -> Iterator[Nod]:
    """Nods at stressed moments, in pauses, and at the end of a turn that asks nothing."""
    slower = _SLOWER.get(heard.feeling or "", 1.0)
    last = heard.start
    for moment, deep in sorted([*_pauses(heard, chance), *_stresses(heard, chance)]):
        if moment - last > 1.1 and heard.end - moment > 0.7:
            yield Nod(moment, deep, slower * chance.uniform(0.5, 0.65))
            last = moment
    if not heard.asks:
        start, deep = heard.end + chance.uniform(-0.05, 0.2), chance.uniform(4.5, 6.5)
        yield Nod(start, deep, slower * chance.uniform(0.55, 0.7))
        if chance.random() < 0.5:
            yield Nod(start + slower * 0.62, 0.55 * deep, slower * 0.5)


def _pauses(heard: Heard, chance: Chance) -> Iterator[tuple[float, float]]:
    """Pauses of a quarter of a second within the turn: moment and depth of a nod."""
    for start, stop in spans(~heard.voice):
        inner = start > 0 and stop < len(heard.voice)
        if inner and stop - start >= 0.24 * RATE and chance.random() < 0.8:
            yield heard.start + start / RATE + chance.uniform(0.03, 0.15), chance.uniform(2.2, 4.0)


def _stresses(heard: Heard, chance: Chance) -> Iterator[tuple[float, float]]:
    """Moments that are much louder than the turn's voice."""
    loud = np.where(heard.voice, heard.level, np.nan)
    if np.isfinite(loud).sum() < RATE:
        return
    above = np.nan_to_num(loud, nan=-np.inf) > np.nanmean(loud) + 1.2 * np.nanstd(loud)
    for start, _ in spans(above):
        if chance.random() < 0.35:
            yield heard.start + start / RATE + 0.15, chance.uniform(1.4, 2.4)


def blinks(heard: Sequence[Heard], length: float, chance: Chance) -> list[float]:
    """When the listener blinks (s): now and then, and often as a turn ends."""
    times: list[float] = []
    now = chance.uniform(0.5, 2.5)
    while now < length:
        times.append(now)
        now += 1.3 + chance.gamma(2.0, 1.3) if chance.random() > 0.08 else 0.34
    ends = [h.end + chance.uniform(0.1, 0.4) for h in heard if chance.random() < 0.6]
    apart: list[float] = []
    for time in sorted([*times, *ends]):
        if not apart or time - apart[-1] >= 0.34:
            apart.append(time)
    return apart


def spans(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Stretches of a row of flags (n,) that are true: first, and the one behind the last."""
    edges = np.flatnonzero(np.diff(np.r_[0, flags.astype(np.int8), 0]))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def ramp(x: Array, low: float, high: float) -> Array:
    """(n,) 0 up to ``low``, smoothly 1 from ``high`` on."""
    t = np.clip((x - low) / (high - low), 0, 1)
    risen: Array = t * t * (3 - 2 * t)
    return risen
