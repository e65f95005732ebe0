"""Where weights lie on this machine and whether they are whole.

The cheap check compares sizes and times with a stamp that was written when
the sums were last seen to be right; the full check computes the sums again.
A shipped weight has no stamp, as its folder need not be writable: sizes alone.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from empathia.errors import WeightsError
from empathia.files import sha256, write_json
from empathia.weights.manifest import SHIPPED, Entry, File

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STAMP = ".stamp.json"


@dataclass(frozen=True, slots=True)
class Check:
    """The state of one file of a weight.

    Args:
        weight: Name of the weight.
        file: Name of the file.
        state: "ok", "missing", "damaged" or "unverified" (there, sum not yet looked at).
        problem: What is wrong, "" where nothing is.
    """

    weight: str
    file: str
    state: str
    problem: str = ""


class Stamp(TypedDict):
    """What a file was like when its sum was last seen to be right."""

    size: int
    mtime_ns: int
    sum: str


def root() -> Path:
    """The cache: EMPATHIA_HOME, else XDG_CACHE_HOME/empathia, else ~/.cache/empathia."""
    home = os.environ.get("EMPATHIA_HOME")
    if home:
        return Path(home).expanduser()
    shared = os.environ.get("XDG_CACHE_HOME")
    return (Path(shared).expanduser() if shared else Path.home() / ".cache") / "empathia"


def store() -> Path:
    """The folder that holds one folder a pulled weight."""
    return root() / "weights"


def place(entry: Entry) -> Path:
    """The folder of a weight, whether it is there or not."""
    return SHIPPED / entry.name if entry.shipped else store() / entry.name


def arrays_sum(arrays: Mapping[str, NDArray[Any]]) -> str:
    """sha256 over names, types, shapes and values of arrays, by name.

    An npz is a zip: its bytes may change with the version of numpy while the arrays don't.

    Args:
        arrays: By name, each of any shape (...,); the unit does not matter.

    Returns:
        64 hexadecimal digits.
    """
    import hashlib

    digest = hashlib.sha256()
    for name in sorted(arrays):
        array: NDArray[np.generic] = arrays[name]
        little = array.astype(array.dtype.newbyteorder("<"), copy=False)
        digest.update(f"{name}\0{little.dtype.str}\0{array.shape}\0".encode())
        digest.update(little.tobytes())
    return digest.hexdigest()


def installed_sum(path: Path, file: File) -> str:
    """What identifies an installed file; "" where it cannot even be opened."""
    if file.convert is None:
        return sha256(path)
    import numpy as np

    try:
        with path.open("rb") as packed, np.load(packed, allow_pickle=False) as arrays:
            return arrays_sum({name: arrays[name] for name in arrays.files})
    except Exception:  # zip, zlib, npy header: whatever is broken, the sum is not right
        return ""


def stamp_of(entry: Entry) -> dict[str, Stamp]:
    """Size, time and sum of each file when it was last seen to be right."""
    try:
        stamp = json.loads((place(entry) / STAMP).read_text(encoding="utf-8"))
        return {
            str(k): Stamp(size=v["size"], mtime_ns=v["mtime_ns"], sum=v["sum"])
            for k, v in stamp["files"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def write_stamp(entry: Entry, files: Mapping[str, Stamp]) -> None:
    """Write the stamp whole or not at all; a cache that cannot be written stays without."""
    with suppress(OSError):
        write_json(place(entry) / STAMP, {"format": 1, "files": files})


def look(entry: Entry, *, sums: str = "stamp") -> tuple[Check, ...]:
    """Check every file of a weight.

    Args:
        entry: The weight.
        sums: "stamp" trusts the stamp and says "unverified" where it does not fit, "needed"
            computes the sums there, "all" computes every sum. Of a shipped weight only "all"
            computes any.
    """
    if entry.shipped:
        return tuple(_look_at(entry, file, {}, sums) for file in entry.files)
    stamp = stamp_of(entry)
    checks = tuple(_look_at(entry, file, stamp, sums) for file in entry.files)
    whole = {c.file for c in checks if c.state == "ok"}
    fresh = {f.name: record(entry, f) for f in entry.files if f.name in whole}
    if fresh != stamp and place(entry).is_dir() and sums != "stamp":
        write_stamp(entry, fresh)
    return checks


def record(entry: Entry, file: File) -> Stamp:
    """The stamp's line for a file that has just been seen to be right."""
    stat = (place(entry) / file.name).stat()
    return {"size": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sum": file.sum}


def _look_at(entry: Entry, file: File, stamp: Mapping[str, Stamp], sums: str) -> Check:
    path = place(entry) / file.name
    if not path.is_file():
        return Check(entry.name, file.name, "missing", f"{file.name} is missing")
    size = path.stat().st_size
    wrong_size = f"{file.name} has {size} bytes, expected {file.installed_size}"
    if file.convert is None and size != file.size:
        return Check(entry.name, file.name, "damaged", wrong_size)
    if sums != "all" and (entry.shipped or stamp.get(file.name) == record(entry, file)):
        return Check(entry.name, file.name, "ok")
    if sums == "stamp":
        return Check(entry.name, file.name, "unverified", "its sum was not looked at yet")
    actual = installed_sum(path, file)
    if actual == file.sum:
        return Check(entry.name, file.name, "ok")
    problem = f"{file.name} has the sum {actual[:12]}, expected {file.sum[:12]}"
    return Check(entry.name, file.name, "damaged", problem if actual else wrong_size)


def state_of(checks: tuple[Check, ...]) -> str:
    """One state for the whole weight: the worst of its files."""
    states = {c.state for c in checks}
    if states == {"missing"}:
        return "missing"
    if states & {"missing", "damaged"}:
        return "damaged"
    return "unverified" if "unverified" in states else "ok"


def remedy(entry: Entry) -> str:
    """What to do where a weight is missing or damaged."""
    if entry.shipped:
        return (
            f"Install Empathia again, '{entry.name}' comes with it: pip install --force-reinstall "
            f"empathia (in a checkout: git checkout src/empathia/weights/shipped/{entry.name})"
        )
    return f"Run: empathia weights pull {entry.name}"


def folder(entry: Entry) -> Path:
    """The folder of an installed weight, after the cheap check.

    Raises:
        WeightsError: The weight is missing or damaged.
    """
    checks = look(entry, sums="needed")
    state = state_of(checks)
    if state == "ok":
        return place(entry)
    problem = next(c.problem for c in checks if c.state in ("damaged", "missing"))
    if entry.shipped:
        raise WeightsError(
            f"the shipped weight '{entry.name}' is {state}: {problem}", remedy(entry)
        )
    if state == "missing":
        raise WeightsError(
            f"weight '{entry.name}' ({entry.role}, {entry.download / 1e6:.0f} MB) is not in "
            f"{place(entry)}, and nothing is downloaded unasked",
            remedy(entry),
        )
    raise WeightsError(f"weight '{entry.name}' is damaged: {problem}", remedy(entry))


@contextmanager
def lock(busy: Callable[[], None]) -> Iterator[None]:
    """One pull at a time in a cache; a second one waits. Released when the process dies.

    Args:
        busy: Called before waiting.
    """
    with (store() / ".lock").open("a+b") as file:
        if not _try_lock(file.fileno(), wait=False):
            busy()
            _try_lock(file.fileno(), wait=True)
        yield


def _try_lock(handle: int, *, wait: bool) -> bool:
    """Take the lock; True also where the file system has no locks (replacing stays atomic)."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError:
            return wait
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
