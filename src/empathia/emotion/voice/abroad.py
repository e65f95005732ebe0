"""What answers about a recording of an unknown kind are worth, from corpora left out."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from empathia.emotion.voice.clips import Clips
from empathia.emotion.voice.read import Abroad
from empathia.metrics.balance import group_weights
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.scores import likelihood, one_hot, softmax
from empathia.types import FloatArray

_SHORT = (0.0, 0.25, 0.5, 1.0, 2.0, 4.0)  # s
_HALVINGS = 40
_SUREST = 0.1


class Judged(NamedTuple):
    """Answers about corpora by heads that did not know them.

    Args:
        logits: (rows, labels).
        clips: What they are about; all have one of the shared labels.
        knew: (rows,) whether the head had learnt labels beside the shared ones.
    """

    logits: FloatArray
    clips: Clips
    knew: NDArray[np.bool_]


def fit_abroad(judged: Judged, shared: NDArray[np.int64], share: float) -> Abroad:
    """The view for an unseen corpus; each left-out corpus counts the same.

    Temperature and its rise in short speech are the likeliest ones among the shared labels. Of
    the other labels no corpus left out can tell when they are right: together they get a stated
    share of the answers about clips that have none of them. The surest answers set the ceiling.

    Args:
        judged: The answers.
        shared: Labels that several corpora have.
        share: Of all other labels together, in (0, 1).
    """
    clips, classes = judged.clips, judged.logits.shape[1]
    gold = one_hot(clips.label, classes)[:, shared]
    weights = group_weights(clips.corpus) * clips.share

    def likeliest(short: float) -> tuple[float, Abroad]:
        colder = Abroad(1.0, short).scaled(judged.logits, clips.seconds)[:, shared]
        temperature = fit_temperature(colder, gold, weights=weights)
        scores = softmax(colder / temperature)
        return likelihood(scores, gold, exclusive=True, weights=weights), Abroad(temperature, short)

    _, best = max((likeliest(short) for short in _SHORT), key=lambda pair: pair[0])
    if len(shared) < classes and judged.knew.any():
        rest = np.setdiff1d(np.arange(classes), shared)
        scaled = best.scaled(judged.logits, clips.seconds)[judged.knew]
        shift = np.zeros(classes)
        shift[rest] = _shift(scaled, rest, share, weights[judged.knew])
        best = replace(best, shift=tuple(shift.tolist()))
    return replace(best, ceiling=_ceiling(best, judged))


def prior_of(
    view: Abroad, shared: NDArray[np.int64], labels: int, share: float
) -> tuple[float, ...]:
    """(labels,) shares that scores in this view assume: labels count alike in each corpus."""
    if not any(view.shift):
        return (1 / labels,) * labels
    rest = share / (labels - len(shared))
    return tuple((1 - share) / len(shared) if i in shared else rest for i in range(labels))


def _ceiling(view: Abroad, judged: Judged) -> float:
    """How often the surest tenth of a corpus's answers are right, as a mean over corpora."""
    p, clips = view.scores(judged.logits, judged.clips.seconds), judged.clips
    right = p.argmax(1) == clips.label
    shares = []
    for corpus in np.unique(clips.corpus):
        inside = clips.corpus == corpus
        sure = inside & (p.max(1) >= np.quantile(p.max(1)[inside], 1 - _SUREST))
        shares.append(float(np.average(right[sure], weights=clips.share[sure])))
    return float(max(np.mean(shares), 1 / p.shape[1]))


def _shift(
    logits: FloatArray, labels: NDArray[np.int64], share: float, weights: NDArray[np.floating]
) -> float:
    """What to add to some labels so that they take a share of the probability (by halving)."""
    low, high = -20.0, 20.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        moved = np.asarray(logits, np.float64).copy()
        moved[:, labels] += middle
        taken = float(np.average(softmax(moved)[:, labels].sum(1), weights=weights))
        low, high = (middle, high) if taken < share else (low, middle)
    return (low + high) / 2
