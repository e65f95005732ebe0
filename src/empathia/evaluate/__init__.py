"""How good a run is: figures with intervals, by class, fold and slice, and how far to trust them.

A figure is computed for each seed and averaged; its interval comes from
resampling dialogues (:mod:`empathia.metrics.bootstrap`), all seeds on the same
draws. An answer that says nothing is an error and is counted; it is never left
out. Where a protocol has several folds, figures are given for all test
utterances together ("all") and as the mean of the folds' own figures.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from empathia.bench.record import RunRecord
from empathia.bench.results import Results
from empathia.evaluate.baselines import baselines
from empathia.evaluate.confidence import Reliability, reliability_of, risk_of
from empathia.evaluate.figures import (
    INDEPENDENT,
    SINGLE,
    Sampled,
    each_class,
    figures,
    fold_means,
    mean,
    present,
    sample,
    score,
    scores,
    together,
)
from empathia.evaluate.judged import SILENCES, judge
from empathia.evaluate.notes import notes_on
from empathia.evaluate.slices import slices
from empathia.metrics.bootstrap import RESAMPLES
from empathia.metrics.confusion import confusion
from empathia.types import Score

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """One label: mean over seeds; ``support`` gold and ``predicted`` items of one seed."""

    label: str
    support: int
    predicted: float
    precision: Score
    recall: Score
    f1: Score


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The figures of a run.

    Args:
        run: What ``run.json`` says.
        labels: In the run's order.
        seeds: In rising order.
        folds: Names of the folds.
        main: Name of the measure to look at first.
        utterances: Test utterances of one seed.
        dialogues: Test dialogues; the unit of resampling.
        resamples: How many test sets were drawn; 0 where there is one dialogue only.
        silent: Answers that said nothing, over all seeds, by reason.
        measures: Mean over seeds on all test utterances.
        fold_means: Mean over folds; () with one fold.
        by_seed: Each measure's value for each seed.
        by_fold: (fold, its measures, mean over seeds); () with one fold.
        classes: One entry a label.
        slices: Slices of the test set.
        confusion: (labels, labels + silences) counts over all seeds.
        before: Reliability of the scores as given, or None where there are no scores.
        after: Reliability after temperature scaling; None where none could be fitted.
        temperatures: By "seed/fold".
        thresholds: By "seed/fold", for independent labels.
        risk: (seeds, 100) risk at coverages 0.01 to 1; None where there are no scores.
        baselines: What can be scored without listening, by name, then measure.
        notes: What a reader should know.
    """

    run: RunRecord
    labels: tuple[str, ...]
    seeds: tuple[int, ...]
    folds: tuple[str, ...]
    main: str
    utterances: int
    dialogues: int
    resamples: int
    silent: Mapping[str, int]
    measures: tuple[Score, ...]
    fold_means: tuple[Score, ...]
    by_seed: Mapping[str, tuple[float, ...]]
    by_fold: tuple[tuple[str, tuple[Score, ...]], ...]
    classes: tuple[ClassFigures, ...]
    slices: tuple[Score, ...]
    confusion: NDArray[np.int64]
    before: Reliability | None
    after: Reliability | None
    temperatures: Mapping[str, float]
    thresholds: Mapping[str, tuple[float, ...]]
    risk: Floats | None
    baselines: Mapping[str, Mapping[str, float]]
    notes: tuple[str, ...]

    @property
    def exclusive(self) -> bool:
        """One label an utterance."""
        return self.run.exclusive

    def measure(self, name: str) -> Score:
        """A measure on all test utterances.

        Raises:
            KeyError: It was not computed.
        """
        return {m.metric: m for m in self.measures}[name]


def evaluate(results: Results, resamples: int = RESAMPLES) -> Evaluation:
    """Measure a run.

    Args:
        results: What it answered.
        resamples: Test sets to draw for the intervals; 0 draws none.

    Raises:
        InputError: There is no test utterance with a gold label.
    """
    judged = judge(results)
    exclusive, seeds, k = results.exclusive, len(results.seeds), len(results.labels)
    names = SINGLE if exclusive else INDEPENDENT
    masks, notes = slices(results, judged.rows)
    parts = {n: rows for i, n in enumerate(results.folds) if (rows := judged.fold == i).any()}
    by_fold = sample(judged, parts, seeds, judged.columns.shape[1], resamples)
    by_slice = sample(judged, masks, seeds, judged.counted, resamples)
    whole = together(by_fold.values(), "all")
    curve, area = risk_of(judged, seeds, exclusive)
    now = {**figures(whole.sums, k, names), "aurc": area}
    measures = (*scores(whole, k, names), Score("aurc", float(mean(area)), n=whole.n))
    several = len(parts) > 1
    return Evaluation(
        run=results.run,
        labels=results.labels,
        seeds=results.seeds,
        folds=tuple(parts),
        main=names[0],
        utterances=whole.n,
        dialogues=judged.units,
        resamples=len(whole.drawn),
        silent={s: int((judged.silent == i).sum()) for i, s in enumerate(SILENCES)},
        measures=_known(measures),
        fold_means=_known(fold_means(by_fold.values(), k, names)) if several else (),
        by_seed={n: tuple(v.tolist()) for n, v in now.items() if not np.isnan(v).all()},
        by_fold=tuple((n, scores(p, k, names)) for n, p in by_fold.items() if several),
        classes=_classes(whole, results.labels),
        slices=_known(s for p in by_slice.values() for s in scores(*present(p, k), names)),
        confusion=confusion(judged.gold, judged.predicted, judged.silent, len(SILENCES)),
        before=reliability_of(judged, judged.raw, exclusive),
        after=reliability_of(judged, judged.scaled, exclusive) if judged.temperatures else None,
        temperatures={f"{s}/{f}": t for (s, f), t in judged.temperatures.items()},
        thresholds={f"{s}/{f}": t for (s, f), t in judged.thresholds.items()},
        risk=curve,
        baselines=baselines(results, judged, names),
        notes=(*notes_on(results, judged), *notes),
    )


def _known(values: Iterable[Score]) -> tuple[Score, ...]:
    return tuple(s for s in values if not np.isnan(s.value))


def _classes(whole: Sampled, labels: tuple[str, ...]) -> tuple[ClassFigures, ...]:
    k = len(labels)
    now, drawn = each_class(whole.sums, k), each_class(whole.drawn, k)
    predicted, gold = whole.sums[:, k : 2 * k].mean(0), whole.sums[:, 2 * k : 3 * k].mean(0)
    rows = []
    for i, label in enumerate(labels):
        p, r, f = (
            score(m, float(mean(now[m][:, i])), mean(drawn[m][..., i]), whole.n, f"class={label}")
            for m in ("precision", "recall", "f1")
        )
        rows.append(ClassFigures(label, round(float(gold[i])), float(predicted[i]), p, r, f))
    return tuple(rows)
