"""All measures of one predictor, or of people: read, and summed up by pair."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from empathia.bench.reacted import Tested
from empathia.evaluate.reactions import felt, shown
from empathia.evaluate.reactions.asked import Asked, Part
from empathia.evaluate.reactions.cells import Cells
from empathia.evaluate.reactions.columns import Columns, Gathered
from empathia.evaluate.reactions.summed import Floats, Summed, means, pooled
from empathia.metrics.reactions import mean_known
from empathia.metrics.reactions.diversity import Spread
from empathia.types import Reaction

EMOTION, PEOPLE = "emotion", "people"
"""What is measured beside features; the column of real reactions."""


@dataclass(frozen=True, slots=True)
class System:
    """One predictor.

    Args:
        name: Of the predictor, or :data:`PEOPLE`.
        summed: By what is measured ("emotion", a feature) and measure.
        spread: By feature, how far reactions to different stimuli are apart; drawing dialogues
            again makes doubles, so that it has no interval.
    """

    name: str
    summed: Mapping[str, Mapping[str, Summed]]
    spread: Mapping[str, float]


class _Seed:
    """What one seed adds: values by row, by feature and measure; the rest by its name."""

    def __init__(
        self,
        asked: Asked,
        labels: Sequence[str],
        columns: Mapping[str, Columns],
        cells: Mapping[str, Cells],
    ) -> None:
        self.units, self.columns, self.cells = asked.units, columns, cells
        self.counts = np.zeros((len(asked.units), 3 * len(labels) + 3))
        self.values: dict[str, dict[str, Floats]] = defaultdict(dict)
        self.moments: dict[str, Floats] = {}
        self.spreads: dict[str, list[Spread]] = defaultdict(list)

    def people(self, row: int, pair: Tested) -> None:
        """What truly came."""
        for feature, real in pair.truth.items():
            columns, stimulus = self.columns[feature], pair.stimulated.get(feature)
            self._put(feature, row, shown.of_people(real, stimulus, columns))
            self._spread(feature, [shown.in_step(real, real, columns)])

    def foretold(self, row: int, pair: Tested, draws: Sequence[Reaction]) -> None:
        """What was foretold of it."""
        for feature, real in pair.truth.items():
            there = [r.features[feature] for r in draws if feature in r.features]
            if not there:
                self._put(feature, row, {"covered": 0.0})
                continue
            columns, stimulus = self.columns[feature], pair.stimulated.get(feature)
            self._put(feature, row, shown.of_pair(real, there, stimulus, columns))
            self._spread(feature, [shown.in_step(real, f, columns) for f in there])
            if real.rate is None:
                cells = self.cells[feature]
                size = (int(cells.max()) + 1, 6, real.values.shape[1])
                sums = self.moments.setdefault(feature, np.zeros(size))
                sums[cells[row]] += shown.moments_of(real, there[0], columns)

    def spread(self, feature: str) -> float:
        """How far reactions to different stimuli are apart, mean over draws."""
        return mean_known(np.array([s.value() for s in self.spreads[feature]], np.float64))

    def _put(self, feature: str, row: int, measured: Mapping[str, float]) -> None:
        columns = self.values[feature]
        for measure, value in measured.items():
            columns.setdefault(measure, np.full(len(self.units), np.nan))[row] = value

    def _spread(self, feature: str, reactions: Sequence[NDArray[np.floating]]) -> None:
        spreads = self.spreads[feature]
        spreads += [Spread() for _ in range(len(reactions) - len(spreads))]
        for spread, reaction in zip(spreads, reactions, strict=False):
            spread.add(reaction)


def measure(
    asked: Asked,
    name: str,
    labels: Sequence[str],
    columns: Mapping[str, Columns],
    cells: Mapping[str, Cells],
) -> System:
    """All measures of one predictor, or what people have of them.

    Args:
        asked: What was asked.
        name: Of the predictor, or :data:`PEOPLE`.
        labels: Of the emotions that are foretold, in order; () for none.
        columns: By feature, see :func:`columns_of`.
        cells: By feature, see :func:`empathia.evaluate.reactions.cells.cells_of`.

    Raises:
        InputError: A file is missing or damaged.
        UsageError: A feature was foretold in other columns, or at no rate.
    """
    seeds = [
        _seed(parts, name, labels, _Seed(asked, labels, columns, cells)) for parts in asked.seeds
    ]
    summed: dict[str, dict[str, Summed]] = {}
    if labels and name != PEOPLE:
        summed[EMOTION] = felt.measures(np.stack([s.counts for s in seeds], 1), asked.units)
    for feature in dict.fromkeys(f for s in seeds for f in s.values):
        there = {m for s in seeds for m in s.values[feature]}
        nothing = np.full(len(asked.units), np.nan)
        summed[feature] = {
            m: means([s.values[feature].get(m, nothing) for s in seeds], asked.units)
            for m in shown.MEASURES
            if m in there
        }
    for feature in dict.fromkeys(f for s in seeds for f in s.moments):
        moments = [s.moments[feature] for s in seeds if feature in s.moments]
        summed[feature]["ccc"] = pooled(np.stack(moments, 1), asked.units, cells[feature])
    spread = {f: mean_known(np.array([s.spread(f) for s in seeds])) for f in summed if f != EMOTION}
    return System(name, summed, spread)


def columns_of(asked: Asked) -> dict[str, Columns]:
    """By feature, where the real reactions of the first seed lie."""
    every: dict[str, Gathered] = defaultdict(Gathered)
    for part in asked.seeds[0]:
        for _, pair in part.pairs():
            for feature, real in pair.truth.items():
                every[feature].add(real)
    return {feature: gathered.columns() for feature, gathered in every.items()}


def _seed(parts: Sequence[Part], name: str, labels: Sequence[str], seed: _Seed) -> _Seed:
    for part in parts:
        if name == PEOPLE:
            for row, pair in part.pairs():
                seed.people(row, pair)
            continue
        gold, best = [], []
        for row, pair, draws in part.said(name):
            gold.append(pair.gold)
            best.append(draws[0].emotion)
            seed.foretold(row, pair, draws)
        if labels:
            seed.counts[part.rows] = felt.count(gold, best, labels)
    return seed
