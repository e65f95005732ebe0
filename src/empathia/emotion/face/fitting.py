"""Training of the recogniser ``face``: a penalised linear head."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.linear_model import LogisticRegression

from empathia.emotion.face.head import Head, scaled, summary
from empathia.errors import TrainingError
from empathia.metrics.balance import class_weights
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.scores import Array
from empathia.training.model import Model, about
from empathia.training.options import balance_of, strengths
from empathia.training.problem import Part, Problem, label_shares, target_array
from empathia.training.selection import selected_at_best_temperature
from empathia.types import Sample

_NEVER = -14.0  # logit of a label that no training utterance has
_CONSTANT = 1e-6


def train(problem: Problem) -> Model:
    """See :mod:`empathia.emotion.face`."""
    penalties = strengths(problem.options, "penalties")
    blank = _blank(problem)
    known, target = _labelled(problem, blank, problem.train)
    if not known:
        raise TrainingError(
            "no training utterance has a face and a label", "Check [data] of the run file"
        )
    valid, gold = _labelled(problem, blank, problem.valid)
    if len(penalties) > 1 and not valid:
        raise TrainingError(
            "nothing validates, so no penalty can be chosen", "Give a single one in [model]"
        )
    tried: dict[str, float] = {}
    best: tuple[float, float, Head] | None = None
    for penalty in penalties:
        head, good = _fit(problem, blank, known, target, penalty), 0.0
        if valid:
            good = selected_at_best_temperature(problem, head.logits(valid), gold)
        tried[str(penalty)] = good
        if best is None or good > best[0]:
            best = good, penalty, head
    assert best is not None
    _, penalty, head = best
    if valid:
        head = replace(head, temperature=fit_temperature(head.logits(valid), gold))
    what = replace(
        about(problem, "face"),
        features=(head.feature,),
        history=False,
        prior=label_shares(problem.train) if balance_of(problem.options) == "none" else (),
    )
    return head.recogniser(what, {"penalty": penalty, "tried": tried})


def _blank(problem: Problem) -> Head:
    """A head that knows nothing but its feature."""
    none = np.zeros((0, 0), np.float32)
    return Head(none, none, none, none, 1.0, problem.options.text("feature"))


def _labelled(problem: Problem, head: Head, part: Part) -> tuple[list[Sample], Array]:
    samples = [s for s in part.labelled() if head.cannot(s) is None]
    return samples, target_array(samples, part, len(problem.labels))


def _fit(problem: Problem, blank: Head, known: list[Sample], target: Array, penalty: float) -> Head:
    """A head of shares: an utterance counts for each label by its share of the votes."""
    raw = np.stack([summary(s.features[blank.feature]) for s in known])
    there = np.isfinite(raw)
    count = np.maximum(there.sum(axis=0), 1)
    mean = (np.where(there, raw, 0).sum(axis=0) / count).astype(np.float32)
    spread = np.sqrt((np.where(there, raw - mean, 0) ** 2).sum(axis=0) / count)
    # A column that never varied tells nothing, whatever it holds later.
    scale = np.where(spread > _CONSTANT, spread, 1e9).astype(np.float32)
    balanced = balance_of(problem.options) == "weights"
    weight = class_weights(target, exclusive=True) if balanced else 1.0
    item, label = np.nonzero(target)
    if len(np.unique(label)) == 1:
        raise TrainingError(
            f"all training utterances are '{list(problem.labels)[label[0]]}'",
            "Check [data] of the run file",
        )
    fitted = LogisticRegression(C=penalty, max_iter=2000).fit(
        scaled(raw, mean, scale)[item], label, sample_weight=(target * weight)[item, label]
    )
    signs = np.array([[-0.5], [0.5]]) if len(fitted.classes_) == 2 else np.ones((1, 1))
    rows = np.zeros((len(problem.labels), raw.shape[1]), np.float32)
    bias = np.full(len(problem.labels), _NEVER, np.float32)
    rows[fitted.classes_] = signs * fitted.coef_  # of two, scikit-learn keeps the second alone
    bias[fitted.classes_] = signs[:, 0] * fitted.intercept_
    return Head(rows, bias, mean, scale, 1.0, blank.feature)
