"""Solution, choice and calibration of the recogniser ``kernel``; numpy alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from empathia.errors import ConfigError, TrainingError
from empathia.metrics.balance import class_weights
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.scores import Array, probabilities
from empathia.training.model import Answer, Model, about
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

_MOST = 20_000  # rows; their kernel takes 3.2 GB
_SHARPNESS = 10.0  # of the softmax over regressed targets, before calibration


@dataclass(frozen=True, slots=True)
class Kernel:
    """Similarity of rows: radial, or linear where ``width`` is 0."""

    width: float

    def __call__(self, a: Table, b: Table) -> NDArray[np.float32]:
        """(rows of a, rows of b)."""
        product: NDArray[np.float32] = a @ b.T / np.float32(a.shape[1])
        if not self.width:
            return product
        square = np.square(a).mean(1)[:, None] + np.square(b).mean(1)[None] - 2 * product
        return np.asarray(np.exp(-self.width * np.maximum(square, 0)), np.float32)


@dataclass(frozen=True, slots=True)
class Solution:
    """What was solved for.

    Args:
        kernel: Similarity.
        rows: Of training, (rows, columns).
        alpha: (rows, labels).
        offset: (labels,), the weighted mean of the training targets.
    """

    kernel: Kernel
    rows: Table
    alpha: Array
    offset: Array

    def __call__(self, rows: Table) -> Array:
        """Regressed targets, (rows, labels); about 0 to 1."""
        return np.asarray(self.kernel(rows, self.rows) @ self.alpha + self.offset)


def solve(
    kernel: Kernel, rows: Table, target: Array, weight: Array, penalties: Sequence[float]
) -> list[Solution]:
    """The minimum of ``sum weight (f - target)^2 + penalty |f|^2`` for each penalty.

    Args:
        kernel: Similarity.
        rows: (rows, columns).
        target: (rows, labels).
        weight: (rows,), mean 1.
        penalties: Above 0.
    """
    offset = np.average(target, axis=0, weights=weight)
    root = np.sqrt(weight)[:, None]
    # With weights inside the system stays symmetric: (R K R + penalty) R^-1 alpha = R y.
    system = root * kernel(rows, rows) * root.T
    solutions = []
    for penalty in penalties:
        shifted = system.copy()
        shifted[np.diag_indices_from(shifted)] += penalty
        solutions.append(
            Solution(
                kernel, rows, root * np.linalg.solve(shifted, root * (target - offset)), offset
            )
        )
    return solutions


class Views:
    """What is looked at in a sample: one row for each view that it has.

    Args:
        samples: Of the training part; scales are fitted on them.
        names: Names of the features.
        columns: As in :meth:`Rows.fit`.
        apart: Each feature is a view, else all are joined to one.
    """

    def __init__(
        self,
        samples: Sequence[Sample],
        names: Sequence[str],
        columns: Sequence[str],
        *,
        apart: bool,
    ) -> None:
        groups = [[n] for n in names] if apart else [list(names)]
        self.rows = [Rows.fit(samples, g, columns) for g in groups]
        if len({len(r.groups) for r in self.rows}) > 1:
            raise ConfigError(
                f"the views {', '.join(names)} have {[len(r.groups) for r in self.rows]} columns, "
                "expected like ones",
                "Say model.views = false to join them",
            )
        # One scale for all: how views differ is what they are to teach.
        seen = [r.raw([s for s in samples if r.there(s)]) for r in self.rows]
        for rows in self.rows:
            rows.scale_by(np.concatenate(seen))

    def __call__(self, samples: Sequence[Sample]) -> tuple[Table, NDArray[np.intp]]:
        """Rows of all views, (rows, columns), and the index of the sample of each."""
        tables, owners = [], []
        for rows in self.rows:
            which = [i for i, s in enumerate(samples) if rows.there(s)]
            tables.append(rows([samples[i] for i in which]))
            owners.append(np.array(which, np.intp))
        return np.concatenate(tables), np.concatenate(owners)

    def there(self, sample: Sample) -> bool:
        """Whether any view can be looked at."""
        return any(rows.there(sample) for rows in self.rows)


def train(problem: Problem) -> Model:
    """See :func:`empathia.emotion.kernel.fitting`."""
    penalties, o = _checked(problem), problem.options
    samples = [s for d in problem.train.dialogues for s in d]
    views = Views(
        samples, problem.modalities[o.text("modality")], o.words("columns"), apart=o.flag("views")
    )
    known, target = _labelled(problem.train, views, len(problem.labels))
    valid, gold = _labelled(problem.valid, views, len(problem.labels))
    if not known:
        raise TrainingError(
            "no training utterance has the features and a label", "Check [data] of the run file"
        )
    if len(penalties) > 1 and not valid:
        raise TrainingError(
            "nothing validates, so no penalty can be chosen", "Give one number as model.penalties"
        )
    models = _models(problem, views, known, target, penalties)
    logits = [_logits(m, views, valid) for m in models]
    tried = [selected_at_best_temperature(problem, z, gold) if valid else 0.0 for z in logits]
    best = int(np.argmax(tried))
    model, temperature = models[best], fit_temperature(logits[best], gold, exclusive=True)
    whole = model
    refit = o.flag("refit") and bool(valid)
    if refit:
        both = np.concatenate([target, gold])
        (whole,) = _models(problem, views, [*known, *valid], both, [penalties[best]])

    record = {
        "penalty": penalties[best],
        "tried": {str(p): t for p, t in zip(penalties, tried, strict=True)},
        "temperature": temperature,
        "rows": len(whole.rows),
        "columns": model.rows.shape[1],
        "refit": refit,  # what answers the test has learnt from the validation part as well
    }
    what = about(problem, "kernel")
    before = Model(what, _answering(model, views, temperature)) if refit else None
    return Model(what, _answering(whole, views, temperature), record, before_refit=before)


def _answering(model: Solution, views: Views, temperature: float) -> Answer:
    def answer(dialogues: Sequence[Conversation]) -> Scores:
        judged = [s for d in dialogues for s in d if views.there(s)]
        if not judged:
            return {}
        logits = _logits(model, views, judged) / temperature
        return by_id(judged, probabilities(logits, exclusive=True))

    return answer


def _labelled(part: Part, views: Views, labels: int) -> tuple[list[Sample], Array]:
    samples = [s for s in part.labelled() if views.there(s)]
    return samples, target_array(samples, part, labels)


def _models(
    problem: Problem,
    views: Views,
    known: Sequence[Sample],
    target: Array,
    penalties: Sequence[float],
) -> list[Solution]:
    table, owner = views(known)
    if len(table) > _MOST:
        raise TrainingError(
            f"the training part has {len(table)} rows, at most {_MOST} fit",
            "Lower data.fraction, take fewer views, or another recogniser",
        )
    weight = np.ones(len(table))
    if problem.options.text("balance") == "weights":
        weight = (target @ class_weights(target, exclusive=True))[owner]
    kernel = Kernel(problem.options.number("width"))
    return solve(kernel, table, target[owner], weight / weight.mean(), penalties)


def _logits(model: Solution, views: Views, samples: Sequence[Sample]) -> Array:
    table, owner = views(samples)
    return _SHARPNESS * averaged(model(table), owner, len(samples))


def averaged(table: Array, owner: NDArray[np.intp], count: int) -> Array:
    """The mean of the rows of each owner, shape (count, columns)."""
    total = np.zeros((count, table.shape[1]))
    np.add.at(total, owner, table)
    return np.asarray(total / np.bincount(owner, minlength=count)[:, None])


def _checked(problem: Problem) -> tuple[float, ...]:
    """The penalties; refuses options that cannot be."""
    o = problem.options
    balance_of(o)
    if o.number("width") < 0:
        raise ConfigError(f"'model.width' cannot be {o.values['width']}", "Give 0 or more")
    return strengths(o, "penalties")
