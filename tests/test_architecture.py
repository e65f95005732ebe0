"""The rules of docs/architecture.md that a machine can hold."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "empathia"

# Top first. A module may import what stands below its own row, or its own package.
LAYERS = (
    ("__main__",),
    ("cli",),
    ("service",),
    ("report",),
    ("evaluate", "audit"),
    ("bench", "pipeline"),
    ("corpora", "listen", "features", "cues", "emotion", "judges", "reply", "reaction"),
    ("training",),
    ("encoders", "lm"),
    ("media", "weights", "scale"),
    ("contracts", "plugins", "config"),
    ("types",),
    ("labels",),
    ("metrics",),
    ("files",),
    ("errors", "version"),
)
RANK = {name: rank for rank, row in enumerate(LAYERS) for name in row}
HEAVY = (
    "torch",
    "transformers",
    "cv2",
    "mediapipe",
    "fastapi",
    "onnxruntime",
    "faster_whisper",
    "rich",
    "sklearn",
    "scipy",
    "av",
    "ctranslate2",
    "xllamacpp",
    "pyarrow",
    "matplotlib",
)


def _place(path: Path) -> str:
    """The layer of a file: its folder, or its stem."""
    return path.relative_to(SOURCE).with_suffix("").parts[0]


def _imports(path: Path, *, top_only: bool = False) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    nodes = tree.body if top_only else list(ast.walk(tree))
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
    return found


FILES = [p for p in sorted(SOURCE.rglob("*.py")) if p != SOURCE / "__init__.py"]


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_point_down(path: Path) -> None:
    own = _place(path)
    assert own in RANK, f"{path.name} has no layer: add it to LAYERS and docs/architecture.md"
    for name in _imports(path):
        parts = name.split(".")
        if parts[0] != "empathia" or len(parts) < 2:
            continue
        other = parts[1]
        if other == own:
            continue
        assert other in RANK, f"{name} has no layer"
        assert RANK[other] > RANK[own], f"{own} may not import {name}"


def test_no_folder_without_meaning() -> None:
    names = {p.name for p in SOURCE.rglob("*")} | {p.stem for p in SOURCE.rglob("*.py")}
    assert not names & {"core", "common", "utils", "util", "helpers", "helper"}


@pytest.mark.parametrize(
    "command",
    [
        "import empathia",
        "import empathia.cli",
        "import empathia.types, empathia.plugins, empathia.weights",
    ],
)
def test_importing_is_free(command: str) -> None:
    code = f"import sys; {command}; print(sorted(set({HEAVY!r}) & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_help_is_free() -> None:
    code = (
        "import sys\nfrom empathia.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        f"print(sorted(set({HEAVY!r}) & set(sys.modules)), file=sys.stderr)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stderr.strip() == "[]"
    assert "read" in out.stdout
