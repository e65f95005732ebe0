"""Late fusion: several recognisers judge, their scores are pooled.

``members`` names other recognisers. One that can learn is trained on the same
problem, in its own folder, with the options ``<member>.<option>`` (quoted in a
run file: ``"tfidf.past" = 5``). One that only reads (``text``, ``voice``) comes
as it is shipped; its labels become ours by a matrix, ``"text.projection"``,
counted on training data where none is given (:mod:`empathia.labels.matrix`).

``weights`` are numbers, or are chosen on validation by likelihood. A member that
cannot judge an utterance is absent there: the others share its weight, equally
where they have none themselves.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from empathia import plugins
from empathia.config import Scalar
from empathia.errors import ConfigError, LeakageError, MissingExtra, TrainingError
from empathia.labels import LabelSet
from empathia.labels.matrix import Matrix, counted, written
from empathia.metrics.pool import log_pool, mean_pool
from empathia.metrics.scores import Array, likelihood
from empathia.training.problem import Answers, Conversation, Learnt, Problem, Scores
from empathia.types import Emotion

NAME = "late"
NEEDS: tuple[str, ...] = ()
_OWN: Mapping[str, Scalar] = {
    "members": "tfidf metadata",
    "weights": "",  # one number a member, or "" to choose them on validation
    "pool": "log",  # weighted product of scores, or "mean", their weighted mean
}
OPTIONS: Mapping[str, Scalar]
_LEAST = 1e-9  # weight that stands for none where no weight at all would be left
_Judge = Callable[[Sequence[Conversation]], dict[str, Emotion]]


def __getattr__(name: str) -> Mapping[str, Scalar]:
    """``OPTIONS``: own ones and those of every possible member, found when asked for."""
    if name != "OPTIONS":
        raise AttributeError(name)
    found = dict(_OWN)
    for member in plugins.names("emotion"):
        if member != NAME:
            found |= {f"{member}.{k}": v for k, v in _member_options(member).items()}
    return found


def _member_options(name: str) -> Mapping[str, Scalar]:
    plugin = plugins.load("emotion", name)
    if hasattr(plugin, "learn"):
        return dict(plugin.OPTIONS)
    return {"projection": ""} if hasattr(plugin, "load") else {}


def learn(problem: Problem) -> Answers:
    """Train the members, then weigh them.

    Raises:
        ConfigError: A member is unknown or doubled, or the weights do not fit the members.
        LeakageError: A member reads gold labels.
        TrainingError: Weights are to be chosen and nothing validates.
    """
    o = problem.options
    names = str(o["members"]).split()
    pooled, given = str(o["pool"]), _given_weights(str(o["weights"]), len(names))
    if not names or len(set(names)) < len(names) or pooled not in {"log", "mean"}:
        raise ConfigError(
            f"late fusion needs members, each once, and the pool 'log' or 'mean', found "
            f"'{o['members']}' and '{pooled}'",
            "Mend 'model.members' or 'model.pool'",
        )
    if given is None and not problem.valid.labelled():
        raise TrainingError("nothing validates, so no weights can be chosen", "Give model.weights")
    members = [_member(problem, n) for n in names]
    mix = _Mix(members, np.array(given or [1 / len(names)] * len(names)), pooled, problem.exclusive)
    if given is None:
        mix = dataclasses.replace(mix, weights=_chosen(mix, problem))
    record = {
        "weights": dict(zip(names, mix.weights.tolist(), strict=True)),
        "members": {n: dict(m.record) for n, m in zip(names, members, strict=True)},
    }
    return Answers(mix.predict, all(m.causal for m in members), record)


def _given_weights(text: str, members: int) -> list[float] | None:
    if not text.strip():
        return None
    try:
        found = [float(x) for x in text.split()]
    except ValueError:
        found = []
    if len(found) != members or min(found) < 0 or not sum(found) > 0:
        raise ConfigError(
            f"'model.weights' is '{text}', expected {members} numbers from 0, not all 0",
            "Give one a member, or none at all",
        )
    return found


@dataclass(frozen=True, slots=True, eq=False)
class _Mix:
    """Members and how much each counts."""

    members: Sequence[Learnt]
    weights: Array
    pool: str
    exclusive: bool

    def predict(self, dialogues: Sequence[Conversation]) -> Scores:
        """Pooled scores of every utterance that a member can judge."""
        each = [m.predict(dialogues) for m in self.members]
        return {s.id: p for d in dialogues for s in d if (p := self._fuse(s.id, each)) is not None}

    def _fuse(self, sample: str, each: Sequence[Scores]) -> tuple[float, ...] | None:
        judged = [i for i, scores in enumerate(each) if sample in scores]
        if not judged:
            return None
        there = [i for i in judged if self.weights[i] > 0] or judged
        rows = [np.array([each[i][sample]]) for i in there]
        weights = _some(self.weights[there])
        fused = self.fused(rows, weights * (self.weights.sum() / weights.sum()))
        return tuple(fused[0].tolist())

    def fused(self, rows: Sequence[Array], weights: Array) -> Array:
        """(items, labels) of one array a member, all of the same items."""
        if self.pool == "mean":
            return mean_pool(rows, weights.tolist())
        if self.exclusive:
            return log_pool(rows, weights.tolist())
        pairs = [np.stack([p, 1 - p], -1) for p in rows]  # a label is there or not
        return log_pool(pairs, weights.tolist())[..., 0]


def _some(weights: Array) -> Array:
    """The weights, or small equal ones where all are 0."""
    return weights if weights.sum() > 0 else weights + _LEAST


def _chosen(mix: _Mix, problem: Problem) -> Array:
    """Weights with the highest likelihood of what all members could judge of validation.

    The likelihood of either pool has one peak over weights from 0 on, but for the mean's scale.
    """
    try:
        from scipy.optimize import minimize
    except ImportError as e:
        raise MissingExtra("train", f"choosing the weights of '{NAME}'") from e
    valid = problem.valid
    each = [m.predict(valid.dialogues) for m in mix.members]
    ids = [s.id for s in valid.labelled() if all(s.id in scores for scores in each)]
    if not ids:
        raise TrainingError(
            "no validation utterance is judged by all members", "Give model.weights"
        )
    rows = [np.array([scores[i] for i in ids]) for scores in each]
    gold = np.array([valid.targets[i] for i in ids])

    def cost(weights: Array) -> float:
        return -likelihood(mix.fused(rows, _some(weights)), gold, exclusive=mix.exclusive)

    best = minimize(cost, mix.weights, method="L-BFGS-B", bounds=[(0, None)] * len(rows)).x
    found = _some(np.asarray(best))
    return found / found.sum() if mix.pool == "mean" else found


def _member(problem: Problem, name: str) -> Learnt:
    """A recogniser that has learnt, or one that only reads, put behind a matrix."""
    plugin = plugins.load("emotion", name)
    if getattr(plugin, "READS_GOLD", False):
        raise LeakageError(f"'{name}' reads gold labels", "Leave it out of 'model.members'")
    known = _member_options(name)
    if name == NAME or not (hasattr(plugin, "learn") or hasattr(plugin, "load")):
        raise ConfigError(f"'{name}' cannot be a member", "Mend 'model.members'")
    options = {k: problem.options.get(f"{name}.{k}", v) for k, v in known.items()}
    part = dataclasses.replace(
        problem,
        options=options,
        folder=problem.folder / name,
        fingerprint=f"{problem.fingerprint}/{name}",
    )
    if hasattr(plugin, "learn"):
        learnt: Learnt = plugin.learn(part)
        return learnt
    return _reading(part, plugin)


def _reading(problem: Problem, plugin: ModuleType) -> Answers:
    """A shipped recogniser; what it scored without committing itself counts too."""
    recogniser: Any = plugin.load()

    def judged(dialogues: Sequence[Conversation]) -> dict[str, Emotion]:
        samples = [s for d in dialogues for s in d]
        found = zip(samples, recogniser.recognise(samples), strict=True)
        return {s.id: e for s, e in found if e.scores}

    matrix = _matrix(problem, recogniser.labels, judged)

    def answer(dialogues: Sequence[Conversation]) -> Scores:
        found = judged(dialogues)
        if not found:
            return {}
        scores = matrix(np.array([e.scores for e in found.values()]))
        return {i: tuple(row) for i, row in zip(found, scores.tolist(), strict=True)}

    return Answers(answer, recogniser.causal, {"projection": matrix.named()})


def _matrix(problem: Problem, labels: LabelSet, judged: _Judge) -> Matrix:
    text, exclusive = str(problem.options["projection"]), problem.exclusive
    if text.strip():
        return written(text, labels, problem.labels, exclusive=exclusive)
    found = judged(problem.train.dialogues)
    ids = [i for i in found if i in problem.train.targets]
    if not ids:
        raise TrainingError(
            "a member that only reads could judge no training utterance",
            "Leave it out of 'model.members' or give its projection",
        )
    scores = np.array([found[i].scores for i in ids])
    gold = np.array([problem.train.targets[i] for i in ids])
    return counted(scores, gold, labels, problem.labels, exclusive=exclusive)
