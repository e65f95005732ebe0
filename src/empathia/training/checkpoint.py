"""Checkpoints that a kill cannot spoil: one safetensors file, replaced in one step.

Tensors and the JSON that belongs to them (position, history, settings) travel
in the same file, the JSON in safetensors' own header, so that no kill can leave
new weights beside an old position.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from empathia.errors import TrainingError
from empathia.files import write

if TYPE_CHECKING:
    import torch

_KEY = "empathia"


def save(path: Path, tensors: Mapping[str, torch.Tensor], state: Mapping[str, Any]) -> None:
    """Write tensors and a JSON state as one safetensors file.

    Args:
        path: Where to.
        tensors: By name, of any shape (rows, columns, ...); shared memory is copied.
        state: Anything that JSON can hold.
    """
    from safetensors.torch import save as serialise

    plain = {name: t.detach().cpu().contiguous().clone() for name, t in tensors.items()}
    write(path, serialise(plain, {_KEY: json.dumps(state)}))


def load(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """Read what :func:`save` wrote: tensors (rows, columns, ...) by name, and the state.

    Raises:
        TrainingError: The file is not such a checkpoint.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as f:
            tensors = {name: f.get_tensor(name) for name in f.keys()}  # noqa: SIM118 - no mapping
            state = json.loads((f.metadata() or {})[_KEY])
    except (SafetensorError, OSError, KeyError, ValueError) as e:
        raise TrainingError(
            f"'{path}' is not a readable checkpoint ({e})", "Start over with --fresh"
        ) from e
    return tensors, state
