"""Figures of predictors: intervals over dialogues, and paired differences to the first one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from empathia.evaluate.reactions.summed import Floats, Summed
from empathia.evaluate.reactions.systems import System
from empathia.metrics.bootstrap import interval, resampled
from empathia.types import Score

Scores = Mapping[str, Mapping[str, Score]]
"""By what is measured ("emotion", a feature) and measure."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of one predictor.

    Args:
        name: Of the predictor, or "people".
        scores: With 95 % intervals where there are some; what has no figure is absent.
        ahead: How much more the first predictor has, on what both answer, paired; {} of the first.
    """

    name: str
    scores: Scores
    ahead: Scores


def figures(systems: Sequence[System], dialogues: int, resamples: int) -> list[Measured]:
    """Figures of each predictor.

    Args:
        systems: The first is what the others are compared with.
        dialogues: How many there are, which are drawn.
        resamples: How many test sets to draw; 0, or one dialogue, gives no intervals.
    """
    draws = resamples if dialogues > 1 else 0
    made = []
    for system in systems:
        pieces = {(w, m): s for w, each in system.summed.items() for m, s in each.items()}
        scores = _scores(pieces, dialogues, draws)
        for what, value in system.spread.items():
            n = max(s.n for s in scores[what].values()) if scores.get(what) else 0
            if not np.isnan(value):
                scores.setdefault(what, {})["frdvs"] = Score("frdvs", value, n=n)
        ahead = {} if system is systems[0] else _ahead(systems[0], system, dialogues, draws)
        made.append(Measured(system.name, scores, ahead))
    return made


def _scores(
    pieces: Mapping[tuple[str, str], Summed], dialogues: int, draws: int
) -> dict[str, dict[str, Score]]:
    drawn = _drawn(list(pieces.values()), dialogues, draws)
    scores: dict[str, dict[str, Score]] = {}
    for ((what, measure), summed), many in zip(pieces.items(), drawn, strict=True):
        score = _score(measure, _whole(summed), many, summed.n)
        if not np.isnan(score.value):
            scores.setdefault(what, {})[measure] = score
    return scores


def _ahead(first: System, other: System, dialogues: int, draws: int) -> dict[str, dict[str, Score]]:
    """How much more the first has than the other in the same rows."""
    pieces: dict[tuple[str, str], tuple[Summed, Summed]] = {}
    for what, each in first.summed.items():
        for measure in [m for m in each if m in other.summed.get(what, {})]:
            a, b = each[measure], other.summed[what][measure]
            both = a.known & b.known
            if both.any():
                pieces[what, measure] = a.among(both), b.among(both)
    ours, theirs = (_drawn([pair[i] for pair in pieces.values()], dialogues, draws) for i in (0, 1))
    ahead: dict[str, dict[str, Score]] = {}
    for ((what, measure), (a, b)), x, y in zip(pieces.items(), ours, theirs, strict=True):
        score = _score(measure, _whole(a) - _whole(b), x - y, a.n)
        ahead.setdefault(what, {})[measure] = score
    return ahead


def _drawn(pieces: Sequence[Summed], dialogues: int, draws: int) -> list[Floats]:
    """Each measure over the test sets that are drawn, (draws,); the same ones for all."""
    if not draws or not pieces:
        return [np.empty(0) for _ in pieces]
    sums = resampled([p.block() for p in pieces], dialogues, draws)
    return [p.figure(s) for p, s in zip(pieces, sums, strict=True)]


def _whole(summed: Summed) -> float:
    return float(summed.figure(summed.block().sums.sum(0)))


def _score(measure: str, value: float, drawn: Floats, n: int) -> Score:
    low, high = interval(drawn) or (None, None)
    return Score(measure, value, low, high, n)
