"""Plug-ins are found by file name, without importing them."""

from __future__ import annotations

import subprocess
import sys

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
