"""Plug-ins are found by file name, without importing them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from empathia import plugins
from empathia.errors import UsageError


def test_listing_imports_nothing() -> None:
    code = (
        "import sys; from empathia import plugins; before = set(sys.modules);"
        "names = plugins.names('emotion');"
        "print(names, sorted(m for m in set(sys.modules) - before if m.startswith('empathia')))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip().endswith("[]")
    assert "'text'" in out.stdout
    assert "'voice'" in out.stdout


def test_private_modules_are_no_plugins() -> None:
    assert not [n for n in plugins.names("emotion") if n.startswith("_")]


def test_unknown_and_incomplete_plugins_are_named() -> None:
    with pytest.raises(UsageError, match=r"unknown emotion plug-in 'tarot' \(known: .*text"):
        plugins.load("emotion", "tarot")
    with pytest.raises(UsageError, match="does not define divine"):
        plugins.load("emotion", "text", needs=("load", "divine"))


def bring(folder: Path, value: str, name: str = "theirs") -> None:
    """A package's entry point, as an installer writes it."""
    about = folder / f"{value.replace('.', '_')}-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {value}\nVersion: 1\n")
    (about / "entry_points.txt").write_text(f"[empathia.emotion]\n{name} = {value}\n")


@pytest.mark.parametrize(
    ("values", "name", "says"),
    [
        (("some.module",), "majority", "more than once .*Empathia's"),
        (("some.module", "other.module"), "theirs", "more than once"),
        (("no_such_module_here",), "theirs", "cannot be imported: No module named"),
    ],
)
def test_a_name_that_leads_nowhere_or_twice_is_told(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    values: tuple[str, ...],
    name: str,
    says: str,
) -> None:
    for value in values:
        bring(tmp_path, value, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UsageError, match=says):
        plugins.load("emotion", name)


def test_a_package_that_comes_or_goes_while_we_run_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    assert "theirs" not in plugins.names("emotion")
    bring(tmp_path, "some.module")
    assert "theirs" in plugins.names("emotion")
    shutil.rmtree(tmp_path / "some_module-1.dist-info")
    assert "theirs" not in plugins.names("emotion")
