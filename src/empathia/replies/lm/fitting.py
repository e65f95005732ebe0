"""Fine-tuning a language model to answer as listeners do: low-rank adapters (Hu et al. 2022).

The chat that is learnt is the one that is asked for later
(:mod:`empathia.replies.lm.compact`). Each time a pair is seen, other parts of what is known of it
are left out. Only the reply is learnt.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from empathia.exemplars import bank
from empathia.exemplars.pairs import Pair
from empathia.exemplars.places import encoder_for
from empathia.exemplars.ranking import rank
from empathia.exemplars.search import Query
from empathia.files import Plain
from empathia.lm.hub import lowrank
from empathia.lm.hub.base import base_model
from empathia.lm.hub.chat import answer, tokens
from empathia.replies.lm.compact import EXEMPLARS, Hints, chat
from empathia.replies.rules.tone import tone_of
from empathia.training.fit import Group, fit
from empathia.training.problem import ReplyProblem
from empathia.types import Empathy, FloatArray

_IGNORED = -100
_POOLED = 16  # batches whose items are sorted by length
_HINTED, _EACH = 0.65, 0.6  # chance that elements are named at all, and of each
_FEELING, _MOOD = 0.5, 0.3
_SHOWN = (0.5, 0.25, 0.25)  # chance of no, one and two exemplars


@dataclass(frozen=True, slots=True)
class Item:
    """A chat as numbers.

    Args:
        ids: (tokens,) of the chat and the reply.
        start: Where the reply starts.
    """

    ids: tuple[int, ...]
    start: int


def encoded(tokenizer: Any, pair: Pair, hints: Hints, longest: int) -> Item:  # noqa: ANN401
    """A pair as it is learnt; of a chat that is too long the first turns go."""
    lines = pair.context.split("\n")
    n = len(lines)
    turns = [((n - 1 - i) % 2 == 0, line) for i, line in enumerate(lines)]
    reply = [*answer(tokenizer, pair.reply), tokenizer.eos_token_id]
    while True:
        asked = tokens(tokenizer, chat(turns, hints))
        if len(asked) + len(reply) <= longest or len(turns) == 1:
            break
        turns = turns[1:]
    ids = [*asked, *reply][-longest:]
    return Item(tuple(ids), max(1, len(ids) - len(reply)))


def nats(model: Any, batch: Sequence[Item]) -> tuple[torch.Tensor, int]:  # noqa: ANN401
    """Summed loss of the replies' tokens, one number, and how many these are."""
    each, _ = losses(model, batch)
    return each.sum(), len(each)


def losses(model: Any, batch: Sequence[Item]) -> tuple[torch.Tensor, torch.Tensor]:  # noqa: ANN401
    """Nats of each token of the replies, one after the other, and how many each reply has.

    Returns:
        (tokens,) and (replies,).
    """
    longest = max(len(x.ids) for x in batch)
    ids = torch.zeros((len(batch), longest), dtype=torch.long)
    mask, labels = torch.zeros_like(ids), torch.full_like(ids, _IGNORED)
    for row, item in enumerate(batch):
        n = len(item.ids)
        ids[row, :n] = torch.tensor(item.ids)
        mask[row, :n] = 1
        labels[row, item.start : n] = ids[row, item.start : n]
    where = model.device
    wanted = labels[:, 1:].to(where)
    states = model.model(input_ids=ids.to(where), attention_mask=mask.to(where)).last_hidden_state
    told = wanted != _IGNORED
    # The vocabulary is the widest layer: it is asked about the replies alone.
    logits = model.lm_head(states[:, :-1][told]).float()
    return functional.cross_entropy(logits, wanted[told], reduction="none"), told.sum(1)


@dataclass
class Task:
    """What :func:`empathia.training.fit.fit` learns."""

    model: Any
    tokenizer: Any
    problem: ReplyProblem
    known: Mapping[str, Hints]
    module: nn.Module  # the adapters alone: nothing else is learnt or kept

    def groups(self) -> list[Group]:
        """The adapters alone."""
        return [{"params": [p for p in self.module.parameters() if p.requires_grad]}]

    def batches(self, epoch: int, seed: int) -> Sequence[Sequence[Item]]:
        """A share of the pairs, other ones each epoch, like lengths together."""
        options, size = self.problem.options, self.problem.training.batch
        rng = random.Random(f"{seed}/order")  # noqa: S311 - no secret
        pairs = list(self.problem.train)
        rng.shuffle(pairs)
        share = options.count("pairs") or len(pairs)
        start = epoch * share
        taken = [pairs[i % len(pairs)] for i in range(start, start + share)]
        longest = options.count("longest")
        items = [
            encoded(self.tokenizer, p, self._some(p, f"{seed}/{epoch}/{p.id}"), longest)
            for p in taken
        ]
        made: list[Sequence[Item]] = []
        for i in range(0, len(items), size * _POOLED):
            pool = sorted(items[i : i + size * _POOLED], key=lambda x: len(x.ids))
            made += [pool[j : j + size] for j in range(0, len(pool), size)]
        random.Random(f"{seed}/{epoch}/batches").shuffle(made)  # noqa: S311
        return made

    def _some(self, pair: Pair, key: str) -> Hints:
        """What is told of a pair this time."""
        rng, known = random.Random(key), self.known[pair.id]  # noqa: S311
        hinted = rng.random() < _HINTED
        empathy = {e: n for e, n in known.empathy.items() if rng.random() < _EACH and hinted}
        shown = rng.choices(range(EXEMPLARS + 1), _SHOWN)[0]
        return Hints(
            known.feeling if rng.random() < _FEELING else None,
            empathy,
            known.sentiment if rng.random() < _MOOD else None,
            known.exemplars[:shown],
        )

    def loss(self, batch: Sequence[Item]) -> torch.Tensor:
        """Mean over the tokens of the replies, one number."""
        total, count = nats(self.model, batch)
        return total / count

    def validate(self) -> dict[str, float]:
        """Log likelihood of a reply's token, each with what is told of it at random once."""
        longest, size = self.problem.options.count("longest"), self.problem.training.batch
        items = [
            encoded(self.tokenizer, p, self._some(p, f"valid/{p.id}"), longest)
            for p in self.problem.valid
        ]
        items.sort(key=lambda x: len(x.ids))
        sums = [nats(self.model, items[i : i + size]) for i in range(0, len(items), size)]
        mean = sum(float(s) for s, _ in sums) / max(1, sum(n for _, n in sums))
        return {"likelihood": -mean, "perplexity": math.exp(mean)}


@dataclass(frozen=True)
class Learnt:
    """A tuned model's adapter.

    Args:
        model: With the adapters.
        adapters: By the name of their layer.
        base: Name of the model that they belong to.
        record: What is known of the training.
    """

    model: Any = field(repr=False)
    adapters: Mapping[str, lowrank.Adapted] = field(repr=False)
    base: str
    record: Mapping[str, Plain]

    def save(self, folder: Path) -> None:
        """Write the adapter."""
        lowrank.save(folder, self.model, self.base)


def train(problem: ReplyProblem) -> Learnt:
    """Tune the model that the options name.

    Raises:
        WeightsError: The model is not there.
        TrainingError: Training cannot go on.
    """
    options = problem.options
    rank, scale = options.count("rank"), options.number("alpha") / options.count("rank")
    known = _known(problem)
    torch.manual_seed(problem.seed)
    model, tokenizer = base_model(options.text("model"))
    adapters = lowrank.adapt(model, rank, scale)
    task = Task(model, tokenizer, problem, known, lowrank.module(adapters))
    result = fit(
        task,
        problem.training,
        problem.folder,
        seed=problem.seed,
        fingerprint=problem.fingerprint,
        progress=problem.progress,
    )
    record: dict[str, Plain] = {
        **result.course,
        "parameters": sum(a.down.numel() + a.up.numel() for a in adapters.values()),
    }
    return Learnt(model, adapters, options.text("model"), record)


def _known(problem: ReplyProblem) -> dict[str, Hints]:
    """All that can be told of each pair: the exemplars come from the training part."""
    pairs = (*problem.train, *problem.valid)
    exemplars = exemplars_of(problem)
    return {
        p.id: Hints(
            tone_of(p.emotion) if p.emotion else None,
            _levels(problem.empathy.get(p.id)),
            _sentiment(problem.empathy.get(p.id)),
            exemplars.get(p.id, ()),
        )
        for p in pairs
    }


def _levels(empathy: Empathy | None) -> dict[str, int]:
    return {} if empathy is None else {str(e): x.level for e, x in empathy.elements.items()}


def _sentiment(empathy: Empathy | None) -> float | None:
    return None if empathy is None else empathy.sentiment


def exemplars_of(problem: ReplyProblem) -> dict[str, tuple[str, ...]]:
    """Replies of other talks to something alike."""
    folder = problem.folder / "bank"
    threads = problem.training.threads
    if not (folder / bank.INFO).is_file():
        told = problem.progress or (lambda *_: None)
        encoder = encoder_for("en")
        bank.build(folder, problem.train, (), encoder=encoder, threads=threads, progress=told)
    kept = bank.load(folder)
    rows = {} if kept.contexts is None else _rows(kept.pairs, kept.contexts)
    shown = {}
    for p in (*problem.train, *problem.valid):
        query = Query(p.context, dialogue=p.dialogue)
        how = "words" if kept.contexts is None else "dense"
        best = rank(kept, query, EXEMPLARS, how, row=rows.get(p.context), threads=threads)
        shown[p.id] = tuple(kept.pairs[i].reply for i in best.places)
    return shown


def _rows(pairs: Sequence[Pair], contexts: FloatArray) -> dict[str, FloatArray]:
    """Vectors (width,) that are known already, by the text."""
    return {p.context: row for p, row in zip(pairs, contexts, strict=True)}
