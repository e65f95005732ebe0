"""Tuning a language model to tell feelings apart: adapters of low rank, or layers as a whole.

The model is asked what it will be asked at use (:mod:`empathia.emotion.lm.prompt`), turns that
follow each other in one pass (:mod:`empathia.emotion.lm.packing`). What is learnt is which label is
the likeliest: the loss is the cross entropy over the log likelihoods of the whole labels, as they
are scored at use. With ``layers`` the layers below, which stay as they are, are computed once.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from empathia import files
from empathia.contracts import Progress, silent
from empathia.emotion.lm import calibrating, packing, soft, telling, tuning
from empathia.emotion.lm.asking import TOGETHER, Asking
from empathia.emotion.lm.lower import Halves, States
from empathia.emotion.lm.prompt import Prompt
from empathia.emotion.lm.read import ANSWERS, Reader
from empathia.emotion.lm.telling import Lesson, Telling
from empathia.emotion.lm.tuning import LEARNT, UNKEPT
from empathia.errors import TrainingError
from empathia.files import Plain
from empathia.lm import hub
from empathia.lm.hub import chat, lowrank, projector, whole
from empathia.lm.hub.base import base_model
from empathia.lm.hub.model import logits, scores
from empathia.lm.hub.projector import Places, Projector
from empathia.lm.hub.tree import Packed, pack, pack_each
from empathia.metrics.balance import class_weights
from empathia.metrics.scores import Array, probabilities, quality
from empathia.training.fit import Group, fit_problem
from empathia.training.model import Model
from empathia.training.problem import Part, Problem, corpus_of
from empathia.types import About

STATES = "lower.npy"


@dataclass(frozen=True, slots=True, eq=False)
class Item:
    """A few turns that are learnt from in one pass.

    Args:
        packed: Their prompts, with the labels as answers.
        targets: (turns, labels) that sum to 1.
        start: Number of its first token among those of all items.
        places: Of the soft tokens in it.
        told: The same turns once more for each further task, with what is to be answered.
    """

    packed: Packed
    targets: Array
    start: int
    places: Places
    told: tuple[Packed, ...] = ()


@dataclass
class Meter:
    """Tells how many tokens a second are learnt from.

    Args:
        tell: Told about the training.
    """

    tell: Progress
    tokens: int = 0
    begun: float = field(default_factory=time.monotonic)

    def __call__(self, what: str, done: float, total: float | None) -> None:
        """Pass on what is told, with the speed of the last steps."""
        now = time.monotonic()
        speed = self.tokens / max(1e-6, now - self.begun)
        self.tokens, self.begun = 0, now
        self.tell(f"{what}, {speed:.0f} tokens/s", done, total)


class Task:
    """See :class:`empathia.training.fit.Task`.

    Args:
        problem: What is learnt from.
        reader: Makes prompts.
        model: The language model; it is changed.
        tokenizer: Its own.
        meter: Is told of tokens.
    """

    def __init__(
        self,
        problem: Problem,
        reader: Reader,
        model: Any,  # noqa: ANN401
        tokenizer: Any,  # noqa: ANN401
        meter: Meter,
    ) -> None:
        o = problem.options
        self.problem, self.reader, self.meter = problem, reader, meter
        self.model, self.tokenizer = model, tokenizer
        self._learnt = self._made_ready()
        self.projector = self._projector()
        self.module: nn.Module = self._learnt
        if self.projector is not None:
            self.module = nn.ModuleDict({"model": self._learnt, "soft": self.projector})
        words = [reader.template.answered(x) for x in problem.labels]
        self.answers = [chat.answer(tokenizer, w) for w in words]
        if o.text("backend") == "local":  # by which it is asked at use
            chat.check_whole(tokenizer, words)
        mean = o.text("normalise") == "mean"
        self.lengths = torch.tensor([float(len(w)) if mean else 1.0 for w in words])
        tasks = Telling(problem, reader)
        self.train = self._items(problem.train, o.count("turns"), "training", tasks=tasks)
        self.tokens = sum(len(i.packed.tree) for i in self.train)
        self.valid = self._items(problem.valid, TOGETHER, "validation", self.tokens)
        self.weight = torch.ones(len(words))
        if o.text("balance") == "weights":
            targets = np.concatenate([i.targets for i in self.train])
            self.weight = torch.from_numpy(class_weights(targets, exclusive=True)).float()
        # What makes soft tokens learns through all layers, so that none can be kept as computed.
        self.halves = None if self.projector else Halves.of(model, o.count("layers"))
        if self.halves is not None:
            last = self.valid[-1]
            total = last.start + len(last.packed.tree)
            self.states = States(problem.folder / STATES, total, self.halves)

    def _made_ready(self) -> nn.ModuleDict:
        """What is learnt of the model: adapters that are put on it, or layers as a whole."""
        o = self.problem.options
        if o.text("tune") == "full":
            return whole.top(self.model, o.count("layers"))
        if o.text("tune") == "soft":
            self.model.requires_grad_(False)
            return nn.ModuleDict()
        adapters = lowrank.adapt(
            self.model,
            o.count("rank"),
            o.number("alpha") / o.count("rank"),
            dropout=o.number("dropout"),
            targets=o.text("targets"),
            layers=o.count("layers"),
        )
        if begun := tuning.start(o):
            lowrank.begin(adapters, begun, o.text("model"))
        return lowrank.module(adapters)

    def _projector(self) -> Projector | None:
        o = self.problem.options
        if not soft.used(o):
            return None
        scales = soft.scales(self.problem.train.dialogues, o.words("soft"))
        return projector.projector(self.model, soft.way(o), scales, o.number("dropout"))

    def keep(self, folder: Path) -> None:
        """Write what was learnt."""
        tune, base = (self.problem.options.text(x) for x in ("tune", "model"))
        if tune == "full":
            whole.save(folder, self._learnt, base)
        elif tune == "lora":
            lowrank.save(folder, self.model, base)
        if self.projector is not None:
            projector.save(folder, self.projector, base)

    def _items(
        self,
        part: Part,
        turns: int,
        name: str,
        start: int = 0,
        tasks: Telling | None = None,
    ) -> list[Item]:
        back, items = self.problem.options.count("back"), []
        for dialogue in part.dialogues:
            asked = self.reader.prompts(dialogue, part.targets.keys())
            lessons = tasks.lessons(dialogue) if tasks is not None else []
            for run in packing.runs(dialogue, asked, back=back, turns=turns):
                places = Places(soft.way(self.problem.options))
                packed = pack([self._tokens(p, places) for p in run.values()], self.answers)
                gold = np.array([part.targets[k] for k in run])
                told = tuple(self._told(run, each, places) for each in lessons if run.keys() & each)
                items.append(Item(packed, gold, start, places, told))
                start += len(packed.tree)
        if not items:
            raise TrainingError(
                f"no utterance of the {name} part has words and a label",
                "Check [data] of the run file",
            )
        return items

    def _tokens(self, prompt: Prompt, places: Places) -> list[int]:
        return chat.tokens(self.tokenizer, prompt.messages(), places.of(prompt.features))

    def _told(
        self, run: Mapping[str, Prompt], lessons: Mapping[str, Lesson], places: Places
    ) -> Packed:
        """Lessons of the turns of a run, with as many turns before them."""
        those = [
            (packing.with_past(lessons[k][0], len(p.past)), lessons[k][1])
            for k, p in run.items()
            if k in lessons
        ]
        asked = [self._tokens(p, places) for p, _ in those]
        return pack_each(asked, [telling.answer(self.tokenizer, text) for _, text in those])

    def groups(self) -> list[Group]:
        """What is learnt, at one rate."""
        return [{"params": [p for p in self.module.parameters() if p.requires_grad]}]

    def batches(self, epoch: int, seed: int) -> Sequence[Sequence[Item]]:
        """Items that have about as many turns together as a batch is to have."""
        order = np.random.default_rng([seed, epoch]).permutation(len(self.train))
        turns = sum(len(i.targets) for i in self.train) / len(self.train)
        size = max(1, round(self.problem.training.batch / turns))
        return [
            [self.train[i] for i in order[k : k + size]] for k in range(0, len(self.train), size)
        ]

    def loss(self, batch: Sequence[Item]) -> torch.Tensor:
        """Mean cross entropy of the turns with the labels' shares, one number.

        With further tasks that of the tokens of their answers is added.
        """
        self.meter.tokens += sum(len(p.tree) for i in batch for p in (i.packed, *i.told))
        rows = [self._rows(i) for i in batch]
        said = torch.cat([self._said(i, r) for i, r in zip(batch, rows, strict=True)])
        target = torch.from_numpy(np.concatenate([i.targets for i in batch])).to(said)
        each = -target * functional.log_softmax(said, 1) * self.weight.to(said)
        loss = each.sum(1).mean()
        tasks = [(p, r) for i, r in zip(batch, rows, strict=True) for p in i.told]
        if not tasks:
            return loss
        nats = torch.cat([scores(p, self._read(p, r)).sum()[None] for p, r in tasks])
        tokens = sum(len(p.tokens) for p, _ in tasks)
        return loss - self.problem.options.number("share") * nats.sum() / tokens

    def validate(self) -> dict[str, float]:
        """See :func:`empathia.metrics.scores.quality`."""
        said = np.concatenate([self._said(i, self._rows(i)).cpu().numpy() for i in self.valid])
        gold = np.concatenate([i.targets for i in self.valid])
        return quality(probabilities(said, exclusive=True), gold, exclusive=True)

    def _rows(self, item: Item) -> torch.Tensor | None:
        """(tokens, width) of the soft tokens of an item."""
        return item.places.rows(self.projector) if self.projector is not None else None

    def _said(self, item: Item, rows: torch.Tensor | None) -> torch.Tensor:
        """(turns, labels) log likelihoods of the labels."""
        if self.halves is None:
            told = self._read(item.packed, rows)
        else:
            with self._cast():
                told = self.halves.logits(item.packed, self.states.of(item.packed.tree, item.start))
        return scores(item.packed, told) / self.lengths.to(told)

    def _read(self, packed: Packed, rows: torch.Tensor | None) -> torch.Tensor:
        """(tokens of answers, vocabulary) what the model says."""
        with self._cast():
            return logits(self.model, packed, rows)

    def _cast(self) -> torch.autocast:
        """Layers that are learnt as a whole are kept in 32 bits."""
        return torch.autocast(self.model.device.type, torch.bfloat16)


def train(problem: Problem, about: About) -> Model:
    """Tune the model that the options name; validation picks the epoch and calibrates.

    Args:
        problem: What is learnt from.
        about: What the recogniser is.

    Raises:
        WeightsError: The model is not there, or is too large.
        TrainingError: There is nothing to learn from, or training cannot go on.
    """
    reader = calibrating.reader(problem)
    record = _tune(problem, reader)
    # What answers is what is kept, read as it will be read.
    learnt = problem.folder / LEARNT
    asked = Asking(
        lambda: hub.load(str(learnt), problem.training.threads),
        " ".join([*sorted(map(files.sha256, learnt.iterdir())), *hub.computed(str(learnt))]),
        problem.folder / ANSWERS,
        progress=problem.progress,
        together=TOGETHER,
    )
    ready = dataclasses.replace(reader, asking=asked, learnt=tuning.learnt(learnt))
    asks, fitted = calibrating.calibrated(problem, ready)
    return asks.recogniser(about, {**record, **fitted})


def _tune(problem: Problem, reader: Reader) -> dict[str, Plain]:
    """Learn, and leave what was learnt in the problem's folder; what is to be told of that."""
    spec = problem.options.text("model")
    torch.set_num_threads(problem.training.threads)
    torch.manual_seed(problem.seed)
    model, tokenizer = base_model(spec)
    if model.device.type == "cpu":  # where fused attention is slow to give gradients
        model.set_attn_implementation("eager")
    meter = Meter(problem.progress or silent)
    told = dataclasses.replace(problem, progress=meter if problem.progress else None)
    task = Task(told, reader, model.eval(), tokenizer, meter)
    result = fit_problem(task, told)
    (problem.folder / STATES).unlink(missing_ok=True)
    with files.new_folder(problem.folder / LEARNT) as new:  # an earlier try learnt other things
        task.keep(new)
        corpora = {corpus_of(s) for d in problem.train.dialogues for s in d}
        files.write_json(new / UNKEPT, sorted(corpora))
    return {
        **result.course,
        "tokens": task.tokens,
        "trained": sum(p.numel() for g in task.groups() for p in g["params"]),
    }
