"""Training of the voice recogniser: a penalised linear head on pooled speech layers.

The features are computed once. The head is a softmax regression with an L2
penalty; the epoch is chosen on held-out speakers. For the calibration the whole
recipe, choice of the epoch included, is repeated on folds of speakers and on
all corpora but one: the temperatures rest on answers about speakers, and about
corpora, that the answering head did not know.
"""

from __future__ import annotations

import dataclasses
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from empathia.config import Run, TrainingPart
from empathia.emotion.voice import OPTIONS
from empathia.emotion.voice.clips import Clips, clip_weights, clips, held_out, speaker_folds
from empathia.labels import SHARED4, label_set
from empathia.metrics.balance import group_weights
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.scores import one_hot, softmax
from empathia.metrics.thresholds import accuracy_threshold
from empathia.training.fit import fit
from empathia.training.task import Tools
from empathia.types import Dialogue

NOTES = (
    "Learnt from acted speech in English, German and Korean, recorded in studios: other "
    "languages, spontaneous speech and bad microphones are further away still.",
    "On a corpus that it did not learn from it is right far less often than on new speakers of "
    "its own corpora (abroad_* below; chance is .25 for four classes), and hardly above chance "
    "where the language is far from its own. Its confidence in `read` is fitted there, and it "
    "counts little beside the words.",
    "Fear, disgust and surprise are known from RAVDESS alone.",
    "Layers, penalty and learning rate were chosen by looking at these same figures, some twenty "
    "variants, so they flatter by a point or two. The calibration of a corpus left out, by the "
    "others alone, is worse than that of all together (abroad_ece_*).",
    "It estimates what an actor meant to express, not what a person feels. Not for decisions "
    "about people: hiring, policing, insurance, diagnosis.",
)
Metrics = Mapping[str, Any]


class HeadTask:
    """A linear head on a table of clips; see :class:`empathia.training.task.Task`.

    Args:
        train: Learnt from; scaling is fitted here alone.
        valid: Other speakers, which choose the epoch.
        labels: How many labels there are.
        l2: Strength of the penalty.
        batch: Clips a step.
        metrics: Must hold "uar".
    """

    def __init__(
        self, train: Clips, valid: Clips, labels: int, *, l2: float, batch: int, metrics: Metrics
    ) -> None:
        self.mean = train.values.mean(0)
        self.scale = 1 / (train.values.std(0) + 1e-6)
        self.train, self.valid = self._scaled(train), self._scaled(valid)
        self.label, self.gold = torch.from_numpy(train.label), torch.from_numpy(valid.label)
        self.weight = torch.from_numpy(clip_weights(train))
        self.valid_weight = torch.from_numpy(clip_weights(valid))
        self.l2, self.batch, self.metrics = l2 / len(train), batch, metrics
        self.head = nn.Linear(train.values.shape[1], labels)
        nn.init.zeros_(self.head.weight)
        nn.init.zeros_(self.head.bias)
        self.module: nn.Module = self.head

    def _scaled(self, part: Clips) -> Tensor:
        return torch.from_numpy((part.values - self.mean) * self.scale)

    def groups(self) -> list[dict[str, Any]]:
        """All parameters alike."""
        return [{"params": list(self.head.parameters())}]

    def batches(self, epoch: int, seed: int) -> Sequence[Tensor]:
        """Indices in a seeded order."""
        order = np.random.default_rng([seed, epoch]).permutation(len(self.train))
        return [
            torch.from_numpy(order[i : i + self.batch]) for i in range(0, len(order), self.batch)
        ]

    def loss(self, batch: Tensor) -> Tensor:
        """Weighted cross entropy and the penalty."""
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
        k, gold, said = logits.shape[1], self.gold.numpy(), logits.argmax(1).numpy()
        best = fit_temperature(logits.numpy(), one_hot(gold, k))
        each = functional.cross_entropy(logits / best, self.gold, reduction="none")
        return {
            "likelihood": -float((each * self.valid_weight).mean()),
            "uar": self.metrics["uar"](one_hot(gold, k), one_hot(said, k)),
        }

    def plain(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Weight and bias for unscaled columns."""
        weight = self.head.weight.detach().numpy() * self.scale
        bias = self.head.bias.detach().numpy() - weight @ self.mean
        return weight.astype(np.float32), bias.astype(np.float32)


@dataclasses.dataclass(frozen=True, slots=True)
class Recipe:
    """How a head is learnt from any table of clips.

    Args:
        labels: How many labels there are.
        l2: Strength of the penalty.
        held_out: Share of each corpus's speakers that chooses the epoch.
        training: ``[training]``.
        seed: Chooses speakers and orders batches.
        metrics: By name.
    """

    labels: int
    l2: float
    held_out: float
    training: TrainingPart
    seed: int
    metrics: Metrics

    def task(self, known: Clips) -> HeadTask:
        """The task for all that may be known: some speakers teach, the others validate."""
        apart = held_out(known, self.held_out, self.seed)
        return HeadTask(
            known.take(~apart),
            known.take(apart),
            self.labels,
            l2=self.l2,
            batch=self.training.batch,
            metrics=self.metrics,
        )

    def answers(self, table: Clips, test: NDArray[np.bool_]) -> NDArray[np.float32]:
        """Logits for the test part by a head that is learnt from the rest, from scratch."""
        task = self.task(table.take(~test))
        with tempfile.TemporaryDirectory() as folder:
            fit(task, self.training, Path(folder), seed=self.seed)
        weight, bias = task.plain()
        return np.asarray(table.values[test] @ weight.T + bias, np.float32)


class VoiceTask(HeadTask):
    """The task of ``runs/voice-default.toml``; see :class:`empathia.training.task.Job`."""

    notes: Sequence[str] = NOTES

    def __init__(self, run: Run, corpora: Mapping[str, tuple[Dialogue, ...]], tools: Tools) -> None:
        torch.manual_seed(run.seed)
        self.run, self.labels = run, label_set(run.data.labels)
        self.columns = str(run.option("columns", OPTIONS["columns"])).split()
        self.table = clips(corpora, self.labels, tools.extractors["speech"], self.columns)
        self.recipe = recipe(run, len(self.labels), tools.metrics)
        apart = held_out(self.table, self.recipe.held_out, run.seed)
        super().__init__(
            self.table.take(~apart),
            self.table.take(apart),
            len(self.labels),
            l2=self.recipe.l2,
            batch=run.training.batch,
            metrics=tools.metrics,
        )

    def export(self, folder: Path) -> Mapping[str, float]:
        """Calibrate on answers to unknown speakers and corpora, write head and settings."""
        from safetensors.numpy import save_file

        near, abroad = self._unseen_speakers(), self._unseen_corpora()
        far, gold, corpus = self._shared(abroad)
        temperatures = {
            "unseen_speaker": self._temperature(near, self.table.label),
            "unseen_corpus": self._temperature(far, gold, corpus),
        }
        p = softmax(far / temperatures["unseen_corpus"])
        right = p.argmax(1) == gold
        wanted = float(self.run.option("right_when_sure", OPTIONS["right_when_sure"]))
        settings = {
            "labels": self.labels.name,
            "names": list(self.labels),
            "encoder": "whisper-tiny-en",
            "columns": self.columns,
            "temperature": temperatures,
            "floor": accuracy_threshold(p.max(1), right, wanted, corpus),
        }
        weight, bias = self.plain()
        save_file({"weight": weight, "bias": bias}, folder / "head.safetensors")
        (folder / "settings.json").write_text(json.dumps(settings, indent=2) + "\n")
        sure = p.max(1) >= settings["floor"]
        return {
            **self._measures(near, self.table.label, temperatures["unseen_speaker"], ""),
            **self._measures(far, gold, temperatures["unseen_corpus"], "abroad_"),
            **self._each_corpus(abroad),
            "abroad_coverage": float(sure.mean()),
            "abroad_accuracy_when_sure": float(right[sure].mean()),
        }

    def _unseen_speakers(self) -> NDArray[np.float32]:
        folds = int(self.run.option("folds", OPTIONS["folds"]))
        return self._out_of_fold(speaker_folds(self.table, folds, self.run.seed))

    def _unseen_corpora(self) -> NDArray[np.float32]:
        names = np.unique(self.table.corpus)
        if len(names) < 2:
            return self._unseen_speakers()
        return self._out_of_fold([self.table.corpus == name for name in names])

    def _out_of_fold(self, tests: Sequence[NDArray[np.bool_]]) -> NDArray[np.float32]:
        logits = np.zeros((len(self.table), len(self.labels)), np.float32)
        for test in tests:
            logits[test] = self.recipe.answers(self.table, test)
        return logits

    def _shared(
        self, logits: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.str_]]:
        """Logits, gold and corpus of the clips with one of the four labels of all corpora."""
        which = np.isin(self.table.label, [i for i, x in enumerate(self.labels) if x in SHARED4])
        return logits[which], self.table.label[which], self.table.corpus[which]

    def _temperature(
        self,
        logits: NDArray[np.float32],
        gold: NDArray[np.int64],
        corpus: NDArray[np.str_] | None = None,
    ) -> float:
        weights = None if corpus is None else group_weights(corpus)
        return fit_temperature(logits, one_hot(gold, len(self.labels)), weights=weights)

    def _each_corpus(self, abroad: NDArray[np.float32]) -> dict[str, float]:
        """UAR and calibration error on each corpus, by the head that did not know it.

        UAR is among the four shared labels; the temperature is that of the other corpora.
        """
        far, gold, corpus = self._shared(abroad)
        common = np.array([i for i, x in enumerate(self.labels) if x in SHARED4])
        found = {}
        for name in np.unique(corpus):
            here = corpus == name
            said = common[far[here][:, common].argmax(1)]
            found[f"abroad_uar_{name}"] = self._uar(gold[here], said)
            if not here.all():
                by = self._temperature(far[~here], gold[~here], corpus[~here])
                found[f"abroad_ece_{name}"] = self._measures(far[here], gold[here], by, "")["ece"]
        return found

    def _measures(
        self, logits: NDArray[np.float32], gold: NDArray[np.int64], by: float, prefix: str
    ) -> dict[str, float]:
        p = softmax(logits / by)
        right = p.argmax(1) == gold
        return {
            f"{prefix}uar": self._uar(gold, p.argmax(1)),
            f"{prefix}accuracy": float(right.mean()),
            f"{prefix}ece": self.metrics["ece"](p.max(1), right),
        }

    def _uar(self, gold: NDArray[np.int64], said: NDArray[np.int64]) -> float:
        k = len(self.labels)
        return float(self.metrics["uar"](one_hot(gold, k), one_hot(said, k)))


def recipe(run: Run, labels: int, metrics: Metrics) -> Recipe:
    """The recipe of a run file for any number of labels."""
    return Recipe(
        labels,
        float(run.option("l2", OPTIONS["l2"])),
        float(run.option("held_out", OPTIONS["held_out"])),
        run.training,
        run.seed,
        metrics,
    )
