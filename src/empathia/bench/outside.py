"""What decides the answers of a run and lies outside of it: files and models that options name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from empathia import files
from empathia.config import Options
from empathia.files import Plain, sha256


def sums(options: Options, kept: Iterable[Path]) -> list[Plain]:
    """Sums of them, for a fingerprint; [] where there are none.

    Args:
        options: Complete; those of whom a learner teaches lie in a table inside.
        kept: Folders of kept models that are worked with.
    """
    inside: list[Plain] = [[sha256(f) for f in sorted(k.iterdir()) if f.is_file()] for k in kept]
    named = [Path(v) for v in _texts(options.values)]
    return inside + [sha256(f) for f in named if f.suffix and files.is_file(f)]  # as a wording


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
