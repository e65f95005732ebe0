"""The network of the predictor ``fusion``; ``read.Net`` answers the same in numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Shape:
    """What a net is built from.

    Args:
        columns: Modality to its number of columns.
        labels: Of the emotion; 0 where it is not foretold.
        targets: Columns of each feature that is foretold.
        width, fused, memory: Of the vectors of a modality, of all, of earlier turns (0: none).
        dropout: Of these vectors.
        hide: Share of training pairs of which one modality is hidden.
    """

    columns: Mapping[str, int]
    labels: int
    targets: Sequence[int]
    width: int
    fused: int
    memory: int
    dropout: float
    hide: float


@dataclass(frozen=True, slots=True)
class Batch:
    """Pairs with their last turns.

    Args:
        rows: Modality to (pairs, turns, columns), NaN where a number is missing; the last turn is
            the stimulus.
        there: (pairs, turns) whether there is such a turn.
        mine: (pairs, turns) whether it is of the one who said the stimulus.
    """

    rows: Mapping[str, Tensor]
    there: Tensor
    mine: Tensor


class FusionNet(nn.Module):
    """Modalities to vectors, vectors to one, one to heads; a cell remembers earlier turns."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape, sizes = shape, list(shape.columns.values())
        self.project = nn.ModuleList(nn.Linear(n, shape.width) for n in sizes)
        self.project_absent = nn.ParameterList(torch.zeros(shape.width) for _ in sizes)
        wide = shape.width * len(sizes) + shape.memory
        if shape.memory:
            self.recall = nn.ModuleList(nn.Linear(n, shape.memory) for n in sizes)
            self.recall_absent = nn.ParameterList(torch.zeros(shape.memory) for _ in sizes)
            self.cell = nn.GRUCell(shape.memory + 1, shape.memory)
        self.fuse = nn.Linear(wide, shape.fused)
        if shape.labels:
            self.emotion = nn.Linear(shape.fused, shape.labels)
        self.heads = nn.ModuleList(nn.Linear(shape.fused, n) for n in shape.targets)

    def forward(self, batch: Batch) -> tuple[Tensor | None, list[Tensor]]:
        """Logits (pairs, labels) and scaled features (pairs, columns) by target."""
        hidden = self._hidden(len(batch.there))
        last = {m: x[:, -1] for m, x in batch.rows.items()}
        parts = self._parts(last, self.project, self.project_absent, hidden)
        if self.shape.memory:
            parts.append(self._remembered(batch, hidden))
        drop = self.shape.dropout
        joined = functional.dropout(torch.cat(parts, 1), drop, self.training)
        fused = functional.dropout(torch.relu(self.fuse(joined)), drop, self.training)
        logits = self.emotion(fused) if self.shape.labels else None
        return logits, [head(fused) for head in self.heads]

    def _parts(
        self,
        rows: Mapping[str, Tensor],
        layers: nn.ModuleList,
        absent: nn.ParameterList,
        hidden: Tensor,
    ) -> list[Tensor]:
        """A vector a modality; of one that is not there, or hidden, the one that is learnt."""
        parts = []
        for k, x in enumerate(rows.values()):
            gone = x.isnan().all(-1, keepdim=True)
            gone = gone | (hidden == k).reshape(-1, *[1] * (x.dim() - 1))
            known = torch.relu(layers[k](torch.nan_to_num(x)))
            parts.append(torch.where(gone, absent[k], known))
        return parts

    def _remembered(self, batch: Batch, hidden: Tensor) -> Tensor:
        """(pairs, memory) after the last turn."""
        read = sum(self._parts(batch.rows, self.recall, self.recall_absent, hidden))
        read = torch.cat([read, batch.mine[..., None].float()], -1)  # type: ignore[list-item]
        state = torch.zeros(len(read), self.shape.memory)
        for step in range(read.shape[1]):
            new = self.cell(read[:, step], state)
            state = torch.where(batch.there[:, step, None], new, state)
        return state

    def _hidden(self, n: int) -> Tensor:
        """(n,) number of the modality that is hidden in training, -1 for none."""
        nobody = torch.full((n,), -1)
        sizes = len(self.shape.columns)
        if not self.training or sizes < 2 or not self.shape.hide:
            return nobody
        return torch.where(torch.rand(n) < self.shape.hide, torch.randint(sizes, (n,)), nobody)
