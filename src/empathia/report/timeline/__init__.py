"""Write a timeline to a file; the suffix says how, and nothing is ever half-written."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Mapping
from pathlib import Path

from empathia.errors import EmpathiaError, UsageError
from empathia.report.timeline import csv as timeline_csv
from empathia.report.timeline import srt, textgrid
from empathia.types import Timeline, wire

WRITERS: Mapping[str, Callable[[Timeline], str]] = {
    ".json": wire.dumps,
    ".csv": timeline_csv.dumps,
    ".srt": srt.dumps,
    ".textgrid": textgrid.dumps,
}
SUFFIXES = (".json", ".csv", ".srt", ".TextGrid", ".html")


def check_suffix(path: str | Path) -> str:
    """The lower-case suffix of a path that :func:`write` can serve.

    Raises:
        UsageError: No writer has this suffix.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in WRITERS and suffix != ".html":
        raise UsageError(
            f"cannot write '{suffix or Path(path).name}' (expected one of {', '.join(SUFFIXES)})",
            "Choose the format by the suffix of the file",
        )
    return suffix


def write(timeline: Timeline, path: str | Path, audio: bytes | None = None) -> Path:
    """Write a timeline as its suffix says; the file is there whole or not at all.

    Args:
        timeline: What to write.
        path: Ends in .json, .csv, .srt, .TextGrid or .html.
        audio: Compressed sound (Opus, mp3 or wav) that an .html page embeds.

    Returns:
        The path that was written.

    Raises:
        UsageError: The suffix is unknown, the folder is not there, or the format needs
            times that the timeline does not have.
        EmpathiaError: The file cannot be written.
    """
    path = Path(path)
    suffix = check_suffix(path)
    if suffix == ".html":
        from empathia.report.timeline.html import page

        text = page(timeline, audio)
    else:
        text = WRITERS[suffix](timeline)
    save(text, path)
    return path


def save(text: str, path: Path) -> None:
    r"""Put text (UTF-8) into a file in one step: beside it first, then over it.

    A lone surrogate, as in a file name that is not UTF-8, is written as ``\udcXX``,
    which is also how JSON spells it.

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
            target.write_bytes(data)  # a pipe or a device must not be replaced by a file
            return
        _replace(data, target)
    except OSError as error:
        raise EmpathiaError(
            f"cannot write '{path}' ({error.strerror or error})",
            "Check the folder's permissions and free space",
        ) from None


def _replace(data: bytes, target: Path) -> None:
    # A short name of its own: adding to a long one could pass the system's limit.
    beside = target.with_name(f".empathia-{secrets.token_hex(6)}.part")
    try:
        with beside.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            beside.chmod(stat.S_IMODE(target.stat().st_mode))
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)
