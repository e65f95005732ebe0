"""Results as what is measured: labels as indicators, scores before and after scaling.

Thresholds (independent labels) and temperatures are fitted for every seed and
fold on its own validation rows, and applied to its test rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from empathia.bench.answers import SILENT, UNPARSED
from empathia.bench.results import Results
from empathia.errors import InputError
from empathia.metrics.calibration import (
    BINS,
    as_pairs,
    bin_of,
    brier_scores,
    fit_temperature,
    log_losses,
    log_scores,
    tempered,
)
from empathia.metrics.counts import tally
from empathia.metrics.thresholds import best_thresholds

Floats = NDArray[np.float64]
SILENCES = (UNPARSED, SILENT)
CALIBRATED = BINS + 4
"""Columns of :func:`_quality`: bins of gaps, decisions in them, log losses, Brier scores, rows."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The test rows of a run.

    Args:
        rows: (all rows,) which rows of the results these are.
        seed: (rows,) place of the seed in the run's seeds.
        fold: (rows,) number of the fold.
        unit: (rows,) number of the dialogue.
        units: How many dialogues there are.
        gold: (rows, labels) indicators; all false where exclusive labels have no majority.
        predicted: (rows, labels) indicators; all false where nothing was answered.
        silent: (rows,) place in SILENCES where nothing was answered, else -1.
        raw: (rows, labels) scores as they were given, NaN where not judged.
        scaled: (rows, labels) scores after temperature scaling; ``raw`` where none was fitted.
        columns: (rows, columns) what is summed: :func:`tally`'s columns, then twice CALIBRATED.
        temperatures: By seed and fold, where there were validation rows.
        thresholds: Likewise, one a label; only for independent labels.
    """

    rows: NDArray[np.bool_]
    seed: NDArray[np.int64]
    fold: NDArray[np.int64]
    unit: NDArray[np.int64]
    units: int
    gold: NDArray[np.bool_]
    predicted: NDArray[np.bool_]
    silent: NDArray[np.int64]
    raw: Floats
    scaled: Floats
    columns: Floats
    temperatures: dict[tuple[int, str], float]
    thresholds: dict[tuple[int, str], tuple[float, ...]]

    @property
    def counted(self) -> int:
        """How many of the columns are counts of labels."""
        return 3 * int(self.gold.shape[1]) + 3


def judge(results: Results) -> Judged:
    """Lay a run's answers out for measuring.

    Raises:
        InputError: There is no test row with a gold label.
    """
    r, test = results, results.test
    scaled, cuts, temperatures, thresholds = _calibrated(r)
    gold, predicted = _gold(r)[test], _predicted(r, cuts)[test]
    if not gold.any():
        raise InputError(
            f"'{r.folder}' has no test utterance with a gold label",
            "Check the labels and the protocol of the run file",
        )
    names, unit = np.unique(r.dialogues().codes[test], return_inverse=True)
    raw, scaled, targets = _clipped(r.scores[test]), _clipped(scaled[test]), r.targets[test]
    counted = tally(gold, predicted)
    if r.exclusive:
        counted[~gold.any(1)] = 0  # no majority among the votes: nothing is right or wrong
    qualities = [_quality(s, targets, gold, predicted, r.exclusive) for s in (raw, scaled)]
    return Judged(
        rows=test,
        seed=np.searchsorted(r.seeds, r.seed[test]),
        fold=r.fold[test],
        unit=unit.astype(np.int64),
        units=len(names),
        gold=gold,
        predicted=predicted,
        silent=_silent(r)[test],
        raw=raw,
        scaled=scaled,
        columns=np.column_stack([counted, *qualities]),
        temperatures=temperatures,
        thresholds=thresholds,
    )


def _calibrated(
    r: Results,
) -> tuple[Floats, Floats, dict[tuple[int, str], float], dict[tuple[int, str], tuple[float, ...]]]:
    """Scores at the temperature and thresholds that each fold's validation part gives.

    Returns:
        Scores (rows, labels), thresholds of each row (rows, labels), and by seed and fold the
        temperatures and the thresholds.
    """
    scaled, cuts = r.scores.copy(), np.full(r.scores.shape, 0.5)
    temperatures, thresholds = {}, {}
    scored = ~np.isnan(r.scores[:, 0])
    for seed in r.seeds:
        for number, name in enumerate(r.folds):
            here = (r.seed == seed) & (r.fold == number)
            fit, ask = here & ~r.test & scored, here & r.test & scored
            if not fit.any():
                continue
            temperatures[seed, name], scaled[ask] = _scaled(r, fit, ask)
            if not r.exclusive:
                chosen = best_thresholds(r.scores[fit], r.targets[fit] >= 0.5)
                thresholds[seed, name], cuts[here] = tuple(chosen.tolist()), chosen
    return scaled, cuts, temperatures, thresholds


def _gold(r: Results) -> NDArray[np.bool_]:
    if r.exclusive:
        return np.asarray(r.gold[:, None] == np.arange(len(r.labels)))
    return np.asarray(r.targets >= 0.5)


def _predicted(r: Results, cuts: Floats) -> NDArray[np.bool_]:
    answered = np.asarray(r.predicted[:, None] == np.arange(len(r.labels)))
    if r.exclusive:
        return answered
    scored = ~np.isnan(r.scores[:, 0])
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(scored[:, None], r.scores >= cuts, answered))


def _silent(r: Results) -> NDArray[np.int64]:
    """Why nothing was answered; what gives no other reason counts as unparsed."""
    known = r.texts["why"]
    nothing = np.array([n == SILENCES[1] for n in (*known.names, "")], bool)[known.codes]
    answered = r.predicted >= 0
    if not r.exclusive:
        answered = answered | ~np.isnan(r.scores[:, 0])
    return np.where(answered, -1, nothing.astype(np.int64))


def _scaled(r: Results, fit: NDArray[np.bool_], ask: NDArray[np.bool_]) -> tuple[float, Floats]:
    """Temperature from some rows, and the scores of others under it."""
    known, new, aim = _clipped(r.scores[fit]), _clipped(r.scores[ask]), r.targets[fit]
    if r.exclusive:
        temperature = fit_temperature(log_scores(known), aim)
        return temperature, tempered(new, temperature)
    temperature = fit_temperature(log_scores(as_pairs(known)), as_pairs(aim))
    return temperature, tempered(as_pairs(new), temperature)[:, 0].reshape(new.shape)


def _clipped(scores: Floats) -> Floats:
    return np.clip(scores, 0, 1)


def _quality(
    scores: Floats,
    targets: Floats,
    gold: NDArray[np.bool_],
    predicted: NDArray[np.bool_],
    exclusive: bool,
) -> Floats:
    """Columns that add up to calibration error, likelihood and Brier score; 0 if not judged.

    The confidence of an exclusive answer is the score of the predicted label; independent labels
    are decisions of their own, each with its score.
    """
    rows, labels = scores.shape
    out = np.zeros((rows, CALIBRATED))
    there = ~np.isnan(scores[:, 0])
    if not there.any():
        return out
    s, t = scores[there], targets[there]
    if exclusive:
        sure = np.where(predicted[there], s, 0).sum(1)
        gap = np.where(predicted[there].any(1) & gold[there].any(1), 1.0, 0.0)
        right = (gold & predicted)[there].any(1)
        out[there, :BINS] = _spread(sure, (right - sure) * gap)
        out[there, BINS] = gap
        out[there, BINS + 1], out[there, BINS + 2] = log_losses(s, t), brier_scores(s, t)
    else:
        gaps = _spread(s.reshape(-1), (gold[there] - s).reshape(-1))
        out[there, :BINS] = gaps.reshape(len(s), labels, BINS).sum(1)
        out[there, BINS] = labels
        out[there, BINS + 1] = log_losses(as_pairs(s), as_pairs(t)).reshape(s.shape).mean(1)
        out[there, BINS + 2] = ((s - t) ** 2).mean(1)
    out[there, BINS + 3] = 1
    return out


def _spread(confidence: Floats, gaps: Floats) -> Floats:
    """Each gap in the column of its bin."""
    out = np.zeros((len(gaps), BINS))
    out[np.arange(len(gaps)), bin_of(confidence)] = gaps
    return out
