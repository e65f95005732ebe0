"""The cheapest path through pitch candidates (Viterbi).

Every frame offers the voiceless candidate and some voiced ones. A path earns the
strengths of what it picks and pays for each change between voiced and voiceless
and for each jump in pitch (Boersma 1993, eqs. 23 to 27).

Two things make this quick without changing the result. Swapping a voiced candidate
for the voiceless one costs at most two changes, so a candidate that is weaker than
the voiceless one by more than that is never on the best path and is dropped; what is
left falls into stretches between frames that can only be voiceless. And since a jump
costs a distance, the best origins of all candidates of a frame come out of one sweep
up and one sweep down in pitch, in linear instead of quadratic time. Frames hold a
handful of candidates each: plain lists are quicker here than arrays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from empathia.features.prosody.grid import Array, Index

VOICELESS = -1


@dataclass(frozen=True, slots=True)
class _Frame:
    """Voiced candidates of one frame, ascending in pitch, and the voiceless one."""

    first: int
    heights: list[float]
    strengths: list[float]
    voiceless: float


def best_path(
    frames: Index, height: Array, strength: Array, voiceless: Array, switch: float
) -> Index:
    """Pick one candidate a frame.

    Args:
        frames: Frame of each voiced candidate, shape (n,).
        height: Pitch of each in the unit in which a jump of 1 costs 1, shape (n,).
        strength: What picking it earns, shape (n,).
        voiceless: What picking the voiceless candidate earns, shape (frames,).
        switch: Cost of a change between voiced and voiceless.

    Returns:
        Position of the picked candidate in ``frames`` or :data:`VOICELESS`, shape (frames,).
    """
    useful = np.flatnonzero(strength > voiceless[frames] - 2 * switch)
    useful = useful[np.lexsort((height[useful], frames[useful]))]
    count = len(voiceless)
    chosen = np.full(count, VOICELESS, dtype=np.intp)
    first = np.searchsorted(frames[useful], np.arange(count + 1))
    inhabited = np.concatenate(([False], np.diff(first) > 0, [False]))
    edges = np.flatnonzero(inhabited[1:] != inhabited[:-1]).reshape(-1, 2)
    heights, strengths = height[useful].tolist(), strength[useful].tolist()
    at, still = first.tolist(), voiceless.tolist()
    for start, end in edges.tolist():
        stretch = [
            _Frame(at[i], heights[at[i] : at[i + 1]], strengths[at[i] : at[i + 1]], still[i])
            for i in range(start, end)
        ]
        # What lies outside of a stretch is voiceless, unless it is the end of the sound.
        ends = (0.0 if start == 0 else switch, 0.0 if end == count else switch)
        chosen[start:end] = _solve(stretch, switch, ends)
    voiced = chosen != VOICELESS
    chosen[voiced] = useful[chosen[voiced]]
    return chosen


def _solve(stretch: list[_Frame], switch: float, ends: tuple[float, float]) -> list[int]:
    """Viterbi over frames that all have voiced candidates; ``ends`` is what these pay there."""
    past = stretch[0]
    voiced = [strength - ends[0] for strength in past.strengths]
    still = past.voiceless
    back: list[tuple[list[int], int]] = []
    for now in stretch[1:]:
        reached, origins = _jump(past, voiced, now, still - switch)
        still, calm = _leave(past, voiced, still, switch)
        still += now.voiceless
        back.append((origins, calm))
        voiced = [a + b for a, b in zip(reached, now.strengths, strict=True)]
        past = now
    _, last = _leave(past, voiced, still, ends[1])
    return _walk_back(back, stretch, last)


def _jump(
    past: _Frame, voiced: list[float], now: _Frame, entered: float
) -> tuple[list[float], list[int]]:
    """Best value with which each candidate is reached, and from where.

    ``entered`` is the value of coming from the voiceless candidate.
    """
    below = _sweep(past.heights, voiced, now.heights)
    above = _sweep(
        [-h for h in reversed(past.heights)], voiced[::-1], [-h for h in reversed(now.heights)]
    )[::-1]
    last = past.first + len(voiced) - 1
    values, origins = [], []
    for (low, under), (high, over) in zip(below, above, strict=True):
        value, origin = (low, past.first + under) if low >= high else (high, last - over)
        values.append(max(value, entered))
        origins.append(origin if value > entered else VOICELESS)
    return values, origins


def _sweep(
    origins: list[float], values: list[float], targets: list[float]
) -> list[tuple[float, int]]:
    """Best value less distance among the origins at or below each target, all ascending."""
    reached = []
    best, which, ahead, count = float("-inf"), VOICELESS, 0, len(origins)
    for target in targets:
        while ahead < count and origins[ahead] <= target:
            value = values[ahead] + origins[ahead]
            if value > best:
                best, which = value, ahead
            ahead += 1
        reached.append((best - target, which))
    return reached


def _leave(past: _Frame, voiced: list[float], still: float, cost: float) -> tuple[float, int]:
    """Best way to be voiceless next: stay so, or leave a voiced candidate at ``cost``."""
    top = max(voiced)
    if top - cost > still:
        return top - cost, past.first + voiced.index(top)
    return still, VOICELESS


def _walk_back(back: list[tuple[list[int], int]], stretch: list[_Frame], last: int) -> list[int]:
    picked = [last]
    for i in range(len(back), 0, -1):
        origins, calm = back[i - 1]
        last = calm if last == VOICELESS else origins[last - stretch[i].first]
        picked.append(last)
    return picked[::-1]
