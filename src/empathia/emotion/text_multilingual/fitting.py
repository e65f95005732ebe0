"""Training of the recogniser ``text_multilingual``: the last layers of the encoder and heads.

The lower layers stay as they were, so their output for every sentence is computed once (fp16).
Three heads read a sentence vector: which label it has most, which labels it has, and which of its
corpus's own. The first two are judged in the view of the sentence's corpus.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from empathia import weights
from empathia.config import Options
from empathia.emotion.text.fitting import Examples, examples
from empathia.emotion.text_korean.fitting import KoreanTask, log_odds
from empathia.emotion.text_multilingual.read import (
    DIFFERENCE,
    LANGUAGES,
    Heads,
    heads_encoder,
    load,
    packed,
)
from empathia.encoders.e5_torch import Multilingual
from empathia.encoders.minilm_torch import WIDTH
from empathia.encoders.multilingual import NAME, pieces, tokenizer
from empathia.errors import ConfigError, LabelError
from empathia.files import Plain, write
from empathia.labels import LabelSet, projection
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.f1 import macro_f1
from empathia.metrics.scores import Array, likelihood, sigmoid
from empathia.metrics.thresholds import best_thresholds
from empathia.training.batches import by_length
from empathia.training.fit import Group, fit, fit_problem
from empathia.training.keeping import write_arrays
from empathia.training.model import Model, about
from empathia.training.problem import Part, Problem, corpus_of
from empathia.training.words import Calibration
from empathia.types import FloatArray

_LEAST = 1e-3  # share that a label counts as having where a corpus never gives it
# How the runs of syllables are learnt; more columns tell no more of 5,000 comments.
_BITS, _LEFT_OUT = 16, 0.3
_RUNS: dict[str, Any] = {
    "select": "likelihood",
    "epochs": 10,
    "batch": 64,
    "lr": 1e-2,
    "weight_decay": 0.0,
    "clip": 10.0,
    "patience": 2,
}


@dataclasses.dataclass(frozen=True, slots=True)
class Views:
    """What is usual in each corpus, (corpora, labels) each.

    Args:
        one: Logarithm of the share of sentences that have a label most.
        several: Log odds of having it at all.
    """

    one: Array
    several: Array

    @classmethod
    def of(cls, known: Examples, shares: Array, chance: Array) -> Views:
        """The views of the corpora of training sentences, as often as these are drawn."""
        mine = [known.corpus == c for c in range(known.corpus.max() + 1)]
        one = [_mean(shares[m], chance[m]) for m in mine]
        there = [_mean(known.target[m], chance[m]) for m in mine]
        return cls(np.log(np.clip(one, _LEAST, 1)), np.stack([log_odds(x) for x in there]))


def _mean(values: NDArray[np.floating], chance: Array) -> Array:
    """Weighted mean of each column over what is known, (labels,)."""
    weight = np.where(np.isnan(values), 0.0, chance[:, None])
    total = np.maximum(weight.sum(0), np.finfo(float).tiny)
    return np.asarray((np.nan_to_num(values) * weight).sum(0) / total)


def chances(known: Examples, drawn: Sequence[bool]) -> Array:
    """How often each sentence is drawn, (sentences,).

    Of corpora that are drawn from, one with a label that is seldom there comes more often, by the
    root of its share.
    """
    chance = np.ones(len(known.texts))
    target = np.nan_to_num(known.target)
    for c in np.flatnonzero(drawn):
        mine = known.corpus == c
        share = target[mine].mean(0).clip(_LEAST)
        chance[mine] = np.maximum((target[mine] / np.sqrt(share)).max(1), 1)
    return chance


def draw(
    rows: NDArray[np.int64], size: int, chance: Array, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw (size,) of (rows,): all as often as they go in whole, the rest by chance, each once."""
    whole, rest = divmod(size, len(rows))
    some = rng.choice(rows, rest, replace=False, p=chance / chance.sum())
    return np.concatenate([np.tile(rows, whole), some])


def most(known: Examples, part: Part, labels: LabelSet) -> Array:
    """Which label each sentence has most, as shares: (sentences, labels), NaN where it has none.

    A label counts as often as the sentence has a finer one of its corpus that belongs to it, over
    how often it does where it does at all.
    """
    counts = np.nan_to_num(np.asarray(known.target, np.float64))
    start = 0
    for names in part.label_sets.values():
        own = known.own[:, start : start + len(names)]
        start += len(names)
        rows = ~np.isnan(own).all(1)
        if rows.any() and (table := _table(names, labels)) is not None:
            counts[rows] = own[rows] @ table
    for c in np.unique(known.corpus):
        mine = known.corpus == c
        there = np.maximum((counts[mine] > 0).sum(0), 1)
        counts[mine] /= np.maximum(counts[mine].sum(0), 1) / there
    total = counts.sum(1, keepdims=True)
    return np.where(total > 0, counts / np.where(total > 0, total, 1), np.nan)


def _table(names: LabelSet, labels: LabelSet) -> Array | None:
    """(names, labels) 1 where a name belongs to a label; None where no projection is known."""
    try:
        project = projection(names, labels)
    except LabelError:
        return None
    return np.array([[project(n) == x for x in labels] for n in names], np.float64)


class Net(nn.Module):
    """Encoder and one linear layer: the labels twice, then all corpora's own."""

    def __init__(self, encoder: Multilingual, columns: int, dropout: float) -> None:
        super().__init__()
        self.encoder, self.dropout = encoder, dropout
        self.head = nn.Linear(WIDTH, columns)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        """Output of the frozen layers to logits of all columns, (sentences, columns).

        Args:
            hidden: (sentences, pieces, 384).
            mask: (sentences, pieces), true where there is a piece.
        """
        with torch.autocast("cpu", torch.bfloat16):
            pooled = self.encoder.upper(hidden, mask)
        logits: Tensor = self.head(functional.dropout(pooled.float(), self.dropout, self.training))
        return logits


class MultilingualTask:
    """See :class:`empathia.training.fit.Task`."""

    def __init__(self, problem: Problem) -> None:
        torch.manual_seed(problem.seed)
        torch.set_num_threads(problem.training.threads)
        self.problem, self.labels, o = problem, len(problem.labels), problem.options
        parts = (problem.train, problem.valid)
        corpora = dict.fromkeys(corpus_of(s) for p in parts for s in p.labelled())
        self.corpora = {c: n for n, c in enumerate(corpora)}
        self.train = examples(problem.train, self.labels, self.corpora, "training")
        self.valid = examples(problem.valid, self.labels, self.corpora, "validation")
        self.most = most(self.train, problem.train, problem.labels)
        self.valid_most = most(self.valid, problem.valid, problem.labels)
        self.chance = chances(self.train, [c in o.table("per_epoch") for c in self.corpora])
        self.views = Views.of(self.train, self.most, self.chance)
        self.evaluated = np.unique(self.valid.corpus)
        encoder = Multilingual(weights.folder(NAME), o.count("tuned"), o.number("dropout"))
        columns = 2 * self.labels + self.train.own.shape[1]
        self.net = Net(encoder, columns, o.number("dropout"))
        self.module: nn.Module = self.net
        self.train_states = self._states(self.train.texts)
        self.valid_states = self._states(self.valid.texts)

    def _states(self, texts: Sequence[str]) -> list[Tensor]:
        """Output of the frozen layers for each sentence, (pieces, 384) fp16."""
        reads = tokenizer(weights.folder(NAME))
        read = pieces(reads, texts, self.problem.options.count("pieces"))
        states: list[Tensor] = [torch.empty(0)] * len(texts)
        order = sorted(range(len(texts)), key=lambda i: len(read[i]))
        for start in range(0, len(order), 64):
            some = order[start : start + 64]
            ids, mask = _padded([torch.tensor(read[i]) for i in some])
            hidden = self.net.encoder.lower(ids, mask).half()
            for row, i in enumerate(some):
                states[i] = hidden[row, : len(read[i])].clone()
        return states

    def groups(self) -> list[Group]:
        """The head learns faster than layers."""
        layers = [p for p in self.net.encoder.parameters() if p.requires_grad]
        rate = self.problem.options.number("head_rate")
        return [{"params": layers}, {"params": list(self.net.head.parameters()), "scale": rate}]

    def batches(self, epoch: int, seed: int) -> Sequence[NDArray[np.int64]]:
        """Indices, (sentences,) a batch: of each corpus as many as an epoch takes."""
        rng = np.random.default_rng([seed, epoch])
        named = self.problem.options.table("per_epoch")
        chosen = []
        for name, number in self.corpora.items():
            mine = np.flatnonzero(self.train.corpus == number)
            size = int(named.get(name, len(mine)))  # type: ignore[arg-type]
            chosen.append(draw(mine, size, self.chance[mine], rng))
        lengths = np.array([len(s) for s in self.train_states])
        order = rng.permutation(np.concatenate(chosen))
        return by_length(lengths, order, self.problem.training.batch, rng)

    def loss(self, batch: NDArray[np.int64]) -> Tensor:
        """Of (sentences,) indices: which label most, which labels, which of the corpus's own."""
        o, k = self.problem.options, self.labels
        corpus = self.train.corpus[batch]
        logits = self._logits([self.train_states[i] for i in batch])
        one = logits[:, :k] + torch.from_numpy(self.views.one[corpus]).float()
        several = logits[:, k : 2 * k] + torch.from_numpy(self.views.several[corpus]).float()
        shares = torch.from_numpy(np.nan_to_num(self.most[batch])).float()
        main = -(functional.log_softmax(one, 1) * shares).sum(1) * o.number("one_label_weight")
        each = _each(several, self.train.target[batch])
        own = _each(logits[:, 2 * k :], self.train.own[batch]) * o.number("own_labels_weight")
        evaluated = np.isin(corpus, self.evaluated)
        rows = np.where(evaluated, 1.0, o.number("other_corpora_weight"))
        return ((main + each + own) * torch.from_numpy(rows).float()).mean()

    def _logits(self, states: Sequence[Tensor]) -> Tensor:
        hidden, mask = _padded(states)
        out: Tensor = self.module(hidden.float(), mask)
        return out

    def validate(self) -> dict[str, float]:
        """Measures in the views of the validation's corpora.

        "macro_f1" with tuned thresholds, "likeliest_is_gold", and the "likelihood" of independent
        labels.
        """
        logits = np.zeros((len(self.valid_states), 2 * self.labels))
        order = sorted(range(len(logits)), key=lambda i: len(self.valid_states[i]))
        for start in range(0, len(order), 128):
            some = order[start : start + 128]
            with torch.no_grad():
                out = self._logits([self.valid_states[i] for i in some])
            logits[some] = out[:, : 2 * self.labels].numpy()
        one = logits[:, : self.labels] + self.views.one[self.valid.corpus]
        scores = sigmoid(logits[:, self.labels :] + self.views.several[self.valid.corpus])
        gold = self.valid.target == 1
        return {
            "macro_f1": macro_f1(gold, scores >= best_thresholds(scores, gold)),
            "likeliest_is_gold": float(gold[np.arange(len(gold)), one.argmax(1)].mean()),
            "likelihood": likelihood(scores, gold.astype(np.float64), exclusive=False),
        }


def train(problem: Problem) -> Model:
    """See :func:`empathia.emotion.text_multilingual.learn`."""
    prior = tuple(float(x) for x in _prior(problem.labels, problem.options))
    task = MultilingualTask(problem)
    result = fit_problem(task, problem)
    folder = problem.folder / "model"
    calibration = _written(task, folder)
    record: dict[str, Plain] = {
        **result.course,
        "temperature": calibration.temperature,
    }
    reader = load(folder, problem.training.threads, exclusive=problem.exclusive)
    what = about(problem, "text_multilingual", features=False, languages=LANGUAGES)
    what = dataclasses.replace(what, prior=prior)
    return reader.recogniser(what, folder, DIFFERENCE, record)


def _written(task: MultilingualTask, folder: Path) -> Calibration:
    """Write the tuned layers and the heads, calibrated as reading will use them."""
    from safetensors.numpy import save

    problem, k = task.problem, task.labels
    change = packed({n: t.numpy() for n, t in task.net.encoder.difference().items()})
    write(folder / DIFFERENCE, save(change))
    weight, bias = (p[: 2 * k].detach().numpy() for p in (task.net.head.weight, task.net.head.bias))
    runs, usual = _runs(task)
    view = task.views.several[task.evaluated].mean(0)
    bias = (bias + np.concatenate([np.zeros(k), view])).astype(np.float32)
    arrays = {"weight": weight, "bias": bias, "runs": runs, "usual": usual.astype(np.float32)}
    heads = Heads.of(arrays)
    logits = heads.logits(heads_encoder(change, problem.training.threads), task.valid.texts)
    calibration = _calibrated(task, logits[:, :k], logits[:, k:])
    write_arrays(folder, arrays, calibration.plain())
    return calibration


def _runs(task: MultilingualTask) -> tuple[NDArray[np.float16], Array]:
    """What runs of syllables tell of the labels of Korean corpora, beyond how often these are.

    Returns:
        (columns, labels) log odds, and (labels,) what is to be added to their sums.
    """
    problem = task.problem
    own = tuple(d for d in problem.train.dialogues if any(s.language == "ko" for s in d))
    settings = dataclasses.replace(problem.training, **_RUNS)
    learnt = KoreanTask(
        dataclasses.replace(
            problem,
            train=dataclasses.replace(problem.train, dialogues=own),
            training=settings,
        ),
        _LEFT_OUT,
        _BITS,
    )
    fit(
        learnt,
        settings,
        problem.folder / "runs",
        seed=problem.seed,
        fingerprint=problem.fingerprint,
        progress=problem.progress,
    )
    weight, bias = (p.detach().numpy() for p in (learnt.net.weight, learnt.net.bias))
    return weight.astype(np.float16), bias - learnt.usual


def _calibrated(task: MultilingualTask, one: FloatArray, several: FloatArray) -> Calibration:
    """A temperature in the views of the validation's corpora; then the prior in their place."""
    gold = task.valid.target == 1
    some = ~np.isnan(task.valid_most[:, 0])
    view = task.views.one[task.valid.corpus[some]]
    temperature = fit_temperature(one[some], task.valid_most[some], prior=view)
    prior = np.log(_prior(task.problem.labels, task.problem.options))
    coverage = task.problem.options.number("coverage")
    calibration = Calibration.of(one[some], gold[some], coverage, (temperature, prior))
    views = {c: task.views.one[n] for c, n in task.corpora.items() if c}
    return calibration.at(best_thresholds(sigmoid(several), gold), views)


def _prior(labels: LabelSet, options: Options) -> Array:
    """(labels,) shares of the kind of text that is read.

    Raises:
        ConfigError: It names other labels, or a share is not above 0.
    """
    named = options.table("prior") or dict.fromkeys(labels, 1.0)
    shares = [named.get(x) for x in labels]
    if set(named) != set(labels) or not all(isinstance(x, int | float) and x > 0 for x in shares):
        raise ConfigError(
            f"'model.prior' is {dict(named)}, expected a share above 0 for each of "
            f"{', '.join(labels)}",
            "Mend it, or leave it out for even shares",
        )
    whole = np.array(shares, np.float64)
    return np.asarray(whole / whole.sum())


def _each(logits: Tensor, target: FloatArray) -> Tensor:
    """Mean binary cross entropy of each row over what is known of it, (rows,)."""
    known = torch.from_numpy(~np.isnan(target))
    plain = torch.from_numpy(np.nan_to_num(target))
    each = functional.binary_cross_entropy_with_logits(logits, plain, reduction="none")
    return (each * known).sum(1) / known.sum(1).clamp(min=1)


def _padded(rows: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    padded = pad_sequence(list(rows), batch_first=True)
    lengths = torch.tensor([len(r) for r in rows])
    return padded, torch.arange(padded.shape[1])[None] < lengths[:, None]
