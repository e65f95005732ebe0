"""What answers about a recording of an unknown kind are worth, from corpora left out."""

from __future__ import annotations

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
    share of the answers about clips that have none of them.

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
    if len(shared) == classes or not judged.knew.any():
        return best
    rest = np.setdiff1d(np.arange(classes), shared)
    scaled = best.scaled(judged.logits, clips.seconds)[judged.knew]
    shift = np.zeros(classes)
    shift[rest] = _shift(scaled, rest, share, weights[judged.knew])
    return Abroad(best.temperature, best.short, tuple(shift.tolist()))


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
