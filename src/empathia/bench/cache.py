"""Features that were taken once are kept: one sqlite file an extractor and its settings.

They lie in ``features/`` of the cache (``EMPATHIA_HOME``, else ``XDG_CACHE_HOME/empathia``,
else ``~/.cache/empathia``); the folder can be deleted at any time, and only its user may read
it, since features of voices are personal data. No words and no names are stored: a row's key
is a sum over the settings and the words, or the sound file's bytes and the span.

Values come back to the last bit (those that 16 bits hold exactly take 16). Several
processes may use a file at once, and a kill costs what the last flush had not written. A file
that is damaged is moved aside and made anew; where nothing can be written, nothing is kept.
"""

from __future__ import annotations

import json
import re
import sqlite3
import warnings
import zlib
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import numpy as np

from empathia import weights
from empathia.features import FeatureWarning
from empathia.files import Plain, log_ahead
from empathia.types import Features

_FORMAT = 1
_SCHEMA = """
CREATE TABLE IF NOT EXISTS about (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS kinds (id INTEGER PRIMARY KEY, kind TEXT UNIQUE NOT NULL);
CREATE TABLE IF NOT EXISTS features (
    key BLOB PRIMARY KEY, kind INTEGER NOT NULL, type TEXT NOT NULL, columns INTEGER NOT NULL,
    check_sum INTEGER NOT NULL, data BLOB NOT NULL);
"""
_PATIENCE = 60.0  # s to wait for another process that writes
_BATCH, _ROOM = 64, 8 << 20  # features, bytes that are held until they are written at once
# Primary result codes that say that the file itself is of no use. 1 is a missing table.
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}

_Row = tuple[bytes, str, str, int, int, bytes]


class _Kind(NamedTuple):
    """What the rows of a kind share."""

    extractor: str
    names: tuple[str, ...]
    units: tuple[str, ...]
    rate: float | None  # Hz


def root() -> Path:
    """The folder that holds the files; it may be deleted."""
    return weights.root() / "features"


class Store:
    """The features of one extractor with one set of settings; use it in a ``with``.

    Args:
        name: Name of the extractor.
        settings: All that decides its values, plain for JSON.
        folder: Where the file lies; None takes :func:`root`.
    """

    def __init__(
        self, name: str, settings: Mapping[str, Plain], folder: Path | None = None
    ) -> None:
        self._settings = json.dumps(settings, sort_keys=True)
        plain = re.sub(r"[^\w.-]+", "_", name)
        total = sha256(f"{name}\0{self._settings}".encode()).hexdigest()
        self.path = (root() if folder is None else folder) / f"{plain}-{total[:16]}.sqlite"
        self._waiting: dict[bytes, tuple[_Row, Features]] = {}
        self._kinds: dict[int, _Kind] = {}
        self._file: sqlite3.Connection | None = None
        self._file = self._open()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.flush()
        if self._file is not None:
            self._file.close()

    def key(self, content: str) -> bytes:
        """What identifies the features of a content (words, or a sum of a file and a span)."""
        return sha256(f"{self._settings}\0{content}".encode("utf-8", "surrogatepass")).digest()

    def get(self, key: bytes) -> Features | None:
        """What was kept, without an utterance's id; None where nothing whole is there."""
        if key in self._waiting:
            return self._waiting[key][1]
        query = "SELECT kind, type, columns, check_sum, data FROM features WHERE key = ?"
        if (row := self._ask(query, (key,))) is None:
            return None
        kind, stored, columns, check_sum, data = row
        if zlib.crc32(data) != check_sum or (about := self._kind(kind)) is None:
            return None
        values = np.frombuffer(data, stored).astype(np.float32).reshape(-1, columns)
        return Features("", about.extractor, values, about.names, about.units, about.rate)

    def put(self, key: bytes, features: Features) -> None:
        """Keep features; they are on disk at the latest when the ``with`` ends."""
        kind = json.dumps([features.extractor, features.names, features.units, features.rate])
        half = _half(features.values)
        data = half.tobytes()
        row = (key, kind, half.dtype.str, half.shape[1], zlib.crc32(data), data)
        self._waiting[key] = row, features
        size = sum(len(row[-1]) for row, _ in self._waiting.values())
        if len(self._waiting) >= _BATCH or size > _ROOM:
            self.flush()

    def flush(self) -> None:
        """Write what waits, all of it or nothing."""
        rows = [row for row, _ in self._waiting.values()]
        self._waiting.clear()
        for _ in range(2):  # once more where the file had to be made anew
            if self._file is None or not rows:
                return
            try:
                self._write(self._file, rows)
                return
            except sqlite3.Error as error:
                self._file = self._after(error)

    def _write(self, file: sqlite3.Connection, rows: list[_Row]) -> None:
        with file:
            kinds = [(kind,) for kind in {row[1] for row in rows}]
            file.executemany("INSERT OR IGNORE INTO kinds (kind) VALUES (?)", kinds)
            file.executemany(
                "INSERT OR REPLACE INTO features VALUES "
                "(?, (SELECT id FROM kinds WHERE kind = ?), ?, ?, ?, ?)",
                rows,
            )

    def _kind(self, id: int) -> _Kind | None:
        if id not in self._kinds:
            if (row := self._ask("SELECT kind FROM kinds WHERE id = ?", (id,))) is None:
                return None
            extractor, names, units, rate = json.loads(row[0])
            self._kinds[id] = _Kind(extractor, tuple(names), tuple(units), rate)
        return self._kinds[id]

    def _ask(self, query: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        if self._file is None:
            return None
        try:
            row: tuple[Any, ...] | None = self._file.execute(query, values).fetchone()
        except sqlite3.Error as error:
            self._file = self._after(error)
            return None
        return row

    def _open(self) -> sqlite3.Connection | None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            return self._connect()
        except sqlite3.Error as error:
            return self._after(error)
        except OSError as error:
            self._without(error)
            return None

    def _connect(self) -> sqlite3.Connection:
        file = sqlite3.connect(self.path, timeout=_PATIENCE)
        try:
            log_ahead(file, _PATIENCE)
            file.execute("PRAGMA synchronous = NORMAL")
            file.executescript(_SCHEMA)
            about = {"format": str(_FORMAT), "settings": self._settings}
            with file:
                file.executemany("INSERT OR IGNORE INTO about VALUES (?, ?)", about.items())
            if dict(file.execute("SELECT key, value FROM about")) != about:
                raise sqlite3.DatabaseError("it was made with other settings")
        except sqlite3.Error:
            file.close()
            raise
        return file

    def _after(self, error: sqlite3.Error) -> sqlite3.Connection | None:
        """Start anew where the file is damaged; go on without where it cannot be used now."""
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
        if code & 0xFF not in _DAMAGED:
            self._without(error)
            return None
        if self._file is not None:
            self._file.close()
        self._kinds.clear()
        try:
            aside = self._move_aside()
            file = self._connect()
        except (OSError, sqlite3.Error) as again:
            self._without(again)
            return None
        warnings.warn(
            f"the feature cache '{self.path}' is damaged ({error}); it was moved to "
            f"'{aside.name}' and is made anew",
            FeatureWarning,
            stacklevel=2,
        )
        return file

    def _move_aside(self) -> Path:
        number = 1
        while (aside := self.path.with_suffix(f".damaged-{number}")).exists():
            number += 1
        self.path.replace(aside)
        for end in ("-wal", "-shm"):
            self.path.with_name(self.path.name + end).unlink(missing_ok=True)
        return aside

    def _without(self, error: Exception) -> None:
        warnings.warn(
            f"features are not kept: '{self.path}' cannot be used ({error})",
            FeatureWarning,
            stacklevel=2,
        )


def _half(values: np.ndarray[Any, np.dtype[np.float32]]) -> np.ndarray[Any, Any]:
    """The values in 16 bits where these hold them exactly, else as they are, little-endian."""
    with np.errstate(over="ignore"):
        half = values.astype("<f2")
    exact = np.array_equal(half.astype(np.float32), values, equal_nan=True)
    return half if exact else values.astype("<f4")
