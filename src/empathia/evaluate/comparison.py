"""Runs beside each other: is one better than another on the same utterances.

Two figures with intervals that overlap may still differ for sure, and the other
way round: what counts is the interval of their difference, with both runs
measured on the same resampled dialogues (paired bootstrap; Efron & Tibshirani, 1993).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from empathia.bench.results import Results
from empathia.errors import UsageError
from empathia.evaluate.figures import INDEPENDENT, SINGLE, block, figures, mean, score
from empathia.evaluate.judged import Judged, judge
from empathia.evaluate.notes import marks
from empathia.metrics.bootstrap import FEW, RESAMPLES, Block, interval, resampled, two_sided_p
from empathia.types import Score

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Row:
    """One run in the comparison.

    Args:
        name: Of the run.
        folder: Where it lies.
        seeds: How many.
        score: Mean over seeds on the common utterances.
        difference: To the first run; None for that one.
        p: Two-sided, of the difference; None for the first run or with a single dialogue.
        marks: What sets the run apart from an honest, causal one.
    """

    name: str
    folder: str
    seeds: int
    score: Score
    difference: Score | None
    p: float | None
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several runs on the test utterances that they have in common.

    Args:
        metric: What is compared.
        utterances: How many they have in common.
        dialogues: In how many dialogues.
        rows: The runs, in the order given.
        notes: What a reader should know.
    """

    metric: str
    utterances: int
    dialogues: int
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


def compare(
    runs: Sequence[Results], metric: str = "weighted_f1", resamples: int = RESAMPLES
) -> Comparison:
    """Compare runs with the first one.

    Args:
        runs: At least two.
        metric: Name of a measure made of counts, as "weighted_f1" or "uar".
        resamples: Test sets to draw.

    Raises:
        UsageError: There are fewer than two runs, the metric is unknown, the runs do not tell the
            same labels apart, or have no test utterance in common.
    """
    _check(runs, metric)
    judged = [judge(r) for r in runs]
    names = [np.array(r.keys().names)[r.keys().codes[r.test]] for r in runs]
    common = names[0]
    for other in names[1:]:
        common = np.intersect1d(common, other)
    common = np.unique(common)
    if not len(common):
        raise UsageError(
            "the runs have no test utterance in common",
            "Compare runs of the same corpus and protocol",
        )
    # The first run says what belongs together: pairing needs the same dialogues for all.
    units, unit = np.unique(_dialogues(runs[0], names[0], common), return_inverse=True)
    blocks = [_sums(*x, common, unit) for x in zip(runs, judged, names, strict=True)]
    enough = len(units) > 1 and resamples > 0
    drawn = resampled(blocks, len(units), resamples) if enough else [None for _ in runs]
    values = [
        _values(r, b.sums.sum(0), d, metric) for r, b, d in zip(runs, blocks, drawn, strict=True)
    ]
    called = _called(runs)
    rows = [
        _row(r, metric, v, values[0], len(common), name=called[i], first=i == 0)
        for i, (r, v) in enumerate(zip(runs, values, strict=True))
    ]
    notes = _notes(runs, names, common)
    if len(units) == 1:
        notes.append("The runs share one test dialogue: no interval can be given.")
    elif len(units) < FEW:
        notes.append(f"The runs share {len(units)} test dialogues: intervals and p say little.")
    return Comparison(metric, len(common), len(units), tuple(rows), tuple(notes))


def _check(runs: Sequence[Results], metric: str) -> None:
    if len(runs) < 2:
        raise UsageError(f"a comparison needs at least two runs, found {len(runs)}", "Name more")
    known = sorted({*SINGLE, *INDEPENDENT})
    if metric not in known:
        raise UsageError(
            f"unknown metric '{metric}' (known: {', '.join(known)})", "Name one of these"
        )
    first = runs[0]
    for other in runs[1:]:
        if set(other.labels) != set(first.labels) or other.exclusive != first.exclusive:
            raise UsageError(
                f"'{first.folder}' and '{other.folder}' do not tell the same labels apart "
                f"({_kind(first)}; {_kind(other)})",
                "Compare runs with the same labels",
            )


def _kind(r: Results) -> str:
    return f"{'one' if r.exclusive else 'any'} of {', '.join(r.labels)}"


def _dialogues(r: Results, names: NDArray[np.str_], common: NDArray[np.str_]) -> NDArray[np.str_]:
    """The dialogue of each of the common utterances."""
    dialogues = r.dialogues()
    return np.array(dialogues.names)[dialogues.codes[r.test][_first(names, common)]]


def _first(names: NDArray[np.str_], common: NDArray[np.str_]) -> NDArray[np.intp]:
    """The first row of each of the common utterances."""
    _, first = np.unique(names, return_index=True)
    return np.asarray(first[np.isin(names[first], common)])


def _sums(
    r: Results,
    judged: Judged,
    names: NDArray[np.str_],
    common: NDArray[np.str_],
    unit: NDArray[np.intp],
) -> Block:
    """Counts of the common utterances, by the dialogue that each is in."""
    rows = np.isin(names, common)
    place = unit[np.searchsorted(common, names[rows])]
    return block(judged, rows, place, len(r.seeds), judged.counted)


def _values(r: Results, now: Floats, drawn: Floats | None, metric: str) -> tuple[float, Floats]:
    """Mean over seeds of the metric, and over the seeds of each resampled test set."""
    shape, k = (len(r.seeds), -1), len(r.labels)
    value = float(mean(figures(now.reshape(shape), k, [metric])[metric]))
    if drawn is None:
        return value, np.empty(0)
    return value, mean(figures(drawn.reshape(len(drawn), *shape), k, [metric])[metric])


def _row(
    r: Results,
    metric: str,
    figure: tuple[float, Floats],
    base: tuple[float, Floats],
    n: int,
    *,
    name: str,
    first: bool,
) -> Row:
    value, drawn = figure
    difference, p = None, None
    if not first:
        gaps = drawn - base[1]
        low, high = (interval(gaps) if len(gaps) else None) or (None, None)
        difference = Score(metric, value - base[0], low, high, n, "difference")
        p = two_sided_p(gaps) if len(gaps) else None
    return Row(
        name,
        str(r.folder),
        len(r.seeds),
        score(metric, value, drawn, n, "common"),
        difference,
        p,
        tuple(marks(r)),
    )


def _called(runs: Sequence[Results]) -> list[str]:
    """Names of the runs; folders where names repeat (the runs of an ablation have one name)."""
    names = [r.name for r in runs]
    return names if len(set(names)) == len(names) else [str(r.folder) for r in runs]


def _notes(
    runs: Sequence[Results], names: Sequence[NDArray[np.str_]], common: NDArray[np.str_]
) -> list[str]:
    notes = []
    for r, n in zip(runs, names, strict=True):
        tested = len(np.unique(n))
        if tested > len(common):
            notes.append(
                f"{r.name}: {tested - len(common)} of its {tested} test utterances are not in "
                "all runs and are left out here."
            )
    dialogues = [_dialogues(r, n, common) for r, n in zip(runs, names, strict=True)]
    golds = [_gold(r, n, common) for r, n in zip(runs, names, strict=True)]
    for r, dialogue, gold in zip(runs[1:], dialogues[1:], golds[1:], strict=True):
        if r.run.data != runs[0].run.data:
            notes.append(
                f"{r.name} was trained and tested on other data than {runs[0].name}: the "
                "fingerprints of their corpora differ."
            )
        moved = int((dialogue != dialogues[0]).sum())
        if moved:
            notes.append(
                f"{r.name}: {moved} of the common utterances are in another dialogue than "
                f"in {runs[0].name}, whose dialogues are resampled."
            )
        other = int((abs(gold - golds[0]).max(1) > 1e-6).sum())
        if other:
            notes.append(
                f"{r.name}: {other} of the common utterances have another target (labels or votes) "
                f"than in {runs[0].name}; each run is judged by its own."
            )
    return notes


def _gold(r: Results, names: NDArray[np.str_], common: NDArray[np.str_]) -> Floats:
    """Targets of the common utterances, labels in alphabetical order."""
    order = np.argsort(np.array(r.labels))
    return np.asarray(r.targets[r.test][_first(names, common)][:, order])
