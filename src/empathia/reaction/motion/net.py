"""The network of the predictor ``motion``; ``read.Net`` answers the same in numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Shape:
    """What a net is built from.

    Args:
        blocks: Columns of each block that is read, its mark included.
        frames: Columns that are told frame by frame.
        once: Columns that are told once: labels, then rows.
        width, kernel, layers, echo: See the options.
        dropout: Of hidden values.
        hide: Share of training pairs of which one block is hidden.
    """

    blocks: Sequence[int]
    frames: int
    once: int
    width: int
    kernel: int
    layers: int
    echo: int
    dropout: float
    hide: float


class MotionNet(nn.Module):
    """Causal convolutions with a linear filter beside them."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape, read = shape, sum(shape.blocks)
        self.enter = nn.Linear(read, shape.width)
        self.layers = nn.ModuleList(
            nn.Conv1d(shape.width, shape.width, shape.kernel, dilation=2**k)
            for k in range(shape.layers)
        )
        if shape.frames:
            self.leave = nn.Linear(shape.width, shape.frames)
        if shape.frames and shape.echo:
            self.echo = nn.Conv1d(read, shape.frames, shape.echo, bias=False)
            nn.init.zeros_(self.echo.weight)
        if shape.once:
            self.once = nn.Linear(shape.width, shape.once)

    def forward(self, x: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        """(pairs, frames, columns) told frame by frame, (pairs, columns) told once.

        Args:
            x: (pairs, frames, columns) of what is read.
            there: (pairs, frames) whether there is such a frame.
        """
        x = x * self._shown(len(x))
        hidden = self.enter(x)
        for k, layer in enumerate(self.layers):
            seen = torch.relu(_late(layer, hidden, (self.shape.kernel - 1) * 2**k))
            hidden = hidden + functional.dropout(seen, self.shape.dropout, self.training)
        frames, once = x[..., :0], hidden[:, 0, :0]
        if self.shape.frames:
            frames = self.leave(hidden)
            if self.shape.echo:
                frames = frames + _late(self.echo, x, self.shape.echo - 1)
        if self.shape.once:
            count = there.sum(1, keepdim=True).clamp(min=1)
            once = self.once(torch.where(there[..., None], hidden, 0).sum(1) / count)
        return frames, once

    def _shown(self, pairs: int) -> Tensor:
        """(pairs, 1, columns) 0 where a block is hidden, its mark included, else 1."""
        sizes = torch.tensor(list(self.shape.blocks))
        if not self.training or not self.shape.hide:
            return torch.ones(pairs, 1, int(sizes.sum()))
        which = torch.randint(len(sizes), (pairs,))
        which = torch.where(torch.rand(pairs) < self.shape.hide, which, -1)
        of = torch.repeat_interleave(torch.arange(len(sizes)), sizes)
        return (which[:, None, None] != of).float()


def _late(layer: nn.Module, x: Tensor, before: int) -> Tensor:
    """A convolution over (pairs, frames, columns) that sees nothing later."""
    padded = functional.pad(x.transpose(1, 2), (before, 0))
    seen: Tensor = layer(padded).transpose(1, 2)
    return seen
