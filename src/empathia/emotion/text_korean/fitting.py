"""Training of the Korean text recogniser: hashed columns, one linear layer, six models at once.

There is no training part of KOTE that may be shipped with, so everything is
chosen by cross-validation: beside the model that learns from all comments stand
as many as there are folds, each of which never sees its fold. What they say of
their folds picks the epoch, the thresholds and the temperature; the model that
saw all is exported and measured on the test part.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from empathia.config import Run
from empathia.emotion import text_korean
from empathia.emotion.text.examples import Examples, examples
from empathia.emotion.text.fitting import calibrated, measures
from empathia.emotion.text_korean.columns import BITS, columns
from empathia.errors import ConfigError
from empathia.files import write
from empathia.labels import label_set
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.scores import sigmoid
from empathia.metrics.thresholds import best_thresholds
from empathia.training.task import Tools
from empathia.types import Dialogue


class _Nets(nn.Module):
    """Linear models side by side over the same columns.

    Args:
        models: How many.
        labels: Outputs of each.
        dropout: Share of a text's columns that is left out in training.
    """

    def __init__(self, models: int, labels: int, dropout: float) -> None:
        super().__init__()
        self.shape = (models, labels)
        self.dropout = dropout
        self.weight = nn.Parameter(torch.zeros(1 << BITS, models * labels))
        self.bias = nn.Parameter(torch.zeros(models * labels))

    def forward(self, texts: Sequence[Tensor]) -> Tensor:
        """(texts, models, labels)."""
        flat = torch.cat(list(texts))
        counts = torch.tensor([len(t) for t in texts])
        value = torch.repeat_interleave(counts.clamp(min=1).rsqrt(), counts)
        value = functional.dropout(value, self.dropout, self.training)
        starts = counts.cumsum(0) - counts
        found = functional.embedding_bag(
            flat, self.weight, starts, mode="sum", per_sample_weights=value
        )
        return (found + self.bias).view(len(texts), *self.shape)


class KoreanTask:
    """The task of ``runs/text-korean.toml``; see :class:`empathia.training.task.Job`."""

    notes: Sequence[str] = text_korean.NOTES

    def __init__(self, run: Run, corpora: Mapping[str, tuple[Dialogue, ...]], tools: Tools) -> None:
        torch.manual_seed(run.seed)
        torch.set_num_threads(run.training.threads)
        self.run, self.metrics = run, tools.metrics
        self.folds = int(self._option("folds"))
        if self.folds < 2:
            raise ConfigError(f"'model.folds' is {self.folds}, expected 2 or more", "Mend it")
        self.labels = label_set(run.data.labels)
        self.known = examples(corpora, self.labels, str(run.option("learns", "valid")))
        self.test = examples(corpora, self.labels, "test")
        self.texts = _columns(self.known)
        self.gold = self.known.target == 1
        rng = np.random.default_rng(run.seed)
        self.fold = torch.from_numpy(rng.permutation(len(self.known)) % self.folds)
        self.module: nn.Module = _Nets(self.folds + 1, len(self.labels), self._option("dropout"))
        with torch.no_grad():  # start from how often each label occurs
            share = torch.from_numpy(self.gold.mean(0).clip(1e-4, 1 - 1e-4))
            self.module.bias.copy_(torch.logit(share).repeat(self.folds + 1))

    def groups(self) -> list[dict[str, Any]]:
        """All alike."""
        return [{"params": list(self.module.parameters())}]

    def batches(self, epoch: int, seed: int) -> Sequence[NDArray[np.int64]]:
        """Indices in a new order."""
        order = np.random.default_rng([seed, epoch]).permutation(len(self.texts))
        return np.array_split(order, -(-len(order) // self.run.training.batch))

    def loss(self, batch: NDArray[np.int64]) -> Tensor:
        """Binary cross entropy, of each model over what lies outside its fold."""
        logits = self.module([self.texts[i] for i in batch])
        target = torch.from_numpy(self.gold[batch]).float()[:, None].expand_as(logits)
        each = functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
        sees = self.fold[batch][:, None] != torch.arange(self.folds + 1)
        return (each.mean(2) * sees).sum() / len(batch)

    def validate(self) -> dict[str, float]:
        """What the folds' models say of what they did not see."""
        logits = self.out_of_fold()
        scores = sigmoid(logits)
        found = scores >= best_thresholds(scores, self.gold)
        p = np.clip(scores, 1e-9, 1 - 1e-9)
        told = np.where(self.gold, np.log(p), np.log(1 - p)).sum(1).mean()
        return {
            "macro_f1": self.metrics["macro_f1"](self.gold, found),
            "likelihood": float(told),
        }

    def out_of_fold(self) -> NDArray[np.float32]:
        """(comments, labels) logits, each of the model that did not see the comment."""
        with torch.no_grad():
            every = self.module(self.texts)
        return np.asarray(every[torch.arange(len(self.texts)), self.fold].numpy())

    def export(self, folder: Path) -> Mapping[str, float]:
        """Write the model that saw all, and settings; measure it as ``read`` will use it."""
        from safetensors.numpy import save

        k = len(self.labels)
        weight = self.module.weight[:, -k:].detach().numpy().astype(np.float16)  # type: ignore[index]
        bias = self.module.bias[-k:].detach().numpy()  # type: ignore[index]
        arrays = {"weight": np.ascontiguousarray(weight), "bias": np.ascontiguousarray(bias)}
        write(folder / "head.safetensors", save(arrays))
        settings = self._calibrated() | {"encoder": "korean-columns", "languages": ["ko"]}
        (folder / "settings.json").write_text(json.dumps(settings, indent=2) + "\n")
        logits = text_korean.load(folder).logits(self.test.texts)
        gold = self.test.target == 1
        share = self.gold.mean(0)
        floors = {
            "floor_macro_f1_all_labels": np.ones_like(gold),
            "floor_macro_f1_majority": np.broadcast_to(share >= 0.5, gold.shape),
        }
        measured = measures(logits, gold, settings, self.metrics)
        return measured | {n: self.metrics["macro_f1"](gold, said) for n, said in floors.items()}

    def _calibrated(self) -> dict[str, Any]:
        """Settings by what the folds' models say.

        A comment has 2.8 of the seven labels in the mean, so the temperature is that under which
        the scores fit the shares of its labels: that one of them is right would be too easy. A
        comment with none (its own are all dropped) only says what is not there.
        """
        logits, some = self.out_of_fold(), self.gold.any(1)
        gold = self.gold[some]
        heat = fit_temperature(logits[some], gold / gold.sum(1, keepdims=True), exclusive=True)
        fitted = heat, np.zeros(len(self.labels))
        settings = calibrated(logits[some], gold, self.labels, self._option("coverage"), fitted)
        return settings | {"thresholds": best_thresholds(sigmoid(logits), self.gold).tolist()}

    def _option(self, name: str) -> float:
        return float(self.run.option(name, text_korean.OPTIONS[name]))


def _columns(known: Examples) -> list[Tensor]:
    return [torch.from_numpy(columns(t)) for t in known.texts]
