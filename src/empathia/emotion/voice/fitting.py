"""Training of the recogniser ``voice``: a penalised linear head on pooled speech layers.

The head is a softmax regression with an L2 penalty; the epoch is chosen on validation speakers,
by whose answers the temperature for unseen speakers is fitted. For that of an unseen corpus the
whole recipe, choice of the epoch included, is repeated on all corpora but one: it rests on answers
about corpora that the answering head did not know.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from empathia.emotion.voice.abroad import Judged, fit_abroad, prior_of
from empathia.emotion.voice.clips import Clips, clips_of, joined
from empathia.emotion.voice.read import CORPUS, SPEAKER, Head
from empathia.files import Plain
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.recall import unweighted_average_recall
from empathia.metrics.scores import one_hot
from empathia.metrics.thresholds import accuracy_threshold
from empathia.training.fit import Group, fit_problem
from empathia.training.model import Model, about
from empathia.training.problem import Problem
from empathia.types import FloatArray


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
        self.weight = torch.from_numpy(train.weight)
        self.valid_weight = torch.from_numpy(valid.weight)
        self.l2, self.batch = l2 / int(train.clear.sum()), batch
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
    o, k = problem.options, len(problem.labels)
    feature, columns = o.text("feature"), o.words("columns")
    read = functools.partial(clips_of, feature=feature, columns=columns, copies=o.text("copies"))
    known, valid = read(problem.train, "training"), read(problem.valid, "validation")
    task, course = _fitted(problem, known, valid, "head")
    weight, bias = task.plain()
    near = valid.take(valid.clear)
    temperature = fit_temperature(near.values @ weight.T + bias, one_hot(near.label, k))
    far, recall = _unseen(problem, known, valid)
    if far is None:  # a single corpus: nothing tells what another one would be like
        logits = np.asarray(valid.values @ weight.T + bias, np.float32)
        far = Judged(logits, valid, np.zeros(len(valid), bool))
    shared = _shared(known) if recall else np.arange(k)
    abroad = fit_abroad(far, shared, o.number("share_of_rare"))
    p = abroad.scores(far.logits, far.clips.seconds)
    right = p.argmax(1) == far.clips.label
    threshold = accuracy_threshold(p.max(1), right, o.number("right_when_sure"), far.clips.corpus)
    head = Head(weight, bias, feature, columns, temperature, abroad, threshold)
    record: dict[str, Plain] = {
        **course,
        "temperature": {SPEAKER: temperature, CORPUS: abroad.temperature},
        "short": abroad.short,
        "shift": abroad.shift,
        "ceiling": abroad.ceiling,
        "threshold": threshold,
        "unseen_corpora_uar": recall,
    }
    prior = prior_of(abroad, shared, k, o.number("share_of_rare"))
    what = replace(about(problem, "voice"), features=(feature,), prior=prior)
    return head.recogniser(what, record)


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


def _shared(clips: Clips) -> NDArray[np.int64]:
    """Labels that all corpora have."""
    each = [set(clips.label[clips.corpus == c].tolist()) for c in np.unique(clips.corpus)]
    return np.array(sorted(set.intersection(*each)), np.int64)


def _unseen(
    problem: Problem, known: Clips, valid: Clips
) -> tuple[Judged | None, Mapping[str, float]]:
    """Answers about each corpus by a head that did not know it.

    Returns:
        The answers about clips that have one of the labels of all corpora, None where there is
        one corpus; and by corpus the UAR among these labels, of clips as they are.
    """
    shared, k = _shared(known), len(problem.labels)
    names = np.unique(known.corpus)
    rows: list[Judged] = []
    recall: dict[str, float] = {}
    for name in names if len(names) > 1 and len(shared) > 1 else ():
        others, judges = (part.take(part.corpus != name) for part in (known, valid))
        if not len(others) or not len(judges):
            continue
        task, _ = _fitted(problem, others, judges, f"without-{name}")
        weight, bias = task.plain()
        here = joined(known, valid)
        here = here.take((here.corpus == name) & np.isin(here.label, shared))
        logits = np.asarray(here.values @ weight.T + bias, np.float32)
        knew = bool((~np.isin(others.label, shared)).any())
        rows.append(Judged(logits, here, np.full(len(here), knew)))
        predicted = shared[logits[here.clear][:, shared].argmax(1)]
        gold = here.label[here.clear]
        recall[str(name)] = unweighted_average_recall(one_hot(gold, k), one_hot(predicted, k))
    if not rows:
        return None, {}
    clips = functools.reduce(joined, (r.clips for r in rows))
    logits, knew_any = (
        np.concatenate(x) for x in zip(*((r.logits, r.knew) for r in rows), strict=True)
    )
    return Judged(logits, clips, knew_any), recall
