"""Training of the recogniser ``talk``: the last layers of MiniLM, a net of measures, the views.

The lower layers stay as they were, so their output for an utterance and its past is computed
once (fp16). Single sentences of other corpora are utterances without a past.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence

from empathia import weights
from empathia.emotion.talk.net import Net, Utterances
from empathia.emotion.talk.read import (
    DELTA,
    ENCODER,
    LANGUAGES,
    MODALITY,
    NOTHING,
    Talk,
    Tokens,
    load,
    reads,
    recogniser,
)
from empathia.encoders.minilm_torch import LAYERS, MiniLM
from empathia.encoders.text import MIDDLE, TextEncoder
from empathia.errors import ConfigError, TrainingError
from empathia.files import Plain, write
from empathia.metrics.scores import Array, quality, softmax
from empathia.training.batches import by_length
from empathia.training.columns import Columns
from empathia.training.context import Item, Reader
from empathia.training.fit import Group, fit_problem
from empathia.training.keeping import write_arrays
from empathia.training.model import Model, about
from empathia.training.problem import Conversation, Part, Problem, corpus_of, target_array
from empathia.training.rows import Table
from empathia.types import FloatArray

_LEAST = 2e-3  # share that a label counts as having where a corpus never gives it
_PULL = 0.01  # of a view's correction towards none
_CALM = 0.1  # nats of likelihood that a weight of the past has to earn, by its square
_HOTTEST = 3.0  # logarithm that a temperature stays below, and its inverse
_FEW = 3.0  # rated utterances that say as much as the training does of how ratings spread
_STEEPEST = 5.0  # by what ratings are stretched or shrunk at most


class TalkTask:
    """See :class:`empathia.training.fit.Task`."""

    def __init__(self, problem: Problem) -> None:
        if not problem.exclusive:
            raise ConfigError(
                "recogniser 'talk' gives one label an utterance", "Take data.targets = 'votes'"
            )
        torch.manual_seed(problem.seed)
        torch.set_num_threads(problem.training.threads)
        self.problem, o = problem, problem.options
        self._chance = np.random.default_rng(problem.seed)
        encoder = TextEncoder.load(weights.folder(ENCODER), threads=problem.training.threads)
        encoder.tokenizer.no_truncation()
        tokens, pieces = Tokens(encoder), o.count("pieces")
        self.reader, self.alone = (Reader(tokens, n, pieces) for n in (o.count("past"), 0))
        self.columns = self._columns()
        self.corpora = list(dict.fromkeys(corpus_of(s) for s in problem.train.labelled()))
        self.train = self._part(problem.train, "training")
        self._check_teachers()
        self.valid = self._part(problem.valid, "validation")
        body = MiniLM(weights.folder(ENCODER), LAYERS - MIDDLE, o.number("dropout"))
        if start := o.text("start"):
            body.begin(start)
        known = range(len(self.corpora))
        each = [self.train.target[self.train.corpus == c].mean(0) for c in known]
        self.net = Net(body, np.log(np.stack(each).clip(_LEAST)), self.train, o)
        self.module: nn.Module = self.net
        self.states: dict[int, list[Tensor | None]] = {
            id(part): [None] * len(part.items) for part in (self.train, self.valid)
        }

    def _columns(self) -> Columns | None:
        names = self.problem.modalities.get(MODALITY, ())
        if not names:
            return None
        heard = [d for d in self.problem.train.dialogues if any(s.features for s in d)]
        return Columns({MODALITY: names}, heard, squares_up_to=10**6)

    def _part(self, part: Part, name: str) -> Utterances:
        """Labelled utterances whose words are read."""
        rows: list[Table] = []
        items: list[Item] = []
        for dialogue in part.dialogues:
            readable = [s for s in dialogue if reads(s)]
            at = {s.id: n for n, s in enumerate(dialogue)}
            mine = [i for i in self._items(readable, part) if i.sample.id in part.targets]
            items += mine
            if self.columns is not None and mine:
                rows.append(self.columns(dialogue)[MODALITY][[at[i.sample.id] for i in mine]])
        if not items:
            raise TrainingError(
                f"no utterance of the {name} part has words and a label", "Check [data]"
            )
        samples = [i.sample for i in items]
        return Utterances(
            tuple(items),
            np.array([self._number(corpus_of(s)) for s in samples]),
            target_array(samples, part, len(self.problem.labels)),
            self._own(items, part),
            self._rated(items, part),
            np.concatenate(rows) if rows else np.zeros((len(items), 0), np.float32),
        )

    def _items(self, dialogue: Conversation, part: Part) -> list[Item]:
        """A dialogue in word pieces; in training some of it without its past."""
        o = self.problem.options
        behind, alone = self.reader.items([dialogue]), self.alone.items([dialogue])
        if dialogue and corpus_of(dialogue[0]) in o.words("alone"):
            return alone
        if part is not self.problem.train:
            return behind
        hidden = self._chance.random(len(alone)) < o.number("hide_past")
        return [a if hide else b for a, b, hide in zip(alone, behind, hidden, strict=True)]

    def _number(self, corpus: str) -> int:
        if corpus not in self.corpora:
            raise TrainingError(
                f"'{corpus}' validates, and nothing of it is learnt from", "Check [data]"
            )
        return self.corpora.index(corpus)

    def _check_teachers(self) -> None:
        """Refuse a corpus that has labels and nothing to read."""
        for number, corpus in enumerate(self.corpora):
            if number not in self.train.corpus:
                raise TrainingError(
                    f"no labelled utterance of corpus '{corpus}' has words in a language that "
                    f"'talk' reads ({', '.join(LANGUAGES)})",
                    "Give its words, or leave it out of data.corpora",
                )

    def _own(self, items: Sequence[Item], part: Part) -> FloatArray:
        sets = self.problem.train.label_sets
        starts = np.cumsum([0, *(len(x) for x in sets.values())])
        own = np.full((len(items), starts[-1]), np.nan, np.float32)
        for row, item in zip(own, items, strict=True):
            gold = part.gold.get(item.sample.id, ())
            for start, (corpus, labels) in zip(starts, sets.items(), strict=False):
                if gold and corpus_of(item.sample) == corpus:
                    row[start : start + len(labels)] = [x in gold for x in labels]
        return own

    def _rated(self, items: Sequence[Item], part: Part) -> FloatArray:
        known = np.array(list(self.problem.train.vad.values()))
        if not len(known):
            return np.zeros((len(items), 0), np.float32)
        self.middle, self.spread = known.mean(0), known.std(0).clip(1e-6)
        rows = np.array([part.vad.get(i.sample.id, (np.nan,) * 3) for i in items])
        rated: FloatArray = ((rows - self.middle) / self.spread).astype(np.float32)
        return rated

    def _lower(self, part: Utterances, batch: NDArray[np.int64]) -> list[Tensor]:
        """Output of the frozen layers for some utterances, (pieces, 384) fp16 each."""
        known = self.states[id(part)]
        if new := [i for i in batch if known[i] is None]:
            ids = [torch.tensor(part.items[i].ids) for i in new]
            mask = _mask([len(x) for x in ids])
            hidden = self.net.encoder.lower(pad_sequence(ids, batch_first=True), mask).half()
            for row, i in enumerate(new):
                known[i] = hidden[row, : len(part.items[i].ids)].clone()
        return [x for i in batch if (x := known[i]) is not None]

    def groups(self) -> list[Group]:
        """Heads learn faster than layers."""
        layers = [p for p in self.net.encoder.parameters() if p.requires_grad]
        known = set(map(id, self.net.encoder.parameters()))
        heads = [p for p in self.net.parameters() if id(p) not in known]
        rate = self.problem.options.number("head_rate")
        return [{"params": layers}, {"params": heads, "scale": rate}]

    def batches(self, epoch: int, seed: int) -> Sequence[NDArray[np.int64]]:
        """Indices, (utterances,) a batch: of each corpus as many as an epoch takes."""
        rng = np.random.default_rng([seed, epoch])
        most = self.problem.options.table("per_epoch")
        chosen = []
        for c, name in enumerate(self.corpora):
            mine = rng.permutation(np.flatnonzero(self.train.corpus == c))
            chosen.append(mine[: int(most[name])] if name in most else mine)  # type: ignore[arg-type]
        lengths = np.array([len(i.ids) for i in self.train.items])
        order = rng.permutation(np.concatenate(chosen))
        return by_length(lengths, order, self.problem.training.batch, rng)

    def loss(self, batch: NDArray[np.int64]) -> Tensor:
        """Cross entropy of (utterances,) indices in their corpora's views, and of own labels."""
        o, part = self.problem.options, self.train
        measures = torch.from_numpy(part.measures[batch])
        measures = _hidden(measures, o.number("hide_measures"))
        there = ~measures.isnan().all(1) if measures.shape[1] else torch.zeros(len(batch)) > 0
        read = ~(there & (torch.rand(len(batch)) < o.number("hide_words")))
        logits, side, told = self._told(part, batch, read, measures)
        logits = logits + self.net.views()[torch.from_numpy(part.corpus[batch])]
        target = torch.from_numpy(part.target[batch]).float()
        main = -(target * functional.log_softmax(logits, 1)).sum(1).mean()
        own = torch.from_numpy(part.own[batch])
        each = functional.binary_cross_entropy_with_logits(
            side, torch.nan_to_num(own), reduction="none"
        )
        second = (each * ~own.isnan()).sum() / len(batch) * o.number("own_labels_weight")
        rated = torch.from_numpy(part.rated[batch])
        away = (told - torch.nan_to_num(rated)) * ~rated.isnan()
        second = second + away.square().sum() / len(batch) * o.number("ratings_weight")
        return main + second + _PULL * self.net.correction.square().sum()

    def _told(
        self,
        part: Utterances,
        batch: NDArray[np.int64],
        read: Tensor,
        measures: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        some = self._lower(part, batch)
        mask = _mask([len(x) for x in some])
        places = torch.arange(mask.shape[1])[None]
        own = mask & (places >= torch.tensor([part.items[i].own for i in batch])[:, None])
        hidden = pad_sequence(some, batch_first=True).float()
        told: tuple[Tensor, Tensor, Tensor] = self.module(hidden, mask, own, read, measures)
        return told

    def validate(self) -> dict[str, float]:
        """See :func:`empathia.metrics.scores.quality`; in the view of the evaluated corpora."""
        logits, _ = self.answers()
        return quality(softmax(logits + self._view()), self.valid.target, exclusive=True)

    def _view(self) -> Array:
        return np.asarray(self.net.views().detach().numpy()[self.valid.corpus], np.float64)

    def answers(self) -> tuple[Array, Array]:
        """Of validation: shared logits (utterances, labels), and ratings (utterances, 3 or 0)."""
        part = self.valid
        out = np.zeros((len(part.items), self.net.head.out_features))
        order = np.argsort([len(i.ids) for i in part.items], kind="stable")
        for start in range(0, len(order), 128):
            some = order[start : start + 128]
            measures = torch.from_numpy(part.measures[some])
            read = torch.ones(len(some), dtype=torch.bool)
            with torch.no_grad():
                logits, _, told = self._told(part, some, read, measures)
            out[some] = torch.cat([logits, told], 1).numpy()
        return out[:, : self.net.labels], out[:, self.net.labels :]

    def scale(self) -> tuple[Array, Array]:
        """What makes answers of the net's outputs, (outputs,) factors and what is added.

        Logits are answers; ratings get mean and deviation of those that validated (Lin's
        concordance is then as large as their correlation), where validation is rated; the fewer
        these are, the more is left as it was learnt.
        """
        logits, told = self.answers()
        factor, added = np.ones(self.net.head.out_features), np.zeros(self.net.head.out_features)
        if not told.shape[1]:
            return factor, added
        there = ~np.isnan(self.valid.rated).any(1)
        slope, start = np.ones(3), np.zeros(3)
        if there.sum() > 1:
            gold, said = self.valid.rated[there], told[there]
            share = len(gold) / (len(gold) + _FEW)
            slope = (gold.std(0) / said.std(0).clip(1e-6)).clip(1 / _STEEPEST, _STEEPEST) ** share
            start = share * (gold.mean(0) - slope * said.mean(0))
        ratings = slice(logits.shape[1], None)
        factor[ratings] = slope * self.spread
        added[ratings] = start * self.spread + self.middle
        return factor, added


def train(problem: Problem) -> Model:
    """See :func:`empathia.emotion.talk.learn`."""
    task = TalkTask(problem)
    result = fit_problem(task, problem)
    talk = _written(task, problem.folder / "model")
    task.states.clear()  # gigabytes, which the next seed needs
    record: dict[str, Plain] = {
        **result.course,
    }
    features = task.columns is not None
    what = about(problem, "talk", features=features, languages=LANGUAGES)
    shares = softmax(np.array([talk.views[""].bias]))[0]
    return recogniser(replace(what, prior=tuple(shares.tolist())), talk, record)


def _written(task: TalkTask, folder: Path) -> Talk:
    """Write the tuned layers, the nets and the views; what reads them."""
    from safetensors.torch import save

    net, o = task.net, task.problem.options
    delta = {n: t.detach().contiguous() for n, t in net.encoder.delta().items()}
    write(folder / DELTA, save(delta))
    factor, added = (torch.from_numpy(x).float() for x in task.scale())
    arrays = {
        "weight": net.head.weight * factor[:, None],
        "bias": net.head.bias * factor + added,
        "unheard": net.head(net.unheard) * factor + added,
    }
    if net.inner is not None:
        arrays |= {"inner.weight": net.inner.weight, "inner.bias": net.inner.bias}
        arrays |= {"outer.weight": net.outer.weight * factor[:, None]}
        arrays |= {"outer.bias": net.outer.bias * factor}
    fitted, columns = task.columns.state() if task.columns is not None else ({}, None)
    values = {
        "views": _views(task),
        "memory": {},
        "temperature": 1.0,
        "features": task.problem.modalities.get(MODALITY, ()),
        "columns": columns,
    }
    kept = {n: t.detach().numpy() for n, t in arrays.items()} | fitted
    write_arrays(folder, kept, values)
    talk = remembering(load(folder, o, task.problem.training.threads), task.problem.valid)
    memory = {name: v.memory for name, v in talk.views.items() if v.memory != NOTHING}
    write_arrays(folder, kept, values | {"memory": memory, "temperature": talk.temperature})
    return talk


def _views(task: TalkTask) -> dict[str, list[float]]:
    """By corpus; "" is the neutral one."""
    bias = task.net.views().detach().numpy()
    views = {name: bias[c].tolist() for c, name in enumerate(task.corpora)}
    return views | {"": [0.0] * bias.shape[1]}


def remembering(talk: Talk, valid: Part) -> Talk:
    """The same with the temperature and the memories that make validation most likely.

    Each corpus that validates gets a memory of its own, save where utterances are read alone. One
    item that leans nowhere is thought to be there as well, as in
    :func:`empathia.metrics.calibration.fit_temperature`.

    Args:
        talk: Answers without a memory.
        valid: The validation part, of which at least one labelled utterance has words.
    """
    names = [name for name, view in talk.views.items() if name and not view.alone]
    logits, biases, past, target, whose = [], [], [], [], []
    for dialogue in filter(len, valid.dialogues):
        view, raw = talk.view(dialogue), talk.logits(dialogue)
        rows = [n for n, s in enumerate(dialogue) if s.id in valid.targets and reads(s)]
        past.append(view.past(raw, [s.speaker for s in dialogue])[:, rows])
        logits.append(raw[rows])
        biases += [view.bias] * len(rows)
        target += [valid.targets[dialogue[n].id] for n in rows]
        whose += [[name == corpus_of(dialogue[0]) for name in names]] * len(rows)
    z, traced = (torch.from_numpy(np.concatenate(x, -2)).double() for x in (logits, past))
    added, wanted, mine = (torch.tensor(x, dtype=torch.float64) for x in (biases, target, whose))
    wanted = (len(z) * wanted + 1 / z.shape[1]) / (len(z) + 1)
    weights = torch.zeros(len(names), len(NOTHING), dtype=torch.float64, requires_grad=True)
    warmth = torch.zeros(1, dtype=torch.float64, requires_grad=True)

    def heat() -> Tensor:
        return (_HOTTEST * torch.tanh(warmth / _HOTTEST)).exp()

    def loss() -> Tensor:
        made = z / heat() + added + torch.einsum("uc,ct,tul->ul", mine, weights, traced)
        likely = (wanted * functional.log_softmax(made, 1)).sum()
        return (_CALM * weights.square().sum() - likely) / len(z)

    _descend([weights, warmth], loss)
    memory = dict(zip(names, map(tuple, weights.tolist()), strict=True))
    views = {n: replace(v, memory=memory.get(n, NOTHING)) for n, v in talk.views.items()}
    return replace(talk, views=views, temperature=float(heat().detach()))


def _descend(parameters: list[Tensor], loss: Callable[[], Tensor]) -> None:
    """Change parameters so that a smooth loss is least."""
    steps = torch.optim.LBFGS(parameters, max_iter=200, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        steps.zero_grad()
        value = loss()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    steps.step(closure)  # type: ignore[no-untyped-call]


def _mask(lengths: Sequence[int]) -> Tensor:
    """(texts, pieces), true where there is a piece."""
    return torch.arange(max(lengths))[None] < torch.tensor(lengths)[:, None]


def _hidden(measures: Tensor, share: float) -> Tensor:
    """The measures, those of a share of the utterances taken for missing."""
    gone = torch.rand(len(measures), 1) < share
    return torch.where(gone, torch.nan, measures)
