"""Decoder layers that were learnt as a whole, kept beside the name of their model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from empathia.errors import UsageError
from empathia.files import write
from empathia.lm.local.adapter import damaged

if TYPE_CHECKING:
    from torch import nn

TENSORS = "layers.safetensors"


def top(model: Any, layers: int) -> nn.ModuleDict:  # noqa: ANN401
    """The top decoder layers of a model, in 32 bits and to be learnt; all else stays as it is.

    Args:
        model: Of the transformers library; it is changed.
        layers: How many; 0 for all.

    Returns:
        The layers by their number.

    Raises:
        UsageError: The model's decoder is no list of layers.
    """
    from torch import nn

    every = getattr(model.base_model, "layers", None)
    if every is None:
        raise UsageError(
            f"the layers of a {type(model).__name__} are not known", "Tune adapters instead"
        )
    for p in model.parameters():
        p.requires_grad_(False)
    first = max(0, len(every) - layers) if layers else 0
    for layer in every[first:]:
        layer.float().requires_grad_(True)
    return nn.ModuleDict({str(i): every[i] for i in range(first, len(every))})


def save(folder: Path, layers: nn.ModuleDict, base: str) -> None:
    """Write layers in bf16, and whose they are."""
    from safetensors.torch import save as packed

    folder.mkdir(parents=True, exist_ok=True)
    tensors = {k: v.detach().cpu().bfloat16() for k, v in layers.state_dict().items()}
    write(folder / TENSORS, packed(tensors, {"base": base}))


def base(folder: Path) -> str:
    """Name of the model that kept layers belong to.

    Raises:
        WeightsError: There are none, or they are damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(folder / TENSORS, "pt") as file:
            return str(file.metadata()["base"])
    except (OSError, KeyError, TypeError, SafetensorError) as error:
        raise damaged(folder, error, "the layers") from error


def add(model: Any, folder: Path) -> None:  # noqa: ANN401
    """Put kept layers in the place of a model's own.

    Raises:
        WeightsError: They are damaged, or another model's.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        own = model.base_model.layers.state_dict()
        with torch.no_grad():
            for name, tensor in load_file(folder / TENSORS).items():
                own[name].copy_(tensor)
    except (OSError, KeyError, AttributeError, RuntimeError, SafetensorError) as error:
        raise damaged(folder, error, "the layers") from error
