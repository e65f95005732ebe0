"""Adapters of low rank (Hu et al. 2022): learnt beside a model's layers, kept as peft keeps them.

Ours, since peft takes 1.7 times as long on a CPU. Without torch, ``lm/local/adapter`` reads what
is kept here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from empathia.errors import UsageError
from empathia.files import write, write_json
from empathia.lm.local import adapter as kept

_QKV = frozenset({"q_proj", "k_proj", "v_proj", "qkv_proj", "query_key_value"})
_STEM = "base_model.model."
_NUMBER = re.compile(r"\.(\d+)\.")


class Adapted(nn.Module):
    """A linear layer (out, in) that stays, and a product of low rank that is learnt beside it."""

    def __init__(self, base: nn.Linear, rank: int, scale: float, dropout: float = 0.0) -> None:
        super().__init__()
        self.base, self.scale, self.dropout = base, scale, dropout
        where = base.weight.device
        self.down = nn.Parameter(torch.empty(rank, base.in_features, device=where))
        self.up = nn.Parameter(torch.zeros(base.out_features, rank, device=where))
        nn.init.kaiming_uniform_(self.down, a=math.sqrt(5))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(..., in) to (..., out); what is learnt is kept in 32 bits, used in those of ``x``."""
        down: torch.Tensor = self.down
        if self.dropout and self.training:
            # An input is left out for all tokens: as good, and no number is drawn for each.
            down = down * functional.dropout(torch.ones_like(down[0]), self.dropout)
        low = functional.linear(x, down.to(x.dtype)) * self.scale
        out: torch.Tensor = self.base(x) + functional.linear(low, self.up.to(x.dtype))
        return out


def adapt(
    model: nn.Module,
    rank: int,
    scale: float,
    *,
    dropout: float = 0.0,
    targets: str = "all",
    layers: int = 0,
) -> dict[str, Adapted]:
    """Freeze a model and put adapters on linear layers, never on the last; by their names.

    Args:
        model: Of the transformers library; it is changed.
        rank: Of the products.
        scale: What these are multiplied by.
        dropout: Share of an adapter's input that is left out in training.
        targets: "qkv" (queries, keys and values) or "all".
        layers: Only in this many decoder layers, the top ones; 0 takes all.

    Raises:
        UsageError: There is no such layer in it.
    """
    for p in model.parameters():
        p.requires_grad_(False)
    linear = {
        n: m for n, m in model.named_modules() if isinstance(m, nn.Linear) and "lm_head" not in n
    }
    depth = 1 + max(map(_layer, linear), default=-1)
    lowest = depth - layers if layers else 0
    chosen = [
        n
        for n in linear
        if (targets == "all" or n.rpartition(".")[2] in _QKV) and _layer(n) >= lowest
    ]
    if not chosen:
        raise UsageError(
            f"the model {type(model).__name__} has no linear layers called {', '.join(_QKV)}",
            "Choose targets 'all', or another model",
        )
    return {n: _put(model, n, Adapted(linear[n], rank, scale, dropout)) for n in chosen}


def module(adapters: Mapping[str, Adapted]) -> nn.ModuleDict:
    """The adapters as one module; its names have no dots."""
    return nn.ModuleDict({n.replace(".", "/"): a for n, a in adapters.items()})


def _layer(name: str) -> int:
    match = _NUMBER.search(name)
    return int(match[1]) if match else 0


def _put(model: nn.Module, name: str, layer: Adapted) -> Adapted:
    parent, _, child = name.rpartition(".")
    setattr(model.get_submodule(parent), child, layer)
    return layer


def save(folder: Path, model: Any, base: str) -> None:  # noqa: ANN401
    """Write a model's adapters as peft and :mod:`empathia.lm.local.adapter` read them.

    Args:
        folder: Where to; it is made.
        model: With adapters, such as :func:`adapt` puts on it.
        base: Its name.
    """
    from safetensors.torch import save as packed

    adapters = {n: m for n, m in model.named_modules() if isinstance(m, Adapted)}
    tensors = {}
    for name, layer in adapters.items():
        tensors[f"{_STEM}{name}.lora_A.weight"] = layer.down.detach().cpu().half()
        tensors[f"{_STEM}{name}.lora_B.weight"] = layer.up.detach().cpu().half()
    folder.mkdir(parents=True, exist_ok=True)
    # One key: of several, safetensors draws the order anew each time.
    write(folder / kept.TENSORS, packed(tensors, _layout(model)))
    one = next(iter(adapters.values()))
    rank = one.down.shape[0]
    config: dict[str, Any] = {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "base_model_name_or_path": base,
        "r": rank,
        "lora_alpha": one.scale * rank,
        "target_modules": sorted({n.rpartition(".")[2] for n in adapters}),
    }
    if one.dropout:
        config["lora_dropout"] = one.dropout
    own = sorted({_layer(n) for n in adapters})
    if own[0] > 0:
        config["layers_to_transform"] = own
    write_json(folder / kept.CONFIG, config)


def begin(adapters: Mapping[str, Adapted], folder: Path, base: str) -> None:
    """Give adapters the values that others had in the end, as :func:`save` wrote them.

    Args:
        adapters: By the names of their layers.
        folder: Has those of the same layers and rank, beside the same model.
        base: Name of that model.

    Raises:
        WeightsError: It has others, or they are damaged.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    told = kept.config(folder)
    try:
        tensors = load_file(folder / kept.TENSORS)
        names = {k.removeprefix(_STEM).partition(".lora_")[0] for k in tensors}
        if names != adapters.keys() or told.base != base:
            raise ValueError(f"of '{told.base}', {len(names)} layers, none other can begin with it")
        with torch.no_grad():
            for name, layer in adapters.items():
                layer.down.copy_(tensors[f"{_STEM}{name}.lora_A.weight"])
                layer.up.copy_(tensors[f"{_STEM}{name}.lora_B.weight"] * told.scale / layer.scale)
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise kept.damaged(folder, error) from error


def add(model: nn.Module, folder: Path) -> None:
    """Put what :func:`save` or peft wrote beside a model's layers.

    Raises:
        WeightsError: It is not there, damaged, or another model's.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    told = kept.config(folder)
    try:
        tensors = load_file(folder / kept.TENSORS)
        for key in (k for k in tensors if ".lora_A." in k):
            name = key.removeprefix(_STEM).partition(".lora_A.")[0]
            layer = Adapted(model.get_submodule(name), told.rank, told.scale)  # type: ignore[arg-type]
            with torch.no_grad():
                layer.down.copy_(tensors[key])
                layer.up.copy_(tensors[key.replace("lora_A", "lora_B")])
            _put(model, name, layer)
    except (OSError, KeyError, AttributeError, RuntimeError, SafetensorError) as error:
        raise kept.damaged(folder, error) from error
    for p in model.parameters():
        p.requires_grad_(False)


def _layout(model: Any) -> dict[str, str]:  # noqa: ANN401
    """How long a head is, where GGUF interleaves what is in it."""
    config = model.config
    if config.model_type != "llama":
        return {}
    own = getattr(config, "head_dim", None)
    return {"head": str(own or config.hidden_size // config.num_attention_heads)}
