"""Pretrained text encoders in torch behind one face: word pieces in, hidden states out."""

from __future__ import annotations

from typing import Any, Protocol

import torch
from torch import Tensor, nn

from empathia import weights
from empathia.encoders.minilm_torch import LAYERS, WIDTH, MiniLM
from empathia.errors import ConfigError, WeightsError

_DEFAULT = "minilm"


class Encoder(Protocol):
    """What the recogniser ``encoder`` needs of one.

    Attributes:
        width: Columns of a hidden state.
        marks: Word pieces that open a text, close a part and fill up a batch.
    """

    width: int
    marks: tuple[int, int, int]

    def pieces(self, text: str) -> list[int]:
        """Word pieces of a text, without marks."""

    def __call__(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Hidden states of the last layer, (batch, length, width), of (batch, length) pieces."""


def encoder(name: str, tuned: int, dropout: float, start: str) -> Encoder:
    """Load an encoder of which the last layers are to be trained.

    Args:
        name: "minilm", a name on the hub, or a folder.
        tuned: How many of the last layers.
        dropout: In those.
        start: A shipped weight with differences to minilm to begin with, or "".

    Raises:
        ConfigError: ``start`` belongs to another encoder, or ``tuned`` is negative.
        WeightsError: The encoder is not on this machine.
    """
    if tuned < 0:
        raise ConfigError(f"'model.tuned' is {tuned}, expected 0 or more", "Mend the value")
    if name == _DEFAULT:
        return _Default(tuned, dropout, start)
    if start:
        raise ConfigError(
            f"'model.start' is '{start}', which is a change of minilm, not of '{name}'",
            "Leave model.start out",
        )
    return _Named(name, tuned, dropout)


class _Default(nn.Module):
    """MiniLM as it is pulled; its embeddings are never trained."""

    width = WIDTH

    def __init__(self, tuned: int, dropout: float, start: str) -> None:
        super().__init__()
        from tokenizers import Tokenizer

        folder = weights.folder(_DEFAULT)
        self.net = MiniLM(folder, min(tuned, LAYERS), dropout)
        if start:
            self.net.begin(start)
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        first, close, pad = map(self._tokenizer.token_to_id, ("[CLS]", "[SEP]", "[PAD]"))
        self.marks = _first(first), _first(close), _first(pad)

    def pieces(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        x = self.net.lower(ids, mask)
        for i in range(self.net.first, LAYERS):
            x = self.net.layer[str(i)](x, mask[:, None, None, :])
        return x


class _Named(nn.Module):
    """An encoder of the transformers library."""

    def __init__(self, name: str, tuned: int, dropout: float) -> None:
        super().__init__()
        from transformers import AutoTokenizer

        from empathia.encoders import local

        loaded = local.load(name, None)
        self.net: Any = loaded.module
        self.width = int(self.net.config.hidden_size)
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(
                str(loaded.folder), local_files_only=True, trust_remote_code=False
            )
        except Exception as e:  # transformers and tokenizers raise whatever they like
            raise WeightsError(
                f"the tokenizer of '{name}' cannot be read ({' '.join(str(e).split())})",
                "Fetch the model again, all of its files",
            ) from e
        t = self._tokenizer
        first, close = (t.cls_token_id, t.bos_token_id), (t.sep_token_id, t.eos_token_id)
        self.marks = _first(*first), _first(*close), _first(t.pad_token_id, 0)
        for module in self.net.modules():
            if isinstance(module, nn.Dropout):
                module.p = dropout
        self._freeze(tuned)

    def _freeze(self, tuned: int) -> None:
        """Train the last layers alone; all, with embeddings, where more are asked for."""
        layers = _layers(self.net)
        for p in self.net.parameters():
            p.requires_grad_(tuned > len(layers))
        for layer in list(layers)[max(0, len(layers) - tuned) :]:
            layer.requires_grad_(True)

    def pieces(self, text: str) -> list[int]:
        return list(self._tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        x: Tensor = self.net(input_ids=ids, attention_mask=mask.long()).last_hidden_state
        return x


def _layers(net: nn.Module) -> nn.ModuleList:
    """The stack of layers of an encoder, whatever it is called."""
    config: Any = net.config
    for module in net.modules():
        if isinstance(module, nn.ModuleList) and len(module) == config.num_hidden_layers:
            return module
    raise WeightsError(
        f"'{type(net).__name__}' has no stack of {config.num_hidden_layers} layers",
        "Name an encoder such as BERT or RoBERTa",
    )


def _first(*numbers: int | None) -> int:
    for number in numbers:
        if number is not None:
            return number
    raise WeightsError(
        "the tokenizer has no mark for the start or the end of a text",
        "Name an encoder such as BERT or RoBERTa",
    )


def mean_over(hidden: Tensor, where: Tensor) -> Tensor:
    """Mean hidden state of the pieces that are marked, (batch, width)."""
    weight = where.to(hidden.dtype)[:, :, None]
    return torch.as_tensor((hidden * weight).sum(1) / weight.sum(1))
