"""Training: words, exemplars, judges that are then frozen, and the generator itself."""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from empathia.config import PORTION, SHARE, Rule, at_least, one_of
from empathia.errors import ConfigError, TrainingError
from empathia.exemplars.bank import Bank
from empathia.exemplars.pairs import Pair
from empathia.files import Plain
from empathia.replies.seq2seq import vocabulary as words
from empathia.replies.seq2seq.judging import (
    LOSSES,
    READS,
    Judged,
    Judges,
    JudgesTask,
    losses,
    soft_embeddings,
)
from empathia.replies.seq2seq.kept import Kept, Settings
from empathia.replies.seq2seq.net import WAYS, Net, padded, stacked
from empathia.replies.seq2seq.retrieving import BANK, bank_of, nearest
from empathia.replies.seq2seq.vocabulary import Line, Vocabulary
from empathia.training.batches import by_length
from empathia.training.fit import Group, fit
from empathia.training.problem import ReplyProblem

_HELD_OUT = 10  # one judged reply in so many chooses the epoch of the judges
_LETTERS = 4  # of a piece, more or less
_VALID = 64  # talks that are validated at a time


@dataclass(frozen=True, slots=True)
class Part:
    """Talks and what was answered.

    Args:
        talks: Turns of each.
        replies: Pieces of the answer, its end included.
        exemplars: Pieces of the replies of each talk's exemplars.
        cues: What judges said of the answer, as cues.
        judged: The same as numbers.
    """

    talks: Sequence[Sequence[Line]]
    replies: Sequence[Sequence[int]]
    exemplars: Sequence[Sequence[Sequence[int]]]
    cues: Sequence[Sequence[str]]
    judged: Judged


@dataclass(frozen=True, slots=True)
class Batch:
    """Numbers (talks,) of talks, and whether (talks,) each is told its cues."""

    which: NDArray[np.int64]
    told: NDArray[np.bool_]


class ReplyTask:
    """Teaches the generator; see :class:`empathia.training.fit.Task`.

    Args:
        net: What learns; its judges are not in it.
        vocabulary: Its words.
        judges: Frozen.
        problem: Says how; its options name the weights of the losses.
        train: What it learns from.
        valid: What chooses the epoch.
    """

    def __init__(
        self,
        net: Net,
        vocabulary: Vocabulary,
        judges: Judges,
        problem: ReplyProblem,
        *,
        train: Part,
        valid: Part,
    ) -> None:
        self.module: nn.Module = net
        self.vocabulary, self.judges, self.problem = vocabulary, judges, problem
        self.train, self.valid = train, valid
        self.weights = weights_of(problem)

    def groups(self) -> list[Group]:
        """All parameters of the net alike, and none of the judges'."""
        return [{"params": list(self.module.parameters())}]

    def batches(self, epoch: int, seed: int) -> list[Batch]:
        """Talks of like length in a seeded order; which of them are told cues is drawn, too."""
        rng, part = np.random.default_rng([seed, epoch]), self.train
        said = [sum(len(text) for _, text in talk) // _LETTERS for talk in part.talks]
        lengths = np.array(said) + [len(reply) for reply in part.replies]
        told = rng.random(len(lengths)) < self.problem.options.number("cued")
        order, size = rng.permutation(len(lengths)), self.problem.training.batch
        return [Batch(some, told[some]) for some in by_length(lengths, order, size, rng)]

    def loss(self, batch: Batch) -> Tensor:
        """The losses of a batch in their weights, one number."""
        return self.total(self.parts(self.train, batch))

    def total(self, parts: dict[str, Tensor]) -> Tensor:
        """Losses in their weights, one number."""
        return torch.stack([self.weights[k] * v for k, v in parts.items()]).sum()

    def parts(self, part: Part, batch: Batch) -> dict[str, Tensor]:
        """Each loss that has a weight, one number a loss: nats a piece for "lm", or the judges'."""
        logits, target, mask = self.answers(part, batch)
        each = functional.cross_entropy(logits[mask], target[mask])
        parts = {"lm": each} if self.weights["lm"] else {}
        wanted = [k for k in LOSSES if self.weights[k]]
        if wanted:
            soft = soft_embeddings(logits, self.judges.table.weight)
            said = losses(self.judges(soft, mask), part.judged[batch.which])
            parts |= {k: said[k] for k in wanted}
        return parts

    def answers(self, part: Part, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
        """Logits (talks, length, vocabulary), pieces (talks, length), and which are real."""
        v, some, most = self.vocabulary, batch.which, self.problem.options.count("context")
        talks = [
            v.context(part.talks[i], most, part.cues[i] if told else ())
            for i, told in zip(some, batch.told, strict=True)
        ]
        read = stacked(talks, [part.exemplars[i] for i in some], v.marks.end)
        target, mask = padded([part.replies[i] for i in some])
        begin = torch.full((len(some), 1), v.marks.begin)
        written = torch.cat([begin, target[:, :-1]], 1)
        logits: Tensor = self.module(read, written)
        return logits, target, mask

    def validate(self) -> dict[str, float]:
        """Perplexity of the pieces of all replies together, and their mean log likelihood."""
        nats, count, order = 0.0, 0, np.argsort([len(x) for x in self.valid.replies])
        for start in range(0, len(order), _VALID):
            some = order[start : start + _VALID]
            logits, target, mask = self.answers(self.valid, Batch(some, np.zeros(len(some), bool)))
            nats += float(functional.cross_entropy(logits[mask], target[mask], reduction="sum"))
            count += int(mask.sum())
        return {"likelihood": -nats / count, "perplexity": math.exp(min(nats / count, 700))}


def train(problem: ReplyProblem) -> Kept:
    """See :mod:`empathia.replies.seq2seq`."""
    task, kept = prepared(problem)
    result = fit(
        task,
        problem.training,
        problem.folder,
        seed=problem.seed,
        fingerprint=task.problem.fingerprint,
        progress=problem.progress,
    )
    record: dict[str, Plain] = {
        **kept.record,
        **result.course,
    }
    kept.net.eval()
    return dataclasses.replace(kept, record=record)


def prepared(problem: ReplyProblem) -> tuple[ReplyTask, Kept]:
    """What is left to learn when words, exemplars and judges are there; and who will have learnt.

    Raises:
        ConfigError: An option cannot be.
        TrainingError: There is nothing to learn from, or a loss needs judged replies.
    """
    o = problem.options
    _check(problem)
    torch.set_num_threads(problem.training.threads)
    torch.manual_seed(problem.seed)
    net, vocabulary, settings = _net(problem)
    bank = bank_of(problem.train, problem.folder / BANK, o.text("by"), o.text("language"))
    train_part = _part(problem, problem.train, vocabulary, bank)
    valid_part = _part(problem, problem.valid, vocabulary, bank)
    # A checkpoint belongs to its words, too.
    spoken = hashlib.sha256(vocabulary.dumps().encode()).hexdigest()
    problem = dataclasses.replace(problem, fingerprint=f"{problem.fingerprint} {spoken}")
    judges, agreement = _judges(problem, vocabulary.size, train_part)
    task = ReplyTask(net, vocabulary, judges, problem, train=train_part, valid=valid_part)
    record: dict[str, Plain] = {
        "judges": agreement,
        "parameters": sum(p.numel() for p in net.parameters()),
        "pieces": vocabulary.size,
    }
    return task, Kept(net, vocabulary, bank, settings, record)


def _net(problem: ReplyProblem) -> tuple[Net, Vocabulary, Settings]:
    o, turns = problem.options, max(p.context.count("\n") + 1 for p in problem.train)
    given, counts = o.text("given"), (o.count("context"), o.count("pieces"), turns)
    shared = (given, *counts, o.count("exemplars"), o.text("by"))
    if o.text("start"):
        from empathia.replies.seq2seq.t5 import pretrained

        t5, vocabulary = pretrained(o.text("start"), given)
        return t5, vocabulary, Settings(t5.config, True, *shared)
    texts = (t for p in problem.train for t in (*p.context.split("\n"), p.reply))
    vocabulary = words.learn(texts, o.count("vocabulary"))
    shape = {k: o.count(k) for k in ("width", "layers", "heads")}
    how = {"size": vocabulary.size, **shape, "dropout": o.number("dropout")}
    settings = Settings(how, False, *shared)
    return settings.empty(), vocabulary, settings


def _part(problem: ReplyProblem, pairs: Sequence[Pair], vocabulary: Vocabulary, bank: Bank) -> Part:
    o, threads = problem.options, problem.training.threads
    k = o.count("exemplars") if o.text("given") != "none" else 0
    most, judged = o.count("pieces"), [problem.empathy.get(p.id) for p in pairs]
    told = {p.id: vocabulary.reply(p.reply, most) for p in bank.pairs}
    places = nearest(bank, pairs, k, o.text("by"), folder=problem.folder, threads=threads)
    return Part(
        [words.alternating(p.context) for p in pairs],
        [vocabulary.reply(p.reply, most) for p in pairs],
        [[told[bank.pairs[i].id] for i in row] for row in places],
        [[] if e is None else words.cues_of(e) for e in judged],
        Judged.of(judged),
    )


def _judges(problem: ReplyProblem, size: int, train: Part) -> tuple[Judges, dict[str, Plain]]:
    """Frozen judges, and what they are worth on replies that they did not learn from."""
    o = problem.options
    judges = Judges(size, o.count("judge_width"), o.text("judge_reads"), o.number("dropout"))
    weights = weights_of(problem)
    if not any(weights[k] for k in LOSSES):
        return judges.frozen(), {}
    rng = np.random.default_rng(problem.seed)
    valid = np.sort(rng.permutation(len(train.replies))[: max(1, len(train.replies) // _HELD_OUT)])
    task = JudgesTask(judges, train.replies, train.judged, valid, problem.training.batch)
    epochs = o.count("judge_epochs")
    settings = dataclasses.replace(
        problem.training, select="agreement", epochs=epochs, lr=o.number("judge_lr")
    )
    result = fit(
        task,
        settings,
        problem.folder / "judges",
        seed=problem.seed,
        fingerprint=problem.fingerprint,
        progress=problem.progress,
    )
    return judges.frozen(), dict(result.metrics)


def weights_of(problem: ReplyProblem) -> dict[str, float]:
    """The weights of the losses: "lm" and those of judges."""
    return {k: problem.options.number(f"loss_{k}") for k in ("lm", *LOSSES)}


def _check(problem: ReplyProblem) -> None:
    """Refuse options that cannot be, and losses that have nothing to go by."""
    o, weights = problem.options, weights_of(problem)
    width = o.count("width")
    rules = {
        "vocabulary": at_least(words.SIZE),
        "heads": Rule(  # places are pairs of sine and cosine
            f"parts of model.width, {width}, of an even width each",
            lambda v: v >= 1 and width % (2 * v) == 0,
        ),
        **dict.fromkeys(("layers", "pieces", "judge_epochs"), at_least(1)),
        "dropout": PORTION,
        "context": at_least(len(words.CUES) + 1),
        "given": one_of(*WAYS),
        "exemplars": at_least(0),
        "cued": SHARE,
        "judge_width": Rule("an even number, 2 or more", lambda v: v >= 2 and v % 2 == 0),
        "judge_reads": one_of(*READS),
        **{f"loss_{k}": Rule("0 or more, finite", lambda v: 0 <= v < math.inf) for k in weights},
    }
    o.demand(rules)
    if not any(weights.values()):
        raise ConfigError("all losses have the weight 0", "Give model.loss_lm one")
    _check_parts(problem, weights)


def _check_parts(problem: ReplyProblem, weights: dict[str, float]) -> None:
    if not problem.train or not problem.valid:
        raise TrainingError(
            f"{len(problem.train)} replies to learn from and {len(problem.valid)} to validate "
            "with, expected some of both",
            "Check [data] of the run file",
        )
    known = Judged.of([problem.empathy.get(p.id) for p in problem.train]).known()
    for key in (k for k in LOSSES if weights[k] and not known[k]):
        raise TrainingError(
            f"no training reply was judged for the loss '{key}'",
            f"Have replies judged, or switch it off: model.loss_{key} = 0",
        )
