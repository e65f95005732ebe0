"""Scores of labels: from logits to probabilities, and how likely they make the truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.metrics.counts import COUNTED, count

Array = NDArray[np.float64]
Targets = NDArray[np.floating] | NDArray[np.bool_]
_SMALLEST = 1e-9  # a score below counts as this in a likelihood


def sigmoid(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Independent probabilities."""
    return 1 / (1 + np.exp(-np.asarray(logits, np.float64)))


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Exclusive probabilities over the last axis."""
    z = np.asarray(logits, np.float64)
    e = np.exp(z - z.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True))


def probabilities(logits: NDArray[np.floating], *, exclusive: bool) -> Array:
    """Logits as scores in [0, 1]; of exclusive labels they sum to 1."""
    return softmax(logits) if exclusive else sigmoid(logits)


def likelihood(
    scores: Array,
    target: Targets,
    *,
    exclusive: bool,
    weights: NDArray[np.floating] | None = None,
) -> float:
    """Mean log likelihood of targets a sample, at most 0; soft targets count by their shares."""
    p = np.clip(scores, _SMALLEST, 1.0)
    each = (target * np.log(p)).sum(1)
    if not exclusive:
        absent = (1 - target) * np.log(np.clip(1 - scores, _SMALLEST, 1.0))
        each = (target * np.log(p) + absent).sum(1)
    return float(each.mean() if weights is None else np.average(each, weights=weights))


def one_hot(index: NDArray[np.integer], classes: int) -> NDArray[np.bool_]:
    """(items,) numbers of classes as (items, classes) indicators."""
    return np.asarray(np.asarray(index)[:, None] == np.arange(classes))


def highest(scores: NDArray[np.floating]) -> NDArray[np.bool_]:
    """The highest column of each row as an indicator; the first one of equals."""
    return np.asarray(scores.argmax(1)[:, None] == np.arange(scores.shape[1]))


def quality(scores: Array, target: Targets, *, exclusive: bool) -> dict[str, float]:
    """What a validation says: "likelihood", "accuracy", "weighted_f1", "macro_f1" and "uar".

    Said is the highest score, of independent labels each that is likelier than not. Gold is
    the label with most votes; where several have equally many there is none, and the sample
    counts for the likelihood alone.

    Args:
        scores: (items, labels).
        target: Likewise.
        exclusive: One label an item.
    """
    measures = {"likelihood": likelihood(scores, target, exclusive=exclusive)}
    if exclusive:
        gold = target == target.max(1, keepdims=True)
        clear = gold.sum(1) == 1
        gold, said = gold[clear], highest(scores)[clear]
    else:
        gold, said = target >= 0.5, scores >= 0.5
    measures["accuracy"] = float((gold == said).all(1).mean()) if len(gold) else 0.0
    if gold.any():
        counted = count(gold, said)
        measures |= {n: float(COUNTED[n](counted)) for n in ("weighted_f1", "macro_f1", "uar")}
    return measures
