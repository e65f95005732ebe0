"""Plug-ins by file name: listing imports nothing, loading imports one module.

A plug-in of a stage is a module in ``empathia/<stage>/`` whose name does not
start with an underscore, or an entry point of the group ``empathia.<stage>``.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType

from empathia.errors import UsageError

_HERE = Path(__file__).parent


def names(stage: str) -> tuple[str, ...]:
    """Names of all plug-ins of a stage, sorted, without importing any."""
    own = [m.name for m in pkgutil.iter_modules([str(_HERE / stage)])]
    foreign = [e.name for e in entry_points(group=f"empathia.{stage}")]
    return tuple(sorted({n for n in [*own, *foreign] if not n.startswith("_")}))


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
    foreign = [e for e in entry_points(group=f"empathia.{stage}") if e.name == name]
    ours = name in {m.name for m in pkgutil.iter_modules([str(_HERE / stage)])}
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
