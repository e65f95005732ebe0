"""Late fusion: several recognisers judge, their scores are pooled.

``[model.members.<name>]`` names them, each with its own options. A recogniser is trained on the
same problem, in its own folder. A member with ``kept = "text-default"`` (a shipped model's name, or
a folder) comes as it was kept; its labels become ours by a matrix, ``projection = { joy = { happy =
0.5, excited = 0.5 } }``, counted on training data where none is given
(:mod:`empathia.labels.matrix`).

``weights`` are numbers, one a member, or are chosen on validation by likelihood. A member that
cannot judge an utterance is absent there: the others share its weight, equally
where they have none themselves.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from empathia import emotion, plugins, weights
from empathia.config import Options, checked_options
from empathia.contracts import Recogniser
from empathia.errors import ConfigError, TrainingError, needs
from empathia.files import Plain
from empathia.labels.matrix import Matrix, counted, written
from empathia.metrics.pool import log_pool, mean_pool
from empathia.metrics.scores import Array, likelihood
from empathia.training import keeping, model
from empathia.training.model import Model, scores_of
from empathia.training.problem import Conversation, Problem, Scores

NAME = "late"
OPTIONS: Mapping[str, Plain] = {
    "members": {},  # [model.members.<name>]: a recogniser and its options
    "weights": (),  # one number a member, or [] to choose them on validation
    "pool": "log",  # weighted product of scores, or "mean", their weighted mean
}
_LEAST = 1e-9  # weight that stands for none where no weight at all would be left
_KEPT, _PROJECTION = "kept", "projection"


def learn(problem: Problem) -> Model:
    """Train the members, then weigh them.

    Raises:
        ConfigError: A member is unknown, or the weights do not fit the members.
        TrainingError: Weights are to be chosen and nothing validates.
    """
    o = problem.options
    names, pooled = tuple(o.table("members")), o.text("pool")
    given = _given_weights(o.numbers("weights"), len(names))
    if not names or pooled not in {"log", "mean"}:
        raise ConfigError(
            f"late fusion needs members and the pool 'log' or 'mean', found "
            f"{len(names)} members and '{pooled}'",
            "Add [model.members.<name>] or mend 'model.pool'",
        )
    if given is None and not problem.valid.labelled():
        raise TrainingError("nothing validates, so no weights can be chosen", "Give model.weights")
    members = [_member(problem, n) for n in names]
    before = [getattr(m, "before_refit", None) or m for m in members]
    mix = Mix(before, np.array(given or [1 / len(names)] * len(names)), pooled, problem.exclusive)
    if given is None:
        mix = _weighed(mix, problem)
    record: dict[str, Plain] = {
        "weights": dict(zip(names, mix.weights.tolist(), strict=True)),
        "members": {n: dict(m.record) for n, m in zip(names, members, strict=True)},
    }
    what = model.about(problem, NAME, causal=all(m.about.causal for m in members))
    whole = dataclasses.replace(mix, members=members)
    first = Model(what, mix.answer, some=mix.answer)
    return Model(what, whole.answer, record, before_refit=first, some=whole.answer)


def weights_of(options: Options) -> tuple[str, ...]:
    """Weights of the manifest that the members work with."""
    names: list[str] = []
    for name in options.table("members"):
        values = _values(name, options)
        if _KEPT in values:
            kept = str(values[_KEPT])
            names += [kept] * (kept in _manifest())
            names += keeping.read(_place(kept)).weights
        else:
            names += emotion.weights_of(name, _checked(name, values))
    return tuple(dict.fromkeys(names))


def kept_of(options: Options) -> tuple[Path, ...]:
    """Folders of the user's models among the members, or with which one that learns works."""
    folders: list[Path] = []
    for name in options.table("members"):
        values = _values(name, options)
        if _KEPT not in values:
            folders += emotion.kept_of(name, _checked(name, values))
        elif (kept := str(values[_KEPT])) not in _manifest():
            folders.append(Path(kept))
    return tuple(folders)


def _values(name: str, options: Options) -> Mapping[str, Plain]:
    """What is said of a member."""
    table = options.table("members")[name]
    if not isinstance(table, Mapping):
        raise ConfigError(
            f"'model.members.{name}' must be a table, found {table!r}",
            f"Write [model.members.{name}] and its options below",
        )
    if _KEPT in table and (strange := sorted({*table} - {_KEPT, _PROJECTION})):
        raise ConfigError(
            f"unknown option 'model.members.{name}.{strange[0]}' of a member that comes as it was "
            f"kept (it has: {_KEPT}, {_PROJECTION})",
            "Mend or remove the key",
        )
    return table


def _checked(name: str, values: Mapping[str, Plain]) -> Options:
    """The complete options of a member that learns."""
    if name == NAME or name not in plugins.names("emotion"):
        raise ConfigError(
            f"'{name}' cannot be a member (recognisers: {', '.join(plugins.names('emotion'))})",
            "Mend [model.members]",
        )
    plugin = plugins.load("emotion", name, ("OPTIONS", "learn"))
    return checked_options(plugin, values, "run file", f"model.members.{name}.", name=name)


def _given_weights(numbers: Sequence[float], members: int) -> list[float] | None:
    if not numbers:
        return None
    if len(numbers) != members or min(numbers) < 0 or not sum(numbers) > 0:
        raise ConfigError(
            f"'model.weights' is {list(numbers)}, expected {members} numbers from 0, not all 0",
            "Give one a member, or none at all",
        )
    return list(numbers)


@dataclass(frozen=True, slots=True, eq=False)
class Mix:
    """Members and how much each counts.

    Args:
        members: Recognisers over the same labels.
        weights: (members,), at least 0.
        pool: "log" or "mean".
        exclusive: One label an utterance.
    """

    members: Sequence[Recogniser]
    weights: Array
    pool: str
    exclusive: bool

    def answer(
        self, dialogues: Sequence[Conversation], wanted: Collection[str] | None = None
    ) -> Scores:
        """Pooled scores of every utterance that a member can judge; None for wanted asks all."""
        each = [scores_of(m, dialogues, wanted) for m in self.members]
        return {s.id: p for d in dialogues for s in d if (p := self.fuse(s.id, each)) is not None}

    def fuse(self, sample: str, each: Sequence[Scores]) -> tuple[float, ...] | None:
        """Pooled scores of one utterance, of those members that judged it; None where none did."""
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

    def weighed(self, rows: Sequence[Array], gold: Array) -> Mix:
        """With the weights under which validation is the likeliest.

        The likelihood of either pool has one peak over weights from 0 on, but for the mean's scale.

        Args:
            rows: One array a member, (items, labels), of the same items.
            gold: (items, labels) in [0, 1].

        Raises:
            MissingExtra: The extra ``train`` is not installed.
        """
        with needs("train", f"choosing the weights of '{NAME}'"):
            from scipy.optimize import minimize

        def cost(weights: Array) -> float:
            return -likelihood(self.fused(rows, _some(weights)), gold, exclusive=self.exclusive)

        best = minimize(cost, self.weights, method="L-BFGS-B", bounds=[(0, None)] * len(rows)).x
        chosen = _some(np.asarray(best))
        weights = chosen / chosen.sum() if self.pool == "mean" else chosen
        return dataclasses.replace(self, weights=weights)


def _some(weights: Array) -> Array:
    """The weights, or small equal ones where all are 0."""
    return weights if weights.sum() > 0 else weights + _LEAST


def _weighed(mix: Mix, problem: Problem) -> Mix:
    """With the weights that are best for what all members could judge of validation."""
    valid = problem.valid
    each = [scores_of(m, valid.dialogues, valid.targets) for m in mix.members]
    ids = [s.id for s in valid.labelled() if all(s.id in scores for scores in each)]
    if not ids:
        raise TrainingError(
            "no validation utterance is judged by all members", "Give model.weights"
        )
    rows = [np.array([scores[i] for i in ids]) for scores in each]
    return mix.weighed(rows, np.array([valid.targets[i] for i in ids]))


def _member(problem: Problem, name: str) -> Recogniser:
    """A recogniser that has learnt, or a kept one put behind a matrix."""
    values = _values(name, problem.options)
    if _KEPT in values:
        return _reading(problem, str(values[_KEPT]), values.get(_PROJECTION))
    part = dataclasses.replace(
        problem,
        options=_checked(name, values),
        folder=problem.folder / name,
        fingerprint=f"{problem.fingerprint}/{name}",
    )
    learnt: Recogniser = plugins.load("emotion", name).learn(part)
    return learnt


def _place(kept: str) -> Path:
    """The folder of a kept model that is named as a weight or as a folder."""
    return weights.folder(kept) if kept in _manifest() else Path(kept)


def _manifest() -> set[str]:
    return {e.name for e in weights.entries()}


def _reading(problem: Problem, kept: str, projection: Plain) -> Model:
    """A kept recogniser; what it scored without committing itself counts too."""
    recogniser = keeping.load(_place(kept), problem.training.threads)
    matrix = _matrix(problem, recogniser, projection)

    def some(dialogues: Sequence[Conversation], wanted: Collection[str] | None = None) -> Scores:
        scores = scores_of(recogniser, dialogues, wanted)
        if not scores:
            return {}
        rows = matrix(np.array(list(scores.values())))
        return {i: tuple(row) for i, row in zip(scores, rows.tolist(), strict=True)}

    about = dataclasses.replace(recogniser.about, labels=problem.labels)
    return Model(about, some, {"projection": matrix.named()}, some=some)


def _matrix(problem: Problem, recogniser: Recogniser, projection: Plain) -> Matrix:
    labels, exclusive = recogniser.about.labels, problem.exclusive
    if projection:
        return written(projection, labels, problem.labels, exclusive=exclusive)
    scores = scores_of(recogniser, problem.train.dialogues, problem.train.targets)
    ids = list(scores)
    if not ids:
        raise TrainingError(
            "a member that only reads could judge no training utterance",
            "Leave it out of [model.members] or give its projection",
        )
    rows = np.array([scores[i] for i in ids])
    gold = np.array([problem.train.targets[i] for i in ids])
    return counted(rows, gold, labels, problem.labels, exclusive=exclusive)
