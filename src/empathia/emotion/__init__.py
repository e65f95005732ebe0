"""Recognisers: what emotion an utterance expresses; one file, or one folder, each.

See ``empathia.contracts`` for what a plug-in defines. Those of several files have
their trainer in ``fitting`` (which may import torch), what answers in ``read``.
"""

from __future__ import annotations

from pathlib import Path

from empathia import plugins
from empathia.config import Options


def weights_of(name: str, options: Options) -> tuple[str, ...]:
    """Weights of the manifest that a recogniser starts from or works with.

    Args:
        name: Of the plug-in.
        options: Complete, as its ``learn`` gets them.
    """
    names: tuple[str, ...] = plugins.told(plugins.load("emotion", name), "weights_of", options)
    return names


def kept_of(name: str, options: Options) -> tuple[Path, ...]:
    """Folders of the user's models that a recogniser works with.

    Args:
        name: Of the plug-in.
        options: Complete, as its ``learn`` gets them.
    """
    folders: tuple[Path, ...] = plugins.told(plugins.load("emotion", name), "kept_of", options)
    return folders
