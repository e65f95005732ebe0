"""Training of the recogniser ``dialogue``: some recurrent nets and a linear model, averaged."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from empathia.config import PORTION, SHARE, Rule, at_least, one_of
from empathia.emotion.dialogue.net import DialogueNet, Shape, talk
from empathia.emotion.dialogue.read import Answering, Nets, Remembering, shape_of
from empathia.emotion.dialogue.tables import Prepared, prepare
from empathia.emotion.dialogue.traces import Traces, cost, regress, rows_of
from empathia.errors import ConfigError, TrainingError
from empathia.metrics.balance import class_weights
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.scores import Array, probabilities, quality
from empathia.training.columns import Columns
from empathia.training.fit import Group, fit_problem
from empathia.training.model import Model, about
from empathia.training.options import strengths
from empathia.training.problem import Problem
from empathia.training.selection import selected

_Batch = list[tuple[int, NDArray[np.float64]]]
_Model = Callable[[Sequence[Prepared]], Array]  # scores of all utterances


def counts(target: Array, weight: Array, *, exclusive: bool) -> Array:
    """What each number of the targets counts: the weight of its label; a "not there" counts 1."""
    if exclusive:
        return np.broadcast_to(weight, target.shape)
    return np.where(target >= 0.5, weight, 1.0)


class DialogueTask:
    """One net; see :class:`empathia.training.fit.Task`.

    Args:
        problem: What is learnt.
        train: Its training part.
        valid: Its validation part.
        shape: Of the net.
        seed: Of the net; nets of one committee differ in it.
    """

    def __init__(
        self,
        problem: Problem,
        train: Sequence[Prepared],
        valid: Sequence[Prepared],
        shape: Shape,
        seed: int,
    ) -> None:
        torch.manual_seed(seed)
        self.module: nn.Module = DialogueNet(shape)
        self.problem, self.train, self.seed = problem, train, seed
        self.valid, self.gold, self.there = talk(valid), *_gold(valid)
        target, there = _gold(train)
        self.weight = class_weights(target[there], exclusive=problem.exclusive)
        self.balance = problem.options.text("balance")

    def groups(self) -> list[Group]:
        """All parameters alike."""
        return [{"params": list(self.module.parameters())}]

    def batches(self, epoch: int, seed: int) -> Sequence[_Batch]:
        """Numbers of dialogues, and how often each of their utterances counts."""
        rng = np.random.default_rng([seed, self.seed, epoch])
        often = self._drawn(rng) if self.balance == "sampling" else self._once()
        order, size = rng.permutation(len(self.train)), self.problem.training.batch
        batches = [
            [(int(i), often[i]) for i in order[start : start + size]]
            for start in range(0, len(order), size)
        ]
        return [b for b in batches if any(n.any() for _, n in b)]

    def _once(self) -> list[Array]:
        return [d.labelled().astype(np.float64) for d in self.train]

    def _drawn(self, rng: np.random.Generator) -> list[Array]:
        """As many labelled utterances as there are, drawn so that labels are equally frequent."""
        chance = [np.nan_to_num(d.target) @ self.weight * d.labelled() for d in self.train]
        whole = np.concatenate(chance)
        drawn = rng.multinomial(np.count_nonzero(whole), whole / whole.sum())
        return np.split(drawn.astype(np.float64), np.cumsum([len(c) for c in chance])[:-1])

    def loss(self, batch: _Batch) -> Tensor:
        """Mean cross entropy of the utterances with a target."""
        some = [self.train[i] for i, _ in batch]
        often = np.concatenate([n for _, n in batch])
        target, exclusive = np.nan_to_num(_gold(some)[0]), self.problem.exclusive
        weight = self.weight if self.balance == "weights" else np.ones_like(self.weight)
        share = counts(target, weight, exclusive=exclusive) * often[:, None]
        tensors = [torch.from_numpy(a).float() for a in (target, share)]
        logits = self.module(talk(some))
        return cost(logits, *tensors, exclusive=exclusive) / float(often.sum())

    def validate(self) -> dict[str, float]:
        """See :func:`empathia.metrics.scores.quality`."""
        exclusive = self.problem.exclusive
        p = probabilities(self.module(self.valid).numpy(), exclusive=exclusive)
        return quality(p[self.there], self.gold[self.there], exclusive=exclusive)


def train(problem: Problem) -> Model:
    """See :func:`empathia.emotion.dialogue.fitting`."""
    _check(problem)
    torch.set_num_threads(problem.training.threads)  # the linear half alone never comes to fit()
    columns, known, valid = _tables(problem)
    halves: list[tuple[float, _Model]] = []
    record: dict[str, Any] = {}
    linear, exclusive = problem.options.number("linear"), problem.exclusive
    if linear < 1:
        nets, record["nets"] = _nets(problem, columns, known, valid)
        halves.append((1 - linear, nets))
    if linear > 0:
        remembering, record["linear"] = _linear(problem, columns, known, valid)
        halves.append((linear, remembering))
    answer = Answering(columns, halves, len(problem.labels), exclusive)
    gold, there = _gold(valid)
    logits = answer.logits(valid)[there]
    temperature = fit_temperature(logits, gold[there], exclusive=exclusive)
    scores = probabilities(logits / temperature, exclusive=exclusive)
    record["temperature"] = temperature
    record["validation"] = quality(scores, gold[there], exclusive=exclusive)
    answer = dataclasses.replace(answer, temperature=temperature)
    causal = problem.options.text("context") != "bidirectional"
    return Model(about(problem, "dialogue", causal=causal), answer, record, answer.save)


def _tables(problem: Problem) -> tuple[Columns, list[Prepared], list[Prepared]]:
    """Columns fitted on the training part, and both parts as tables."""
    past = problem.options.text("context") != "none"
    squares = problem.options.count("squares_up_to")
    columns = Columns(problem.modalities, problem.train.dialogues, squares, past=past)
    parts = [
        prepare(part.dialogues, columns, len(problem.labels), part)
        for part in (problem.train, problem.valid)
    ]
    for part, name in zip(parts, ("training", "validation"), strict=True):
        if not any(d.labelled().any() for d in part):
            raise TrainingError(
                f"nothing in the {name} part has features and a label",
                "Check [data] and [features] of the run file",
            )
    return columns, parts[0], parts[1]


def _nets(
    problem: Problem, columns: Columns, known: Sequence[Prepared], valid: Sequence[Prepared]
) -> tuple[Nets, list[dict[str, float]]]:
    """The committee of nets and how the training of each went."""
    o = problem.options
    shape = shape_of(columns, o, len(problem.labels))
    nets, record = [], []
    for number in range(o.count("members")):
        task = DialogueTask(problem, known, valid, shape, problem.seed * 1000 + number)
        result = fit_problem(task, problem, f"net-{number}", seed=task.seed)
        nets.append(task.module)
        record.append({"best_epoch": result.best_epoch, **result.metrics})

    return Nets(nets, problem.exclusive), record


def _linear(
    problem: Problem, columns: Columns, known: Sequence[Prepared], valid: Sequence[Prepared]
) -> tuple[Remembering, dict[str, Any]]:
    """The linear model with the penalty that validation chose."""
    o, exclusive = problem.options, problem.exclusive
    traces = Traces(known, columns.measures, o.count("directions"), o.text("context"))
    x, target, views = rows_of(traces, known, o.number("modality_dropout"))
    weight = class_weights(target[views == 1], exclusive=exclusive)
    weight = weight if o.text("balance") != "none" else np.ones_like(weight)
    share = counts(target, weight, exclusive=exclusive) * views[:, None]
    gold, there = _gold(valid)
    seen = np.concatenate([traces(d) for d in valid])[there]
    tried: dict[float, float] = {}
    for penalty in strengths(o, "penalties"):
        model = regress(x, target, share, penalty, exclusive=exclusive)
        p = probabilities(model(seen), exclusive=exclusive)
        tried[penalty] = selected(problem, quality(p, gold[there], exclusive=exclusive))
        if tried[penalty] == max(tried.values()):
            best, chosen = model, penalty

    half = Remembering(traces, best, exclusive)
    return half, {"penalty": chosen, "tried": {str(k): v for k, v in tried.items()}}


def _gold(part: Sequence[Prepared]) -> tuple[Array, NDArray[np.bool_]]:
    """Targets of all utterances, and which of them count."""
    return np.concatenate([d.target for d in part]), np.concatenate([d.labelled() for d in part])


def _check(problem: Problem) -> None:
    """Refuse what no training can be done with before any work is done."""
    o = problem.options
    read = ", ".join(problem.modalities) or "none is read"
    rules = {
        "context": one_of("causal", "bidirectional", "none"),
        "balance": one_of("none", "weights", "sampling"),
        "linear": SHARE,
        "remembered": Rule(f"modalities ({read})", lambda v: {*v} <= {*problem.modalities}),
        **dict.fromkeys(("dropout", "noise", "modality_dropout"), PORTION),
        **dict.fromkeys(("width", "members", "directions"), at_least(1)),
        "memory": at_least(2),
    }
    strengths(o, "penalties")
    o.demand(rules)
    if not problem.modalities:
        raise ConfigError("recogniser 'dialogue' reads features", "Name some in [features]")
