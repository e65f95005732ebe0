"""The lively listener's motions, frame by frame: feeling, attention, nods, gaze and blinks."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import numpy as np

from empathia.face.points import BLENDSHAPES
from empathia.reaction.lively.rules import (
    DELAY,
    FACES,
    FADED,
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
_ALWAYS = slice(None)
_DRIFT = {"yaw": 1.7, "pitch": 0.9, "roll": 1.2}  # degrees


class Motion:
    """A face over time, which motions are added to.

    Args:
        frames: How many, at :data:`RATE`.
    """

    def __init__(self, frames: int) -> None:
        self.t = np.arange(frames) / RATE
        self._columns = {name: np.zeros(frames) for name in NAMES}

    def add(self, name: str, way: Array, when: slice = _ALWAYS) -> None:
        """Add to a column (frames,), or to both sides of what has two."""
        for column in (name, f"{name}Left", f"{name}Right"):
            if column in self._columns:
                self._columns[column][when] += way

    def values(self) -> Array:
        """(frames, 55) with blendshapes in [0, 1]."""
        values = np.stack([self._columns[name] for name in NAMES], 1)
        values[:, :-3] = np.clip(values[:, :-3], 0, 1)
        return values

    def feel(self, heard: Sequence[Heard], seed: int) -> None:
        """Answer what is felt: the more confidence, the more of the face; nothing where unsure."""
        felt = [(h, self._when(h.start, h.end + FADED)) for h in heard if h.feeling is not None]
        crowded, most_of_one = np.zeros(len(self.t)), np.zeros(len(self.t))
        for h, when in felt:
            there = presence(h, self.t[when])
            crowded[when] += there
            most_of_one[when] = np.maximum(most_of_one[when], there)
        # Together they are as much as the strongest: so a crowd rises no faster than one.
        part = most_of_one / np.where(crowded > 0, crowded, 1)
        for h, when in felt:
            assert h.feeling is not None
            share = presence(h, self.t[when]) * part[when]
            swell = 1 + 0.07 * np.sin(2 * np.pi * (self.t[when] - h.start) / 2.9)
            now = share * swell * min(1.0, 1.5 * h.confidence)
            for name, most in FACES[h.feeling].items():
                self.add(name, most * now, when)
            pitch, roll = HELD[h.feeling]
            self.add("pitch", pitch * now, when)
            self.add("roll", roll * now * (1 if seed % 2 else -1), when)

    def mirror(self, heard: Heard) -> None:
        """Follow the speaker's own face, a little, and later."""
        for name, way in heard.mirrored.items():
            times = heard.start + DELAY + np.arange(len(way)) / RATE
            when = self._when(times[0], times[-1])
            self.add(name, np.interp(self.t[when], times, way, 0.0, 0.0), when)

    def attend(self, chance: Chance) -> None:
        """Never quite still: slow drifts of the head, each of three waves."""
        for name, size in _DRIFT.items():
            for period in chance.uniform(3.5, 13.0, 3):
                phase = chance.uniform(0, 2 * np.pi)
                self.add(name, size / 3 * np.sin(2 * np.pi * self.t / period + phase))
        self.add("pitch", 0.25 * np.sin(2 * np.pi * self.t / 4.1))  # breath

    def nod(self, nod: Nod) -> None:
        """Down and up, and a little beyond."""
        when = self._when(nod.start, nod.start + 1.8 * nod.length)
        u = np.clip((self.t[when] - nod.start) / nod.length, 0, 1.8)
        down = np.sin(np.pi * np.minimum(u, 1)) ** 2
        beyond = np.sin(np.pi * np.maximum(u - 1, 0) / 0.8) ** 2
        self.add("pitch", nod.depth * (0.16 * beyond - down), when)

    def wonder(self, heard: Heard) -> None:
        """Raise the brows when something is asked."""
        if not heard.asks:
            return
        end = heard.end
        when = self._when(end - 0.25, end + 1.2)
        t = self.t[when]
        there = ramp(t, end - 0.25, end + 0.1) * (1 - ramp(t, end + 0.7, end + 1.2))
        self.add("browInnerUp", 0.26 * there, when)
        self.add("browOuterUp", 0.3 * there, when)
        self.add("roll", -2.0 * there, when)

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
            talk[self._when(h.start - 0.3, h.end + 1.2)] = True
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
            when = self._when(start, start + 0.36)
            since = self.t[when] - start
            self.add("eyeBlink", ramp(since, 0, 0.1) * (1 - ramp(since, 0.14, 0.36)), when)

    def _when(self, start: float, end: float) -> slice:
        """Frames from one moment to another (s), both within."""
        first, last = round(start * RATE) - 1, round(end * RATE) + 2
        return slice(max(first, 0), max(last, 0))


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
