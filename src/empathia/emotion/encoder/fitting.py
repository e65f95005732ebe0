"""Fine-tuning of the recogniser ``encoder``."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from empathia.emotion.encoder.read import Answering, Net, logits_of
from empathia.encoders.tunable import encoder
from empathia.errors import TrainingError
from empathia.files import Plain
from empathia.metrics.balance import class_weights
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.scores import Array, probabilities, quality
from empathia.training.batches import balanced, by_length
from empathia.training.context import Item, Reader
from empathia.training.fit import Group, fit_problem
from empathia.training.model import Model, about
from empathia.training.options import balance_of
from empathia.training.problem import Part, Problem, target_array


class EncoderTask:
    """See :class:`empathia.training.fit.Task`."""

    def __init__(self, problem: Problem) -> None:
        torch.manual_seed(problem.seed)
        torch.set_num_threads(problem.training.threads)
        o = problem.options
        self.problem = problem
        self.balance = balance_of(o, ("none", "weights", "sampling"))
        dropout = o.number("dropout")
        body = encoder(o.text("encoder"), o.count("tuned"), dropout, o.text("start"))
        self.reader = Reader(body, o.count("past"), o.count("pieces"))
        self.net = Net(body, len(problem.labels), dropout)
        self.module: nn.Module = self.net
        self.train, self.target = self._part(problem.train, "training")
        self.valid, self.gold = self._part(problem.valid, "validation")
        self.weight = class_weights(self.target, exclusive=problem.exclusive)

    def _part(self, part: Part, name: str) -> tuple[list[Item], Array]:
        items = [i for i in self.reader.items(part.dialogues) if i.sample.id in part.targets]
        if not items:
            raise TrainingError(
                f"no utterance of the {name} part has words and a label",
                "Check [data] of the run file",
            )
        return items, target_array([i.sample for i in items], part, len(self.problem.labels))

    def groups(self) -> list[Group]:
        """The head learns faster than the layers."""
        layers = [p for p in self.net.body.parameters() if p.requires_grad]
        head: Group = {
            "params": list(self.net.head.parameters()),
            "scale": self.problem.options.number("head_rate"),
        }
        return [{"params": layers}, head] if layers else [head]

    def batches(self, epoch: int, seed: int) -> Sequence[NDArray[np.int64]]:
        """Indices; utterances of like length go together."""
        rng = np.random.default_rng([seed, epoch])
        size = self.problem.training.batch
        lengths = np.array([len(i.ids) for i in self.train])
        return by_length(lengths, self._order(rng), size, rng)

    def _order(self, rng: np.random.Generator) -> NDArray[np.int64]:
        if self.balance != "sampling":
            return rng.permutation(len(self.train))
        return balanced(self.target, rng, exclusive=self.problem.exclusive)

    def loss(self, batch: NDArray[np.int64]) -> Tensor:
        """Cross entropy of (utterances,) indices with targets that may be shares, else binary."""
        logits = self.module([self.train[i] for i in batch])
        target = torch.from_numpy(self.target[batch]).float()
        weight = torch.from_numpy(self.weight).float() if self.balance == "weights" else None
        if self.problem.exclusive:
            each = -target * functional.log_softmax(logits, 1)
            return (each if weight is None else each * weight).sum(1).mean()
        return functional.binary_cross_entropy_with_logits(logits, target, pos_weight=weight)

    def validate(self) -> dict[str, float]:
        """See :func:`empathia.metrics.scores.quality`."""
        exclusive = self.problem.exclusive
        scores = probabilities(self.logits(self.valid), exclusive=exclusive)
        return quality(scores, self.gold, exclusive=exclusive)

    def logits(self, items: Sequence[Item]) -> Array:
        """(items, labels)."""
        return logits_of(self.net, items)


def train(problem: Problem) -> Model:
    """See :func:`empathia.emotion.encoder.fitting`."""
    task = EncoderTask(problem)
    result = fit_problem(task, problem)
    exclusive = problem.exclusive
    temperature = fit_temperature(task.logits(task.valid), task.gold, exclusive=exclusive)

    answer = Answering(task.net.eval(), task.reader, temperature, exclusive)
    record: dict[str, Plain] = {
        **result.course,
        "temperature": temperature,
        "trained": sum(p.numel() for p in task.module.parameters() if p.requires_grad),
    }
    return Model(about(problem, "encoder", features=False), answer, record, answer.save)
