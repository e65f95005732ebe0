"""What confidence is worth: the reliability curve, and risk against coverage."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from empathia.evaluate.judged import Judged
from empathia.metrics.abstention import risk_coverage
from empathia.metrics.calibration import reliability

Floats = NDArray[np.float64]
COVERAGES = np.linspace(0.01, 1, 100)


@dataclass(frozen=True, slots=True)
class Reliability:
    """Bins of confidence over all seeds: mean confidence, share that was right, answers.

    ``confidence`` and ``accuracy`` are NaN in a bin without answers.
    """

    confidence: Floats
    accuracy: Floats
    answers: NDArray[np.int64]


def reliability_of(judged: Judged, given: Floats, exclusive: bool) -> Reliability | None:
    """The curve, or None where nothing has a score.

    The confidence of an exclusive answer is the score of what was said; of independent labels
    each is a decision with its own score.

    Args:
        judged: The test rows.
        given: (rows, labels) scores, NaN where not judged.
        exclusive: One label an utterance.
    """
    there = ~np.isnan(given[:, 0])
    if exclusive:
        there &= judged.predicted.any(1) & judged.gold.any(1)
        sure = np.where(judged.predicted, given, 0).sum(1)[there]
        right = np.asarray((judged.predicted & judged.gold).any(1))[there]
    else:
        sure, right = given[there].reshape(-1), judged.gold[there].reshape(-1)
    if not len(sure):
        return None
    sums = reliability(np.clip(sure, 0, 1), right)
    with np.errstate(invalid="ignore"):
        share = sums[:, :2] / sums[:, 2:]
    return Reliability(share[:, 1], share[:, 0], sums[:, 2].astype(np.int64))


def risk_of(judged: Judged, seeds: int, exclusive: bool) -> tuple[Floats | None, Floats]:
    """Risk of each seed at COVERAGES, and the area under each seed's whole curve.

    An exclusive answer risks being wrong; with several labels it risks one minus its overlap
    with the gold ones, and is as sure as its decisions are on average. What was not judged
    comes last and is wrong.

    Returns:
        (seeds, coverages) risks in [0, 1] or None where nothing was judged, and (seeds,) areas.
    """
    if np.isnan(judged.scaled[:, 0]).all():
        return None, np.full(seeds, np.nan)
    right, overlap, counted = judged.columns[:, judged.counted - 3 : judged.counted].T
    loss = 1 - (right if exclusive else overlap)
    p = judged.scaled
    sure = np.where(judged.predicted, p, 0).sum(1) if exclusive else np.maximum(p, 1 - p).mean(1)
    sure = np.where(np.isnan(p[:, 0]) | (judged.silent >= 0), -np.inf, sure)
    curves = []
    for s in range(seeds):
        here = (judged.seed == s) & (counted > 0)
        curves.append(risk_coverage(sure[here], loss[here]))
    # Rounding must not push 0.07 * 100 items over the seventh.
    places = [np.ceil(COVERAGES * len(c) - 1e-9).astype(int) - 1 for c in curves]
    drawn = [c[np.maximum(at, 0)] for c, at in zip(curves, places, strict=True)]
    return np.array(drawn), np.array([c.mean() for c in curves])
