"""The database of a diary: opened, written whole or not at all, and wiped behind what is deleted.

SQLite in one file (and its ``-wal`` and ``-shm``), or PostgreSQL by URL. What was acknowledged is
on disk: SQLite flushes its log at every commit, PostgreSQL unless it is told otherwise.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from sqlalchemy import URL, Connection, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from empathia import files
from empathia.errors import DiaryError, UsageError, needs
from empathia.service.diary.migrations import VERSION_TABLE, foreign, migrate
from empathia.service.diary.sealing import Seal
from empathia.service.diary.tables import METADATA
from empathia.service.problems import Refused

_OPENING = 0x656D70617468  # the lock of whoever migrates on PostgreSQL: any number, but always this
_making = threading.Lock()  # until a new file is closed: that ends locks on it, too
_RETRY = 5  # s after which who got no connection may come again


def _now() -> datetime:
    return datetime.now(UTC)


class Store:
    """A diary's database.

    Threads may share it, and other processes may have the same database open.

    Args:
        place: A file of SQLite, which is made, or the URL of a database of PostgreSQL.
        clock: Tells the time, in UTC.
        hasher: How dear a guess at a passphrase is.
        patience: Seconds to wait for others who write to the same file, or have all connections.

    Raises:
        UsageError: The place is neither.
        DiaryError: It cannot be opened, is no diary or one of a newer version.
        MissingExtra: PostgreSQL's driver is not installed.
    """

    def __init__(
        self,
        place: Path | str,
        *,
        clock: Callable[[], datetime] = _now,
        hasher: PasswordHasher | None = None,
        patience: float = 30.0,
    ) -> None:
        url = _url(place)
        self.clock = clock
        self.hasher = hasher or PasswordHasher()
        self.hashing = threading.BoundedSemaphore(2)
        """Held over every hash: many at once would take all memory."""
        self.unlocked: dict[str, tuple[Seal, datetime]] = {}
        """Seals of encrypted accounts, and until when, by digest of the session; only in memory."""
        self._patience = patience
        self._is_file = url.get_backend_name() == "sqlite"
        # Its errors would tell what was to be written.
        options: dict[str, object] = {"hide_parameters": True, "pool_timeout": patience}
        if self._is_file:
            _make(Path(url.database or ""))
            options["connect_args"] = {"timeout": patience, "isolation_level": None}
        with needs("postgres", "a diary on PostgreSQL"):
            self._engine = create_engine(url, **options)
        if self._is_file:
            event.listen(self._engine, "connect", partial(_prepare, patience))
        try:
            self._open()
        except BaseException:
            self._engine.dispose()
            raise

    def _open(self) -> None:
        with self.writing() as connection:
            if not self._is_file:
                connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _OPENING})
            migrate(connection)
        with suppress(DiaryError):  # who reads meanwhile is no reason not to start
            self.wipe()  # what a kill may have left

    def close(self) -> None:
        """Let go of the database and of all keys."""
        self.unlocked.clear()
        self._engine.dispose()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One state of the database for all that the block reads.

        Raises:
            DiaryError: The database refuses or does not answer.
            Refused: Others have all connections.
        """
        with _told(), self._engine.connect() as connection:
            if self._is_file:
                connection.exec_driver_sql("BEGIN")
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """What the block writes is kept when it ends well, and nothing of it else.

        Raises:
            DiaryError: The database refuses, or others write for too long.
            Refused: Others have all connections.
        """
        with _told(), self._engine.connect() as connection:
            if self._is_file:
                # At once: who reads first and would write then could find another writing.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    def wipe(self) -> None:
        """Take the bytes of what was deleted or overwritten off the disk.

        SQLite has overwritten them with zeros; here free pages are given back and the log is
        emptied. PostgreSQL frees their rows (VACUUM); its own log keeps them until it is recycled.

        Raises:
            DiaryError: Others write or hold on to the log, or the disk is full.
        """
        with _told(), self._engine.connect() as connection:
            calm = connection.execution_options(isolation_level="AUTOCOMMIT")
            if not self._is_file:
                calm.execute(text(f"VACUUM {', '.join(METADATA.tables)}"))
                return
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            try:
                raw.executescript("PRAGMA incremental_vacuum")  # a step a page: execute frees one
                ends = time.monotonic() + self._patience
                while busy := raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                    if time.monotonic() > ends:
                        break
                    time.sleep(0.01)  # SQLite waits for who reads, but not for who wipes, too
            except sqlite3.Error as error:  # past SQLAlchemy: others write, or the disk is full
                raise _unwiped(f"it cannot be wiped now ({error})") from None
        if busy:
            raise _unwiped("another program reads it")


def _unwiped(why: str) -> DiaryError:
    return DiaryError(
        f"it is done, but the log of the database still has what was there: {why}",
        "Close what uses the database; the log is emptied at the next deletion or start",
    )


def _url(place: Path | str) -> URL:
    try:
        if isinstance(place, Path) or "://" not in place:
            url = URL.create("sqlite", database=str(place))
        else:
            url = make_url(place)
    except (ArgumentError, ValueError):
        url = URL.create("unreadable")
    name = url.get_backend_name()
    if name == "postgres" or url.drivername == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    nowhere = name == "sqlite" and url.database in {None, "", ":memory:"}
    if nowhere or name not in {"sqlite", "postgresql"}:
        raise UsageError(
            f"a diary is kept in a file or in PostgreSQL, not in '{name}'",
            "Name a file, or postgresql://user:password@host/database",
        )
    return url


def _make(path: Path) -> None:
    """A file that nobody else can read; SQLite gives its log the same permissions."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _making:
            # Not where it is there: to close it would end the locks that this process holds on it.
            os.close(os.open(os.path.realpath(path), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        if not (path.is_file() and os.access(path, os.R_OK | os.W_OK)):
            raise _unopened(path, "it is no file, or not yours to read and write") from None
    except (OSError, ValueError) as error:  # a name may hold what no name can
        raise _unopened(path, getattr(error, "strerror", None) or str(error)) from None


def _unopened(path: Path, why: str) -> DiaryError:
    return DiaryError(
        f"cannot open the diary '{files.shown(path)}' ({why})",
        "Name a file in a folder that you may write to",
    )


def _prepare(patience: float, connection: sqlite3.Connection, _record: object) -> None:
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    if tables and VERSION_TABLE not in tables:  # told before anything of it is changed
        raise foreign(tables)
    connection.execute("PRAGMA auto_vacuum=INCREMENTAL").close()  # heeded before there are tables
    files.log_ahead(connection, patience)
    for pragma in (
        "synchronous=FULL",
        "secure_delete=ON",
        "foreign_keys=ON",
        "temp_store=MEMORY",  # what is sorted leaves nothing on disk
    ):
        connection.execute(f"PRAGMA {pragma}").close()


@contextmanager
def _told() -> Iterator[None]:
    """Errors of the database without statements and values."""
    try:
        yield
    except IntegrityError:
        raise  # whoever writes knows what it means
    except PoolTimeout:
        raise Refused(503, "too many ask the diary's database", "Come again", _RETRY) from None
    except DBAPIError as error:
        what: Any = str(error.orig).strip().splitlines()[:1]
        raise DiaryError(
            f"the diary's database refuses ({''.join(what) or type(error.orig).__name__})",
            "Try again; if it stays, check that it is there, has space and is no other program's",
        ) from None
