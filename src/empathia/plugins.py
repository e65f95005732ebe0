"""Plug-ins by file name: listing imports nothing, loading imports one module.

A plug-in of a stage is a module in ``empathia/<stage>/`` whose name does not
start with an underscore, or an entry point of the group ``empathia.<stage>``.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys
from collections.abc import Sequence
from functools import lru_cache
from importlib.metadata import EntryPoints, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from empathia.errors import UsageError

_HERE = Path(__file__).parent


def names(stage: str) -> tuple[str, ...]:
    """Names of all plug-ins of a stage, sorted, without importing any."""
    foreign = _foreign(stage).names
    return tuple(sorted({n for n in [*_own(stage), *foreign] if not n.startswith("_")}))


def load(stage: str, name: str, needs: Sequence[str] = ()) -> ModuleType:
    """Import one plug-in.

    Args:
        stage: Folder of the stage ("emotion", "corpora").
        name: Name of the plug-in.
        needs: Names that the module must define.

    Raises:
        UsageError: There is no such plug-in, or more than one; it cannot be imported, or lacks a
            name that it must define.
    """
    known = names(stage)
    if name not in known:
        raise UsageError(
            f"unknown {stage} plug-in '{name}' (known: {', '.join(known)})", "Name one of these"
        )
    foreign = list(_foreign(stage).select(name=name))
    ours = name in _own(stage)
    if len(foreign) + ours > 1:
        packages = ", ".join(sorted(e.value for e in foreign))
        raise UsageError(
            f"{stage} plug-in '{name}' is there more than once ({packages}"
            + (", and one of Empathia's)" if ours else ")"),
            "Rename the entry point, or remove a package",
        )
    if ours:
        module: ModuleType = importlib.import_module(f"empathia.{stage}.{name}")
    else:
        try:
            module = foreign[0].load()
        except ImportError as e:
            raise UsageError(
                f"{stage} plug-in '{name}' ({foreign[0].value}) cannot be imported: {e}",
                "Mend or reinstall its package",
            ) from e
    lacking = [n for n in needs if not hasattr(module, n)]
    if lacking:
        raise UsageError(
            f"{stage} plug-in '{name}' does not define {', '.join(lacking)}",
            "Add these names; docs/plugins.md lists them",
        )
    return module


def told(plugin: ModuleType, hook: str, options: object) -> Any:  # noqa: ANN401 - the hook's own
    """What an optional hook of a plug-in says of its options; () where it has none."""
    return getattr(plugin, hook)(options) if hasattr(plugin, hook) else ()


@lru_cache
def _own(stage: str) -> frozenset[str]:
    """Empathia's own modules of a stage."""
    return frozenset(m.name for m in pkgutil.iter_modules([str(_HERE / stage)]))


def _foreign(stage: str) -> EntryPoints:
    """What other packages bring to a stage."""
    path = tuple((f, _changed(f)) for f in map(os.path.abspath, sys.path))
    return _installed(f"empathia.{stage}", path)


def _changed(folder: str) -> int:
    """When a folder changed (ns); 0 where it is not there."""
    try:
        return Path(folder).stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=16)
def _installed(group: str, _path: tuple[tuple[str, int], ...]) -> EntryPoints:
    """Entry points as long as the folders of the path, and when they changed, are these.

    Each search reads a file of each package, and a reading asks some twenty times.
    """
    return entry_points(group=group)
