"""Training of the predictor ``motion``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from empathia.config import PORTION, at_least, one_of
from empathia.errors import ConfigError
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.scores import quality, softmax
from empathia.reaction._residuals import Residuals
from empathia.reaction._told import Asked, Foreteller
from empathia.reaction.motion.frames import Clock
from empathia.reaction.motion.net import MotionNet, Shape
from empathia.reaction.motion.read import Answering, Net
from empathia.training.batches import balanced, by_length
from empathia.training.fit import Group, fit
from empathia.training.masked import losses
from empathia.training.problem import Array, Exchange, ReactionProblem, emotion_array
from empathia.training.selection import FIT
from empathia.types import FloatArray

_ROOM = 32  # pairs that are validated together


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs as frames; those without any that could be read are left out.

    Args:
        read: Of each, (frames, columns).
        moving: Of each, (frames, columns) of truth, scaled; NaN where not known.
        still: (pairs, columns), likewise.
        emotions: (pairs, labels), NaN where there is no label.
    """

    read: Sequence[FloatArray]
    moving: Sequence[FloatArray]
    still: FloatArray
    emotions: Array

    @classmethod
    def of(cls, clock: Clock, exchanges: Sequence[Exchange]) -> Pairs:
        """Pairs of exchanges."""
        some = [e for e in exchanges if clock.frames(e.past)]
        read = [np.concatenate(clock.read(e.past), 1) for e in some]
        empty = [np.zeros((len(x), 0), np.float32) for x in read]
        moving = [
            np.concatenate([none, *(clock.truth(e, n) for n in clock.moving)], 1)
            for e, none in zip(some, empty, strict=True)
        ]
        none = np.zeros(0, np.float32)
        still = [np.concatenate([none, *(clock.row(e, n) for n in clock.still)]) for e in some]
        emotions = np.zeros((len(some), 0))
        if clock.asked.labels is not None:
            emotions = emotion_array(some, len(clock.asked.labels))
        return cls(read, moving, np.array(still).reshape(len(some), -1), emotions)

    def batch(self, which: NDArray[np.int64]) -> tuple[Tensor, Tensor, Tensor]:
        """Frames that are read, whether there are such, and truths, NaN where there are none."""
        longest = max(len(self.read[i]) for i in which)
        read = np.zeros((len(which), longest, self.read[0].shape[1]), np.float32)
        truth = np.full((len(which), longest, self.moving[0].shape[1]), np.nan, np.float32)
        there = np.zeros((len(which), longest), bool)
        for row, i in enumerate(which):
            n = len(self.read[i])
            read[row, :n], truth[row, :n], there[row, :n] = self.read[i], self.moving[i], True
        return torch.from_numpy(read), torch.from_numpy(there), torch.from_numpy(truth)


class MotionTask:
    """The net; see :class:`empathia.training.fit.Task`."""

    def __init__(self, problem: ReactionProblem, shape: Shape, train: Pairs, valid: Pairs) -> None:
        torch.manual_seed(problem.seed)
        self.module: torch.nn.Module = MotionNet(shape)
        self.problem, self.train, self.valid = problem, train, valid
        self.labels = train.emotions.shape[1]

    def groups(self) -> list[Group]:
        """All parameters alike."""
        return [{"params": list(self.module.parameters())}]

    def batches(self, epoch: int, seed: int) -> Sequence[NDArray[np.int64]]:
        """Numbers of pairs, (pairs,) each; those of like length together."""
        chance, pairs = np.random.default_rng([seed, epoch]), len(self.train.read)
        order = chance.permutation(pairs)
        if self.problem.options.text("balance") == "sampling" and self.labels:
            order = balanced(self.train.emotions, chance, exclusive=True)
        lengths = np.array([len(x) for x in self.train.read])
        return by_length(lengths, order, self.problem.training.batch, chance)

    def loss(self, batch: NDArray[np.int64]) -> Tensor:
        """Of (pairs,) numbers: cross entropy of the emotion, weighed losses of what moves, rows."""
        read, there, truth = self.train.batch(batch)
        frames, once = self.module(read, there)
        still = torch.from_numpy(self.train.still[batch])
        emotions = torch.from_numpy(self.train.emotions[batch]).float()
        logits = once[:, : self.labels] if self.labels else None
        told = [frames.flatten(0, 1), once[:, self.labels :]]
        each = losses(logits, told, emotions, [truth.flatten(0, 1), still], "mse")
        first = 1 if self.labels else 0
        rest = sum(each[first:], torch.zeros(()))
        return sum(each[:first], torch.zeros(())) + self.problem.options.number("weight") * rest

    def told(self) -> tuple[list[FloatArray], FloatArray]:
        """(frames, columns) of each validation pair, and what is told once, (pairs, columns)."""
        frames: list[FloatArray] = []
        once = []
        for start in range(0, len(self.valid.read), _ROOM):
            which = np.arange(start, min(start + _ROOM, len(self.valid.read)))
            read, there, _ = self.valid.batch(which)
            with torch.no_grad():
                x, y = self.module(read, there)
            frames += [
                x[row, : len(self.valid.read[i])].numpy() for row, i in enumerate(which.tolist())
            ]
            once.append(y.numpy())
        return frames, np.concatenate(once)

    def validate(self) -> dict[str, float]:
        """See :func:`empathia.metrics.scores.quality`; and :data:`FIT`."""
        frames, once = self.told()
        measures: dict[str, float] = {}
        known = ~np.isnan(self.valid.emotions).any(1)
        if self.labels and known.any():
            scores = softmax(once[known, : self.labels])
            measures |= quality(scores, self.valid.emotions[known], exclusive=True)
        gaps = [np.concatenate(frames) - np.concatenate(self.valid.moving)]
        gaps.append(once[:, self.labels :] - self.valid.still)
        off = [float(np.nanmean(x**2)) for x in gaps if np.isfinite(x).any()]
        return measures | ({FIT: -float(np.mean(off))} if off else {})


def train(problem: ReactionProblem) -> Foreteller:
    """See :func:`empathia.reaction.motion.learn`."""
    asked = Asked.by(problem, "motion")
    _check(problem)
    o, clock = problem.options, Clock.of(problem, asked)
    known, valid = Pairs.of(clock, problem.train), Pairs.of(clock, problem.valid)
    if not known.read or not valid.read:
        raise ConfigError(
            "predictor 'motion' learns from and chooses on pairs whose stimulus has frames "
            f"({len(known.read)} train, {len(valid.read)} validate)",
            "Check [features] and [data]",
        )
    shape = Shape(
        [n + 1 for n in clock.columns],
        known.moving[0].shape[1],
        known.emotions.shape[1] + known.still.shape[1],
        o.count("width"),
        o.count("kernel"),
        o.count("layers"),
        o.count("echo"),
        o.number("dropout"),
        o.number("modality_dropout"),
    )
    task = MotionTask(problem, shape, known, valid)
    result = fit(
        task,
        problem.training,
        problem.folder,
        seed=problem.seed,
        fingerprint=problem.fingerprint,
        progress=problem.progress,
    )
    frames, once = task.told()
    temperature = _temperature(once[:, : task.labels], valid.emotions)
    arrays = {k: v.numpy() for k, v in task.module.state_dict().items()}
    residuals = Residuals.of(asked, _off(clock, valid, frames, once[:, task.labels :]))
    answer = Answering(clock, Net(arrays), residuals, temperature)
    record = {"best_epoch": result.best_epoch, **result.metrics, "temperature": temperature}
    return Foreteller(asked, answer, record, answer.save)


def _off(
    clock: Clock, valid: Pairs, frames: Sequence[FloatArray], rows: FloatArray
) -> dict[str, list[FloatArray]]:
    """Truths less what was foretold of them, in their own units; frames not known left out."""
    each: dict[str, list[FloatArray]] = {}
    gaps = [(y - x)[~np.isnan(y).all(1)] for x, y in zip(frames, valid.moving, strict=True)]
    kept = [i for i, gap in enumerate(gaps) if len(gap)] or list(range(len(gaps)))
    blocks = (
        (clock.moving, [gaps[i] for i in kept]),
        (clock.still, (valid.still - rows)[kept, None]),
    )
    for names, values in blocks:
        start = 0
        for name in names:
            end = start + clock.asked.forms[name].columns
            spread = clock.scales[f"told/{name}"][1]
            each[name] = [x[:, start:end] * spread for x in values]
            start = end
    return each


def _temperature(logits: FloatArray, emotions: Array) -> float:
    known = ~np.isnan(emotions).any(1)
    if not logits.shape[1] or not known.any():
        return 1.0
    return fit_temperature(logits[known].astype(np.float64), emotions[known], exclusive=True)


def _check(problem: ReactionProblem) -> None:
    """Refuse what no training can be done with before any work is done."""
    rules = {
        "balance": one_of("none", "sampling"),
        **dict.fromkeys(("dropout", "modality_dropout"), PORTION),
        **dict.fromkeys(("width", "kernel"), at_least(1)),
        **dict.fromkeys(("layers", "echo", "weight"), at_least(0)),
    }
    problem.options.demand(rules)
