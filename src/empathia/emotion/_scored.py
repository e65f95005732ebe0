"""Targets and scores as arrays, for the recognisers of the bench: how good, how sure, by id."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from empathia.config import Scalar
from empathia.emotion._calibrate import sigmoid, softmax
from empathia.errors import ConfigError, TrainingError
from empathia.training.problem import Part, Problem, Scores
from empathia.types import Sample

Array = NDArray[np.float64]
_SMALLEST = 1e-9
_HOTTEST = 3.0  # the search for a temperature goes from e ** -3 to e ** 3


def check_words(problem: Problem, name: str) -> None:
    """Refuse a training in which a recogniser of words may not read them.

    Raises:
        ConfigError: There are modalities, and "text" is not among them.
    """
    if problem.modalities and "text" not in problem.modalities:
        raise ConfigError(
            f"recogniser '{name}' reads words, the modalities are {', '.join(problem.modalities)}",
            "Add 'text' to the modalities or choose another recogniser",
        )


def strengths(options: Mapping[str, Scalar], name: str) -> list[float]:
    """The numbers above 0 that validation chooses from, of an option such as "0.1 0.3 1".

    Args:
        options: Of the recogniser.
        name: Of the option.

    Raises:
        ConfigError: There is no number, or something else than finite numbers above 0.
    """
    text = str(options[name])
    try:
        found = [float(x) for x in text.split()]
    except ValueError:
        found = []
    if not found or not all(0 < x < np.inf for x in found):
        raise ConfigError(
            f"'model.{name}' is '{text}', expected numbers above 0", "Separate them by spaces"
        )
    return found


def balance_of(options: Mapping[str, Scalar], known: Sequence[str] = ("none", "weights")) -> str:
    """How a recogniser is to deal with uneven labels.

    Raises:
        ConfigError: It does not know that way.
    """
    found = str(options["balance"])
    if found not in known:
        raise ConfigError(f"'model.balance' cannot be '{found}'", f"Say one of {', '.join(known)}")
    return found


def has_words(sample: Sample) -> bool:
    """Whether there is anything to read."""
    return sample.text is not None and bool(sample.text.strip())


def target_array(samples: Sequence[Sample], part: Part, labels: int) -> Array:
    """Targets of labelled samples, (len(samples), labels)."""
    rows = [part.targets[s.id] for s in samples]
    return np.array(rows, np.float64).reshape(len(rows), labels)


def by_id(samples: Sequence[Sample], scores: Array) -> Scores:
    """Rows of scores by the ids of their samples."""
    rows = scores.tolist()
    return {s.id: tuple(row) for s, row in zip(samples, rows, strict=True)}


def probabilities(logits: NDArray[np.floating], *, exclusive: bool) -> Array:
    """Logits as scores in [0, 1]; of exclusive labels they sum to 1."""
    return softmax(logits) if exclusive else sigmoid(logits)


def likelihood(scores: Array, target: Array, *, exclusive: bool) -> float:
    """Mean log likelihood of targets a sample, at most 0; soft targets count by their shares."""
    p = np.clip(scores, _SMALLEST, 1.0)
    found = target * np.log(p)
    if not exclusive:
        found = found + (1 - target) * np.log(np.clip(1 - scores, _SMALLEST, 1.0))
    return float(found.sum(1).mean())


def quality(
    scores: Array,
    target: Array,
    metrics: Mapping[str, Callable[..., float]],
    *,
    exclusive: bool,
) -> dict[str, float]:
    """What a validation says: "likelihood", "accuracy", and the F1s and recall of ``metrics``.

    Said is the highest score, of independent labels each that is likelier than not. Gold is
    the label with most votes; where several have equally many there is none, and the sample
    counts for the likelihood alone.

    Args:
        scores: (items, labels).
        target: Likewise.
        metrics: ``empathia.metrics``' functions by name.
        exclusive: One label an item.
    """
    found = {"likelihood": likelihood(scores, target, exclusive=exclusive)}
    if exclusive:
        gold = target == target.max(1, keepdims=True)
        clear = gold.sum(1) == 1
        gold, said = gold[clear], top(scores)[clear]
    else:
        gold, said = target >= 0.5, scores >= 0.5
    found["accuracy"] = float((gold == said).all(1).mean()) if len(gold) else 0.0
    for name in ("weighted_f1", "macro_f1", "uar"):
        if name in metrics and gold.any():
            found[name] = float(metrics[name](gold, said))
    return found


def top(scores: Array) -> NDArray[np.bool_]:
    """The highest column of each row as an indicator; the first one of equals."""
    return np.asarray(scores.argmax(1)[:, None] == np.arange(scores.shape[1]))


def selected(problem: Problem, found: Mapping[str, float]) -> float:
    """The validation metric that the run file selects by.

    Raises:
        TrainingError: It is none of those that were measured.
    """
    name = problem.training.select
    if name not in found:
        raise TrainingError(
            f"validation gives no '{name}' (gives: {', '.join(found)})",
            "Name one of these as training.select",
        )
    return found[name]


def fit_heat(logits: NDArray[np.floating], target: Array, *, exclusive: bool) -> float:
    """Temperature T under which ``logits / T`` are most likely (Guo et al., ICML 2017).

    The likelihood has one peak over 1 / T; a golden-section search finds it. One item without
    any lean is thought to be there as well (Platt, 1999), so that a few items that are all
    right don't make the scores sure beyond reason. Without any item T is 1.

    Args:
        logits: (items, labels).
        target: Likewise; shares are allowed.
        exclusive: One label an item.
    """
    if not len(logits):
        return 1.0

    even = 1 / target.shape[1] if exclusive else 0.5
    leaning = (len(target) * target + even) / (len(target) + 1)

    def good(heat: float) -> float:
        p = probabilities(logits / np.exp(heat), exclusive=exclusive)
        return likelihood(p, leaning, exclusive=exclusive)

    low, high = -_HOTTEST, _HOTTEST
    golden = (np.sqrt(5) - 1) / 2
    while high - low > 1e-4:
        one, two = high - golden * (high - low), low + golden * (high - low)
        low, high = (low, two) if good(one) >= good(two) else (one, high)
    return float(np.exp((low + high) / 2))


def selected_at_best_heat(problem: Problem, logits: Array, gold: Array) -> float:
    """The metric that selects, at the best temperature: else modest models would win."""
    p = probabilities(logits / fit_heat(logits, gold, exclusive=True), exclusive=True)
    return selected(problem, quality(p, gold, problem.metrics, exclusive=True))


def class_weights(target: Array, *, exclusive: bool) -> Array:
    """Weight of each label so that all count the same in sum; the mean over targets is 1.

    A label without any target has the weight 1. Of independent labels it is the weight of a
    "there", ``(n - there) / there``, so that both sides of a label count the same.
    """
    there = target.sum(0)
    seen = there > 0
    weights = np.ones(target.shape[1])
    if exclusive:
        weights[seen] = there.sum() / (there[seen] * seen.sum())
    else:
        weights[seen] = (len(target) - there[seen]) / there[seen]
    return weights
