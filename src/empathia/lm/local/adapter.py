"""Adapters of low rank for a GGUF file: what fine-tuning adds to its layers.

A folder as peft writes it: ``adapter_config.json`` (rank, alpha, name of the model) and
``adapter_model.safetensors`` with two matrices a layer, A (rank, in) and B (out, rank). A layer
becomes W + alpha / rank * B A. GGUF interleaves the rows of queries and keys within each head where
transformers keeps two halves; ``head`` of the tensors' metadata tells how long a head is, and is
missing where the two are alike.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia.errors import WeightsError

CONFIG, TENSORS = "adapter_config.json", "adapter_model.safetensors"
_NAME = re.compile(r"base_model\.model\.model\.layers\.(\d+)\.(\w+\.\w+)\.lora_A\.weight")
_LAYERS = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_STRANGE = ("use_rslora", "use_dora", "rank_pattern", "alpha_pattern", "modules_to_save")
_DAMAGED = (OSError, ValueError, KeyError, TypeError, ZeroDivisionError)
_INTERLEAVED = ("attn_q", "attn_k")

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Adapter:
    """What is added to the layers of a model.

    Args:
        base: Name of the model that it belongs to.
        pairs: GGUF's name of a layer to (scaled B, A): (out, rank) and (rank, in).
    """

    base: str
    pairs: Mapping[str, tuple[Floats, Floats]] = field(repr=False)

    def added(self, name: str, shape: tuple[int, ...]) -> Floats | None:
        """(out, in) what a layer of GGUF's shape (in, out) gets; None where nothing.

        Raises:
            ValueError: The layer has another shape.
        """
        if name not in self.pairs:
            return None
        up, down = self.pairs[name]
        if shape != (down.shape[1], up.shape[0]):
            raise ValueError(f"the adapter does not fit '{name}' of shape {shape}")
        out: Floats = up @ down
        return out


@dataclass(frozen=True, slots=True)
class Config:
    """What an adapter says of itself.

    Args:
        base: Name of the model that it belongs to.
        rank: Of its products.
        scale: What these are multiplied by.
    """

    base: str
    rank: int
    scale: float


def config(folder: Path) -> Config:
    """What the adapter in a folder says of itself.

    Raises:
        WeightsError: There is none, or it is damaged or of another kind.
    """
    try:
        told = json.loads((folder / CONFIG).read_text("utf-8"))
        if strange := [k for k in _STRANGE if told.get(k)]:
            raise ValueError(f"it is of a kind that is not known: {', '.join(strange)}")
        rank = int(told["r"])
        return Config(str(told["base_model_name_or_path"]), rank, float(told["lora_alpha"]) / rank)
    except _DAMAGED as error:
        raise damaged(folder, error) from error


def load(folder: Path) -> Adapter:
    """Read an adapter; errors as of :func:`config`."""
    from safetensors import SafetensorError, safe_open

    told = config(folder)
    try:
        with safe_open(folder / TENSORS, "numpy") as file:
            head = int((file.metadata() or {}).get("head", 0))
            pairs = dict(
                _pair(file, key, told.scale, head)
                for key in file.keys()  # noqa: SIM118 - it is no mapping
                if ".lora_A." in key
            )
        return Adapter(told.base, pairs)
    except (*_DAMAGED, SafetensorError) as error:
        raise damaged(folder, error) from error


def damaged(folder: Path, reason: object, what: str = "an adapter") -> WeightsError:
    """The error for files of what was learnt that do not fit."""
    return WeightsError(
        f"cannot read {what} in '{folder}' ({' '.join(str(reason).split())})",
        "Name a folder that `empathia train` kept, or run: empathia weights verify",
    )


def _pair(file: object, key: str, scale: float, head: int) -> tuple[str, tuple[Floats, Floats]]:
    match = _NAME.fullmatch(key)
    if match is None or match[2] not in _LAYERS:
        raise ValueError(f"no layer is called '{key}'")
    down = file.get_tensor(key).astype(np.float32)  # type: ignore[attr-defined]
    up = scale * file.get_tensor(key.replace("lora_A", "lora_B")).astype(np.float32)  # type: ignore[attr-defined]
    layer = _LAYERS[match[2]]
    if head and layer in _INTERLEAVED:
        up = interleaved(up, head)
    return f"blk.{match[1]}.{layer}.weight", (up, down)


def interleaved(rows: Floats, head: int) -> Floats:
    """Rows (heads * head, n) whose halves of each head are told apart, taken by turns."""
    split = rows.reshape(-1, 2, head // 2, rows.shape[1])
    mixed: Floats = split.swapaxes(1, 2).reshape(rows.shape)
    return mixed
