"""Databases for tests: a temporary PostgreSQL, where Debian's or another one's is installed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

VARIABLE = "EMPATHIA_TEST_DATABASE"
# A server that is thrown away need not survive the power.
FAST = ("fsync=off", "full_page_writes=off", "listen_addresses=", "shared_buffers=16MB")


@contextlib.contextmanager
def postgresql() -> Iterator[str]:
    """The URL of an empty database; the test is skipped where there can be none."""
    if url := os.environ.get(VARIABLE):
        yield url
        return
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    initdb = str(found[-1]) if found else shutil.which("initdb")
    if initdb is None:
        pytest.skip(f"no PostgreSQL is installed, and {VARIABLE} names none")
    user = _nobody()
    with tempfile.TemporaryDirectory(prefix="empathia-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if user is not None:
            shutil.chown(folder, user)
        data = str(folder / "data")
        options = {"cwd": folder, "user": user, "env": {"PATH": os.defpath, "LC_ALL": "C"}}
        subprocess.run(
            [initdb, "-D", data, "-U", "diary", "-A", "trust", "-E", "UTF8", "--no-sync"],
            stdout=subprocess.DEVNULL,
            check=True,
            **options,
        )
        flags = [x for flag in FAST for x in ("-c", flag)]
        postgres = str(Path(initdb).with_name("postgres"))
        with (
            (folder / "log").open("wb") as log,
            subprocess.Popen(
                [postgres, "-D", data, "-k", name, *flags], stdout=log, stderr=log, **options
            ) as server,
        ):
            try:
                url = f"postgresql+psycopg://diary@/postgres?host={name}"
                _wait(url, server)
                yield url
            finally:
                server.send_signal(signal.SIGQUIT)  # whoever is still connected


def _nobody() -> str | None:
    """Who runs the server, which refuses to be run by root."""
    if os.geteuid() != 0:
        return None
    import pwd

    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    engine = create_engine(url)
    until = time.monotonic() + 30
    while True:
        try:
            with engine.connect() as connection:
                connection.execute(text("SELECT 1"))
            break
        except Exception:
            if server.poll() is not None or time.monotonic() > until:
                raise
            time.sleep(0.05)
    engine.dispose()
