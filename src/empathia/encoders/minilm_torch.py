"""MiniLM (BERT, Devlin et al. 2019) in torch, for training alone; reading uses the ONNX graph.

Parameters carry the names of the pulled ``model.safetensors``, so that trained
and original weights can be subtracted by name.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from empathia import weights
from empathia.errors import ConfigError

WIDTH, HEADS, INNER, LAYERS = 384, 12, 1536, 6
_EPSILON = 1e-12


class _Mix(nn.Module):
    """Self-attention without its output projection."""

    def __init__(self) -> None:
        super().__init__()
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key = nn.Linear(WIDTH, WIDTH)
        self.value = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor, mask: Tensor, dropout: float) -> Tensor:
        q, k, v = (_split(linear(x)) for linear in (self.query, self.key, self.value))
        mixed = functional.scaled_dot_product_attention(q, k, v, mask, dropout_p=dropout)
        return mixed.transpose(1, 2).flatten(2)


class _Add(nn.Module):
    """Projection, dropout, residual, norm."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dense = nn.Linear(width, WIDTH)
        self.LayerNorm = nn.LayerNorm(WIDTH, eps=_EPSILON)

    def forward(self, update: Tensor, x: Tensor, dropout: float) -> Tensor:
        update = functional.dropout(self.dense(update), dropout)
        normed: Tensor = self.LayerNorm(x + update)
        return normed


class Layer(nn.Module):
    """One transformer layer, post-norm, as BERT has it."""

    def __init__(self, dropout: float) -> None:
        super().__init__()
        self.attention = nn.ModuleDict({"self": _Mix(), "output": _Add(WIDTH)})
        self.intermediate = nn.ModuleDict({"dense": nn.Linear(WIDTH, INNER)})
        self.output = _Add(INNER)
        self.dropout = dropout

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        """Hidden states of the next layer.

        Args:
            x: (batch, length, 384).
            mask: (batch, 1, 1, length), true where there is a word piece.
        """
        drop = self.dropout if self.training else 0.0
        mixed = self.attention["self"](x, mask, drop)
        x = self.attention["output"](mixed, x, drop)
        inner = functional.gelu(self.intermediate["dense"](x))
        out: Tensor = self.output(inner, x, drop)
        return out


def _split(x: Tensor) -> Tensor:
    return x.view(*x.shape[:2], HEADS, WIDTH // HEADS).transpose(1, 2)


class MiniLM(nn.Module):
    """The encoder in two halves: frozen lower layers and trainable upper ones.

    Args:
        folder: The pulled weight ``minilm``.
        tuned: How many of the last layers are trained.
        dropout: In the trained layers.
    """

    def __init__(self, folder: Path, tuned: int, dropout: float) -> None:
        super().__init__()
        from safetensors.torch import load_file

        pulled = load_file(folder / "model.safetensors")
        self.word = pulled["embeddings.word_embeddings.weight"]
        self.position = pulled["embeddings.position_embeddings.weight"]
        self.kind = pulled["embeddings.token_type_embeddings.weight"][0]
        self.norm = [pulled[f"embeddings.LayerNorm.{n}"] for n in ("weight", "bias")]
        self.layer = nn.ModuleDict({str(i): Layer(dropout) for i in range(LAYERS)})
        prefix = "encoder."
        wanted = {k: pulled[prefix + k] for k in self.state_dict()}
        self.load_state_dict(wanted)
        self.first = LAYERS - tuned
        for i in range(self.first):
            self.layer[str(i)].requires_grad_(False)
        self.original = {
            k: v.clone() for k, v in wanted.items() if int(k.split(".")[1]) >= self.first
        }

    @torch.no_grad()
    def lower(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Hidden states below the trained layers, (batch, length, 384).

        Args:
            ids: Word pieces, (batch, length).
            mask: True where there is one, (batch, length).
        """
        x = self.word[ids] + self.position[: ids.shape[1]] + self.kind
        x = functional.layer_norm(x, (WIDTH,), self.norm[0], self.norm[1], _EPSILON)
        with torch.autocast("cpu", torch.bfloat16):
            for i in range(self.first):
                layer = self.layer[str(i)].eval()
                x = layer(x, mask[:, None, None, :])
        return x.float()

    def upper(self, x: Tensor, mask: Tensor, pool: Tensor | None = None) -> Tensor:
        """Mean-pooled vectors from :meth:`lower`'s hidden states, (batch, 384).

        Args:
            x: (batch, length, 384).
            mask: True where there is a piece, (batch, length).
            pool: Likewise, where the mean is taken; None takes all pieces.
        """
        for i in range(self.first, LAYERS):
            x = self.layer[str(i)](x, mask[:, None, None, :])
        weight = (mask if pool is None else pool).to(x.dtype)[:, :, None]
        return (x * weight).sum(1) / weight.sum(1)

    def begin(self, start: str) -> None:
        """Begin with the change of a shipped weight; :meth:`delta` is that to the pulled one.

        Args:
            start: Its name.

        Raises:
            ConfigError: It holds no change.
        """
        from safetensors.torch import load_file

        file = weights.folder(start) / "delta.safetensors"
        change = load_file(file) if file.is_file() else {}
        if not change:
            raise ConfigError(
                f"'model.start' is '{start}', which holds no change of minilm",
                "Name text-default, or leave it out",
            )
        now = self.state_dict()
        for name, difference in change.items():
            to = name.removeprefix("encoder.")
            self.original.setdefault(to, now[to].clone())
            now[to] += difference.float()

    def delta(self) -> dict[str, Tensor]:
        """What training changed: fp16 matrices and vectors by the names of the pulled file."""
        now = self.state_dict()
        return {f"encoder.{k}": (now[k] - v).to(torch.float16) for k, v in self.original.items()}
