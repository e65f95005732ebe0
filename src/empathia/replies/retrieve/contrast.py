"""Learning where the reply of a context lies, by contrast with replies to others (InfoNCE).

Sentence vectors stay as they are: what is learnt is one linear map of contexts, from which the true
reply should be nearer than others. Those others are the replies of the batch, replies to other
emotions at random, and hard ones: of the nearest replies to the same emotion, by the vectors as
they were before. A reply of the same talk, or of the same words, is no wrong one. Emotions are
looked at here alone; what was learnt knows none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from empathia.contracts import silent
from empathia.exemplars import bank as banks
from empathia.exemplars import foretold
from empathia.exemplars.bank import Source
from empathia.exemplars.pairs import Pair
from empathia.files import Plain
from empathia.training.fit import Group, fit
from empathia.training.problem import ReplyProblem
from empathia.types import FloatArray

Numbers = NDArray[np.int64]
ENCODER = "minilm"
_BLOCK = 1024  # contexts that are compared at a time


@dataclass(frozen=True, slots=True)
class Part:
    """Pairs as numbers.

    Args:
        contexts: (n, width) vectors of length 1.
        replies: (n, width) likewise.
        talks: (n,) a number for each talk.
        texts: (n,) a number for each wording of a reply.
        emotions: (n,) a number for each emotion, and one for those that have none.
    """

    contexts: FloatArray
    replies: FloatArray
    talks: Numbers
    texts: Numbers
    emotions: Numbers

    @classmethod
    def of(cls, pairs: Sequence[Pair], contexts: FloatArray, replies: FloatArray) -> Part:
        """These pairs with their vectors (n, width)."""
        talks = numbered([p.dialogue or f"\n{p.id}" for p in pairs])
        texts = numbered([p.reply.lower() for p in pairs])
        return cls(contexts, replies, talks, texts, numbered([p.emotion or "" for p in pairs]))


def numbered(names: Sequence[str]) -> Numbers:
    """A number (n,) for each name."""
    numbers: Numbers = np.unique(names, return_inverse=True)[1].astype(np.int64)
    return numbers


class Towards(nn.Module):
    """The map (width + 1, width) of a context to where its reply lies; at first where it is."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.map = nn.Parameter(torch.eye(width + 1, width))

    def forward(self, contexts: Tensor) -> Tensor:
        """Vectors (n, width) to vectors (n, width) of length 1."""
        return functional.normalize(contexts @ self.map[:-1] + self.map[-1], dim=-1)


@dataclass(frozen=True, slots=True)
class Batch:
    """Numbers (n,) of pairs, and (m,) of replies that are wrong for most of them."""

    which: Numbers
    wrong: Numbers


class ContrastTask:
    """Teaches the map; see :class:`empathia.training.fit.Task`.

    Args:
        problem: Says how; its options count the wrong replies.
        train: What it learns from.
        valid: What chooses the epoch.
    """

    def __init__(self, problem: ReplyProblem, train: Part, valid: Part) -> None:
        self.module: nn.Module = Towards(train.contexts.shape[1])
        self.problem, self.train, self.valid = problem, train, valid
        self.hard = nearest_wrong(train, problem.options.count("among"))
        self.contexts, self.replies = map(torch.from_numpy, (train.contexts, train.replies))

    def groups(self) -> list[Group]:
        """The map."""
        return [{"params": list(self.module.parameters())}]

    def batches(self, epoch: int, seed: int) -> list[Batch]:
        """Pairs in a seeded order, with wrong replies that are drawn for each."""
        rng, options = np.random.default_rng([seed, epoch]), self.problem.options
        order, size = rng.permutation(len(self.hard)), self.problem.training.batch
        batches = []
        for start in range(0, len(order), size):
            which = order[start : start + size]
            column = rng.integers(self.hard.shape[1], size=(options.count("hard"), len(which)))
            others = [
                of_other_emotions(self.train, which, rng) for _ in range(options.count("others"))
            ]
            wrong = np.concatenate([which[:0], *others, *self.hard[which, column]])
            batches.append(Batch(which, wrong))
        return batches

    def loss(self, batch: Batch) -> Tensor:
        """Mean nats of a batch, one number: how far the true replies are from standing out."""
        seen = np.concatenate([batch.which, batch.wrong])
        near = self.module(self.contexts[batch.which]) @ self.replies[seen].T
        own = np.zeros(near.shape, bool)
        for known in (self.train.talks, self.train.texts):
            own |= known[batch.which][:, None] == known[seen]
        np.fill_diagonal(own, val=False)
        logits = near / self.problem.options.number("temperature")
        logits = logits.masked_fill(torch.from_numpy(own), -torch.inf)
        return functional.cross_entropy(logits, torch.arange(len(batch.which)))

    def validate(self) -> dict[str, float]:
        """Where the true reply stands among all of the validation part."""
        return standing(self.learnt(), self.valid)

    def learnt(self) -> FloatArray:
        """The map (width + 1, width) as it is now."""
        learnt: FloatArray = next(self.module.parameters()).detach().numpy()
        return learnt


def standing(learnt: FloatArray, part: Part) -> dict[str, float]:
    """Recall at 1, 5 and 10 and mean reciprocal rank of each reply among all of a part.

    Args:
        learnt: (width + 1, width).
        part: Its replies are told apart by their vectors; of equals the true one is first.
    """
    ahead = []
    for start in range(0, len(part.contexts), _BLOCK):
        some = slice(start, start + _BLOCK)
        places = foretold.foretell(learnt, part.contexts[some])
        near = places @ part.replies.T
        own = (places * part.replies[some]).sum(1, keepdims=True)
        ahead.append((near > own + 1e-6).sum(1))
    rank = 1 + np.concatenate(ahead)
    recall = {f"recall@{k}": float((rank <= k).mean()) for k in (1, 5, 10)}
    return recall | {"mrr": float((1 / rank).mean())}


def nearest_wrong(part: Part, among: int) -> Numbers:
    """Numbers (n, among) of the replies to the same emotion that lie nearest and are wrong.

    Where there are too few of these, the true reply takes their place, and is left out later.
    """
    hard = np.tile(np.arange(len(part.talks)), (among, 1)).T
    for emotion in np.unique(part.emotions):
        of = np.flatnonzero(part.emotions == emotion)
        k = min(among, len(of))
        for rows in np.array_split(of, -(-len(of) // _BLOCK)):
            near = part.contexts[rows] @ part.replies[of].T
            for known in (part.talks, part.texts):
                near[known[rows][:, None] == known[of]] = -np.inf
            top = np.argpartition(-near, k - 1, axis=1)[:, :k]
            fine = np.isfinite(np.take_along_axis(near, top, 1))
            hard[rows, :k] = np.where(fine, of[top], rows[:, None])
    return hard


def of_other_emotions(part: Part, which: Numbers, rng: np.random.Generator) -> Numbers:
    """For each of some pairs (m,) the number of one, at random, with another emotion.

    Where all have one emotion it is the pair's own, which is left out later.
    """
    order = np.argsort(part.emotions, kind="stable")
    counts = np.bincount(part.emotions)
    count, start = counts[part.emotions[which]], (np.cumsum(counts) - counts)[part.emotions[which]]
    if len(counts) < 2:
        return which
    drawn = rng.integers(len(order) - count)
    others: Numbers = order[drawn + count * (drawn >= start)]
    return others


@dataclass(frozen=True, slots=True)
class Learnt:
    """A map that was learnt.

    Args:
        map: (width + 1, width).
        record: How it went.
    """

    map: FloatArray
    record: Mapping[str, Plain] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write it into a folder that is there."""
        foretold.Retriever(self.map, ENCODER).save(folder)


def train(problem: ReplyProblem) -> Learnt:
    """See :func:`empathia.replies.retrieve.learn`."""
    torch.set_num_threads(problem.training.threads)
    parts = [_part(p, problem, n) for p, n in ((problem.train, "train"), (problem.valid, "valid"))]
    task = ContrastTask(problem, *parts)
    before = task.validate()
    result = fit(
        task,
        problem.training,
        problem.folder,
        seed=problem.seed,
        fingerprint=problem.fingerprint,
        progress=problem.progress,
    )
    record: dict[str, Plain] = {
        "before": before,
        **result.course,
    }
    return Learnt(task.learnt(), record)


def _part(pairs: Sequence[Pair], problem: ReplyProblem, name: str) -> Part:
    """Pairs with their vectors, which are kept as a bank in the problem's folder."""
    folder = problem.folder / name
    source = Source.of(name, pairs, licence="that of the corpora", noncommercial=True)
    if not (folder / banks.INFO).is_file() or banks.read_info(folder) != banks.described(
        pairs, [source], "en", ENCODER
    ):
        banks.build(
            folder,
            pairs,
            [source],
            encoder=ENCODER,
            threads=problem.training.threads,
            progress=problem.progress or silent,
        )
    bank = banks.load(folder)
    return Part.of(pairs, np.array(bank.contexts), np.array(bank.replies))
