"""Files and folders are written whole or not at all, and known by their sums."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import shutil
import sqlite3
import stat
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, TypeAlias

from empathia.errors import EmpathiaError, TrainingError, UsageError

Plain: TypeAlias = "str | int | float | bool | Sequence[Plain] | Mapping[str, Plain] | None"
"""What JSON and TOML hold."""

_BLOCK = 1 << 20  # bytes


def home() -> Path:
    """Where what people said is kept: EMPATHIA_HOME, else in XDG_DATA_HOME or ~/.local/share."""
    if given := os.environ.get("EMPATHIA_HOME"):
        return Path(given).expanduser()
    shared = os.environ.get("XDG_DATA_HOME")
    data = Path(shared).expanduser() if shared else Path.home() / ".local" / "share"
    return data / "empathia"


def shown(path: Path) -> str:
    """A path on one line: line breaks and other unprintable characters are escaped."""
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in str(path))


def is_file(path: Path) -> bool:
    """Whether there is such a file; there is none of a name that no file can have."""
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long
        return False


@contextlib.contextmanager
def writing(path: Path, mode: int = 0o666) -> Iterator[BinaryIO]:
    """A file to write to that is there whole at the end, or not at all.

    A temporary neighbour, flushed to disk, then renamed. Folders above it are made. Permissions
    of a file that was there stay.

    Args:
        path: The file.
        mode: Permissions of a new file, less those that the user's mask takes.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(_part(path, secrets.token_hex(6)))
    try:
        with open(beside, "x+b", opener=lambda name, how: os.open(name, how, mode)) as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            beside.chmod(stat.S_IMODE(path.stat().st_mode))
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _part(path: Path, number: str) -> str:
    """What is written beside a file is called: by its sum, for a longer name could be too long."""
    name = hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]
    return f".empathia-{name}-{number}.part"


def remove(path: Path) -> bool:
    """Delete a file, and what a kill left beside it that was to become it.

    Returns:
        Whether it was there.
    """
    for part in path.parent.glob(_part(path, "*")):
        part.unlink(missing_ok=True)
    there = path.exists()
    path.unlink(missing_ok=True)
    return there


def sweep(folder: Path) -> None:
    """Delete what a kill left of files that were being written, there and in folders below."""
    for part in folder.rglob(".empathia-*.part"):
        part.unlink(missing_ok=True)


def write(path: Path, content: bytes, mode: int = 0o666) -> None:
    """Write a whole file or nothing, as :func:`writing` does."""
    with writing(path, mode) as file:
        file.write(content)


def write_json(path: Path, value: object, *, allow_nan: bool = True) -> None:
    """Write a plain value as JSON, whole or not at all; keys are sorted, text stays readable.

    Raises:
        ValueError: A number is NaN or infinite and that is not allowed.
    """
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, allow_nan=allow_nan)
    write(path, (text + "\n").encode())


def append_json(path: Path, value: object) -> None:
    """Add a plain value as a line of JSON; a kill may leave the start of one, which ends there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        file.seek(max(0, file.tell() - 1))
        ended = file.read() in {b"", b"\n"}
        file.write(b"\n" * (not ended) + json.dumps(value, ensure_ascii=False).encode() + b"\n")


def read_json_lines(path: Path) -> Iterator[Plain]:
    """What :func:`append_json` added; lines that a kill cut off are left out."""
    for line in path.read_bytes().splitlines() if path.exists() else ():
        with contextlib.suppress(ValueError):
            yield json.loads(line)


def write_text(path: Path, text: str) -> None:
    r"""Write what a user asked for into a file of theirs, whole or not at all.

    A lone surrogate, as in a file name that is not UTF-8, is written as ``\udcXX``,
    which is also how JSON spells it. Pipes and devices are written to, not replaced.

    Raises:
        UsageError: The folder is not there, or the path is a folder.
        EmpathiaError: The system refuses.
    """
    data = text.encode("utf-8", "backslashreplace")
    try:
        target = path.resolve()
        if not target.parent.is_dir():
            raise UsageError(
                f"there is no folder '{path.parent}' to write {path.name} into",
                "Make it first, or name another",
            )
        if target.is_dir():
            raise UsageError(f"'{path}' is a folder, expected a file", "Name a file")
        if target.exists() and not stat.S_ISREG(target.stat().st_mode):
            target.write_bytes(data)
        else:
            write(target, data)
    except OSError as error:
        raise EmpathiaError(
            f"cannot write '{path}' ({error.strerror or error})",
            "Check the folder's permissions and free space",
        ) from None


@contextlib.contextmanager
def unpacking(damaged: Callable[[Exception], EmpathiaError]) -> Iterator[None]:
    """Inside of the block a packed file is read, and nothing else is done.

    What damaged bytes raise cannot be listed: zip, its compressions and the heads of arrays have
    errors of their own.

    Args:
        damaged: What is raised in place of an error that is none of ours.
    """
    try:
        yield
    except EmpathiaError:
        raise
    except Exception as error:
        raise damaged(error) from error


@contextlib.contextmanager
def new_folder(folder: Path) -> Iterator[Path]:
    """An empty folder to fill, which takes the place of ``folder`` when the block ends well."""
    new = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        yield new
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)
    new.rename(folder)


@contextlib.contextmanager
def sole_user(folder: Path) -> Iterator[None]:
    """Hold a folder for this process; the system lets go of it when the process dies.

    Raises:
        TrainingError: Another process writes to the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    try:
        import fcntl
    except ImportError:  # a system without POSIX locks: two runs there are not told apart
        yield
        return
    with (folder / ".lock").open("a+") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as e:
            raise TrainingError(
                f"another training writes to '{folder}'", "Wait for it or give another --out"
            ) from e
        yield


def log_ahead(database: sqlite3.Connection, patience: float) -> None:
    """Have SQLite write to a log first (WAL), so that a file is read while it is written.

    Of several that turn a new file into that mode at once SQLite refuses all but one, whatever
    its own timeout: they ask again.

    Args:
        database: Open, and in no transaction.
        patience: Seconds after which the refusal is passed on.

    Raises:
        sqlite3.OperationalError: It is locked for longer, or the file cannot be written.
    """
    ends = time.monotonic() + patience
    while True:
        try:
            return database.execute("PRAGMA journal_mode=WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > ends:
                raise
        time.sleep(0.01)


def sha256(path: Path) -> str:
    """sha256 of a file's bytes, as hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()
