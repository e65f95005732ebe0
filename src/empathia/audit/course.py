"""Figures of a run against each other: validation and test, fold after fold, the floor."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from empathia.audit.baselines import metadata
from empathia.audit.cases import Case, Cut, scores
from empathia.audit.finding import Finding, Severity
from empathia.bench.audit_answers import Answered, Fold, Row
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

Floats = NDArray[np.float64]


def gap(answered: Answered) -> Finding:
    """Validation scores about what the test scores."""
    valid, test = (_sums(answered, part) for part in ("valid", "test"))
    if not len(valid) or not len(test):
        return Finding("gap", "note", "There is no validation part to compare the test with.")
    high, low = _weighted_f1(valid.sum(0)), _weighted_f1(test.sum(0))
    difference = float(high - low)
    rng = np.random.default_rng(0)
    drawn = _resampled(valid, rng) - _resampled(test, rng)
    least, most = np.quantile(drawn, [0.025, 0.975])
    worry = difference >= GAP_WORRY and least > 0
    told = (
        f"Validation scores {high:.1f} weighted F1, the test {low:.1f}: a difference of "
        f"{difference:+.1f} ({least:+.1f} to {most:+.1f} in 95 % of resampled dialogues)."
    )
    if worry:
        told += " What was selected on is not like what was tested on, or was learnt from."
    bars = (("validation", float(high), "weighted F1"), ("test", float(low), "weighted F1"))
    return Finding(
        "gap",
        "worry" if worry else "fine",
        told,
        difference,
        "points",
        bars,
        {"low": float(least), "high": float(most)},
    )


def _sums(answered: Answered, part: str) -> Floats:
    """Confusion counts of each dialogue over all seeds: (dialogues, labels, labels and none)."""
    labels = list(answered.run["labels"])
    where = {x: i for i, x in enumerate([*labels, _SILENT])}
    dialogues: dict[str, int] = {}
    cells = []
    for f in answered.done:
        for r in f.part(part):
            if r.gold in where:
                d = dialogues.setdefault(r.dialogue, len(dialogues))
                cells.append((d, where[r.gold], where.get(r.said or _SILENT, len(labels))))
    counts = np.zeros((len(dialogues), len(labels), len(labels) + 1))
    if cells:
        np.add.at(counts, tuple(np.array(cells).T), 1)
    return counts


def _weighted_f1(counts: Floats) -> Floats:
    """From confusion counts (..., gold, said) to weighted F1 in percent."""
    k = counts.shape[-2]
    hits = np.diagonal(counts[..., :k], axis1=-2, axis2=-1)
    support, said = counts.sum(-1), counts[..., :k].sum(-2)
    f1 = 2 * hits / np.maximum(support + said, 1)
    result: Floats = 100 * (f1 * support).sum(-1) / np.maximum(support.sum(-1), 1)
    return result


def _resampled(counts: Floats, rng: np.random.Generator) -> Floats:
    n = len(counts)
    weights = rng.multinomial(n, np.full(n, 1 / n), size=_RESAMPLES)
    return _weighted_f1(np.tensordot(weights, counts, axes=1))


def climbing(answered: Answered) -> Finding:
    """Validation does not rise from fold to fold while the test stays.

    It does where each fold starts from the one before, which has learnt its validation part.
    """
    names = list(dict.fromkeys(f.name for f in answered.done))
    folds = [[f for f in answered.done if f.name == n] for n in names]
    valid = [v for fs in folds if (v := _mean(fs, "valid")) is not None]
    test = [v for fs in folds if (v := _mean(fs, "test")) is not None]
    if len(valid) < 4 or len(test) != len(valid):
        told = "Too few folds with a validation part for one to have learnt from another unseen."
        return Finding("climbing", "fine", told)
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
    told = _course(valid, test, chance if severity != "fine" else None)
    return Finding("climbing", severity, told, rise, "points of rise", bars[:24], details)


def _course(valid: Sequence[float], test: Sequence[float], chance: float | None) -> str:
    told = (
        f"Over {len(valid)} folds validation goes from {valid[0]:.1f} to {valid[-1]:.1f} weighted "
        f"F1, the test from {test[0]:.1f} to {test[-1]:.1f}"
    )
    if chance is None:
        return f"{told}: no sign that a fold has learnt from the one before."
    return (
        f"{told}; by chance folds are in such an order in {100 * chance:.1f} % of cases. Each fold "
        "seems to start from the one before, which has learnt its validation part."
    )


def _mean(folds: Sequence[Fold], part: str) -> float | None:
    """Mean weighted F1 of a fold over the seeds."""
    found = []
    for f in folds:
        rows = [r for r in f.part(part) if r.gold is not None]
        if rows:
            said = [r.said or _SILENT for r in rows]
            found.append(scores([r.gold or "" for r in rows], said)["weighted_f1"])
    return sum(found) / len(found) if found else None


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


def floor(answered: Answered) -> Finding:
    """The run is better than what can be had without looking at any input."""
    gold = [r.gold for f in answered.done for r in f.part("test") if r.gold is not None]
    if not gold:
        return Finding("floor", "note", "No test utterance has a single gold label.")
    said = [r.said or _SILENT for f in answered.done for r in f.part("test") if r.gold is not None]
    reached = scores(gold, said)["weighted_f1"]
    floors = {"majority label": _majority(answered)}
    cheap = metadata(_cuts(answered))
    if cheap.details:
        floors["metadata"] = cheap.details["floor"]["weighted_f1"]
    best = max(floors, key=floors.__getitem__)
    told = (
        f"The run scores {reached:.1f} weighted F1; {best} alone scores {floors[best]:.1f} "
        "(metadata learnt from what the run shows: validation and other folds' tests)."
    )
    severity: Severity = "fine" if reached > floors[best] else "worry"
    if severity == "worry":
        told += " It adds nothing to what can be had without any input."
    bars = (("run", reached, "weighted F1"), *((n, v, "weighted F1") for n, v in floors.items()))
    return Finding("floor", severity, told, reached - floors[best], "points above", bars)


def _majority(answered: Answered) -> float:
    """Saying each fold's commonest training label; its commonest test label if not known."""
    gold, said = [], []
    for f in answered.done:
        test = [r.gold for r in f.part("test") if r.gold is not None]
        counts = f.described.get("train_counts") or {x: test.count(x) for x in sorted(set(test))}
        if test and counts:
            gold += test
            said += [max(counts, key=lambda x: counts[x])] * len(test)
    return scores(gold, said)["weighted_f1"] if gold else 0.0


def _cuts(answered: Answered) -> list[Cut]:
    """For the first seed: each fold's test, and all other labelled rows that the run shows."""
    first = [f for f in answered.done if f.seed == answered.done[0].seed]
    every = {r.utterance: r for f in first for r in (*f.part("valid"), *f.part("test"))}
    case = _caser()
    cuts = []
    for f in first:
        test = f.part("test")
        ids, dialogues = {r.utterance for r in test}, {r.dialogue for r in test}
        known = [
            r for r in every.values() if r.utterance not in ids and r.dialogue not in dialogues
        ]
        cuts.append(Cut(f.name, tuple(map(case, known)), (), tuple(map(case, test))))
    return cuts


def _caser() -> Callable[[Row], Case]:
    places: dict[str, int] = {}

    def case(r: Row) -> Case:
        said = Utterance(
            r.utterance,
            r.index,
            r.speaker or "",
            gender=r.gender,
            gold=() if r.gold is None else (r.gold,),
            groups=r.groups,
        )
        place = places.setdefault(r.utterance, len(places))
        return Case(said, r.dialogue, place, 3 * r.index // max(1, r.length), r.gold)

    return case
