"""Whose face speaks: mouths that move when a voice is heard and rest when it is not.

Over a whole recording each face is held against each speaker's turns. What counts is how much
more its mouth moves within them than at other times; how much it moves at all where there are no
other times. Nobody is taken for a speaker because no one else is there: a voice may belong to
nobody in the picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.errors import InputError
from empathia.face.points import BLENDSHAPES
from empathia.types.seen import Sight

Turns = Sequence[tuple[float, float, str]]
"""Start and end in s, and who speaks."""
Given = Mapping[str, str | Sequence[str]]
"""Person by speaker, as in "face 1"; several where somebody got several numbers."""

_JAW = BLENDSHAPES.index("jawOpen")  # landmarks are not always kept
_AROUND = 0.3  # s before and after a moment in which a mouth's motion is measured
_TALK = 0.012  # standard deviation of jawOpen between a mouth that rests and one that speaks
_MOST = 2.0  # natural logs by which one moment counts at most
_SEEN, _OTHER = 1.0, 1.5  # s of a face that must be seen in a speaker's turns, and outside
_MORE, _SURE = 0.4, 2.5  # logs, and standard errors, by which the mouth moves more in the turns
_MARGIN = 0.3  # logs by which a face must be better than another, and fit no other speaker
_TOGETHER = 0.5  # s in one picture that two persons must share to be two


@dataclass(frozen=True, slots=True)
class Voice:
    """Which faces a speaker has in a recording.

    Args:
        persons: Mostly one; more where somebody got several numbers. () where none is known.
        absent: Why there is none, or None.
    """

    persons: tuple[str, ...]
    absent: str | None = None


@dataclass(frozen=True, slots=True)
class Speaker:
    """Whose face is that of a turn's speaker.

    Args:
        person: As in "face 1"; None where that cannot be told or the face is not in the picture.
        absent: Why there is none, or None.
    """

    person: str | None
    absent: str | None = None


class _Fit(NamedTuple):
    """How well a face fits a speaker.

    Args:
        gap: How much more its mouth moves in the turns, in logs.
        passes: Whether that is enough.
        seconds: It was seen in them.
    """

    gap: float
    passes: bool
    seconds: float


def speaking(
    sights: Sequence[Sight], turns: Turns, given: Given | None = None
) -> tuple[Speaker, ...]:
    """Whose face each turn's speaker has.

    Args:
        sights: What was seen of each person in the whole recording.
        turns: All turns.
        given: Who has which face, where that is known.

    Raises:
        InputError: A given person is not there.
    """
    voices = speakers(sights, turns, given)
    return tuple(_in_turn(voices[who], sights, start, end) for start, end, who in turns)


def speakers(sights: Sequence[Sight], turns: Turns, given: Given | None = None) -> dict[str, Voice]:
    """Whose face each speaker has; see :func:`speaking`."""
    known = {who: (p,) if isinstance(p, str) else tuple(p) for who, p in (given or {}).items()}
    names, taken = {s.person for s in sights}, {p for persons in known.values() for p in persons}
    for who, persons in known.items():
        if lost := [p for p in persons if p not in names]:
            there = ", ".join(sorted(names)) or "no face at all"
            raise InputError(
                f"'{who}' cannot be '{lost[0]}': there is {there}", "Name one of these"
            )
    free = [s for s in sights if s.person not in taken]
    asked = list(dict.fromkeys(who for _, _, who in turns if who not in known))
    fits = {who: _fits(free, turns, who, alone=len(sights) == len(asked) == 1) for who in asked}
    told = {who: Voice(persons) for who, persons in known.items()}
    return told | {who: _voice(who, fits, free) for who in asked}


def _in_turn(voice: Voice, sights: Sequence[Sight], start: float, end: float) -> Speaker:
    """The face of a speaker that is there most in a turn."""
    if not voice.persons:
        return Speaker(None, voice.absent)
    there = {s.person: len(s.cut(start, end).times) for s in sights if s.person in voice.persons}
    best = max(there, key=lambda person: there[person])
    if there[best]:
        return Speaker(best)
    return Speaker(None, f"the speaker's face ({voice.persons[0]}) is not in the picture")


def _fits(sights: Sequence[Sight], turns: Turns, who: str, *, alone: bool) -> dict[str, _Fit]:
    """How each face fits a speaker; without those that are hardly seen in the turns."""
    fits = {}
    for sight in sights:
        motion = _motion(sight)
        own, others = (_within(sight.times, turns, who, own=own) for own in (True, False))
        inside, outside = motion[own & ~others], motion[~own]
        fit = _fit(inside[np.isfinite(inside)], outside[np.isfinite(outside)], sight.rate, alone)
        if fit.seconds >= _SEEN:
            fits[sight.person] = fit
    return fits


def _fit(
    inside: NDArray[np.float64], outside: NDArray[np.float64], rate: float, alone: bool
) -> _Fit:
    """Motion of one mouth (n,) in a speaker's turns against that (m,) at other times.

    Neighbours share what they are measured from: only one of so many counts.
    """
    shared = max(1.0, 2 * _AROUND * rate)
    seconds = len(inside) / rate
    if seconds < _SEEN:
        return _Fit(0.0, False, seconds)
    moves, rests = float(inside.mean()), 0.0
    error = max(0.5, float(inside.std())) / np.sqrt(max(1.0, len(inside) / shared))
    if len(outside) >= _OTHER * rate:
        rests = float(outside.mean())
        spread = max(0.5, float(outside.std())) / np.sqrt(max(1.0, len(outside) / shared))
        error = float(np.hypot(error, spread))
    gap = moves - rests
    # One speaker and one face belong together if the mouth moves at all, and no more elsewhere.
    enough = gap > 0 if alone else gap >= max(_MORE, _SURE * error)
    return _Fit(gap, bool(moves > 0 and enough), seconds)


def _voice(who: str, fits: Mapping[str, Mapping[str, _Fit]], sights: Sequence[Sight]) -> Voice:
    """Which faces are taken for a speaker's, among those that fit."""
    own = fits[who]
    if not own:
        seen = "no face" if not sights else f"none of {len(sights)} faces"
        seen = "the face was not" if len(sights) == 1 else f"{seen} was"
        return Voice((), absent=f"{seen} in the picture for a second while {who} spoke")
    passing = sorted((p for p in own if own[p].passes), key=lambda p: -own[p].gap)
    if not passing:
        many = "its mouth does not move" if len(own) == 1 else "no mouth moves"
        faces = "1 face" if len(own) == 1 else f"{len(own)} faces"
        return Voice((), absent=f"{faces}, and {many} with the voice")
    first = passing[0]
    times = {s.person: s for s in sights}
    beside = [p for p in own if p != first and together(times[p], times[first])]
    rival = max(beside, key=lambda p: own[p].gap, default=None)
    if rival is not None and own[first].gap - own[rival].gap < _MARGIN:
        return Voice((), absent=f"the mouths of {first} and {rival} both move with the voice")
    for other, theirs in fits.items():
        rivals = other != who and first in theirs and theirs[first].passes
        if rivals and own[first].gap - theirs[first].gap < _MARGIN:
            return Voice((), absent=f"{first} moves the mouth with the voice of {other}, too")
    # Further ones are the same person under another number: never seen beside each other.
    persons = [first]
    for person in passing[1:]:
        apart = not any(together(times[person], times[p]) for p in persons)
        elsewhere = [f[person].gap for o, f in fits.items() if o != who and person in f]
        if apart and all(own[person].gap >= gap + _MARGIN for gap in elsewhere):
            persons.append(person)
    return Voice(tuple(persons))


def together(one: Sight, other: Sight) -> bool:
    """Whether two are seen in the same pictures, and so are two."""
    shared = np.intersect1d(one.times, other.times, assume_unique=True)
    return len(shared) >= _TOGETHER * one.rate


def _within(times: NDArray[np.float64], turns: Turns, who: str, *, own: bool) -> NDArray[np.bool_]:
    """Which times (n,) are within turns of a speaker, or of the others."""
    inside = np.zeros(len(times), bool)
    for start, end, speaker in turns:
        if (speaker == who) == own:
            inside |= (times >= start) & (times < end)
    return inside


def _motion(sight: Sight) -> NDArray[np.float64]:
    """How much a mouth moves around each moment, (n,): log of its share of speech; NaN unknown."""
    opening = sight.blendshapes[:, _JAW].astype(np.float64)
    first = np.searchsorted(sight.times, sight.times - _AROUND)
    last = np.searchsorted(sight.times, sight.times + _AROUND, side="right")
    n = last - first
    sums, squares = (np.concatenate([[0.0], np.cumsum(v)]) for v in (opening, opening**2))
    mean = (sums[last] - sums[first]) / n
    spread = np.sqrt(np.maximum((squares[last] - squares[first]) / n - mean**2, 1e-10))
    moves: NDArray[np.float64] = np.clip(np.log(spread / _TALK), -_MOST, _MOST)
    return np.where(n >= 3, moves, np.nan)
