"""Training of the recogniser ``voice``: a penalised linear head on pooled speech layers.

The head is a softmax regression with an L2 penalty; the epoch is chosen on validation speakers,
by whose answers the temperature for unseen speakers is fitted. For that of an unseen corpus the
whole recipe, choice of the epoch included, is repeated on all corpora but one: it rests on answers
about corpora that the answering head did not know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from empathia.emotion.voice.read import CORPUS, SPEAKER, Head, cannot, select
from empathia.errors import TrainingError
from empathia.files import Plain
from empathia.labels import SHARED4
from empathia.metrics.balance import class_weights, group_weights
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.recall import unweighted_average_recall
from empathia.metrics.scores import one_hot, softmax
from empathia.metrics.thresholds import accuracy_threshold
from empathia.training.fit import Group, fit_problem
from empathia.training.model import Model, about
from empathia.training.problem import Part, Problem
from empathia.types import FloatArray


@dataclass(frozen=True, slots=True)
class Clips:
    """Clips with features and labels.

    Args:
        values: (clips, columns) float32.
        label: (clips,) index into the label set.
        corpus: (clips,) names.
    """

    values: FloatArray
    label: NDArray[np.int64]
    corpus: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.label)

    def take(self, which: NDArray[np.bool_]) -> Clips:
        """The clips where ``which`` is true."""
        return Clips(*(getattr(self, f.name)[which] for f in fields(self)))

    @classmethod
    def of(cls, part: Part, feature: str, columns: Sequence[str], name: str) -> Clips:
        """Labelled clips of a part; what cannot be judged by its voice is left out.

        Raises:
            TrainingError: Nothing is left.
        """
        clips = [s for s in part.labelled() if cannot(s.features.get(feature)) is None]
        if not clips:
            raise TrainingError(
                f"no utterance of the {name} part has '{feature}' and a label", "Check [data]"
            )
        return cls(
            np.stack([select(s.features[feature], columns) for s in clips]),
            np.array([int(np.argmax(part.targets[s.id])) for s in clips]),
            np.array([s.groups.get("corpus", "") for s in clips]),
        )


def joined(one: Clips, other: Clips) -> Clips:
    """Clips of both."""
    pairs = ((getattr(one, f.name), getattr(other, f.name)) for f in fields(one))
    return Clips(*(np.concatenate(pair) for pair in pairs))


def clip_weights(clips: Clips) -> FloatArray:
    """(clips,) weights: within a corpus all its labels count the same; mean 1.

    Corpora keep their size: weighting a small corpus up to a large one made the
    head worse on a third.
    """
    weight = np.zeros(len(clips), np.float32)
    classes = int(clips.label.max()) + 1
    for corpus in np.unique(clips.corpus):
        inside = clips.corpus == corpus
        label = clips.label[inside]
        weight[inside] = class_weights(one_hot(label, classes), exclusive=True)[label]
    return weight


class HeadTask:
    """A linear head on a table of clips; see :class:`empathia.training.fit.Task`.

    Args:
        train: Learnt from; scaling is fitted here alone.
        valid: Other speakers, which choose the epoch.
        labels: How many labels there are.
        l2: Strength of the penalty.
        batch: Clips a step.
    """

    def __init__(self, train: Clips, valid: Clips, labels: int, *, l2: float, batch: int) -> None:
        self.mean = train.values.mean(0)
        self.scale = 1 / (train.values.std(0) + 1e-6)
        self.train, self.valid = self._scaled(train), self._scaled(valid)
        self.label, self.gold = torch.from_numpy(train.label), torch.from_numpy(valid.label)
        self.weight = torch.from_numpy(clip_weights(train))
        self.valid_weight = torch.from_numpy(clip_weights(valid))
        self.l2, self.batch = l2 / len(train), batch
        self.head = nn.Linear(train.values.shape[1], labels)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.module: nn.Module = self.head

    def _scaled(self, part: Clips) -> Tensor:
        return torch.from_numpy((part.values - self.mean) * self.scale)

    def groups(self) -> list[Group]:
        """All parameters alike."""
        return [{"params": list(self.head.parameters())}]

    def batches(self, epoch: int, seed: int) -> Sequence[Tensor]:
        """Indices in a seeded order, (clips,) a batch."""
        order = np.random.default_rng([seed, epoch]).permutation(len(self.train))
        return [
            torch.from_numpy(order[i : i + self.batch]) for i in range(0, len(order), self.batch)
        ]

    def loss(self, batch: Tensor) -> Tensor:
        """Weighted cross entropy of (clips,) indices, and the penalty."""
        each = functional.cross_entropy(
            self.head(self.train[batch]), self.label[batch], reduction="none"
        )
        penalty = self.head.weight.square().sum() * self.l2 / 2
        return (each * self.weight[batch]).mean() + penalty

    def validate(self) -> dict[str, float]:
        """UAR and mean log likelihood, in which each label of a corpus counts the same.

        A few speakers give a UAR that jumps and soon stands still at its best; the likelihood
        of the same answers does neither, so the run files select by it. It is taken at the best
        temperature, since confidence is calibrated later: else it would favour heads that
        have learnt little and so are modest.
        """
        logits = self.head(self.valid)
        k, gold, predicted = logits.shape[1], self.gold.numpy(), logits.argmax(1).numpy()
        best = fit_temperature(logits.numpy(), one_hot(gold, k))
        each = functional.cross_entropy(logits / best, self.gold, reduction="none")
        return {
            "likelihood": -float((each * self.valid_weight).mean()),
            "uar": unweighted_average_recall(one_hot(gold, k), one_hot(predicted, k)),
        }

    def plain(self) -> tuple[FloatArray, FloatArray]:
        """Weight (labels, columns) and bias (labels,) for unscaled columns."""
        weight = self.head.weight.detach().numpy() * self.scale
        bias = self.head.bias.detach().numpy() - weight @ self.mean
        return weight.astype(np.float32), bias.astype(np.float32)


def train(problem: Problem) -> Model:
    """See :func:`empathia.emotion.voice.learn`."""
    torch.manual_seed(problem.seed)
    o = problem.options
    feature, columns = o.text("feature"), o.words("columns")
    known = Clips.of(problem.train, feature, columns, "training")
    valid = Clips.of(problem.valid, feature, columns, "validation")
    task, course = _fitted(problem, known, valid, "head")
    weight, bias = task.plain()
    near, near_gold = valid.values @ weight.T + bias, valid.label
    far, far_gold, corpus, each = _unseen(problem, known, valid)
    if not len(far):  # a single corpus: nothing tells what another one would be like
        far, far_gold, corpus = near, near_gold, valid.corpus
    k = len(problem.labels)
    temperatures = {
        SPEAKER: fit_temperature(near, one_hot(near_gold, k)),
        CORPUS: fit_temperature(far, one_hot(far_gold, k), weights=group_weights(corpus)),
    }
    p = softmax(far / temperatures[CORPUS])
    right = p.argmax(1) == far_gold
    threshold = accuracy_threshold(p.max(1), right, o.number("right_when_sure"), corpus)
    record: dict[str, Plain] = {
        **course,
        "temperature": temperatures,
        "threshold": threshold,
        "unseen_corpora_uar": each,
    }
    head = Head(weight, bias, feature, columns, temperatures, threshold)
    return head.recogniser(about(problem, "voice"), record)


def _fitted(
    problem: Problem, known: Clips, valid: Clips, name: str
) -> tuple[HeadTask, dict[str, Plain]]:
    """A head and how its training went."""
    task = HeadTask(
        known,
        valid,
        len(problem.labels),
        l2=problem.options.number("l2"),
        batch=problem.training.batch,
    )
    result = fit_problem(task, problem, name)
    return task, {"best_epoch": result.best_epoch, **result.metrics}


def _unseen(
    problem: Problem, known: Clips, valid: Clips
) -> tuple[FloatArray, NDArray[np.int64], NDArray[np.str_], Mapping[str, float]]:
    """Answers about each corpus by a head that did not know it.

    Returns:
        Logits (clips, labels), gold labels (clips,) and corpora (clips,) of the clips that have
        one of the four labels of all corpora; and by corpus the UAR among these four.
    """
    shared = np.array([i for i, x in enumerate(problem.labels) if x in SHARED4])
    names = np.unique(known.corpus)
    rows: list[tuple[FloatArray, Clips]] = []
    recall: dict[str, float] = {}
    for name in names if len(names) > 1 else ():
        others, judges = (part.take(part.corpus != name) for part in (known, valid))
        if not len(others) or not len(judges):
            continue
        task, _ = _fitted(problem, others, judges, f"without-{name}")
        weight, bias = task.plain()
        here = joined(known, valid)
        here = here.take((here.corpus == name) & np.isin(here.label, shared))
        logits = np.asarray(here.values @ weight.T + bias, np.float32)
        rows.append((logits, here))
        k = len(problem.labels)
        predicted = shared[logits[:, shared].argmax(1)]
        recall[str(name)] = unweighted_average_recall(one_hot(here.label, k), one_hot(predicted, k))
    if not rows:
        nothing = np.zeros(0, np.int64)
        return np.zeros((0, len(problem.labels)), np.float32), nothing, nothing.astype(str), {}
    return (
        np.concatenate([z for z, _ in rows]),
        np.concatenate([c.label for _, c in rows]),
        np.concatenate([c.corpus for _, c in rows]),
        recall,
    )
