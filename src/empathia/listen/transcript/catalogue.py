"""All transcript formats in the order in which they are tried."""

from __future__ import annotations

from pathlib import Path

from empathia.errors import UsageError
from empathia.listen.transcript import (
    aegisub,
    asr,
    audacity,
    chat,
    clan,
    elan,
    foreign,
    headings,
    jsonl,
    lines,
    nist,
    subtitles,
    table,
    textgrid,
    timeline,
)
from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.rows import Parsed
from empathia.tables import Decoded, read_text

FORMATS: tuple[Format, ...] = (
    textgrid.FORMAT,
    elan.FORMAT,
    asr.FORMAT,
    timeline.FORMAT,
    subtitles.VTT,
    subtitles.SRT,
    clan.FORMAT,
    aegisub.FORMAT,
    nist.FORMAT,
    audacity.FORMAT,
    jsonl.FORMAT,
    table.TABLE,
    table.SPREADSHEET,
    chat.FORMAT,
    headings.FORMAT,
    lines.FORMAT,
)
"""First those that nothing else looks like; plain lines are what is left."""

SUFFIXES = tuple(dict.fromkeys(s for f in FORMATS for s in f.suffixes))
"""Endings of file names that mean a transcript, in lower case."""

_HEAD = 2**15  # characters that tell a format


def names() -> tuple[str, ...]:
    """What ``--format`` may name."""
    return tuple(f.name for f in FORMATS)


def parse(path: Path, format: str | None) -> tuple[Format, Parsed, list[str]]:
    """The rows of a file, what it was taken for, and notes.

    Raises:
        UsageError: There is no such file or format.
        TextError: The file cannot be read as what it is taken for.
    """
    if format is not None and format not in names():
        raise UsageError(
            f"there is no transcript format '{format}'", f"Known are {', '.join(names())}"
        )
    packed = path.suffix.lower() in table.SPREADSHEET.suffixes and path.is_file()
    decoded = Decoded("", None) if packed else read_text(path)
    notes = [decoded.note] if decoded.note else []
    head = decoded.text[:_HEAD].lstrip("\ufeff")
    if format is not None:
        chosen = next(f for f in FORMATS if f.name == format)
    else:
        chosen = tell(path.suffix.lower(), head)
        if not chosen.looks(head):
            foreign.check(head, path)
    parsed = chosen.read(decoded.text, path)
    if path.suffix.lower() not in chosen.suffixes and format is None:
        told = any(note.startswith("read as") for note in parsed.notes)
        notes += [] if told else [f"read as {chosen.title}"]
    return chosen, parsed, [*notes, *parsed.notes]


def tell(suffix: str, head: str) -> Format:
    """What a file is taken for.

    What its name says, where its head looks like that; else what its head looks like; else what
    its name says, whose reader then says what is wrong.
    """
    meant = [f for f in FORMATS if suffix in f.suffixes]
    for format in [*meant, *FORMATS]:
        if format.looks(head):
            return format
    return meant[0] if meant else FORMATS[-1]
