"""The feature cache: exact, safe under kills and company, and never of other settings."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from empathia.bench.cache import Store, root
from empathia.features import FeatureWarning
from empathia.types import Features

SETTINGS = {"version": 1}


def feature(*values: float, names: tuple[str, ...] = ()) -> Features:
    return Features("", "x", np.array([values], np.float32), names)


@settings(max_examples=40)
@given(
    values=arrays.arrays(
        np.float32,
        arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=4),
        elements=st.floats(width=32) | st.floats(width=16),
    ),
    rate=st.none() | st.floats(0.5, 100),
)
def test_values_come_back_to_the_last_bit(tmp_path_factory, values, rate):
    folder = tmp_path_factory.mktemp("store")
    names = tuple(f"n{i}" for i in range(values.shape[1]))
    put = Features("", "x", values, names, ("dB",) * len(names), rate)
    with Store("x", SETTINGS, folder) as store:
        store.put(store.key("a"), put)
        assert store.get(store.key("a")) == put
    with Store("x", SETTINGS, folder) as store:
        got = store.get(store.key("a"))
    assert got == put
    assert got.values.dtype == np.float32


def test_half_precision_takes_half_the_room(tmp_path):
    rng = np.random.default_rng(0)
    sizes = []
    for kind in (np.float32, np.float16):
        values = rng.normal(size=(200, 200)).astype(kind).astype(np.float32)
        with Store(kind.__name__, SETTINGS, tmp_path) as store:
            store.put(store.key("a"), Features("", "x", values))
        sizes.append(store.path.stat().st_size)
    assert sizes[1] < 0.6 * sizes[0]


def test_other_settings_and_other_contents_are_never_mixed_up(tmp_path):
    with Store("x", {"version": 1}, tmp_path) as old:
        old.put(old.key("a"), feature(1))
    with Store("x", {"version": 2}, tmp_path) as new:
        assert new.get(new.key("a")) is None
        assert new.key("a") != old.key("a")
        assert new.key("a") != new.key("b")
    # Even a file that was renamed over the other one's is not believed.
    old.path.replace(new.path)
    with pytest.warns(FeatureWarning, match="other settings"):
        found = Store("x", {"version": 2}, tmp_path)
    with found:
        assert found.get(found.key("a")) is None
        assert found.get(old.key("a")) is None


@pytest.mark.parametrize("damage", ["text", "empty schema", "header", "blob"])
def test_damaged_file_is_made_anew_and_nothing_wrong_is_read(tmp_path, damage):
    with Store("x", SETTINGS, tmp_path) as store:
        for i in range(100):
            store.put(store.key(str(i)), Features("", "x", np.full((40, 40), i + 0.1, np.float32)))
    content = bytearray(store.path.read_bytes())
    if damage == "text":
        store.path.write_text("no database " * 100)
    elif damage == "empty schema":
        store.path.unlink()
        with sqlite3.connect(store.path) as file:
            file.execute("CREATE TABLE features (key BLOB PRIMARY KEY)")
        file.close()
    else:
        start, length = (100, 8000) if damage == "header" else (len(content) // 2, 4000)
        content[start : start + length] = b"\x55" * length
        store.path.write_bytes(content)

    import warnings

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        with Store("x", SETTINGS, tmp_path) as again:
            got = [again.get(again.key(str(i))) for i in range(100)]
            for i, found in enumerate(got):
                assert found is None or (found.values == np.float32(i + 0.1)).all()
            assert any(found is None for found in got)
            again.put(again.key("new"), feature(7))
    if damage != "blob":
        assert len(told) == 1
        assert "moved to" in str(told[0].message)
        assert list(tmp_path.glob("*.damaged-1"))
    with Store("x", SETTINGS, tmp_path) as last:
        assert last.get(last.key("new")) == feature(7)


def test_no_folder_no_cache_but_no_failure(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.warns(FeatureWarning, match="not kept"):
        store = Store("x", SETTINGS, tmp_path / "file" / "below")
    with store:
        store.put(store.key("a"), feature(1))
        store.flush()
        assert store.get(store.key("a")) is None


WRITER = """
import sys, numpy as np
from pathlib import Path
from empathia.bench.cache import Store
from empathia.types import Features
folder, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
with Store("x", {"version": 1}, folder) as store:
    for i in range(first, first + count):
        store.put(store.key(str(i)), Features("", "x", np.full((1, 9), i, np.float32)))
        if i % 7 == 0:
            store.flush()
            print(i, flush=True)
"""


def test_two_processes_at_once_and_a_kill_lose_nothing_that_was_flushed(tmp_path):
    def writer(first: int, count: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(first), str(count)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)

    with writer(0, 300) as one, writer(150, 300) as two, writer(1000, 10**6) as killed:
        assert killed.stdout is not None
        flushed = [int(killed.stdout.readline()) for _ in range(20)][-1]
        killed.send_signal(signal.SIGKILL)
        one.communicate()
        two.communicate()
    assert (one.returncode, two.returncode) == (0, 0)
    with Store("x", SETTINGS, tmp_path) as store:
        for i in [*range(450), *range(1000, flushed + 1)]:
            got = store.get(store.key(str(i)))
            assert got is not None
            assert (got.values == i).all()


def test_place_and_rights(tmp_path, monkeypatch):
    monkeypatch.setenv("EMPATHIA_HOME", str(tmp_path / "home"))
    assert root() == tmp_path / "home" / "features"
    with Store("x", SETTINGS) as store:
        store.put(store.key("some words"), feature(1))
    assert store.path.parent == root()
    assert b"some words" not in store.path.read_bytes()
    if os.name == "posix":
        assert root().stat().st_mode & 0o077 == 0
