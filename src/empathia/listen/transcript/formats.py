"""Which transcript formats there are, and what a file is taken for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from empathia.listen.transcript.rows import Parsed


@dataclass(frozen=True, slots=True)
class Format:
    """One way in which people write down who said what.

    Args:
        name: What ``--format`` calls it.
        title: What notes and docs call it.
        suffixes: Endings of file names that mean it, in lower case.
        told: How it is told from others, for the docs.
        left: What of it is not read, for the docs.
        example: A short file of it: Ann and Ben say a sentence each.
        looks: Whether the head of a file looks like it.
        read: Makes rows of the file's text.
    """

    name: str
    title: str
    suffixes: tuple[str, ...]
    told: str
    left: str
    example: str
    looks: Callable[[str], bool]
    read: Callable[[str, Path], Parsed]
