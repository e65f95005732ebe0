"""The rules of docs/architecture.md that a machine can hold."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from figures import RANK, statements

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "empathia"
PLUGINS = ("corpora", "emotion", "features", "lm", "reaction", "replies")

HEAVY = (
    "torch",
    "transformers",
    "cv2",
    "mediapipe",
    "fastapi",
    "sqlalchemy",
    "alembic",
    "cryptography",
    "onnxruntime",
    "faster_whisper",
    "rich",
    "sklearn",
    "scipy",
    "av",
    "PIL",
    "ctranslate2",
    "xllamacpp",
    "pyarrow",
    "matplotlib",
)


def _place(path: Path) -> str:
    """The layer of a file: its folder, or its stem."""
    return path.relative_to(SOURCE).with_suffix("").parts[0]


@cache
def _imports(path: Path) -> set[str]:
    """Modules and names that a file imports, inside of functions too."""
    names: set[str] = set()
    for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{a.name}" for a in node.names}
    return names


FILES = [p for p in sorted(SOURCE.rglob("*.py")) if p != SOURCE / "__init__.py"]


def test_imports_point_down() -> None:
    lost = {str(p) for p in FILES if _place(p) not in RANK}
    assert not lost, "these have no layer: see ORDER in scripts/figures.py"
    wrong = []
    for path in FILES:
        own = _place(path)
        for name in sorted(_imports(path)):
            parts = name.split(".")
            if parts[0] != "empathia" or len(parts) < 2 or parts[1] == own:
                continue
            if parts[1] not in RANK:
                wrong.append(f"{path.relative_to(SOURCE)}: {name} has no layer")
            elif RANK[parts[1]] <= RANK[own]:
                wrong.append(f"{path.relative_to(SOURCE)} may not import {name}")
    assert wrong == []


def test_no_folder_without_meaning() -> None:
    names = {p.name for p in SOURCE.rglob("*")} | {p.stem for p in SOURCE.rglob("*.py")}
    assert not names & {"core", "common", "utils", "util", "helpers", "helper"}


def test_a_part_of_one_plug_in_lies_in_its_folder() -> None:
    """What starts with an underscore beside plug-ins is shared by several of them."""
    for kind in PLUGINS:
        for part in (SOURCE / kind).glob("_[a-z]*.py"):
            name = f"empathia.{kind}.{part.stem}"
            users = {
                p.relative_to(SOURCE / kind).with_suffix("").parts[0]
                for p in (SOURCE / kind).rglob("*.py")
                if name in _imports(p)
            }
            assert len(users) > 1, f"{name} belongs to {users}"


def test_all_kinds_of_plug_ins_fit_on_one_screen() -> None:
    assert len((SOURCE / "contracts.py").read_text(encoding="utf-8").splitlines()) <= 100


@pytest.mark.parametrize("folder", ["tests", "benchmarks", "scripts", "examples"])
def test_only_public_names_are_used_outside(folder: str) -> None:
    for path in (ROOT / folder).rglob("*.py"):
        private = [
            name
            for name in _imports(path)
            if name.startswith("empathia.")
            and any(p.startswith("_") and not p.startswith("__") for p in name.split("."))
        ]
        assert not private, f"{path} imports {private}"
        text = path.read_text(encoding="utf-8")
        patched = re.findall(r"[\"']empathia\.[a-z0-9_.]*\._[a-z]\w*[\"']", text)
        assert not patched, f"{path} names {patched}"


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
