"""What all that is kept in files has in common."""

from __future__ import annotations

import sqlite3
import threading
import time

import pytest

from empathia import files


@pytest.fixture
def held(tmp_path):
    """A new database that somebody writes to, and another way to it that does not wait."""
    path = tmp_path / "new.sqlite"
    writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other = sqlite3.connect(path, timeout=0, check_same_thread=False)
    writer.execute("BEGIN EXCLUSIVE")
    yield writer, other
    writer.close()
    other.close()


def test_a_log_is_begun_as_soon_as_others_let_it(held):
    writer, other = held
    lets = threading.Timer(0.1, writer.execute, ["COMMIT"])
    lets.start()
    files.log_ahead(other, 30.0)
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    lets.join()


def test_who_waits_too_long_for_the_log_is_told_so(held):
    _, other = held
    begun = time.monotonic()
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        files.log_ahead(other, 0.1)
    assert time.monotonic() - begun >= 0.1


def test_a_log_that_cannot_be_written_is_not_waited_for(tmp_path):
    (tmp_path / "none.sqlite").write_bytes(b"no database" * 500)
    with pytest.raises(sqlite3.DatabaseError, match="not a database"):
        files.log_ahead(sqlite3.connect(tmp_path / "none.sqlite"), 30.0)
