"""Columns, choice and regression of the recogniser ``pair``."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import cho_factor, cho_solve

from empathia.config import Options
from empathia.emotion.pair.read import (
    FIELDS,
    Answering,
    Pair,
    Scale,
    hashed,
    numbers,
    pairs,
    terms_of,
    weighed,
)
from empathia.errors import ConfigError, TrainingError
from empathia.metrics.balance import class_weights
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.f1 import macro_f1
from empathia.metrics.scores import Array, highest
from empathia.training.columns import scale
from empathia.training.model import Model, about
from empathia.training.options import strengths
from empathia.training.problem import Part, Problem, target_array

Likeness = NDArray[np.float32]  # half the time of 64 bits, and the ridge keeps it well behaved
_SHARPNESS = 10.0  # of the softmax over regressed labels, before the temperature
_STEPS = np.linspace(-2.0, 2.0, 41)  # offsets that are tried for a label, in nats


@dataclass(frozen=True, slots=True)
class Choice:
    """What inner folds choose."""

    vectors: float
    marks: float
    penalty: float
    balance: float


@dataclass(frozen=True, slots=True)
class Texts:
    """Labelled pairs as what columns are made of, so that folds need not make it again.

    Args:
        items: The pairs.
        counts: Field to how often each column occurs in each pair.
        blocks: Of numbers, for each pair.
        target: (pairs, labels).
        fold: (pairs,) inner fold of each.
    """

    items: Sequence[Pair]
    counts: dict[str, list[Counter[int]]]
    blocks: list[list[Array]]
    target: Array
    fold: NDArray[np.int64]


class Columns:
    """Columns of pairs, fitted on all of them, of whose labels they know nothing.

    Args:
        texts: The pairs.
        options: Of the recogniser.
    """

    def __init__(self, texts: Texts, options: Options) -> None:
        rarest = options.count("rarest")
        self.size = 2 ** options.count("columns")
        self.rarity: dict[str, Array] = {}
        for kind, counts in texts.counts.items():
            often = np.zeros(self.size)
            for row in counts:
                often[list(row)] += 1
            idf = np.log((1 + len(counts)) / (1 + often)) + 1
            # Rounded as it will be kept.
            self.rarity[kind] = np.where(often >= rarest, idf, 0).astype(np.float16).astype(float)
        blocks = np.stack([np.concatenate(b) for b in texts.blocks])
        mean, spread = scale(blocks.astype(np.float32))
        sizes = tuple(len(b) for b in texts.blocks[0])
        self.scale = Scale(mean.astype(float), spread.astype(float), sizes)
        self.rows = np.stack([self.scale(b) for b in texts.blocks])
        fields = [_stacked(texts.counts[k], r) for k, r in self.rarity.items()]
        self.words = sparse.hstack(fields, format="csr") if fields else None
        self._like = None if self.words is None else (self.words @ self.words.T).toarray()

    def factor(self, choice: Choice) -> Array:
        """(columns of numbers,) lengths of the marks' and the vectors' blocks."""
        lengths = [choice.marks, *[choice.vectors] * (len(self.scale.sizes) - 1)]
        return np.repeat(lengths, self.scale.sizes)

    def likeness(self, choice: Choice) -> Likeness:
        """(pairs, pairs) products of rows, their blocks lengthened."""
        rows = self.rows * self.factor(choice)
        product = rows @ rows.T
        return np.asarray(product if self._like is None else product + self._like, np.float32)

    def learnt(
        self, like: Likeness, target: Array, choice: Choice, offset: Array
    ) -> tuple[dict[str, Array], Array]:
        """Weights by field, (columns, labels), rounded as they will be kept; and the bias.

        Args:
            like: (first pairs, first pairs).
            target: (first pairs, labels).
            choice: How they are learnt.
            offset: (labels,) of the bias.
        """
        alpha, bias = _solved(like, target, choice)
        rows = self.rows[: len(alpha)]
        parts = {"numbers": (rows.T @ alpha) * (self.factor(choice) ** 2)[:, None]}
        if self.words is not None:
            weight = self.words[: len(alpha)].T @ alpha
            starts = {kind: i * self.size for i, kind in enumerate(self.rarity)}
            parts |= {kind: weight[start : start + self.size] for kind, start in starts.items()}
        return {k: w.astype(np.float16).astype(float) for k, w in parts.items()}, bias + offset


def _stacked(counts: Sequence[Counter[int]], rarity: Array) -> sparse.csr_matrix:
    rows = [weighed(row, rarity) for row in counts]
    starts = np.cumsum([0, *(len(which) for which, _ in rows)])
    which = np.concatenate([w for w, _ in rows])
    values = np.concatenate([v for _, v in rows])
    return sparse.csr_matrix((values, which, starts), shape=(len(rows), len(rarity)))


def train(problem: Problem) -> Model:
    """See :func:`empathia.emotion.pair.learn`."""
    choices = _choices(problem)
    train_part, valid = (_labelled(problem, p) for p in (problem.train, problem.valid))
    texts = _texts(problem, [*train_part, *valid])
    columns = Columns(texts, problem.options)
    tried = _outside(columns, texts, choices)
    offsets = {c: _offsets(z, texts.target, problem.options) for c, z in tried.items()}
    gold = texts.target == 1
    measured = {c: macro_f1(gold, highest(z + offsets[c])) for c, z in tried.items()}
    choice = max(measured, key=lambda c: measured[c])
    offset = offsets[choice]
    temperature = fit_temperature(tried[choice] + offset, texts.target, exclusive=True)
    like = columns.likeness(choice)
    what = about(problem, "pair")
    whole, early = (
        Answering(
            columns.rarity,
            *columns.learnt(like[:n, :n], texts.target[:n], choice, offset),
            columns.scale,
            temperature,
            what.features,
            problem.options,
        )
        for n in (len(texts.items), len(train_part))
    )
    record = {
        **asdict(choice),
        "offsets": offset.tolist(),
        "temperature": temperature,
        "inner_macro_f1": measured[choice],
        "tried": {str(astuple(c)): v for c, v in measured.items()},
        "refit": True,  # what answers the test has learnt from the validation part as well
    }
    before = Model(what, early) if train_part else None
    return Model(what, whole, record, whole.save, before_refit=before)


def _choices(problem: Problem) -> list[Choice]:
    o = problem.options
    if not problem.exclusive:
        raise ConfigError(
            "recogniser 'pair' gives one label an utterance", "Take data.targets = 'single'"
        )
    for name, least, most in (("columns", 8, 22), ("rarest", 1, 10**6), ("folds", 2, 100)):
        if not least <= o.count(name) <= most:
            raise ConfigError(
                f"'model.{name}' is {o.values[name]}, expected {least} to {most}", "Mend the value"
            )
    powers = o.numbers("balance")
    if not powers or not all(0 <= p <= 1 for p in powers):
        raise ConfigError(f"'model.balance' is {list(powers)}, expected 0 to 1", "Mend the values")
    each = (*(strengths(o, n) for n in ("vectors", "marks", "penalties")), powers)
    return [Choice(*c) for c in itertools.product(*each)]


def _labelled(problem: Problem, part: Part) -> list[Pair]:
    features = about(problem, "pair").features
    return [p for p in pairs(part.dialogues, features) if p.sample.id in part.targets]


def _texts(problem: Problem, items: Sequence[Pair]) -> Texts:
    o, folds = problem.options, problem.options.count("folds")
    groups = np.array([_fold(p, o.text("group"), problem.seed, folds) for p in items], np.int64)
    if len(set(groups.tolist())) < 2:
        raise TrainingError(
            f"{len(items)} labelled utterances with words and features make "
            f"{len(set(groups.tolist()))} group, expected more to make inner folds of",
            "Check [data] and [features] of the run file, or name another model.group",
        )
    both = {**problem.train.targets, **problem.valid.targets}
    part = replace(problem.train, targets=both)
    sizes = {"words": o.count("words"), "letters": o.count("characters")}
    sizes["before"] = o.count("before")
    columns, features = 2 ** o.count("columns"), about(problem, "pair").features
    return Texts(
        items,
        {k: [hashed(terms_of(k, p, o), columns) for p in items] for k in FIELDS if sizes[k]},
        [numbers(p, features) for p in items],
        target_array([p.sample for p in items], part, len(problem.labels)),
        groups,
    )


def _fold(pair: Pair, group: str, seed: int, folds: int) -> int:
    """Which inner fold a pair is in: all of a group, or what answers one text, in the same."""
    name = pair.sample.groups.get(group) or (pair.before or pair.sample).text or ""
    return int(hashlib.sha256(f"{seed} {name}".encode()).hexdigest(), 16) % folds


def _outside(columns: Columns, texts: Texts, choices: Sequence[Choice]) -> dict[Choice, Array]:
    """(pairs, labels) logits of each pair by a model that has not learnt from its fold."""
    logits = {c: np.zeros_like(texts.target) for c in choices}
    for _, same in itertools.groupby(choices, key=lambda c: (c.vectors, c.marks)):
        alike = list(same)
        like = columns.likeness(alike[0])
        for choice, k in itertools.product(alike, np.unique(texts.fold)):
            inside, outside = np.flatnonzero(texts.fold != k), np.flatnonzero(texts.fold == k)
            alpha, bias = _solved(like[np.ix_(inside, inside)], texts.target[inside], choice)
            logits[choice][outside] = like[np.ix_(outside, inside)] @ alpha + bias
    return logits


def _solved(like: Likeness, target: Array, choice: Choice) -> tuple[Array, Array]:
    """Ridge regression on the labels: (pairs, labels) and (labels,), both in logits.

    The minimum of ``sum weight (f - target)^2 + penalty |f|^2``.
    """
    weight = target @ class_weights(target, exclusive=True) ** choice.balance
    mean = np.average(target, axis=0, weights=weight)
    root = np.sqrt(weight / weight.mean())[:, None].astype(np.float32)
    # With weights inside the system stays symmetric: (R K R + penalty) R^-1 alpha = R y.
    system = root * like * root.T
    system[np.diag_indices_from(system)] += choice.penalty
    alpha = root * cho_solve(cho_factor(system, overwrite_a=True), root * (target - mean))
    return _SHARPNESS * alpha.astype(np.float64), _SHARPNESS * mean


def _offsets(logits: Array, target: Array, options: Options) -> Array:
    """(labels,) offsets under which the likeliest label has the best macro F1.

    One label after the other, the first staying at 0, until none gets better. Where several are
    equally good, the middle one of them is taken, which is the least chance's doing.
    """
    offset = np.zeros(target.shape[1])
    gold = target == 1
    for _ in range(5 if options.flag("offsets") else 0):
        before = offset.copy()
        for k in range(1, len(offset)):
            tried = []
            for step in _STEPS:
                offset[k] = step
                tried.append(macro_f1(gold, highest(logits + offset)))
            smooth = np.convolve(np.pad(tried, 2, mode="edge"), np.ones(5) / 5, mode="valid")
            offset[k] = _STEPS[int(smooth.argmax())]
        if (before == offset).all():
            break
    return offset
