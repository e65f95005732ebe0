"""Figures of a run against each other: validation and test, fold after fold, the baselines."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from empathia.audit.baselines import metadata
from empathia.audit.cases import Case, Cut, scores
from empathia.audit.finding import Finding, Severity
from empathia.bench.answers import Answer
from empathia.bench.results import Training, Unfinished
from empathia.metrics.bootstrap import FEW
from empathia.types import Utterance

GAP_WORRY = 5.0
"""Points of weighted F1 by which validation may beat the test: more than picking the best of some
tens of epochs gives (2 to 3)."""
CLIMB = 10.0
"""Points that validation must rise over the folds to be a climb."""
CLIMB_SURE, CLIMB_LIKELY = 0.01, 0.05
"""Chance of such an order among honest folds. Five folds in perfect order: 1/120."""
_RESAMPLES = 400
_SILENT = "(none)"
_TOO_FEW = " Of {} dialogues that says little."

Floats = NDArray[np.float64]


def gap(answered: Unfinished) -> Finding:
    """Validation scores about what the test scores."""
    valid, test = (_sums(answered, part) for part in ("valid", "test"))
    if not len(valid) or not len(test):
        return Finding("gap", "note", "There is no validation part to compare the test with.")
    high, low = _weighted_f1(valid.sum(0)), _weighted_f1(test.sum(0))
    difference = float(high - low)
    rng = np.random.default_rng(0)
    drawn = _resampled(valid, rng) - _resampled(test, rng)
    least, most = np.quantile(drawn, [0.025, 0.975])
    wide, few = abs(difference) >= GAP_WORRY, min(len(valid), len(test))
    sentence = (
        f"Validation scores {high:.1f} weighted F1, the test {low:.1f}: a difference of "
        f"{difference:+.1f} ({least:+.1f} to {most:+.1f} in 95 % of resampled dialogues)."
    )
    severity: Severity = "fine"
    if few < FEW:
        severity, sentence = "note", sentence + _TOO_FEW.format(few)
    elif wide and least > 0:
        severity = "worry"
        sentence += " What was selected on is not like what was tested on, or was learnt from."
    elif wide and most < 0:
        severity = "note"
        sentence += " What was tested on is easier than what was selected on, or was learnt from."
    bars = (("validation", float(high), "weighted F1"), ("test", float(low), "weighted F1"))
    return Finding(
        "gap",
        severity,
        sentence,
        difference,
        "points",
        bars,
        {"low": float(least), "high": float(most)},
    )


def _sums(answered: Unfinished, part: str) -> Floats:
    """Confusion counts of each dialogue over all seeds: (dialogues, labels, labels and none)."""
    labels = list(answered.run.labels)
    where = {x: i for i, x in enumerate([*labels, _SILENT])}
    dialogues: dict[str, int] = {}
    cells = []
    for t in answered.done:
        for a in t.part(part):
            if a.gold in where:
                d = dialogues.setdefault(a.dialogue, len(dialogues))
                cells.append((d, where[a.gold], where.get(a.predicted or _SILENT, len(labels))))
    counts = np.zeros((len(dialogues), len(labels), len(labels) + 1))
    if cells:
        np.add.at(counts, tuple(np.array(cells).T), 1)
    return counts


def _weighted_f1(counts: Floats) -> Floats:
    """From confusion counts (..., gold, predicted) to weighted F1 in percent."""
    k = counts.shape[-2]
    hits = np.diagonal(counts[..., :k], axis1=-2, axis2=-1)
    support, predicted = counts.sum(-1), counts[..., :k].sum(-2)
    f1 = 2 * hits / np.maximum(support + predicted, 1)
    result: Floats = 100 * (f1 * support).sum(-1) / np.maximum(support.sum(-1), 1)
    return result


def _resampled(counts: Floats, rng: np.random.Generator) -> Floats:
    n = len(counts)
    weights = rng.multinomial(n, np.full(n, 1 / n), size=_RESAMPLES)
    return _weighted_f1(np.tensordot(weights, counts, axes=1))


def climbing(answered: Unfinished) -> Finding:
    """Validation does not rise from fold to fold while the test stays.

    It does where each fold starts from the one before, which has learnt its validation part.
    """
    names = list(dict.fromkeys(t.planned.name for t in answered.done))
    folds = [[t for t in answered.done if t.planned.name == n] for n in names]
    valid = [v for fs in folds if (v := _mean(fs, "valid")) is not None]
    test = [v for fs in folds if (v := _mean(fs, "test")) is not None]
    if len(valid) < 4 or len(test) != len(valid):
        sentence = (
            "Too few folds with a validation part for one to have learnt from another unseen."
        )
        return Finding("climbing", "fine", sentence)
    chance, rise = order_chance(valid), _rise(valid)
    severity: Severity = "fine"
    if rise >= CLIMB and _rise(test) < rise / 2 and chance <= CLIMB_LIKELY:
        severity = "wrong" if chance <= CLIMB_SURE else "worry"
    bars = tuple(
        (f"{part}, fold {n}", v, "weighted F1")
        for part, values in (("validation", valid), ("test", test))
        for n, v in zip(names, values, strict=False)
    )
    details = {"chance": chance, "valid": valid, "test": test}
    sentence = _course(valid, test, chance if severity != "fine" else None)
    return Finding("climbing", severity, sentence, rise, "points of rise", bars[:24], details)


def _course(valid: Sequence[float], test: Sequence[float], chance: float | None) -> str:
    sentence = (
        f"Over {len(valid)} folds validation goes from {valid[0]:.1f} to {valid[-1]:.1f} weighted "
        f"F1, the test from {test[0]:.1f} to {test[-1]:.1f}"
    )
    if chance is None:
        return f"{sentence}: no sign that a fold has learnt from the one before."
    return (
        f"{sentence}; by chance folds are in such an order in {100 * chance:.1f} % of cases. "
        "Each fold seems to start from the one before, which has learnt its validation part."
    )


def _mean(trainings: Sequence[Training], part: str) -> float | None:
    """Mean weighted F1 of a fold over the seeds."""
    reached = []
    for t in trainings:
        answers = [a for a in t.part(part) if a.gold is not None]
        if answers:
            predicted = [a.predicted or _SILENT for a in answers]
            reached.append(scores([a.gold or "" for a in answers], predicted)["weighted_f1"])
    return sum(reached) / len(reached) if reached else None


def _rise(values: Sequence[float]) -> float:
    """What a straight line through the values rises from first to last."""
    n = len(values)
    slope = np.polyfit(np.arange(n), values, 1)[0]
    return float(slope * (n - 1))


def order_chance(values: Sequence[float]) -> float:
    """Chance that a random order has no more inversions than this one (Mann 1945, exact).

    Equal neighbours count as an inversion, so that a flat course is no climb.
    """
    inversions = sum(a >= b for a, b in combinations(values, 2))
    ways = [1]  # how many orders of the first n values have 0, 1, 2 ... inversions
    for n in range(2, len(values) + 1):
        most = len(ways) + n - 1
        ways = [sum(ways[max(0, i - n + 1) : i + 1]) for i in range(most)]
    return sum(ways[: inversions + 1]) / math.factorial(len(values))


def above_baselines(answered: Unfinished) -> Finding:
    """The run is better than what can be had without looking at any input."""
    test = [a for t in answered.done for a in t.part("test") if a.gold is not None]
    if not test:
        return Finding("floor", "note", "No test utterance has a single gold label.")
    predicted = [a.predicted or _SILENT for a in test]
    reached = scores([a.gold or "" for a in test], predicted)["weighted_f1"]
    baselines = {"majority label": _majority(answered)}
    cheap = metadata(_cuts(answered))
    if cheap.details:
        baselines["metadata"] = cheap.details["floor"]["weighted_f1"]
    best = max(baselines, key=baselines.__getitem__)
    sentence = (
        f"The run scores {reached:.1f} weighted F1; {best} alone scores {baselines[best]:.1f} "
        "(metadata learnt from what the run shows: validation and other folds' tests)."
    )
    severity: Severity = "fine" if reached > baselines[best] else "worry"
    if severity == "worry":
        sentence += " It adds nothing to what can be had without any input."
    elif (few := len({a.dialogue for a in test})) < FEW:
        severity, sentence = "note", sentence + _TOO_FEW.format(few)
    bars = (("run", reached, "weighted F1"), *((n, v, "weighted F1") for n, v in baselines.items()))
    return Finding("floor", severity, sentence, reached - baselines[best], "points above", bars)


def _majority(answered: Unfinished) -> float:
    """Saying each fold's commonest training label; its commonest test label if not known."""
    gold, predicted = [], []
    for t in answered.done:
        test = [a.gold for a in t.part("test") if a.gold is not None]
        counts = t.planned.train_counts or {x: test.count(x) for x in sorted(set(test))}
        if test and counts:
            gold += test
            predicted += [max(counts, key=lambda x: counts[x])] * len(test)
    return scores(gold, predicted)["weighted_f1"] if gold else 0.0


def _cuts(answered: Unfinished) -> list[Cut]:
    """For the first seed: each fold's test, and all other labelled answers that the run shows."""
    first = [t for t in answered.done if t.planned.seed == answered.done[0].planned.seed]
    every = {a.utterance: a for t in first for a in (*t.part("valid"), *t.part("test"))}
    case = _caser()
    cuts = []
    for t in first:
        test = t.part("test")
        ids, dialogues = {a.utterance for a in test}, {a.dialogue for a in test}
        known = [
            a for a in every.values() if a.utterance not in ids and a.dialogue not in dialogues
        ]
        cuts.append(Cut(t.planned.name, tuple(map(case, known)), (), tuple(map(case, test))))
    return cuts


def _caser() -> Callable[[Answer], Case]:
    places: dict[str, int] = {}

    def case(a: Answer) -> Case:
        said = Utterance(
            a.utterance,
            a.index,
            a.speaker or "",
            gender=a.gender,
            gold=() if a.gold is None else (a.gold,),
            groups=a.groups,
        )
        place = places.setdefault(a.utterance, len(places))
        return Case(said, a.dialogue, place, 3 * a.index // max(1, a.length), a.gold)

    return case
