"""Models of the transformers library that lie on this machine: nothing is fetched.

A variant such as "facebook/wav2vec2-base" is looked for in the cache of the hub, a folder
is taken as it is. Only safetensors are read and no code of a model runs.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from empathia.errors import WeightsError, needs
from empathia.files import sha256
from empathia.weights.elsewhere import find

_KINDS = frozenset({".json", ".txt", ".model", ".safetensors"})
# What a model may lack: parts that are not run.
_UNUSED = ("pooler.", "masked_spec_embed")


@dataclass(frozen=True, slots=True)
class Local:
    """A model in evaluation mode.

    Args:
        folder: Where it lies.
        module: A ``transformers.PreTrainedModel``.
        sum: sha256 over the names and contents of its files.
    """

    folder: Path
    module: Any
    sum: str


def load(variant: str, threads: int | None, kind: str = "AutoModel") -> Local:
    """Load a model of a folder or of the hub's cache.

    Args:
        variant: Path of a folder, or a name as on the hub ("klue/roberta-base").
        threads: Threads of torch, for the whole process; None leaves them as they are.
        kind: The class of transformers that reads it.

    Raises:
        MissingExtra: torch or transformers is not installed.
        WeightsError: There is no such model here, or it cannot be read.
    """
    with needs("train", f"the model '{variant}'"):
        import torch
        import transformers
    if threads is not None:
        torch.set_num_threads(threads)
    log: Any = transformers.utils.logging
    log.disable_progress_bar()  # ours says what is going on
    folder = find(variant)
    if not any(folder.glob("*.safetensors")):
        raise WeightsError(
            f"the model '{variant}' has no safetensors in '{folder}'",
            "Other files may hold code and are not read: load it once where it comes from and "
            "save it with save_pretrained(folder, safe_serialization=True)",
        )
    return Local(folder, _module(getattr(transformers, kind), folder, variant), _sum(folder))


def _module(kind: Any, folder: Path, variant: str) -> Any:  # noqa: ANN401 - of torch
    """The model in evaluation mode, all of its arrays read."""
    try:
        module, report = kind.from_pretrained(
            str(folder),
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
        )
    except Exception as e:  # transformers, safetensors and torch raise whatever they like
        raise WeightsError(
            f"the model '{variant}' in '{folder}' cannot be read ({' '.join(str(e).split())})",
            "Fetch it again",
        ) from e
    lacking = sorted(k for k in report["missing_keys"] if not any(u in k for u in _UNUSED))
    if lacking:
        raise WeightsError(
            f"the model '{variant}' lacks {len(lacking)} arrays (first: {lacking[0]})",
            "It is damaged or of another kind: fetch it again",
        )
    return module.eval()


def _sum(folder: Path) -> str:
    total = hashlib.sha256()
    for file in sorted(f for f in folder.iterdir() if f.suffix in _KINDS):
        total.update(f"{file.name} {sha256(file)}\n".encode())
    return total.hexdigest()
