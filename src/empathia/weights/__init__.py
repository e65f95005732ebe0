"""Pretrained weights: what there are, where they are, and how to get them.

    folder("minilm")      the folder of a weight that is there and whole, in a millisecond
    pull(["minilm"])      fetch it: the one thing here that uses the network
    verify()              compute all sums again

The manifest is ``weights.toml``. Importing this is light and touches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.weights import store as _store
from empathia.weights.manifest import Convert, Entry, File, Source, catalogue, select
from empathia.weights.store import Check, place, root, state_of

if TYPE_CHECKING:
    from empathia.contracts import Progress
    from empathia.weights.pulling import Pulled

__all__ = [
    "Check",
    "Convert",
    "Entry",
    "File",
    "Source",
    "entries",
    "entry",
    "folder",
    "place",
    "pull",
    "remedy",
    "root",
    "state",
    "verify",
]


def entries() -> tuple[Entry, ...]:
    """All weights of the manifest, shipped ones too."""
    return tuple(catalogue().values())


def entry(name: str) -> Entry:
    """One weight of the manifest.

    Raises:
        UsageError: There is no weight of that name.
    """
    return select((name,))[0]


def folder(name: str) -> Path:
    """The folder of a weight that is there and whole.

    Sizes and times are compared with the stamp that pull wrote. Where they don't fit (a
    cache that was copied by hand), the sums are computed once and a new stamp is written.
    Of a shipped weight only the sizes are compared.

    Args:
        name: Name of the weight.

    Raises:
        UsageError: There is no weight of that name.
        WeightsError: It is missing or damaged; see `remedy`.
    """
    return _store.folder(entry(name))


def remedy(name: str) -> str:
    """What to do where it is missing or damaged: pull it, or install Empathia again.

    Raises:
        UsageError: There is no weight of that name.
    """
    return _store.remedy(entry(name))


def state(name: str) -> str:
    """Tell "ok", "missing", "damaged" or "unverified", without computing any sum.

    Raises:
        UsageError: There is no weight of that name.
    """
    return state_of(_store.look(entry(name)))


def verify(names: Sequence[str] = ()) -> tuple[Check, ...]:
    """Compute every sum again (about a second for the default weights).

    Args:
        names: Weights; where empty all but those that are pulled on request and not here.

    Raises:
        UsageError: There is no weight of that name.
    """
    chosen = select(tuple(names))
    if not names:
        chosen = tuple(e for e in chosen if not e.on_request or state(e.name) != "missing")
    return tuple(c for e in chosen for c in _store.look(e, sums="all"))


def pull(
    names: Sequence[str] = (),
    progress: Progress | None = None,
    *,
    note: Callable[[str], None] | None = None,
    folders: Sequence[Path] = (),
    offline: bool = False,
) -> tuple[Pulled, ...]:
    """Fetch what is missing or damaged, verify it and put it into the cache.

    Args:
        names: Weights; where empty all that are neither shipped nor pulled on request only.
        progress: Called with ("weight/file", bytes done, bytes in all) as they come, and with
            (label of an archive, 0, None) before pip is asked for it.
        note: Called with a line for people: a source was skipped, another pull is waited for.
        folders: Folders with archives or files to take before any source is asked; those in
            the environment variable EMPATHIA_ARCHIVES are looked at too.
        offline: Ask no source at all.

    Raises:
        UsageError: A weight or a folder does not exist.
        WeightsError: At least one weight could not be pulled; the others are in place.
    """
    from empathia.weights.pulling import pull as run

    return run(names, progress, note=note, folders=folders, offline=offline)
