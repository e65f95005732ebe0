"""Scores of labels: from logits to probabilities, and how likely they make the truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.metrics.counts import COUNTED, count

Array = NDArray[np.float64]
Targets = NDArray[np.floating] | NDArray[np.bool_]
_SMALLEST = 1e-9  # a score below counts as this in a likelihood


def sigmoid(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Independent probabilities (items, labels) in [0, 1]: ``1 / (1 + exp(-logit))``; any shape.

    >>> sigmoid(np.log([1.0, 3.0]))
    array([0.5 , 0.75])
    """
    return 1 / (1 + np.exp(-np.asarray(logits, np.float64)))


def softmax(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """Exclusive probabilities (..., labels) of (..., labels) logits, in [0, 1], summing to 1.

    ``exp(logit) / sum over labels of exp(logit)`` (Bridle, 1990).

    >>> softmax(np.log([[1.0, 3.0]]))
    array([[0.25, 0.75]])
    """
    z = np.asarray(logits, np.float64)
    e = np.exp(z - z.max(-1, keepdims=True))
    return np.asarray(e / e.sum(-1, keepdims=True))


def probabilities(logits: NDArray[np.floating], *, exclusive: bool) -> Array:
    """(..., labels) logits as scores in [0, 1]; of exclusive labels they sum to 1.

    >>> probabilities(np.log([[1.0, 3.0]]), exclusive=False)
    array([[0.5 , 0.75]])
    """
    return softmax(logits) if exclusive else sigmoid(logits)


def likelihood(
    scores: Array,
    target: Targets,
    *,
    exclusive: bool,
    weights: NDArray[np.floating] | None = None,
) -> float:
    """Mean log likelihood of the targets in nats a sample, at most 0; 0 is best.

    ``mean over samples of sum over labels of target * log score``; of independent labels
    ``(1 - target) * log(1 - score)`` is added for each (Fisher, 1922). Soft targets count by
    their shares. A score below 1e-9 counts as that.

    Args:
        scores: (samples, labels) in [0, 1].
        target: Likewise.
        exclusive: One label a sample.
        weights: (samples,) how much each sample counts; None counts all the same.

    >>> round(likelihood(np.array([[0.5, 0.5], [0.1, 0.9]]), np.eye(2), exclusive=True), 3)
    -0.399
    """
    p = np.clip(scores, _SMALLEST, 1.0)
    each = (target * np.log(p)).sum(1)
    if not exclusive:
        absent = (1 - target) * np.log(np.clip(1 - scores, _SMALLEST, 1.0))
        each = (target * np.log(p) + absent).sum(1)
    return float(each.mean() if weights is None else np.average(each, weights=weights))


def one_hot(index: NDArray[np.integer], classes: int) -> NDArray[np.bool_]:
    """(items,) numbers of classes as (items, classes) indicators.

    >>> one_hot(np.array([1, 0]), classes=2)
    array([[False,  True],
           [ True, False]])
    """
    return np.asarray(np.asarray(index)[:, None] == np.arange(classes))


def highest(scores: NDArray[np.floating]) -> NDArray[np.bool_]:
    """The highest column of each (items, labels) row as an indicator; the first one of equals.

    >>> highest(np.array([[0.2, 0.8], [0.5, 0.5]]))
    array([[False,  True],
           [ True, False]])
    """
    return np.asarray(scores.argmax(1)[:, None] == np.arange(scores.shape[1]))


def quality(scores: Array, target: Targets, *, exclusive: bool) -> dict[str, float]:
    """What a validation says: "likelihood", "accuracy", "weighted_f1", "macro_f1" and "uar".

    Predicted is the highest score, of independent labels each that is likelier than not. Gold is
    the label with most votes; where several have equally many there is none, and the sample
    counts for the likelihood alone.

    Args:
        scores: (items, labels).
        target: Likewise.
        exclusive: One label an item.

    >>> quality(np.array([[0.9, 0.1], [0.6, 0.4]]), np.eye(2), exclusive=True)["accuracy"]
    0.5
    """
    measures = {"likelihood": likelihood(scores, target, exclusive=exclusive)}
    if exclusive:
        gold = target == target.max(1, keepdims=True)
        clear = gold.sum(1) == 1
        gold, predicted = gold[clear], highest(scores)[clear]
    else:
        gold, predicted = target >= 0.5, scores >= 0.5
    measures["accuracy"] = float((gold == predicted).all(1).mean()) if len(gold) else 0.0
    if gold.any():
        counted = count(gold, predicted)
        measures |= {n: float(COUNTED[n](counted)) for n in ("weighted_f1", "macro_f1", "uar")}
    return measures
