"""Models, choice and importances of the recogniser ``acoustic``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from empathia.errors import TrainingError
from empathia.metrics.balance import class_weights
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.scores import Array, probabilities
from empathia.training.model import Model, about
from empathia.training.options import balance_of, strengths
from empathia.training.problem import (
    Conversation,
    Part,
    Problem,
    Scores,
    by_id,
    target_array,
)
from empathia.training.rows import Rows, Table
from empathia.training.selection import selected_at_best_temperature
from empathia.types import Sample

_TREES = 100
_NEVER = 1e-6  # probability of a label that no training utterance has, before calibration
_SHOWN = 20
_SEEDS = 2**32  # that scikit-learn knows; a greater one stands for its remainder


class _Model(Protocol):
    classes_: NDArray[np.int64]

    def predict_proba(self, x: Table) -> Array:
        """(items, classes)."""


def train(problem: Problem) -> Model:
    """See :func:`empathia.emotion.acoustic.fitting`."""
    names = problem.modalities[problem.options.text("modality")]
    samples = [s for d in problem.train.dialogues for s in d]
    rows = Rows.fit(samples, names, problem.options.words("columns"))
    known, target = _labelled(problem.train, rows, len(problem.labels))
    if not known:
        raise TrainingError(
            "no training utterance has the features and a label", "Check [data] of the run file"
        )
    valid, gold = _labelled(problem.valid, rows, len(problem.labels))
    if len(_settings(problem)) > 1 and not valid:
        raise TrainingError(
            "nothing validates, so no setting can be chosen", "Give a single setting in [model]"
        )
    seen = rows(valid)
    setting, model, tried = _chosen(problem, (rows(known), target), (seen, gold))
    temperature = fit_temperature(_logits(model, seen, problem), gold, exclusive=True)

    def answer(dialogues: Sequence[Conversation]) -> Scores:
        judged = [s for d in dialogues for s in d if rows.there(s)]
        if not judged:
            return {}
        p = probabilities(_logits(model, rows(judged), problem) / temperature, exclusive=True)
        return by_id(judged, p)

    record: dict[str, Any] = {"setting": setting, "tried": tried, "temperature": temperature}
    record["columns"] = len(rows.groups)
    if valid:
        record["importances"] = _importances(problem, rows, model, seen, gold)
    return Model(about(problem, "acoustic"), answer, record)


def _chosen(
    problem: Problem, train: tuple[Table, Array], valid: tuple[Table, Array]
) -> tuple[float, _Model, dict[str, float]]:
    """The setting that validation likes best, its model, and the figure of each setting.

    Args:
        problem: Names the settings and the figure.
        train: (items, columns) and (items, labels).
        valid: The same; without items there is a single setting, which is taken.
    """
    tried: dict[str, float] = {}
    best: tuple[float, float, _Model] | None = None
    for setting in _settings(problem):
        model, good = _fit(problem, *train, setting), 0.0
        if len(valid[0]):
            logits = _logits(model, valid[0], problem)
            good = selected_at_best_temperature(problem, logits, valid[1])
        tried[str(setting)] = good
        if best is None or good > best[0]:
            best = good, setting, model
    assert best is not None
    return best[1], best[2], tried


def _labelled(part: Part, rows: Rows, labels: int) -> tuple[list[Sample], Array]:
    samples = [s for s in part.labelled() if rows.there(s)]
    return samples, target_array(samples, part, labels)


def _settings(problem: Problem) -> tuple[float, ...]:
    name = "leaves" if problem.options.text("kind") == "forest" else "penalties"
    return strengths(problem.options, name)


def _fit(problem: Problem, x: Table, target: Array, setting: float) -> _Model:
    """A model of shares: an utterance counts for each label by its share of the votes."""
    balance = balance_of(problem.options)
    weight = class_weights(target, exclusive=True) if balance == "weights" else 1.0
    item, label = np.nonzero(target)
    counts = (target * weight)[item, label]
    if len(np.unique(label)) == 1:
        raise TrainingError(
            f"all training utterances are '{list(problem.labels)[label[0]]}'",
            "Check [data] of the run file",
        )
    model: Any
    if problem.options.text("kind") == "forest":
        model = RandomForestClassifier(
            _TREES, min_samples_leaf=round(setting), random_state=problem.seed % _SEEDS
        )
    elif problem.options.text("kind") == "svm":
        model = _Machine(setting)
    else:
        model = LogisticRegression(C=setting, max_iter=2000)
    fitted: _Model = model.fit(x[item], label, sample_weight=counts)
    return fitted


class _Machine:
    """A support vector machine with a radial kernel; its margins become scores.

    Each label's mean margin over the others stands for a logit: calibration on validation
    gives it its scale. (Platt's fit inside scikit-learn is a cross-validation of its own, by
    utterance, which would mix speakers.)
    """

    def __init__(self, penalty: float) -> None:
        # Columns are scaled, so the mean squared distance is about 2 a column.
        self.model = SVC(C=penalty, gamma="scale", decision_function_shape="ovr")
        self.classes_: NDArray[np.int64] = np.zeros(0, np.int64)

    def fit(self, x: Table, label: NDArray[np.int64], sample_weight: Array) -> _Machine:
        """Learn."""
        self.model.fit(x, label, sample_weight=sample_weight)
        self.classes_ = self.model.classes_
        return self

    def predict_proba(self, x: Table) -> Array:
        """(items, classes)."""
        margins = self.model.decision_function(x)
        if margins.ndim == 1:
            margins = np.stack([-margins, margins], 1)
        return probabilities(margins, exclusive=True)


def _logits(model: _Model, x: Table, problem: Problem) -> Array:
    logits = np.full((len(x), len(problem.labels)), np.log(_NEVER))
    if len(x):
        logits[:, model.classes_] = np.log(np.maximum(model.predict_proba(x), _NEVER))
    return logits


def _importances(
    problem: Problem, rows: Rows, model: _Model, x: Table, gold: Array
) -> dict[str, float]:
    """How much worse validation gets when a group of columns is shuffled (Breiman 2001).

    The measure is the one that selects; the twenty groups that matter most are given.
    """
    repeats = problem.options.count("repeats")
    rng = np.random.default_rng(problem.seed)
    groups = np.array(rows.groups)
    whole = selected_at_best_temperature(problem, _logits(model, x, problem), gold)
    importances: dict[str, float] = {}
    for group in dict.fromkeys(rows.groups) if repeats else ():
        losses = []
        for _ in range(repeats):
            other = x.copy()
            columns = np.flatnonzero(groups == group)
            other[:, columns] = x[rng.permutation(len(x))][:, columns]
            losses.append(
                whole - selected_at_best_temperature(problem, _logits(model, other, problem), gold)
            )
        importances[group] = float(np.mean(losses))
    ranked = sorted(importances.items(), key=lambda pair: -pair[1])
    return dict(ranked[:_SHOWN])
