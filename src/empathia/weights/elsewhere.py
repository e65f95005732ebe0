"""Models that are not in the manifest: in folders, and in the hub's cache on this machine."""

from __future__ import annotations

from pathlib import Path

from empathia.errors import WeightsError


def find(variant: str) -> Path:
    """The folder of a model; nothing is downloaded.

    Args:
        variant: Path of a folder, or a name as on the hub ("klue/roberta-base").

    Raises:
        WeightsError: It is not on this machine.
    """
    try:
        folder = Path(variant).expanduser()
        if folder.is_dir():
            return folder
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(variant, local_files_only=True))
    except (OSError, ValueError, RuntimeError) as e:  # RuntimeError: no home of a ~name
        raise WeightsError(
            f"the model '{variant}' is no folder and not in the hub's cache on this machine, and "
            "nothing is downloaded unasked",
            f"Run where there is a network: hf download {variant}; or name a folder that holds it",
        ) from e
