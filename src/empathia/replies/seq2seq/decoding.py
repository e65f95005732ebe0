"""How a reply is written, piece by piece: the likeliest, a draw, or a beam."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

KINDS = ("greedy", "sample", "beam")
Next = Callable[[Tensor], Tensor]
"""Logits (texts, vocabulary) of the piece after each text (texts, length); the same for a text
whatever the others are."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """How to write.

    Args:
        kind: "greedy" takes the likeliest piece each time, "sample" draws one, "beam" looks for
            the likeliest texts.
        temperature: Above 0; over 1 draws flatter, under 1 sharper.
        top_k: Pieces that a draw is from, the likeliest; 0 for all.
        top_p: Of these, as few as have this share of the probability, in (0, 1].
        beam: Texts that are followed at once.
        seed: Of the first draw; each further text counts up.
        most: Pieces of a text.
    """

    kind: str = "sample"
    temperature: float = 0.9
    top_k: int = 20
    top_p: float = 1.0
    beam: int = 8
    seed: int = 1
    most: int = 40


def write(following: Next, begin: int, end: int, how: Decoding, texts: int) -> list[list[int]]:
    """Pieces of the texts without begin and end, the best (or first drawn) first.

    Args:
        following: What comes next.
        begin: The piece that all begin with.
        end: The piece that ends one.
        how: How to write.
        texts: How many are wanted; greedy gives one, and a beam at most its width.
    """
    if how.kind == "beam":
        return _beam(following, begin, end, how)[:texts]
    rows = 1 if how.kind == "greedy" else texts
    draws = [torch.Generator().manual_seed(how.seed + i) for i in range(rows)]
    ids = torch.full((rows, 1), begin)
    done = torch.zeros(rows, dtype=torch.bool)
    while not done.all() and ids.shape[1] <= how.most:
        piece = _chosen(following(ids), how, draws).masked_fill(done, end)
        ids = torch.cat([ids, piece[:, None]], 1)
        done |= piece == end
    return [_cut(row[1:], end) for row in ids.tolist()]


def narrowed(logits: Tensor, how: Decoding) -> Tensor:
    """Probabilities (texts, vocabulary) that a draw goes by, of logits of that shape."""
    p = torch.softmax(logits / how.temperature, -1)
    ordered, order = p.sort(descending=True, stable=True)
    before = ordered.cumsum(-1) - ordered
    drop = before >= how.top_p
    if how.top_k:
        drop |= torch.arange(p.shape[-1]) >= how.top_k
    drop[..., 0] = False
    kept = torch.zeros_like(p).scatter(-1, order, ordered.masked_fill(drop, 0.0))
    return kept / kept.sum(-1, keepdim=True)


def _chosen(logits: Tensor, how: Decoding, draws: Sequence[torch.Generator]) -> Tensor:
    if how.kind == "greedy":
        return logits.argmax(-1)
    p = narrowed(logits, how)
    drawn = [torch.multinomial(row, 1, generator=g) for row, g in zip(p, draws, strict=True)]
    return torch.cat(drawn)


def _beam(following: Next, begin: int, end: int, how: Decoding) -> list[list[int]]:
    """Texts by their mean log likelihood a piece, the end included."""
    ids, score = torch.full((1, 1), begin), torch.zeros(1)
    ended: list[tuple[float, list[int]]] = []
    for length in range(1, how.most + 1):
        total = score[:, None] + torch.log_softmax(following(ids), -1)
        best = total.flatten().topk(min(2 * how.beam, total.numel()))
        row, piece = best.indices // total.shape[1], best.indices % total.shape[1]
        over, can_be = piece == end, best.values.isfinite()
        for i in (over & can_be).nonzero().flatten().tolist():
            ended.append((float(best.values[i]) / length, ids[row[i], 1:].tolist()))
        live = (~over & can_be).nonzero().flatten()[: how.beam]
        if len(ended) >= how.beam or not len(live):
            break
        ids, score = torch.cat([ids[row[live]], piece[live, None]], 1), best.values[live]
    else:  # what did not end comes with the rest
        unended = zip(score.tolist(), ids.tolist(), strict=True)
        ended += [(value / how.most, text[1:]) for value, text in unended]
    return [text for _, text in sorted(ended, key=lambda pair: -pair[0])][: how.beam]


def _cut(ids: list[int], end: int) -> list[int]:
    return ids[: ids.index(end)] if end in ids else ids
