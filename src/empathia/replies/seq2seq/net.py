"""The network: an encoder for the talk and for exemplars, and a decoder that writes the reply.

A piece is its embedding, its place, and the role of its speaker. Replies of exemplars are read by
the same encoder and given to the decoder in two ways: their mean is joined to every state of the
talk and projected ("pooled"), and all of their states can be attended to ("attended").
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from empathia.replies.seq2seq.vocabulary import LISTENER

WAYS = ("none", "pooled", "attended", "both")
"""How exemplars are given to the decoder."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the encoder reads, padded.

    Args:
        talk: (talks, length) pieces.
        roles: (talks, length) role of each.
        mask: (talks, length) whether it is one.
        exemplars: (talks, exemplars, length) pieces.
        present: (talks, exemplars, length) whether it is one.
    """

    talk: Tensor
    roles: Tensor
    mask: Tensor
    exemplars: Tensor
    present: Tensor


def padded(rows: Sequence[Sequence[int]], pad: int = 0) -> tuple[Tensor, Tensor]:
    """Rows of numbers as (rows, longest), filled up, and which of them are real."""
    longest = max(map(len, rows))
    ids = torch.tensor([[*row, *[pad] * (longest - len(row))] for row in rows])
    lengths = torch.tensor([len(row) for row in rows])
    return ids, torch.arange(longest) < lengths[:, None]


def stacked(
    talks: Sequence[tuple[Sequence[int], Sequence[int]]],
    exemplars: Sequence[Sequence[Sequence[int]]],
    end: int,
) -> Read:
    """Talks (pieces and roles) and the replies of their exemplars as a batch.

    A talk without exemplars has an empty one, which is its mark ``end`` alone.
    """
    talk, mask = padded([ids for ids, _ in talks])
    roles, _ = padded([roles for _, roles in talks])
    most = max(1, *map(len, exemplars))
    slots = [list(row) or [[end]] for row in exemplars]
    flat: list[Sequence[int]] = [r for row in slots for r in (*row, *[[]] * (most - len(row)))]
    ids, present = padded(flat)
    shape = (len(talks), most, -1)
    return Read(talk, roles, mask, ids.reshape(shape), present.reshape(shape))


def places(length: int, width: int) -> Tensor:
    """Sines and cosines (length, width) of each place."""
    rates = torch.exp(torch.arange(0, width, 2) * (-math.log(10_000.0) / width))
    angles = torch.arange(length)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], -1).flatten(1)[:, :width]


class Given(nn.Module):
    """Joins states of exemplars to those of the talk.

    Args:
        width: Of a state.
        way: One of :data:`WAYS`.
    """

    def __init__(self, width: int, way: str) -> None:
        super().__init__()
        self.pooled = nn.Linear(2 * width, width) if way in {"pooled", "both"} else None
        # What says of a state that it is an exemplar's.
        attended = way in {"attended", "both"}
        self.attended = nn.Parameter(torch.randn(width) * 0.02) if attended else None

    def forward(
        self, states: Tensor, mask: Tensor, exemplars: Tensor, present: Tensor
    ) -> tuple[Tensor, Tensor]:
        """What the decoder sees, and which of it is real.

        Args:
            states: (talks, length, width).
            mask: (talks, length).
            exemplars: (talks, exemplars, length, width).
            present: (talks, exemplars, length).
        """
        if self.pooled is not None:
            each = _mean(exemplars, present)
            mean = _mean(each, present.any(-1))
            states = self.pooled(
                torch.cat([states, mean[:, None].expand(-1, states.shape[1], -1)], -1)
            )
        if self.attended is not None:
            states = torch.cat([states, exemplars.flatten(1, 2) + self.attended], 1)
            mask = torch.cat([mask, present.flatten(1)], 1)
        return states, mask


def _mean(states: Tensor, where: Tensor) -> Tensor:
    """Mean (..., width) of the states (..., n, width) that are marked (..., n)."""
    weight = where[..., None].to(states.dtype)
    return (states * weight).sum(-2) / weight.sum(-2).clamp(min=1)


class Net(nn.Module, ABC):
    """What generators have in common; how text is read and written is a subclass's.

    Args:
        width: Of a state.
        given: How exemplars reach the decoder, one of :data:`WAYS`.
    """

    def __init__(self, width: int, given: str) -> None:
        super().__init__()
        self.role = nn.Embedding(2, width)
        nn.init.normal_(self.role.weight, std=0.02)
        self.given = Given(width, given) if given != "none" else None

    @abstractmethod
    def states(self, ids: Tensor, roles: Tensor, mask: Tensor) -> Tensor:
        """States (texts, length, width) of pieces (texts, length)."""

    @abstractmethod
    def logits(self, memory: Tensor, mask: Tensor, written: Tensor) -> Tensor:
        """What comes next after each piece, (texts, length, pieces of the vocabulary).

        Args:
            memory: (texts, states, width).
            mask: (texts, states) which of these are real.
            written: (texts, length) pieces so far, the beginning first.
        """

    def read(self, read: Read) -> tuple[Tensor, Tensor]:
        """What the decoder sees: (talks, states, width), and which of it is real."""
        states = self.states(read.talk, read.roles, read.mask)
        if self.given is None:
            return states, read.mask
        ids, present = read.exemplars.flatten(0, 1), read.present.flatten(0, 1)
        seen = present.clone()
        seen[:, 0] = True  # attention needs something to look at, also where a slot is empty
        exemplars = self.states(ids, torch.full_like(ids, LISTENER), seen)
        shape = (*read.present.shape, states.shape[-1])
        joined: tuple[Tensor, Tensor] = self.given(
            states, read.mask, exemplars.reshape(shape), read.present
        )
        return joined

    def forward(self, read: Read, written: Tensor) -> Tensor:
        """Logits (talks, length, vocabulary) after each of the pieces (talks, length)."""
        return self.logits(*self.read(read), written)


class SmallNet(Net):
    """A transformer from scratch.

    Args:
        size: Pieces of the vocabulary.
        width: Of a state.
        layers: Of encoder and decoder, each.
        heads: Of attention.
        dropout: In training.
        given: How exemplars reach the decoder, one of :data:`WAYS`.
    """

    def __init__(
        self, size: int, width: int, *, layers: int, heads: int, dropout: float, given: str
    ) -> None:
        super().__init__(width, given)
        self.width = width
        self.piece = nn.Embedding(size, width)
        nn.init.normal_(self.piece.weight, std=width**-0.5)
        self.dropout = nn.Dropout(dropout)
        how: dict[str, Any] = {
            "dim_feedforward": 4 * width,
            "dropout": dropout,
            "activation": "gelu",
            "batch_first": True,
            "norm_first": True,
        }
        self.encoder = nn.TransformerEncoder(
            nn.TransformerEncoderLayer(width, heads, **how),
            layers,
            nn.LayerNorm(width),
            enable_nested_tensor=False,
        )
        self.decoder = nn.TransformerDecoder(
            nn.TransformerDecoderLayer(width, heads, **how), layers, nn.LayerNorm(width)
        )

    def states(self, ids: Tensor, roles: Tensor, mask: Tensor) -> Tensor:
        """States (texts, length, width)."""
        states: Tensor = self.encoder(self._embedded(ids, roles), src_key_padding_mask=~mask)
        return states

    def logits(self, memory: Tensor, mask: Tensor, written: Tensor) -> Tensor:
        """Logits (texts, length, vocabulary)."""
        length = written.shape[1]
        later = torch.ones(length, length, dtype=torch.bool).triu(1)
        states: Tensor = self.decoder(
            self._embedded(written, torch.full_like(written, LISTENER)),
            memory,
            tgt_mask=later,
            memory_key_padding_mask=~mask,
        )
        return states @ self.piece.weight.T

    def _embedded(self, ids: Tensor, roles: Tensor) -> Tensor:
        x = self.piece(ids) * self.width**0.5 + self.role(roles)
        embedded: Tensor = self.dropout(x + places(ids.shape[1], self.width))
        return embedded
