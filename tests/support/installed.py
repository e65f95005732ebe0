"""A third party's package (see the folder ``thirdparty``), installed with pip as users would."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

from empathia import plugins

PROJECT = Path(__file__).parent / "thirdparty"
_TALKS = {
    "sunny": "what a lovely happy day in the sun",
    "rainy": "it rains again and I am sad and wet",
    "stormy": "the storm broke the window I hate it",
    "foggy": "one cannot see the road at all",
}


def install(folder: Path) -> Path:
    """Install the package below a folder, without network; returns what goes on the path."""
    options = ["--no-deps", "--no-index", "--no-build-isolation", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", "-q", *options, "--target", folder, PROJECT]
    subprocess.run(command, check=True, capture_output=True)
    return folder


def brought(kind: str) -> tuple[str, ...]:
    """Names of the plug-ins of a kind that the package brings."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return tuple(project["entry-points"].get(f"empathia.{kind}", {}))


def every(kind: str) -> tuple[str, ...]:
    """Names of all plug-ins of a kind, ours and the package's."""
    return tuple(sorted({*plugins.names(kind), *brought(kind)}))


def corpus(folder: Path) -> Path:
    """Talks in the layout of the package's corpus: six words of a label's sentence a line."""
    for split, talks in (("train", 8), ("valid", 3), ("test", 3)):
        (folder / split).mkdir(parents=True)
        for talk in range(talks):
            lines = [
                f"{'AB'[i % 2]}\t{label}\t{' '.join(words.split()[talk % 3 :][:6])}"
                for i, (label, words) in enumerate(_TALKS.items())
            ]
            file = folder / split / f"{split}{talk}.txt"
            file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder
