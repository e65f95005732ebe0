"""Judges that a gradient can pass: small networks over the generator's own pieces.

They learn from what judges said of the training replies, and are frozen before the generator is
trained. What it writes reaches them as soft embeddings: at every place the mean of all embeddings
under the probabilities of the pieces, which are a softmax over the *vocabulary*.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from empathia.replies.seq2seq.net import padded, places
from empathia.training.fit import Group
from empathia.types import Empathy
from empathia.types.felt import ELEMENTS, LEVELS

READS = ("mean", "first")
"""What of its states a judge goes by."""
LOSSES = (*ELEMENTS, "sentiment")
"""What judges add to the loss of the language model."""
_UNKNOWN = math.nan
_HEADS = 2


def soft_embeddings(logits: Tensor, table: Tensor) -> Tensor:
    """Mean embedding at every place under the probabilities of the pieces.

    Args:
        logits: (texts, length, vocabulary).
        table: (vocabulary, width) embeddings.

    Returns:
        (texts, length, width).
    """
    return torch.softmax(logits, dim=-1) @ table


@dataclass(frozen=True, slots=True)
class Judged:
    """What is known of replies; NaN where it is not.

    Args:
        levels: (replies, elements, levels) probabilities.
        sentiment: (replies,) in [-1, 1].
    """

    levels: Tensor
    sentiment: Tensor

    @classmethod
    def of(cls, replies: Sequence[Empathy | None]) -> Judged:
        """What judges said; None where they were not asked."""
        nothing = (_UNKNOWN,) * len(LEVELS)
        told = [{} if r is None else r.elements for r in replies]
        rows = [[t[e].scores if e in t else nothing for e in ELEMENTS] for t in told]
        tones = [_UNKNOWN if r is None or r.sentiment is None else r.sentiment for r in replies]
        return cls(torch.tensor(rows), torch.tensor(tones))

    def __getitem__(self, which: NDArray[np.int64]) -> Judged:
        """Of some replies (n,)."""
        return Judged(self.levels[which], self.sentiment[which])

    def known(self) -> dict[str, int]:
        """How many replies have each of :data:`LOSSES`."""
        counts = {e: int((~self.levels[:, i, 0].isnan()).sum()) for i, e in enumerate(ELEMENTS)}
        return counts | {"sentiment": int((~self.sentiment.isnan()).sum())}


class Judges(nn.Module):
    """All of them in one: an embedding, one layer of attention, a head for each.

    Args:
        size: Pieces of the vocabulary.
        width: Of an embedding.
        reads: One of :data:`READS`.
        dropout: In training.
    """

    def __init__(self, size: int, width: int, reads: str = "mean", dropout: float = 0.1) -> None:
        super().__init__()
        self.reads, self.width = reads, width
        self.table = nn.Embedding(size, width)
        self.first = nn.Parameter(torch.randn(width) * 0.02)
        self.layer = nn.TransformerEncoderLayer(
            width, _HEADS, 2 * width, dropout, "gelu", batch_first=True, norm_first=True
        )
        self.heads = nn.Linear(width, len(ELEMENTS) * len(LEVELS) + 1)

    def forward(self, embedded: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the levels (texts, elements, levels), and the sentiment (texts,).

        Args:
            embedded: (texts, length, width), of pieces or soft ones.
            mask: (texts, length) which of them count.
        """
        n, length, width = embedded.shape
        x = torch.cat([self.first.expand(n, 1, -1), embedded + places(length, width)], 1)
        seen = torch.cat([torch.ones(n, 1, dtype=torch.bool), mask], 1)
        x = self.layer(x, src_key_padding_mask=~seen)
        if self.reads == "first":
            pooled = x[:, 0]
        else:
            weight = seen[..., None].to(x.dtype)
            pooled = (x * weight).sum(1) / weight.sum(1)
        out = self.heads(pooled)
        return out[:, :-1].unflatten(1, (len(ELEMENTS), len(LEVELS))), torch.tanh(out[:, -1])

    def frozen(self) -> Judges:
        """These judges, which no training changes any more."""
        self.zero_grad(set_to_none=True)
        self.requires_grad_(requires_grad=False)
        return self.eval()


def losses(said: tuple[Tensor, Tensor], target: Judged) -> dict[str, Tensor]:
    """What each of :data:`LOSSES` is, one number: cross-entropies in nats, a squared difference.

    Args:
        said: Logits (texts, elements, levels) and sentiment (texts,), as judges give them.
        target: What should be; replies of which it is not known do not count.
    """
    levels, sentiment = said
    known = ~target.levels[..., 0].isnan()
    wanted = target.levels.nan_to_num(0.0)
    each = -(wanted * functional.log_softmax(levels, -1)).sum(-1)  # 0 where it is not known
    heads = {e: each[:, i].sum() / known[:, i].sum().clamp(min=1) for i, e in enumerate(ELEMENTS)}
    told = ~target.sentiment.isnan()
    away = torch.where(told, sentiment - target.sentiment.nan_to_num(0.0), 0.0)
    return heads | {"sentiment": (away**2).sum() / told.sum().clamp(min=1)}


class JudgesTask:
    """Teaches judges what was said of replies; see :class:`empathia.training.fit.Task`.

    Args:
        judges: To be taught.
        replies: Pieces of each.
        target: What was said of them.
        valid: Numbers (n,) of the replies that choose the epoch, and teach nothing.
        batch: Replies a step.
    """

    def __init__(
        self,
        judges: Judges,
        replies: Sequence[Sequence[int]],
        target: Judged,
        valid: NDArray[np.int64],
        batch: int,
    ) -> None:
        self.judges, self.replies, self.target = judges, replies, target
        self.module: nn.Module = judges
        self.valid, self.size = valid, batch
        self.train = np.setdiff1d(np.arange(len(replies)), valid)

    def groups(self) -> list[Group]:
        """All parameters alike."""
        return [{"params": list(self.judges.parameters())}]

    def batches(self, epoch: int, seed: int) -> list[NDArray[np.int64]]:
        """Numbers of replies in a seeded order."""
        order = np.random.default_rng([seed, epoch]).permutation(self.train)
        return [order[i : i + self.size] for i in range(0, len(order), self.size)]

    def loss(self, batch: NDArray[np.int64]) -> Tensor:
        """The sum of all losses of replies (n,)."""
        return torch.stack([*self._losses(batch).values()]).sum()

    def validate(self) -> dict[str, float]:
        """Each loss, and their sum with a minus: more is better."""
        heads = {k: float(v) for k, v in self._losses(self.valid).items()}
        return heads | {"agreement": -sum(heads.values())}

    def _losses(self, which: NDArray[np.int64]) -> dict[str, Tensor]:
        ids, mask = padded([self.replies[i] for i in which])
        return losses(self.judges(self.judges.table(ids), mask), self.target[which])
