"""Figures of systems: intervals over talks, and paired differences to the first system."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from empathia.errors import UsageError
from empathia.evaluate.replies.judging import by_emotion, by_judges, by_likelihood
from empathia.evaluate.replies.meaning import by_meaning
from empathia.evaluate.replies.sums import Column, Floats
from empathia.evaluate.replies.systems import System, talk
from empathia.evaluate.replies.wording import by_words, distinct
from empathia.exemplars.encoding import Encode
from empathia.metrics.bootstrap import RESAMPLES, Block, interval, resampled
from empathia.types import Score

_Sums = tuple[System, Mapping[str, Column], Mapping[str, Floats]]


@dataclass(frozen=True, slots=True)
class Measured:
    """Figures of a system.

    Args:
        name: Of the system.
        scores: By measure, with 95 % intervals where there are some.
        more: By measure, how much more it has than the first system on the replies to the same,
            paired; {} of the first.
    """

    name: str
    scores: Mapping[str, Score]
    more: Mapping[str, Score]


def measure(
    systems: Sequence[System], encode: Encode | None = None, resamples: int = RESAMPLES
) -> list[Measured]:
    """Figures of each system; the first is what the others are compared with.

    Args:
        systems: At least one.
        encode: Sentence vectors, for similarity and near-duplicates; None leaves these out.
        resamples: How many test sets to draw; 0 gives no intervals.

    Raises:
        UsageError: There is no system.
        MissingExtra: sacrebleu is not installed.
    """
    if not systems:
        raise UsageError("there are no replies", "Name a file with replies")
    units = {u: i for i, u in enumerate(dict.fromkeys(u for s in systems for u in _units(s)))}
    columns = [_columns(s, encode) for s in systems]
    draws = [_draws(s, c, units, resamples) for s, c in zip(systems, columns, strict=True)]
    figures: list[Measured] = []
    every: list[_Sums] = list(zip(systems, columns, draws, strict=True))
    for of in every:
        more: dict[str, Score] = {}
        both = _contexts(systems[0]) & _contexts(of[0])
        if of is not every[0] and both:
            first, second = (_among(both, x, units, resamples) for x in (every[0], of))
            more = _more(first, second)
        figures.append(Measured(of[0].name, _scores(*of), more))
    return figures


def _contexts(system: System) -> set[str]:
    return {g.context for g in system.replies}


def _among(contexts: Container[str], of: _Sums, units: Mapping[str, int], resamples: int) -> _Sums:
    """A system, its columns and their draws on its replies to some contexts alone."""
    system, columns, _ = of
    kept = np.array([g.context in contexts for g in system.replies])
    if kept.all():
        return of
    replies = tuple(g for g, k in zip(system.replies, kept, strict=True) if k)
    some = replace(system, replies=replies, judged=())
    fewer = {name: Column(c.sums[kept], c.value) for name, c in columns.items()}
    return some, fewer, _draws(some, fewer, units, resamples)


def _units(system: System) -> list[str]:
    return [talk(g) for g in system.replies]


def _draws(
    system: System, columns: Mapping[str, Column], units: Mapping[str, int], resamples: int
) -> dict[str, Floats]:
    """Each measure over the test sets that are drawn, (resamples,)."""
    if not resamples or len(units) < 2:
        return {}
    own = list(dict.fromkeys(_units(system)))
    place = {u: i for i, u in enumerate(own)}
    rows = np.array([place[u] for u in _units(system)])
    blocks = []
    for column in columns.values():
        sums = np.zeros((len(own), column.sums.shape[1]))
        np.add.at(sums, rows, column.sums)
        blocks.append(Block(np.array([units[u] for u in own]), sums))
    drawn = resampled(blocks, len(units), resamples)
    return {
        name: np.array([column.value(row) for row in sums])
        for (name, column), sums in zip(columns.items(), drawn, strict=True)
    }


def _score(name: str, column: Column, drawn: Floats | None, n: int) -> Score:
    low, high = (None if drawn is None else interval(drawn)) or (None, None)
    return Score(name, column.value(column.sums.sum(0)), low, high, n)


def _scores(
    system: System, columns: Mapping[str, Column], drawn: Mapping[str, Floats]
) -> dict[str, Score]:
    scores = {m: _score(m, c, drawn.get(m), len(c.sums)) for m, c in columns.items()}
    return scores | distinct(system.replies)


def _more(first: _Sums, second: _Sums) -> dict[str, Score]:
    """How much more the second has than the first, both on the same contexts."""
    before, after = _scores(*first), _scores(*second)
    figures = {}
    for name in [n for n in after if n in before]:
        paired = name in first[2] and name in second[2]
        low, high = (interval(second[2][name] - first[2][name]) if paired else None) or (None, None)
        value = after[name].value - before[name].value
        figures[name] = Score(name, value, low, high, after[name].n)
    return figures


def _columns(system: System, encode: Encode | None) -> dict[str, Column]:
    """All measures that are sums over replies."""
    figures = by_words(system.replies) | by_judges(system) | by_emotion(system)
    if encode is not None:
        figures |= by_meaning(system.replies, encode)
    return figures | by_likelihood(system)
