"""multilingual-e5-small in torch, for training alone; reading uses the ONNX graph.

Parameters carry the names of a BERT, as those of the graph do.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from empathia.encoders import quarter
from empathia.encoders.minilm_torch import WIDTH, Layer

LAYERS = 12
_EPSILON = 1e-12
_PREFIX = "encoder."


class Multilingual(nn.Module):
    """The encoder in two halves: frozen lower layers and trainable upper ones.

    Args:
        folder: The pulled weight ``e5-small``.
        tuned: How many of the last layers are trained.
        dropout: In the trained layers.
    """

    def __init__(self, folder: Path, tuned: int, dropout: float) -> None:
        super().__init__()
        self._network = quarter.read(folder / quarter.FILE)
        pulled = self._network.arrays
        self._norm = [
            torch.from_numpy(pulled[f"embeddings.LayerNorm.{n}"]) for n in ("weight", "bias")
        ]
        self.layer = nn.ModuleDict({str(i): Layer(dropout) for i in range(LAYERS)})
        self.load_state_dict({k: torch.from_numpy(pulled[_PREFIX + k]) for k in self.state_dict()})
        self.first = LAYERS - tuned
        for i in range(self.first):
            self.layer[str(i)].requires_grad_(False)

    @torch.no_grad()
    def lower(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Hidden states below the trained layers, (batch, length, 384).

        Args:
            ids: Word pieces, (batch, length).
            mask: True where there is one, (batch, length).
        """
        x = torch.from_numpy(self._network.embedded(ids.numpy()))
        x = functional.layer_norm(x, (WIDTH,), self._norm[0], self._norm[1], _EPSILON)
        with torch.autocast("cpu", torch.bfloat16):
            for i in range(self.first):
                x = self.layer[str(i)].eval()(x, mask[:, None, None, :])
        return x.float()

    def upper(self, x: Tensor, mask: Tensor) -> Tensor:
        """Mean-pooled sentence vectors from :meth:`lower`'s hidden states, (batch, 384)."""
        for i in range(self.first, LAYERS):
            x = self.layer[str(i)](x, mask[:, None, None, :])
        weight = mask.to(x.dtype)[:, :, None]
        return (x * weight).sum(1) / weight.sum(1)

    def difference(self) -> dict[str, Tensor]:
        """What training changed, (outputs, inputs) and (outputs,), by the names of the graph."""
        tuned = [k for k in self.state_dict() if int(k.split(".")[1]) >= self.first]
        now, pulled = self.state_dict(), self._network.arrays
        return {_PREFIX + k: now[k] - torch.from_numpy(pulled[_PREFIX + k]) for k in tuned}
