"""The network of the recogniser ``talk``, and what it is taught with."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from empathia.config import Options
from empathia.emotion.talk.read import curved
from empathia.encoders.minilm_torch import WIDTH, MiniLM
from empathia.encoders.tunable import mean_over
from empathia.metrics.scores import Array
from empathia.training.context import Item
from empathia.training.rows import Table
from empathia.types import FloatArray

_HIDDEN = 32  # units of the measures' net


@dataclass(frozen=True, slots=True)
class Utterances:
    """Labelled utterances of a part.

    Args:
        items: Word pieces with their past.
        corpus: (utterances,) number of the corpus of each.
        target: (utterances, labels) shares that sum to 1.
        own: (utterances, all corpora's labels) 1, 0 or NaN.
        rated: (utterances, 3) standardised valence, arousal, dominance, NaN where not rated;
            (utterances, 0) where nothing is.
        measures: (utterances, columns) scaled, NaN where missing.
    """

    items: tuple[Item, ...]
    corpus: NDArray[np.int64]
    target: Array
    own: FloatArray
    rated: FloatArray
    measures: Table


class Net(nn.Module):
    """Encoder and heads; parameters beside the encoder are named as they are kept."""

    def __init__(self, encoder: MiniLM, shares: Array, like: Utterances, o: Options) -> None:
        super().__init__()
        self.encoder, self.dropout = encoder, o.number("dropout")
        self.head_dropout = o.number("head_dropout")
        self.labels, own, columns = shares.shape[1], like.own.shape[1], like.measures.shape[1]
        outputs = self.labels + like.rated.shape[1]
        self.head = nn.Linear(2 * WIDTH, outputs)
        self.side = nn.Linear(WIDTH, own) if own else None
        self.inner = nn.Linear(3 * columns, _HIDDEN) if columns else None
        self.outer = nn.Linear(_HIDDEN, outputs)
        self.unheard = nn.Parameter(torch.zeros(2 * WIDTH))
        self.shares = torch.from_numpy(shares).float()
        self.correction = nn.Parameter(torch.zeros(shares.shape))

    def views(self) -> Tensor:
        """(corpora, labels) logarithms of shares, corrected."""
        return self.shares + self.correction

    def forward(
        self, hidden: Tensor, mask: Tensor, own: Tensor, read: Tensor, measures: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Shared logits (utterances, labels), those of all corpora's own labels, and ratings.

        Args:
            hidden: Output of the frozen layers, (utterances, pieces, 384).
            mask: (utterances, pieces), true where there is a piece.
            own: Likewise, where it is the utterance's own.
            read: (utterances,) whether its words are read.
            measures: (utterances, columns), NaN throughout where none are heard.
        """
        middle = mean_over(hidden, own)
        with torch.autocast("cpu", torch.bfloat16):
            top = self.encoder.upper(hidden, mask, own).float()
        x = torch.where(read[:, None], torch.cat([top, middle], 1), self.unheard)
        outputs: Tensor = self.head(functional.dropout(x, self.head_dropout, self.training))
        if self.inner is not None:
            there = ~measures.isnan().all(1, keepdim=True)
            bent = torch.from_numpy(curved(measures.numpy()))
            inner = functional.gelu(self.inner(bent))
            inner = functional.dropout(inner, self.dropout, self.training)
            outputs = outputs + there * self.outer(inner)
        side = top[:, :0]
        if self.side is not None:
            side = self.side(functional.dropout(top, self.dropout, self.training))
        return outputs[:, : self.labels], side, outputs[:, self.labels :]
