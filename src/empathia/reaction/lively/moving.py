"""The lively listener's motions, frame by frame: feeling, attention, nods, gaze and blinks."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from empathia.face.points import BLENDSHAPES
from empathia.reaction.lively.rules import (
    DELAY,
    FACES,
    HELD,
    RATE,
    Array,
    Chance,
    Heard,
    Nod,
    blinks,
    nods,
    presence,
    ramp,
)

NAMES = (*BLENDSHAPES, "yaw", "pitch", "roll")
"""Columns of the face: blendshapes in [0, 1], and the pose in degrees."""

_EYE = (33.0, 22.0)  # degrees that eyes turn at most, sideways and up
_CONTACT = 0.8  # share of the head's motion that the eyes make up for
_DRIFT = {"yaw": 1.7, "pitch": 0.9, "roll": 1.2}  # degrees


class Motion:
    """A face over time, which motions are added to.

    Args:
        frames: How many, at :data:`RATE`.
    """

    def __init__(self, frames: int) -> None:
        self.t = np.arange(frames) / RATE
        self._columns = {name: np.zeros(frames) for name in NAMES}

    def add(self, name: str, way: Array) -> None:
        """Add to a column (frames,), or to both sides of what has two."""
        for column in (name, f"{name}Left", f"{name}Right"):
            if column in self._columns:
                self._columns[column] += way

    def values(self) -> Array:
        """(frames, 55) with blendshapes in [0, 1]."""
        values = np.stack([self._columns[name] for name in NAMES], 1)
        values[:, :-3] = np.clip(values[:, :-3], 0, 1)
        return values

    def feel(self, heard: Sequence[Heard], seed: int) -> None:
        """Answer what is felt: the more confidence, the more of the face; nothing where unsure."""
        felt = [h for h in heard if h.feeling is not None]
        shares = [presence(h, self.t) for h in felt]
        crowded = np.maximum(sum(shares, np.zeros(len(self.t))), 1)
        for h, share in zip(felt, shares, strict=True):
            assert h.feeling is not None
            swell = 1 + 0.07 * np.sin(2 * np.pi * (self.t - h.start) / 2.9)
            now = share / crowded * swell * min(1.0, 1.5 * h.confidence)
            for name, most in FACES[h.feeling].items():
                self.add(name, most * now)
            pitch, roll = HELD[h.feeling]
            self.add("pitch", pitch * now)
            self.add("roll", roll * now * (1 if seed % 2 else -1))

    def mirror(self, heard: Heard) -> None:
        """Follow the speaker's own face, a little, and later."""
        for name, way in heard.mirrored.items():
            times = heard.start + DELAY + np.arange(len(way)) / RATE
            self.add(name, np.interp(self.t, times, way, 0.0, 0.0))

    def attend(self, chance: Chance) -> None:
        """Never quite still: slow drifts of the head, each of three waves."""
        for name, size in _DRIFT.items():
            for period in chance.uniform(3.5, 13.0, 3):
                phase = chance.uniform(0, 2 * np.pi)
                self.add(name, size / 3 * np.sin(2 * np.pi * self.t / period + phase))
        self.add("pitch", 0.25 * np.sin(2 * np.pi * self.t / 4.1))  # breath

    def nod(self, nod: Nod) -> None:
        """Down and up, and a little beyond."""
        u = (self.t - nod.start) / nod.length
        down = np.where((u > 0) & (u < 1), np.sin(np.pi * np.clip(u, 0, 1)) ** 2, 0.0)
        v = np.clip((u - 1) / 0.8, 0, 1)
        self.add("pitch", nod.depth * (0.16 * np.sin(np.pi * v) ** 2 - down))

    def wonder(self, heard: Heard) -> None:
        """Raise the brows when something is asked, and as loud words begin."""
        if heard.asks:
            there = ramp(self.t, heard.end - 0.25, heard.end + 0.1) * (
                1 - ramp(self.t, heard.end + 0.7, heard.end + 1.2)
            )
            self.add("browInnerUp", 0.26 * there)
            self.add("browOuterUp", 0.3 * there)
            self.add("roll", -2.0 * there)

    def look(self, heard: Sequence[Heard], chance: Chance) -> None:
        """Keep to the speaker's eyes, with small leaps; look away now and then in silence."""
        aside, up = self._leaps(heard, chance)
        aside -= _CONTACT * self._columns["yaw"] / _EYE[0]
        up -= _CONTACT * self._columns["pitch"] / _EYE[1]
        left, right = np.maximum(aside, 0), np.maximum(-aside, 0)
        for name, way in (
            *(("eyeLookOutLeft", left), ("eyeLookInRight", left)),
            *(("eyeLookInLeft", right), ("eyeLookOutRight", right)),
            *(("eyeLookUp", np.maximum(up, 0)), ("eyeLookDown", np.maximum(-up, 0))),
        ):
            self.add(name, way)

    def _leaps(self, heard: Sequence[Heard], chance: Chance) -> tuple[Array, Array]:
        """Where the eyes rest, sideways and up, as shares of how far they turn."""
        aside, up = np.zeros(len(self.t)), np.zeros(len(self.t))
        talk = np.zeros(len(self.t), bool)
        for h in heard:
            talk |= (self.t >= h.start - 0.3) & (self.t < h.end + 1.2)
        at = 0
        while at < len(self.t):
            until = at + round(RATE * (0.5 + chance.gamma(2.0, 0.7)))
            away = not talk[at] and chance.random() < 0.4
            x, y = chance.normal(0, 0.05), chance.normal(0, 0.03)
            if away:
                x, y = x + chance.choice([-1, 1]) * chance.uniform(0.2, 0.4), y - 0.12
            aside[at:until], up[at:until] = x, y
            at = until
        quick = np.array([0.25, 0.5, 0.25])  # a leap of the eyes takes some 80 ms
        soft = [np.convolve(np.pad(way, 1, "edge"), quick, "valid") for way in (aside, up)]
        return soft[0], soft[1]

    def blink(self, starts: Sequence[float]) -> None:
        """Shut in a tenth of a second, open in two."""
        for start in starts:
            since = self.t - start
            shut = ramp(since, 0, 0.1) * (1 - ramp(since, 0.14, 0.36))
            self.add("eyeBlink", shut)


def move(heard: Sequence[Heard], keys: Sequence[str], length: float, seed: int) -> Array:
    """All motions of a talk.

    Args:
        heard: What others say.
        keys: A name of each: its nods do not depend on what else is said.
        length: In s.
        seed: Same seed, same frames.

    Returns:
        (frames, 55) at :data:`RATE`; columns are :data:`NAMES`.
    """
    motion, idle = Motion(max(1, round(length * RATE))), np.random.default_rng([seed, 0])
    motion.feel(heard, seed)
    motion.attend(idle)
    for one, key in zip(heard, keys, strict=True):
        chance = np.random.default_rng([seed, zlib.crc32(key.encode())])
        for nod in nods(one, chance):
            motion.nod(nod)
        motion.wonder(one)
        motion.mirror(one)
    motion.look(heard, idle)
    motion.blink(blinks(heard, length, idle))
    return motion.values()
