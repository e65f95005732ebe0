"""Training of the text recogniser: the last layers of MiniLM and a head.

The lower layers stay as they were, so their output for every sentence is
computed once and kept in memory (fp16); an epoch then costs the last layers
alone. Corpora differ in what they call an emotion and in how often they find
it: each one but the first has a bias of its own on the logits, and each has a
head for its own labels as a second task. Only the first corpus's view is
exported; validation, calibration and every choice use its dev part alone.
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

from empathia import weights
from empathia.config import Run
from empathia.emotion.text import OPTIONS
from empathia.emotion.text.examples import Examples, examples
from empathia.encoders.minilm_torch import WIDTH, MiniLM
from empathia.files import write
from empathia.labels import LabelSet, label_set
from empathia.metrics.calibration import fit_bias_corrected
from empathia.metrics.scores import sigmoid, softmax
from empathia.metrics.thresholds import best_thresholds, coverage_threshold
from empathia.training.task import Tools
from empathia.types import Dialogue

NOTES = (
    "For English sentences of conversation; it abstains on other languages and where it is "
    "unsure. It reads one utterance at a time, without what was said before.",
    "Learnt from what people typed (comments, subtitles, chats): spoken, formal, older or non-US "
    "English and irony are read less well. GoEmotions' raters were from India. On dialogue of "
    "another kind it is right less often than it believes (MELD: `benchmarks/text.py` tells by how "
    "much).",
    "It estimates what a reader would take the words to express, not what a person feels. Not "
    "for decisions about people: hiring, policing, insurance, diagnosis.",
    "Fear and disgust are rare in its data (about 2 % each): expect more errors there.",
)
_POOL = 50  # batches that are sorted by length together


class _Net(nn.Module):
    """Encoder, one linear head over all columns, and a bias a further corpus."""

    def __init__(self, encoder: MiniLM, examples: Examples, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self.labels = examples.target.shape[1]
        columns = self.labels + examples.own.shape[1]
        self.head = nn.Linear(WIDTH, columns)
        self.shift = nn.Parameter(torch.zeros(int(examples.corpus.max()), self.labels))
        self.dropout = dropout

    def forward(self, hidden: Tensor, mask: Tensor, corpus: Tensor) -> Tensor:
        pooled = self.encoder.upper(hidden, mask).float()
        with torch.autocast("cpu", enabled=False):
            x = functional.dropout(pooled, self.dropout, self.training)
            logits: Tensor = self.head(x)
            shift = torch.cat([self.shift.new_zeros(1, self.labels), self.shift])[corpus]
            return torch.cat([logits[:, : self.labels] + shift, logits[:, self.labels :]], 1)


class TextTask:
    """The task of ``runs/text-default.toml``; see :class:`empathia.training.task.Job`."""

    notes: Sequence[str] = NOTES

    def __init__(self, run: Run, corpora: Mapping[str, tuple[Dialogue, ...]], tools: Tools) -> None:
        torch.manual_seed(run.seed)
        torch.set_num_threads(run.training.threads)
        self.run, self.metrics = run, tools.metrics
        self.corpora = corpora
        self.labels = label_set(run.data.labels)
        self.train = examples(corpora, self.labels, "train")
        self.valid = examples(self._first(), self.labels, "valid")
        dropout = self._option("dropout")
        encoder = MiniLM(weights.folder("minilm"), int(self._option("tuned")), dropout)
        self.module: nn.Module = _Net(encoder, self.train, dropout)
        self.weight = self._weights()
        self.train_states = self._states(encoder, self.train.texts)
        self.valid_states = self._states(encoder, self.valid.texts)

    def _first(self) -> dict[str, tuple[Dialogue, ...]]:
        name = self.run.data.corpora[0]
        return {name: self.corpora[name]}

    def _weights(self) -> Tensor:
        """(items, columns): what each known target counts; 0 where it is unknown."""
        t, own = self.train.target, self.train.own
        rows = np.where(self.train.corpus == 0, 1.0, self._option("others"))[:, None]
        main = ~np.isnan(t) / t.shape[1]
        side = ~np.isnan(own)
        side = side / side.sum(1, keepdims=True) * self._option("own")
        return torch.from_numpy((np.concatenate([main, side], 1) * rows).astype(np.float32))

    def _states(self, encoder: MiniLM, texts: Sequence[str]) -> list[Tensor]:
        """Output of the frozen layers for each sentence, (pieces, 384) fp16."""
        pieces = _pieces(self.run, texts)
        states: list[Tensor] = [torch.empty(0)] * len(texts)
        order = sorted(range(len(texts)), key=lambda i: len(pieces[i]))
        for start in range(0, len(order), 128):
            some = order[start : start + 128]
            ids, mask = _padded([torch.tensor(pieces[i]) for i in some])
            hidden = encoder.lower(ids, mask).half()
            for row, i in enumerate(some):
                states[i] = hidden[row, : len(pieces[i])].clone()
        return states

    def groups(self) -> list[dict[str, Any]]:
        """Heads learn faster than layers."""
        net = self.module
        layers = [p for p in net.encoder.parameters() if p.requires_grad]  # type: ignore[union-attr]
        heads = [*net.head.parameters(), net.shift]  # type: ignore[union-attr]
        rate = self._option("head_rate")
        return [{"params": layers}, {"params": heads, "scale": rate}]

    def batches(self, epoch: int, seed: int) -> Sequence[NDArray[np.int64]]:
        """Indices; sentences of like length go together."""
        rng = np.random.default_rng([seed, epoch])
        size = self.run.training.batch
        lengths = np.array([len(s) for s in self.train_states])
        order = rng.permutation(len(lengths))
        found: list[NDArray[np.int64]] = []
        for start in range(0, len(order), size * _POOL):
            pool = order[start : start + size * _POOL]
            pool = pool[np.argsort(lengths[pool], kind="stable")]
            found.extend(pool[i : i + size] for i in range(0, len(pool), size))
        return [found[i] for i in rng.permutation(len(found))]

    def loss(self, batch: NDArray[np.int64]) -> Tensor:
        """Weighted binary cross entropy over what is known."""
        logits = self._logits([self.train_states[i] for i in batch], self.train.corpus[batch])
        target = np.concatenate([self.train.target[batch], self.train.own[batch]], 1)
        known = torch.from_numpy(np.nan_to_num(target))
        each = functional.binary_cross_entropy_with_logits(logits, known, reduction="none")
        return (each * self.weight[batch]).sum() / len(batch)

    def _logits(self, states: Sequence[Tensor], corpus: NDArray[np.int64]) -> Tensor:
        hidden, mask = _padded(states)
        with torch.autocast("cpu", torch.bfloat16):
            out: Tensor = self.module(hidden.float(), mask, torch.from_numpy(corpus))
        return out

    def validate(self) -> dict[str, float]:
        """Macro F1 on the first corpus's dev part: with tuned thresholds, and of the argmax."""
        states = self.valid_states
        order = sorted(range(len(states)), key=lambda i: len(states[i]))
        logits = np.zeros((len(states), len(self.labels)), np.float32)
        for start in range(0, len(order), 256):
            some = order[start : start + 256]
            out = self._logits([states[i] for i in some], np.zeros(len(some), np.int64))
            logits[some] = out[:, : len(self.labels)].numpy()
        gold = self.valid.target == 1
        scores = sigmoid(logits)
        tuned = scores >= best_thresholds(scores, gold)
        return {
            "macro_f1": self.metrics["macro_f1"](gold, tuned),
            "argmax_macro_f1": self.metrics["macro_f1"](gold, _top(logits)),
        }

    def export(self, folder: Path) -> Mapping[str, float]:
        """Write delta, head and settings; measure them as ``read`` will use them."""
        from empathia.encoders.text import TextEncoder

        net = self.module
        k = len(self.labels)
        _save(folder / "delta.safetensors", net.encoder.delta())  # type: ignore[operator, union-attr]
        head = {"weight": net.head.weight[:k], "bias": net.head.bias[:k]}  # type: ignore[union-attr, index]
        _save(folder / "head.safetensors", head)
        encoder = TextEncoder.load(
            weights.folder("minilm"),
            folder / "delta.safetensors",
            threads=self.run.training.threads,
        )
        weight, bias = (head[n].detach().numpy() for n in ("weight", "bias"))
        valid = encoder.encode(self.valid.texts) @ weight.T + bias
        settings = calibrated(valid, self.valid.target == 1, self.labels, self._option("coverage"))
        (folder / "settings.json").write_text(json.dumps(settings, indent=2) + "\n")
        test = examples(self._first(), self.labels, "test")
        logits = encoder.encode(test.texts) @ weight.T + bias
        return measures(logits, test.target == 1, settings, self.metrics)

    def _option(self, name: str) -> float:
        return float(self.run.option(name, OPTIONS[name]))


def calibrated(
    logits: NDArray[np.floating],
    gold: NDArray[np.bool_],
    labels: LabelSet,
    coverage: float,
    fitted: tuple[float, NDArray[np.float64]] | None = None,
) -> dict[str, Any]:
    """Settings of the exported recogniser, all fitted on validation logits.

    ``fitted`` gives temperature and bias where they are not to be those of the likeliest union.
    """
    temperature, bias = fitted or fit_bias_corrected(logits, gold)
    p = softmax(logits / temperature + bias)
    right = gold[np.arange(len(p)), p.argmax(1)]
    floor = coverage_threshold(p.max(1), coverage)
    below = p.max(1) < floor
    return {
        "labels": labels.name,
        "names": list(labels),
        "encoder": "minilm",
        "languages": ["en"],
        "thresholds": best_thresholds(sigmoid(logits), gold).tolist(),
        "temperature": temperature,
        "bias": bias.tolist(),
        "floor": floor,
        "right_below_floor": float(right[below].mean()) if below.any() else None,
        "right_above_floor": float(right[~below].mean()),
    }


def measures(
    logits: NDArray[np.floating],
    gold: NDArray[np.bool_],
    settings: Mapping[str, Any],
    metrics: Mapping[str, Any],
) -> dict[str, float]:
    """Test metrics of an exported recogniser from its raw logits."""
    p = softmax(logits / settings["temperature"] + np.array(settings["bias"]))
    confidence, right = p.max(1), gold[np.arange(len(p)), p.argmax(1)]
    sure = confidence >= settings["floor"]
    return {
        "macro_f1": metrics["macro_f1"](gold, sigmoid(logits) >= np.array(settings["thresholds"])),
        "argmax_macro_f1": metrics["macro_f1"](gold, _top(p)),
        "argmax_accuracy": float(right.mean()),
        "ece": metrics["ece"](confidence, right),
        "coverage": float(sure.mean()),
        "accuracy_when_sure": float(right[sure].mean()),
    }


def _top(scores: NDArray[np.floating]) -> NDArray[np.bool_]:
    """The highest column of each row as an indicator."""
    return np.asarray(scores.argmax(1)[:, None] == np.arange(scores.shape[1]))


def _pieces(run: Run, texts: Sequence[str]) -> list[list[int]]:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(weights.folder("minilm") / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(int(run.option("pieces", OPTIONS["pieces"])))
    return [e.ids for e in tokenizer.encode_batch(list(texts))]


def _padded(rows: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    padded = nn.utils.rnn.pad_sequence(list(rows), batch_first=True)
    lengths = torch.tensor([len(r) for r in rows])
    return padded, torch.arange(padded.shape[1])[None] < lengths[:, None]


def _save(path: Path, tensors: Mapping[str, Tensor]) -> None:
    from safetensors.torch import save

    write(path, save({k: v.detach().contiguous() for k, v in tensors.items()}))
