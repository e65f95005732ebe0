"""Write a timeline to a file; the suffix says how, and nothing is ever half-written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from empathia.errors import UsageError
from empathia.files import write_text
from empathia.report.timeline import csv as timeline_csv
from empathia.report.timeline import srt, textgrid
from empathia.types import Timeline, wire

if TYPE_CHECKING:
    from empathia.pipeline.reacting import Reacted

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


def write(
    timeline: Timeline,
    path: str | Path,
    audio: bytes | None = None,
    film: bytes | None = None,
    reacted: Reacted | None = None,
    *,
    language: str = "en",
) -> Path:
    """Write a timeline as its suffix says; the file is there whole or not at all.

    Args:
        timeline: What to write.
        path: Ends in .json, .csv, .srt, .TextGrid or .html.
        audio: Compressed sound (Opus, mp3 or wav) that an .html page embeds.
        film: A compressed video with its sound (WebM or mp4), which it plays instead.
        reacted: How a listener takes it, for an .html page.
        language: Of an .html page, "en" or "ko".

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

        text = page(timeline, audio, film=film, reacted=reacted, language=language)
    else:
        text = WRITERS[suffix](timeline)
    write_text(path, text)
    return path
