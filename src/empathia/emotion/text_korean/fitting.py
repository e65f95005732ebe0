"""Training of the recogniser ``text_korean``: hashed columns, one linear layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from empathia.emotion.text_korean.columns import BITS, columns
from empathia.emotion.text_korean.read import LANGUAGES, Head
from empathia.errors import TrainingError
from empathia.files import Plain
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.f1 import macro_f1
from empathia.metrics.scores import Array, likelihood, sigmoid
from empathia.metrics.thresholds import best_thresholds
from empathia.training.fit import Group, fit_problem
from empathia.training.model import Model, about
from empathia.training.problem import Part, Problem, corpus_of, has_words, target_array
from empathia.training.words import Calibration
from empathia.types import FloatArray


class Net(nn.Module):
    """A linear model over hashed columns.

    Args:
        share: (labels,) how often each label occurs: where the training starts from.
        dropout: Share of a text's columns that is left out in training.
        bits: Of the number of columns.
    """

    def __init__(self, share: Array, dropout: float, bits: int) -> None:
        super().__init__()
        self.dropout = dropout
        self.weight = nn.Parameter(torch.zeros(1 << bits, len(share)))
        self.bias = nn.Parameter(torch.from_numpy(log_odds(share)).float())

    def forward(self, texts: Sequence[Tensor]) -> Tensor:
        """Columns of texts to logits, (texts, labels)."""
        flat = torch.cat(list(texts))
        counts = torch.tensor([len(t) for t in texts])
        value = torch.repeat_interleave(counts.clamp(min=1).rsqrt(), counts)
        value = functional.dropout(value, self.dropout, self.training)
        starts = counts.cumsum(0) - counts
        summed = functional.embedding_bag(
            flat, self.weight, starts, mode="sum", per_sample_weights=value
        )
        return summed + self.bias


class KoreanTask:
    """See :class:`empathia.training.fit.Task`.

    Args:
        problem: What is learnt.
        dropout: See :class:`Net`.
        bits: Likewise.
    """

    def __init__(self, problem: Problem, dropout: float, bits: int = BITS) -> None:
        torch.manual_seed(problem.seed)
        torch.set_num_threads(problem.training.threads)
        self.batch, labels = problem.training.batch, len(problem.labels)
        self.train, told = _part(problem.train, labels, "training", bits)
        self.valid, gold = _part(problem.valid, labels, "validation", bits)
        self.target, self.gold = (np.asarray(x == 1, np.float64) for x in (told, gold))
        # Of the comments that tell: what is dropped may well have been any of them.
        known = np.maximum((~np.isnan(told)).sum(0), 1)
        self.usual = log_odds(self.target.sum(0) / known)
        self.net = Net(self.target.mean(0), dropout, bits)
        self.module: nn.Module = self.net

    def groups(self) -> list[Group]:
        """All alike."""
        return [{"params": list(self.module.parameters())}]

    def batches(self, epoch: int, seed: int) -> Sequence[NDArray[np.int64]]:
        """Indices in a new order, (comments,) a batch."""
        order = np.random.default_rng([seed, epoch]).permutation(len(self.train))
        return np.array_split(order, -(-len(order) // self.batch))

    def loss(self, batch: NDArray[np.int64]) -> Tensor:
        """Binary cross entropy of (comments,) indices; what is not told counts as absent."""
        logits = self.module([self.train[i] for i in batch])
        target = torch.from_numpy(self.target[batch]).float()
        return functional.binary_cross_entropy_with_logits(logits, target)

    def validate(self) -> dict[str, float]:
        """Macro F1 at the best thresholds, and the likelihood of independent labels."""
        scores = sigmoid(self.logits())
        gold = self.gold == 1
        return {
            "macro_f1": macro_f1(gold, scores >= best_thresholds(scores, gold)),
            "likelihood": likelihood(scores, gold.astype(np.float64), exclusive=False),
        }

    def logits(self) -> FloatArray:
        """(validation comments, labels)."""
        with torch.no_grad():
            return np.asarray(self.module(self.valid).numpy())


def train(problem: Problem) -> Model:
    """See :func:`empathia.emotion.text_korean.learn`."""
    task = KoreanTask(problem, problem.options.number("dropout"))
    result = fit_problem(task, problem)
    weight, bias = (p.detach().numpy() for p in (task.net.weight, task.net.bias))
    half = weight.astype(np.float16).astype(np.float32)  # as it is kept
    head = Head(half, bias, _calibrated(task, problem))
    record: dict[str, Plain] = {
        "best_epoch": result.best_epoch,
        "history": [dict(h) for h in result.history],
        "temperature": head.calibration.temperature,
    }
    what = about(problem, "text_korean", features=False, languages=LANGUAGES)
    what = replace(what, prior=(1 / len(problem.labels),) * len(problem.labels))
    return head.recogniser(what, record)


def _part(part: Part, labels: int, name: str, bits: int) -> tuple[list[Tensor], Array]:
    samples = [s for s in part.labelled() if has_words(s)]
    if not samples:
        raise TrainingError(
            f"no utterance of the {name} part has words and a label", "Check [data]"
        )
    texts = [torch.from_numpy(columns(s.text or "", bits)) for s in samples]
    return texts, target_array(samples, part, labels)


def log_odds(share: Array) -> Array:
    """Of labels by how often they occur, both (labels,)."""
    inside = share.clip(1e-4, 1 - 1e-4)
    return np.asarray(np.log(inside / (1 - inside)))


def _calibrated(task: KoreanTask, problem: Problem) -> Calibration:
    """By what was answered to validation comments.

    A comment has 2.8 of the seven labels in the mean, so the temperature is that under which
    the scores fit the shares of its labels: that one of them is right would be too easy. A
    comment with none (its own are all dropped) only says what is not there.

    How often comments have a label is no knowledge of other texts: there each label is judged
    against its own base rate. Otherwise the seldom ones would never be the likeliest.
    """
    logits, gold = task.logits(), task.gold == 1
    some = gold.any(1)
    shares = gold[some] / gold[some].sum(1, keepdims=True)
    temperature = fit_temperature(logits[some], shares)
    fitted = temperature, -task.usual / temperature
    coverage = problem.options.number("coverage")
    calibration = Calibration.of(logits[some], gold[some], coverage, fitted)
    corpora = {corpus_of(s) for s in problem.train.labelled()} - {""}
    views = dict.fromkeys(corpora, np.zeros(len(problem.labels)))
    return calibration.at(best_thresholds(sigmoid(logits), gold), views)
