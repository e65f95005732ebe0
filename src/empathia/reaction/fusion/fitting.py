"""Training of the predictor ``fusion``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from empathia.config import PORTION, at_least, one_of
from empathia.errors import ConfigError
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.scores import quality, softmax
from empathia.reaction._residuals import Residuals
from empathia.reaction._told import Asked, Foreteller, column_means, prefixes
from empathia.reaction.fusion.net import Batch, FusionNet, Shape
from empathia.reaction.fusion.read import Answering, Net, Scale
from empathia.training.batches import balanced
from empathia.training.columns import Columns, scale
from empathia.training.fit import Group, fit
from empathia.training.masked import losses
from empathia.training.problem import Array, Exchange, ReactionProblem, emotion_array
from empathia.training.rows import Table
from empathia.training.selection import FIT
from empathia.types import Sample


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs as numbers.

    Args:
        rows: Modality to (turns, columns), the turns of all dialogues; NaN where missing.
        turns: (pairs, turns) numbers of these rows, -1 before there are any; the last is the
            stimulus.
        mine: (pairs, turns) whether a turn is of the one who said the stimulus.
        emotions: (pairs, labels), NaN where there is no label.
        features: By target (pairs, columns), scaled; NaN where not known.
    """

    rows: Mapping[str, Table]
    turns: NDArray[np.int64]
    mine: NDArray[np.bool_]
    emotions: Array
    features: Mapping[str, Table]

    def batch(self, which: NDArray[np.int64]) -> Batch:
        """Some of them."""
        turns = self.turns[which]
        rows = {m: torch.from_numpy(x[turns]) for m, x in self.rows.items()}
        return Batch(rows, torch.from_numpy(turns >= 0), torch.from_numpy(self.mine[which]))


def rows_of(exchanges: Sequence[Exchange], name: str, columns: int) -> Table:
    """(exchanges, columns) a feature of the reactions, frames averaged; NaN where not known."""
    unknown = np.full(columns, np.nan, np.float32)
    there = [e.reaction.features.get(name) for e in exchanges]
    rows = [unknown if f is None or not len(f.values) else column_means([f.values]) for f in there]
    return np.array(rows, np.float32).reshape(len(rows), columns)


class FusionTask:
    """One net; see :class:`empathia.training.fit.Task`."""

    def __init__(
        self, problem: ReactionProblem, shape: Shape, train: Pairs, valid: Pairs, seed: int
    ) -> None:
        torch.manual_seed(seed)
        self.module: torch.nn.Module = FusionNet(shape)
        self.problem, self.train, self.valid = problem, train, valid
        self.everything = np.arange(len(valid.turns))

    def groups(self) -> list[Group]:
        """All parameters alike."""
        return [{"params": list(self.module.parameters())}]

    def batches(self, epoch: int, seed: int) -> Sequence[NDArray[np.int64]]:
        """Numbers of pairs, (pairs,) each."""
        chance, pairs = np.random.default_rng([seed, epoch]), len(self.train.turns)
        order = chance.permutation(pairs)
        if self.problem.options.text("balance") == "sampling" and self.problem.labels is not None:
            order = balanced(self.train.emotions, chance, exclusive=True)
        size = self.problem.training.batch
        return [order[i : i + size] for i in range(0, pairs, size)]

    def loss(self, batch: NDArray[np.int64]) -> Tensor:
        """Of (pairs,) numbers: cross entropy of the emotion, and weighed losses of features."""
        logits, told = self.module(self.train.batch(batch))
        emotions = torch.from_numpy(self.train.emotions[batch]).float()
        truths = [torch.from_numpy(x[batch]) for x in self.train.features.values()]
        o = self.problem.options
        each = losses(logits, told, emotions, truths, o.text("loss"))
        first = 0 if logits is None else 1
        return sum(each[:first], torch.zeros(())) + o.number("weight") * sum(
            each[first:], torch.zeros(())
        )

    def told(self) -> tuple[Array | None, list[Table]]:
        """Of the validation part: logits (pairs, labels), scaled features (pairs, columns)."""
        with torch.no_grad():
            logits, told = self.module(self.valid.batch(self.everything))
        return None if logits is None else logits.double().numpy(), [x.numpy() for x in told]

    def validate(self) -> dict[str, float]:
        """See :func:`empathia.metrics.scores.quality`; and :data:`FIT`."""
        logits, told = self.told()
        return measured(self.valid, logits, told, self.problem.options.text("loss"))


def measured(
    valid: Pairs, logits: Array | None, told: Sequence[Table], loss: str
) -> dict[str, float]:
    """What validation says.

    Args:
        valid: The validation part.
        logits: (pairs, labels), or None where no emotion is foretold.
        told: Scaled features, (pairs, columns) a target.
        loss: What is learnt, "mse" or "cosine": by that features choose the epoch.
    """
    measures: dict[str, float] = {}
    known = ~np.isnan(valid.emotions).any(1)
    if logits is not None and known.any():
        measures |= quality(softmax(logits[known]), valid.emotions[known], exclusive=True)
    there = [not np.isnan(y).all() for y in valid.features.values()]
    each = losses(
        None,
        [torch.from_numpy(x) for x in told],
        torch.empty(0),
        [torch.from_numpy(y) for y in valid.features.values()],
        loss,
    )
    off = [float(x) for x, known in zip(each, there, strict=True) if known]
    return measures | ({FIT: -float(np.mean(off))} if off else {})


def train(problem: ReactionProblem) -> Foreteller:
    """See :func:`empathia.reaction.fusion.learn`."""
    asked = Asked.by(problem, "fusion")
    _check(problem)
    o = problem.options
    past = o.count("past") if o.count("memory") else 0
    modalities = {m: names for m, names in problem.modalities.items() if names}
    columns = Columns(modalities, [_turns(problem.train)], o.count("squares_up_to"))
    raw = {t: rows_of(problem.train, t, f.columns) for t, f in asked.forms.items()}
    scales = {t: _scale(x, o.text("loss")) for t, x in raw.items()}
    known, valid = (
        _pairs(part, columns, asked, scales, past) for part in (problem.train, problem.valid)
    )
    shape = Shape(
        columns.width,
        0 if asked.labels is None else len(asked.labels),
        [f.columns for f in asked.forms.values()],
        o.count("width"),
        o.count("fused"),
        o.count("memory"),
        o.number("dropout"),
        o.number("modality_dropout"),
    )
    nets, logits, each, record = _members(problem, shape, known, valid)
    told = [scales[t].joined(x) for t, x in zip(asked.forms, each, strict=True)]
    truths = list(valid.features.values())
    off = {
        t: [((y - x) * scales[t].spread)[None] for x, y in zip(told[i], truths[i], strict=True)]
        for i, t in enumerate(asked.forms)
    }
    temperature = 1.0
    labelled = ~np.isnan(valid.emotions).any(1)
    if logits is not None and labelled.any():
        temperature = fit_temperature(logits[labelled], valid.emotions[labelled], exclusive=True)
    made = [Net(arrays, list(modalities), list(asked.forms)) for arrays in nets]
    residuals = Residuals.of(asked, off)
    answer = Answering(asked, columns, past, made, scales, residuals, temperature)
    return Foreteller(asked, answer, {"nets": record, "temperature": temperature}, answer.save)


def _turns(exchanges: Sequence[Exchange]) -> list[Sample]:
    """What was said in all pasts, each turn once, also where they show it in several ways."""
    turns: dict[str, Sample] = {}
    for longest, _ in prefixes([e.past for e in exchanges]):
        for s in longest:
            turns.setdefault(s.id, s)
    return list(turns.values())


def _members(
    problem: ReactionProblem, shape: Shape, known: Pairs, valid: Pairs
) -> tuple[
    list[dict[str, NDArray[Any]]], Array | None, list[tuple[Table, ...]], list[dict[str, float]]
]:
    """Arrays of each net; mean logits, and of each target all nets' rows; how they went."""
    nets, logits, told, record = [], [], [], []
    for number in range(problem.options.count("members")):
        seed = problem.seed * 1000 + number
        task = FusionTask(problem, shape, known, valid, seed)
        folder = problem.folder / f"net-{number}"
        result = fit(
            task,
            problem.training,
            folder,
            seed=seed,
            fingerprint=problem.fingerprint,
            progress=problem.progress,
        )
        nets.append({k: v.numpy() for k, v in task.module.state_dict().items()})
        record.append({"best_epoch": result.best_epoch, **result.metrics})
        z, features = task.told()
        logits += [] if z is None else [z]
        told.append(features)
    every = list(zip(*told, strict=True))
    return nets, np.mean(logits, 0) if logits else None, every, record


def _pairs(
    exchanges: Sequence[Exchange],
    columns: Columns,
    asked: Asked,
    scales: Mapping[str, Scale],
    past: int,
) -> Pairs:
    turns = np.full((len(exchanges), past + 1), -1)
    mine = np.zeros((len(exchanges), past + 1), bool)
    tables: list[dict[str, Table]] = []
    start = 0
    for longest, members in prefixes([e.past for e in exchanges]):
        tables.append(columns(longest))
        for number in members:
            own = exchanges[number].past
            some = own[-past - 1 :]
            rows = np.arange(len(own) - len(some), len(own)) + start
            turns[number, -len(some) :] = rows
            mine[number, -len(some) :] = [s.speaker == own[-1].speaker for s in some]
        start += len(longest)
    features = {
        t: (rows_of(exchanges, t, f.columns) - scales[t].mean) / scales[t].spread
        for t, f in asked.forms.items()
    }
    rows_by = {m: np.concatenate([t[m] for t in tables]) for m in columns.modalities}
    emotions = np.zeros((len(exchanges), 0))
    if asked.labels is not None:
        emotions = emotion_array(exchanges, len(asked.labels))
    return Pairs(rows_by, turns, mine, emotions, features)


def _scale(rows: Table, loss: str) -> Scale:
    mean, spread = _finite(*scale(rows))
    if loss == "mse":
        return Scale(mean, spread)
    known = ~np.isnan(rows).all(1)
    lengths = np.linalg.norm(np.nan_to_num((rows[known] - mean) / spread), axis=1)
    return Scale(mean, spread, float(lengths.mean()) if len(lengths) else 0.0)


def _finite(mean: Table, spread: Table) -> tuple[Table, Table]:
    """A target that never varies is foretold as it always is."""
    return mean, np.where(np.isfinite(spread), spread, 1).astype(np.float32)


def _check(problem: ReactionProblem) -> None:
    """Refuse what no training can be done with before any work is done."""
    rules = {
        "loss": one_of("mse", "cosine"),
        "balance": one_of("none", "sampling"),
        **dict.fromkeys(("dropout", "modality_dropout"), PORTION),
        **dict.fromkeys(("width", "fused", "members"), at_least(1)),
        **dict.fromkeys(("memory", "past", "weight"), at_least(0)),
    }
    problem.options.demand(rules)
    if not any(problem.modalities.values()):
        raise ConfigError("predictor 'fusion' reads features", "Name some in [features]")
    if not problem.valid:
        raise ConfigError(
            "predictor 'fusion' chooses its epoch on pairs, and none validates", "Check [data]"
        )
