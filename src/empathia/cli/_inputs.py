"""Which files a command is given: files as they are, folders as what is in them."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from empathia.errors import UsageError

_SHOWN = 10  # names of files that are left out


def expand(
    given: Sequence[Path],
    suffixes: Sequence[str] = (),
    what: str = "recording and no transcript",
) -> list[Path]:
    """Files as they are, folders as the readable files in them, in a fixed order.

    Args:
        given: What the user named.
        suffixes: Endings of names, in lower case, that are readable besides those of recordings
            and transcripts.
        what: Is missing in a folder in which nothing is readable.

    Raises:
        UsageError: Something is not there, or nothing in a folder is readable.
    """
    paths: list[Path] = []
    for path in given:
        if path.is_dir():
            paths += _inside(path, suffixes, what)
        elif not path.exists():
            raise UsageError(f"there is no file '{path}'", "Check the path")
        else:
            paths.append(path)
    return list(dict.fromkeys(paths))


def _inside(folder: Path, suffixes: Sequence[str], what: str) -> list[Path]:
    """The readable files in a folder; those that are left out are named."""
    from empathia.pipeline import NAMED_ONLY, by_name, plays, talks

    readable: list[Path] = []
    others: list[Path] = []
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            suffix = path.suffix.lower()
            meant = suffix not in NAMED_ONLY and by_name(path) is not None
            named = meant or suffix in suffixes or talks(path)
            (readable if named or plays(path) else others).append(path)
    if not readable:
        raise UsageError(
            f"folder '{folder}' holds no {what}",
            "Give a file, or a folder of those",
        )
    if others:
        shown = ", ".join(repr(str(p.relative_to(folder))) for p in others[:_SHOWN])
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        told = f"left out (name a file to have it read all the same): {shown}{more}"
        print(f"empathia: {told}", file=sys.stderr)
    return readable
