"""What AI Hub's corpora share: a part told by folders, JSON with errors that name the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from empathia.corpora._tables import lines
from empathia.errors import CorpusError

_PARTS = {"training": "train", "validation": "valid"}


def part(file: Path, root: Path) -> str | None:
    """The split that the name of a file, or of a folder of it up to the corpus's, tells."""
    inner = (p.name for p in file.parents if p == root or root in p.parents)
    for name in (file.stem, *inner):
        for word, split in _PARTS.items():
            if word in name.lower():
                return split
    return None


def files(path: Path, suffix: str) -> list[Path]:
    """Files below a folder, or the one file, without those that a file manager left."""
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    return [f for f in files if f.suffix.lower() == suffix and not f.name.startswith(".")]


def read(file: Path) -> Any:  # noqa: ANN401 - whatever the JSON holds
    """A JSON file in UTF-8.

    Raises:
        CorpusError: It does not parse.
    """
    try:
        return json.loads("\n".join(line for _, line in lines(file)))
    except json.JSONDecodeError as e:
        raise CorpusError(f"{file}:{e.lineno} is no JSON ({e.msg})", "Unpack it anew") from e
