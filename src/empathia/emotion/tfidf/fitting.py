"""Columns and logistic regression of the recogniser ``tfidf``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from empathia.config import Options
from empathia.emotion.tfidf.read import Answering, Field, Read, reads, terms_of
from empathia.errors import ConfigError, TrainingError
from empathia.metrics.balance import class_weights
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.scores import Array, probabilities, quality
from empathia.training.model import Model, about
from empathia.training.options import balance_of, strengths
from empathia.training.problem import Part, Problem, target_array
from empathia.training.selection import selected

_NEVER = -np.inf  # logit of a label that no training utterance has


class Columns:
    """TF-IDF fields, fitted on training utterances; one without any column is left out.

    Args:
        train: What the vocabulary and the rarity of words come from.
        options: Of the recogniser.

    Raises:
        TrainingError: No field has a column.
    """

    def __init__(self, train: Sequence[Read], options: Options) -> None:
        lengths = {"words": 1.0}
        if options.count("characters"):
            lengths["letters"] = 1.0
        if options.count("past") and any(r.past for r in train):
            lengths["past"] = options.number("past_weight")
        fitted = [(k, length, self._fitted(k, train, options)) for k, length in lengths.items()]
        self.fields = [(k, length, v) for k, length, v in fitted if v is not None]
        if not self.fields:
            raise TrainingError(
                f"no word is in {options.count('rarest')} or more of the {len(train)} labelled "
                "training utterances",
                "Lower model.rarest, or check the texts of [data]: marks other than ? and ! are "
                "no words",
            )

    @staticmethod
    def _fitted(kind: str, train: Sequence[Read], options: Options) -> TfidfVectorizer | None:
        """None where no term occurs often enough, of which scikit-learn would make an error."""
        terms, rarest = terms_of(kind, options), options.count("rarest")
        often = Counter(t for r in train for t in set(terms(r)))
        if max(often.values(), default=0) < rarest:
            return None
        return TfidfVectorizer(analyzer=terms, sublinear_tf=True, min_df=rarest).fit(train)

    def __call__(self, items: Sequence[Read]) -> sparse.csr_matrix:
        """(items, columns)."""
        parts = [length * vectoriser.transform(items) for _, length, vectoriser in self.fields]
        return sparse.hstack(parts, format="csr")

    def with_weights(self, weight: Array) -> list[Field]:
        """The fields with their parts of a regression's weight, (columns, labels)."""
        fields, start = [], 0
        for kind, length, vectoriser in self.fields:
            terms = vectoriser.get_feature_names_out().tolist()
            columns = {t: i for i, t in enumerate(terms)}
            part = weight[start : start + len(terms)]
            fields.append(Field(kind, length, columns, vectoriser.idf_, part))
            start += len(terms)
        return fields


@dataclass(frozen=True, slots=True)
class Linear:
    """Logits ``x @ weight + bias``."""

    weight: NDArray[np.float64]
    bias: NDArray[np.float64]

    def __call__(self, x: sparse.csr_matrix) -> Array:
        """(items, labels)."""
        return np.asarray(x @ self.weight + self.bias)


def regress(
    x: sparse.csr_matrix, target: Array, penalty: float, *, exclusive: bool, balance: bool
) -> Linear:
    """Logistic regression on targets that may be shares.

    Args:
        x: (items, columns).
        target: (items, labels).
        penalty: Inverse strength, C.
        exclusive: One model over all labels, else one a label.
        balance: All labels count the same.
    """
    weight = class_weights(target, exclusive=exclusive) if balance else np.ones(target.shape[1])
    if exclusive:
        item, label = np.nonzero(target)
        return _softmax_regression(
            x[item], label, (target * weight)[item, label], penalty, target.shape[1]
        )
    fits = []
    for k, there in enumerate((target >= 0.5).T):
        one = _softmax_regression(x, there.astype(int), np.where(there, weight[k], 1), penalty, 2)
        fits.append((one.weight[:, 1] - one.weight[:, 0], one.bias[1] - one.bias[0]))
    return Linear(np.stack([w for w, _ in fits], 1), np.array([b for _, b in fits]))


def _softmax_regression(
    x: sparse.csr_matrix, label: NDArray[np.int64], count: Array, penalty: float, labels: int
) -> Linear:
    seen = np.unique(label)
    weight, bias = np.zeros((x.shape[1], labels)), np.full(labels, _NEVER)
    if len(seen) == 1:
        bias[seen] = 0.0
        return Linear(weight, bias)
    model = LogisticRegression(C=penalty, max_iter=5000).fit(x, label, sample_weight=count)
    if len(seen) == 2:
        weight[:, seen[1]], bias[seen] = model.coef_[0], [0.0, model.intercept_[0]]
    else:
        weight[:, seen], bias[seen] = model.coef_.T, model.intercept_
    return Linear(weight, bias)


def train(problem: Problem) -> Model:
    """See :func:`empathia.emotion.tfidf.fitting`."""
    past, exclusive = problem.options.count("past"), problem.exclusive
    known, target = _labelled(problem.train, past, len(problem.labels))
    if not known:
        raise TrainingError(
            "no training utterance has words and a label", "Check [data] of the run file"
        )
    valid, gold = _labelled(problem.valid, past, len(problem.labels))
    penalties = _checked(problem)
    if len(penalties) > 1 and not valid:
        raise TrainingError(
            "nothing validates (no labelled validation utterance has words), so no penalty can be "
            "chosen",
            "Give one number as model.penalties, or check [data] of the run file",
        )
    columns = Columns(known, problem.options)
    models = _models(problem, columns(known), target, penalties)
    temperature = 1.0
    record: dict[str, Any] = {"columns": next(iter(models.values())).weight.shape[0]}
    penalty, model = next(iter(models.items()))
    if valid:
        logits = {c: m(columns(valid)) for c, m in models.items()}
        tried = {c: _selected(problem, z, gold) for c, z in logits.items()}
        penalty = max(tried, key=lambda c: tried[c])
        model = models[penalty]
        temperature = fit_temperature(logits[penalty], gold, exclusive=exclusive)
        record["tried"] = {str(c): v for c, v in tried.items()}

    fields = columns.with_weights(model.weight)
    answer = Answering(fields, model.bias, temperature, problem.options, exclusive)
    record |= {"penalty": penalty, "temperature": temperature}
    return Model(about(problem, "tfidf", features=False), answer, record, answer.save)


def _labelled(part: Part, past: int, labels: int) -> tuple[list[Read], Array]:
    items = [r for r in reads(part.dialogues, past) if r.sample.id in part.targets]
    return items, target_array([r.sample for r in items], part, labels)


def _models(
    problem: Problem, x: sparse.csr_matrix, target: Array, penalties: Sequence[float]
) -> dict[float, Linear]:
    """One model a penalty that may be chosen."""
    exclusive, balance = problem.exclusive, problem.options.text("balance") == "weights"
    return {c: regress(x, target, c, exclusive=exclusive, balance=balance) for c in penalties}


def _checked(problem: Problem) -> tuple[float, ...]:
    """The penalties; refuses options that cannot be."""
    o = problem.options
    balance_of(o)
    if o.count("rarest") < 1:
        raise ConfigError(f"'model.rarest' cannot be {o.values['rarest']}", "Give 1 or more")
    return strengths(o, "penalties")


def _selected(problem: Problem, logits: Array, gold: Array) -> float:
    p = probabilities(logits, exclusive=problem.exclusive)
    return selected(problem, quality(p, gold, exclusive=problem.exclusive))
