"""Training of the recogniser ``text``: the last layers of MiniLM and a head.

The lower layers stay as they were, so their output for every sentence is
computed once and kept in memory (fp16); an epoch then costs the last layers
alone. Corpora differ in what they call an emotion and in how often they find
it: each one that is not evaluated has a bias of its own on the logits, and each has a
head for its own labels as a second task. Only the evaluated corpora's view is
kept; validation, calibration and every choice use their validation part alone.
A linear model of words, where one is wanted, is learnt after it, for itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from empathia import weights
from empathia.emotion.text import columns, linear
from empathia.emotion.text.read import DELTA, ENCODER, LANGUAGES, WORDS, load
from empathia.encoders import whole
from empathia.encoders.minilm_torch import WIDTH, MiniLM
from empathia.encoders.text import TextEncoder
from empathia.errors import ConfigError, TrainingError
from empathia.files import Plain, write
from empathia.labels import LabelSet
from empathia.metrics.f1 import macro_f1
from empathia.metrics.scores import highest, sigmoid
from empathia.metrics.thresholds import best_thresholds
from empathia.training.batches import by_length
from empathia.training.fit import Group, fit_problem
from empathia.training.keeping import write_arrays
from empathia.training.model import Model, about
from empathia.training.problem import (
    Part,
    Problem,
    corpus_of,
    has_words,
    label_shares,
    target_array,
)
from empathia.training.words import Calibration
from empathia.types import FloatArray


@dataclass(frozen=True, slots=True)
class Examples:
    """Sentences with targets.

    Args:
        texts: The sentences.
        corpus: (sentences,) number of the corpus, the evaluated ones being 0.
        target: (sentences, labels) 1, 0 or NaN for the predicted labels.
        own: (sentences, all corpora's labels) likewise for the corpora's own labels.
    """

    texts: tuple[str, ...]
    corpus: NDArray[np.int64]
    target: FloatArray
    own: FloatArray


def examples(part: Part, labels: int, numbers: Mapping[str, int], name: str) -> Examples:
    """Labelled sentences of a part.

    Args:
        part: Of the problem.
        labels: How many are predicted.
        numbers: Of the corpora.
        name: Of the part, for messages.

    Raises:
        TrainingError: There is none.
    """
    samples = [s for s in part.labelled() if has_words(s)]
    if not samples:
        raise TrainingError(
            f"no utterance of the {name} part has words and a label", "Check [data]"
        )
    corpora = [corpus_of(s) for s in samples]
    starts: dict[str, int] = {}
    width = 0
    for corpus, own_labels in part.label_sets.items():
        starts[corpus] = width
        width += len(own_labels)
    own = np.full((len(samples), width), np.nan, np.float32)
    for row, s, corpus in zip(own, samples, corpora, strict=True):
        if corpus in starts:
            names: LabelSet = part.label_sets[corpus]
            gold = part.gold[s.id]
            row[starts[corpus] : starts[corpus] + len(names)] = [x in gold for x in names]
    return Examples(
        tuple(s.text or "" for s in samples),
        np.array([numbers[c] for c in corpora]),
        target_array(samples, part, labels).astype(np.float32),
        own,
    )


def numbered(problem: Problem) -> dict[str, int]:
    """Corpora of the validation part are 0, each other one has a number of its own."""
    parts = (problem.valid, problem.train)
    named = [[corpus_of(s) for d in part.dialogues for s in d[:1]] for part in parts]
    evaluated = set(named[0])
    others = [c for c in dict.fromkeys(named[1]) if c not in evaluated]
    return {**dict.fromkeys(evaluated, 0), **{c: i for i, c in enumerate(others, start=1)}}


class Net(nn.Module):
    """Encoder, one linear head over all columns, and a bias a further corpus."""

    def __init__(self, encoder: MiniLM, known: Examples, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.labels = known.target.shape[1]
        self.head = nn.Linear(WIDTH, self.labels + known.own.shape[1])
        self.shift = nn.Parameter(torch.zeros(int(known.corpus.max()), self.labels))
        self.dropout = dropout

    def forward(self, hidden: Tensor, mask: Tensor, corpus: Tensor) -> Tensor:
        """Output of the frozen layers to logits of all columns, (sentences, columns).

        Args:
            hidden: (sentences, pieces, 384).
            mask: (sentences, pieces), true where there is a piece.
            corpus: (sentences,) number of each one's corpus.
        """
        pooled = self.encoder.upper(hidden, mask).float()
        with torch.autocast("cpu", enabled=False):
            x = functional.dropout(pooled, self.dropout, self.training)
            logits: Tensor = self.head(x)
            shift = torch.cat([self.shift.new_zeros(1, self.labels), self.shift])[corpus]
            return torch.cat([logits[:, : self.labels] + shift, logits[:, self.labels :]], 1)


class TextTask:
    """See :class:`empathia.training.fit.Task`."""

    def __init__(self, problem: Problem) -> None:
        torch.manual_seed(problem.seed)
        torch.set_num_threads(problem.training.threads)
        self.problem, o = problem, problem.options
        self.against = _against(problem)
        numbers, labels = numbered(problem), len(problem.labels)
        self.train = examples(problem.train, labels, numbers, "training")
        self.valid = examples(problem.valid, labels, numbers, "validation")
        dropout = o.number("dropout")
        encoder = MiniLM(weights.folder(ENCODER), o.count("tuned"), dropout)
        if o.text("start"):
            encoder.begin(o.text("start"))
        self.net = Net(encoder, self.train, dropout)
        self.module: nn.Module = self.net
        self.weight = self._weights()
        longest = o.count("pieces")
        self.train_pieces, self.valid_pieces = (
            _pieces(part.texts, longest) for part in (self.train, self.valid)
        )

    def _weights(self) -> Tensor:
        """(sentences, columns): what each known target counts; 0 where it is unknown."""
        o, t, own = self.problem.options, self.train.target, self.train.own
        rows = np.where(self.train.corpus == 0, 1.0, o.number("other_corpora_weight"))[:, None]
        main = ~np.isnan(t) / t.shape[1]
        side = ~np.isnan(own)
        side = side / np.maximum(side.sum(1, keepdims=True), 1) * o.number("own_labels_weight")
        return torch.from_numpy((np.concatenate([main, side], 1) * rows).astype(np.float32))

    @cached_property
    def train_states(self) -> list[Tensor]:
        """(pieces, 384) each, of the training part; a training that has ended needs none."""
        return self._states(self.train_pieces)

    @cached_property
    def valid_states(self) -> list[Tensor]:
        """(pieces, 384) each, of the validation part."""
        return self._states(self.valid_pieces)

    def _states(self, pieces: Sequence[Sequence[int]]) -> list[Tensor]:
        """Output of the frozen layers for each sentence, (pieces, 384) fp16."""
        states: list[Tensor] = [torch.empty(0)] * len(pieces)
        order = sorted(range(len(pieces)), key=lambda i: len(pieces[i]))
        for start in range(0, len(order), 128):
            some = order[start : start + 128]
            ids, mask = _padded([torch.tensor(pieces[i]) for i in some])
            hidden = self.net.encoder.lower(ids, mask).half()
            for row, i in enumerate(some):
                states[i] = hidden[row, : len(pieces[i])].clone()
        return states

    def groups(self) -> list[Group]:
        """Heads learn faster than layers."""
        layers = [p for p in self.net.encoder.parameters() if p.requires_grad]
        heads = [*self.net.head.parameters(), self.net.shift]
        return [
            {"params": layers},
            {"params": heads, "scale": self.problem.options.number("head_rate")},
        ]

    def batches(self, epoch: int, seed: int) -> Sequence[NDArray[np.int64]]:
        """Indices, (sentences,) a batch; sentences of like length go together."""
        rng = np.random.default_rng([seed, epoch])
        lengths = np.array([len(p) for p in self.train_pieces])
        return by_length(lengths, rng.permutation(len(lengths)), self.problem.training.batch, rng)

    def loss(self, batch: NDArray[np.int64]) -> Tensor:
        """Weighted cross entropy over what is known, of (sentences,) indices; binary or not."""
        logits = self._logits([self.train_states[i] for i in batch], self.train.corpus[batch])
        target = np.concatenate([self.train.target[batch], self.train.own[batch]], 1)
        known, weight = torch.from_numpy(np.nan_to_num(target)), self.weight[batch]
        each = functional.binary_cross_entropy_with_logits(logits, known, reduction="none")
        if self.against:
            k = len(self.problem.labels)
            one = -known[:, :k] * functional.log_softmax(logits[:, :k], 1) * k
            each = torch.cat([one, each[:, k:]], 1)
        return (each * weight).sum() / len(batch)

    def _logits(self, states: Sequence[Tensor], corpus: NDArray[np.int64]) -> Tensor:
        hidden, mask = _padded(states)
        with torch.autocast("cpu", torch.bfloat16):
            out: Tensor = self.module(hidden.float(), mask, torch.from_numpy(corpus))
        return out

    def validate(self) -> dict[str, float]:
        """Macro F1 on validation: with tuned thresholds, and of the highest score."""
        states, labels = self.valid_states, len(self.problem.labels)
        order = sorted(range(len(states)), key=lambda i: len(states[i]))
        logits = np.zeros((len(states), labels), np.float32)
        for start in range(0, len(order), 256):
            some = order[start : start + 256]
            out = self._logits([states[i] for i in some], np.zeros(len(some), np.int64))
            logits[some] = out[:, :labels].numpy()
        gold = self.valid.target == 1
        scores = sigmoid(logits)
        return {
            "macro_f1": macro_f1(gold, scores >= best_thresholds(scores, gold)),
            "argmax_macro_f1": macro_f1(gold, highest(logits)),
            "likeliest_is_gold": float(gold[np.arange(len(gold)), logits.argmax(1)].mean()),
        }


def train(problem: Problem) -> Model:
    """See :func:`empathia.emotion.text.learn`."""
    task = TextTask(problem)
    result = fit_problem(task, problem)
    folder = problem.folder / "model"
    calibration = _written(task, folder)
    record: dict[str, Plain] = {
        **result.course,
        "temperature": calibration.temperature,
    }
    reader = load(folder, problem.training.threads, exclusive=problem.exclusive)
    what = about(problem, "text", features=False, languages=LANGUAGES)
    # What calibrates decides which shares the scores assume.
    what = replace(what, prior=label_shares(problem.valid) if problem.exclusive else ())
    return reader.recogniser(what, folder, DELTA, record)


def _against(problem: Problem) -> bool:
    """Whether the labels are learnt against each other."""
    loss = problem.options.text("loss")
    if loss not in ("each", "one"):
        raise ConfigError(f"'model.loss' is '{loss}', expected each or one", "Mend the value")
    if loss == "one" and not problem.exclusive:
        raise ConfigError(
            "'model.loss' is 'one', but utterances may have several labels",
            "Take data.targets = 'single', or loss = 'each'",
        )
    if loss == "each" and problem.options.count("words"):
        raise ConfigError(
            "'model.words' is set, but words are learnt against each other alone",
            "Take model.loss = 'one', or leave model.words out",
        )
    return loss == "one"


def _written(task: TextTask, folder: Path) -> Calibration:
    """Write the tuned layers and the head, calibrated as reading will use them."""
    from safetensors.torch import save

    k = len(task.problem.labels)
    delta = {n: t.detach().contiguous() for n, t in task.net.encoder.delta().items()}
    write(folder / DELTA, save(delta))
    weight, bias = (p[:k].detach().numpy() for p in (task.net.head.weight, task.net.head.bias))
    encoder = TextEncoder.load(
        weights.folder(ENCODER), folder / DELTA, threads=task.problem.training.threads
    )
    logits = encoder.encode(task.valid.texts) @ weight.T + bias
    arrays = {"weight": weight, "bias": bias}
    if bits := task.problem.options.count("words"):
        valid = _known(task.valid)
        learnt = linear.learn(_known(task.train), bits)
        arrays |= dict(zip(WORDS, linear.mixed(learnt, logits, valid), strict=True))
        logits = logits + columns.scores(valid.texts, *(arrays[n] for n in WORDS))
    gold = task.valid.target == 1
    some = gold.any(1)
    calibration = Calibration.of(logits[some], gold[some], task.problem.options.number("coverage"))
    write_arrays(folder, arrays, calibration.plain())
    return calibration


def _known(part: Examples) -> linear.Known:
    """Sentences of the evaluated corpora."""
    mine = np.flatnonzero(part.corpus == 0)
    return linear.Known([part.texts[i] for i in mine], part.target[mine])


def _pieces(texts: Sequence[str], longest: int) -> list[list[int]]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(weights.folder(ENCODER) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    return [e.ids for e in tokenizer.encode_batch([whole(t) for t in texts])]


def _padded(rows: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    padded = pad_sequence(list(rows), batch_first=True)
    lengths = torch.tensor([len(r) for r in rows])
    return padded, torch.arange(padded.shape[1])[None] < lengths[:, None]
