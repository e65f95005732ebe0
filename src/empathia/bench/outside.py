"""What decides the answers of a run and lies outside of it: files and models that options name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from empathia import files
from empathia.config import Options
from empathia.errors import WeightsError
from empathia.files import Plain, sha256
from empathia.weights.elsewhere import find

_LOOKS, _LOOK = 64, 4096  # into a file of a model, bytes a look


def sums(options: Options, kept: Iterable[Path]) -> list[Plain]:
    """Sums of them, for a fingerprint; [] where there are none.

    Args:
        options: Complete; those of whom a learner teaches lie in a table inside.
        kept: Folders of kept models that are worked with.
    """
    inside: list[Plain] = [[sha256(f) for f in sorted(k.iterdir()) if f.is_file()] for k in kept]
    named = [Path(v) for v in _texts(options.values)]
    inside += [_glimpsed(f) for f in named if f.suffix and files.is_file(f)]  # as a wording
    return inside + [s for v in _texts(options.values) if (s := _model(v)) is not None]


def _model(text: str) -> dict[str, Plain] | None:
    """Of each file of the model that a text names, by a folder or as in the hub's cache, a sum."""
    try:
        folder = find(text) if text else Path()
    except (WeightsError, ImportError):
        return None
    if not text or not files.is_file(folder / "config.json"):
        return None
    return {f.name: _glimpsed(f) for f in sorted(folder.iterdir()) if f.is_file()}


def _glimpsed(file: Path) -> str:
    """A sum of the size of a file and of what stands in it, here and there: it may have gigabytes.

    Of one that has at most ``_LOOKS * _LOOK`` bytes all is read.
    """
    size = file.stat().st_size
    known = hashlib.sha256(str(size).encode())
    with file.open("rb") as opened:
        for look in range(_LOOKS):
            opened.seek(size * look // _LOOKS)
            known.update(opened.read(_LOOK))
    return known.hexdigest()


def _texts(value: object) -> Iterator[str]:
    """All texts in tables and lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, Sequence):
        for each in value:
            yield from _texts(each)
