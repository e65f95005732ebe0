"""Models of the transformers library in this process: by hub name, folder, or pulled GGUF weight.

With what fine-tuning learnt, too. It needs torch; what only reads a GGUF file is better off
with ``local``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from empathia.errors import WeightsError, needs
from empathia.files import is_file
from empathia.lm.local import adapter as adapters
from empathia.types.soft import FILE

if TYPE_CHECKING:
    from empathia.lm.hub.model import HubModel


def load(spec: str = "smollm2", threads: int | None = None, *, exact: bool = True) -> HubModel:
    """A model, in bf16, on a GPU where there is one; a small one on a CPU in 32 bits.

    Args:
        spec: A pulled weight, a folder, what the hub calls it; or a folder with what tuning learnt,
            which names its model.
        threads: Threads to compute with; None leaves it to torch.
        exact: As in :func:`empathia.lm.hub.base.base_model`.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        WeightsError: It is not there, damaged, too large for the memory that is free, or its
            tokenizer is not known.
    """
    with needs("train", "a language model of the transformers library"):
        import torch

        from empathia.lm.hub import lowrank, projector, whole
        from empathia.lm.hub.base import base_model
        from empathia.lm.hub.model import HubModel
    if threads is not None:
        torch.set_num_threads(threads)
    folder, name = Path(spec), _base(spec)
    model, tokenizer = base_model(name or spec, exact=exact)
    if name is None:
        return HubModel(model.eval(), tokenizer, spec)
    for file, add in {adapters.CONFIG: lowrank.add, whole.TENSORS: whole.add}.items():
        if is_file(folder / file):
            add(model, folder)
    made = projector.load(folder, model) if is_file(folder / FILE) else None
    return HubModel(model.eval(), tokenizer, f"{name} with what '{folder.name}' learnt", made)


def computed(spec: str) -> tuple[str, ...]:
    """Where and in what numbers :func:`load` computes a model: its answers depend on them.

    Args:
        spec: As there.

    Returns:
        Such as ("cpu", "float32"); () of a model that cannot be loaded.
    """
    try:
        from empathia.lm.hub import base

        return base.numbers(_base(spec) or spec, exact=True)
    except (ImportError, WeightsError):
        return ()


def _base(spec: str) -> str | None:
    """Name of the model that was tuned, where a folder holds what tuning learnt."""
    from empathia.lm.hub import projector, whole

    folder = Path(spec)
    if is_file(folder / adapters.CONFIG):
        return adapters.config(folder).base
    if is_file(folder / whole.TENSORS):
        return whole.base(folder)
    return projector.base(folder) if is_file(folder / FILE) else None
