"""Transcripts as plain lines of ``Name: words``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from empathia.listen.transcript.rows import (
    SPEAKER,
    Names,
    Parsed,
    Row,
    clean,
    clean_name,
    lines_of,
    stamp,
)

_STAMP = r"(?:\d+:)?\d{1,3}:\d{2}(?:[.,]\d+)?"
_SPAN = rf"({_STAMP})(?:\s*(?:-->|-|–)\s*({_STAMP}))?"
_BARE = re.compile(rf"\s*{_SPAN}\s+(?:[\-–]\s+)?(?=\S)")
_BRACKETED = re.compile(rf"\s*[\[(]\s*{_SPAN}\s*[\])][\s\-–]*(?=\S)")


def read_txt(text: str, path: Path) -> Parsed:
    """Rows of ``Name: words``; a line may begin with a time (``[0:12]``, ``0:12 - 0:15``).

    A line without a name goes on with the turn before it; before the first
    name, and in a file without names, each line is a turn of "Speaker".
    """
    lines = [_lead(line) for line in lines_of(text)]
    names = Names(lead.rest for lead in lines)
    rows: list[Row] = []
    named = False
    for number, lead in enumerate(lines, start=1):
        name, words = names.split(lead.rest)
        if not words and name is None:
            continue
        if name is None:
            words = lead.rest if lead.bracketed else lead.line
        if name is None and named:
            rows[-1] = rows[-1]._replace(text=clean(f"{rows[-1].text or ''} {words}"))
            continue
        named = name is not None
        spans = lead.bracketed or named
        start = stamp(lead.start, path, number) if spans else None
        end = stamp(lead.end, path, number) if spans else None
        rows.append(Row(number, clean_name(name or SPEAKER), clean(words), start, end))
    return Parsed(rows)


class _Line(NamedTuple):
    """A line of a txt; a bare time at its start counts only before a name."""

    line: str
    rest: str
    bracketed: bool = False
    start: str = ""
    end: str = ""


def _lead(line: str) -> _Line:
    bracketed = _BRACKETED.match(line)
    span = bracketed or _BARE.match(line)
    if span is None:
        return _Line(line.strip(), line.strip())
    rest = line[span.end() :].strip()
    return _Line(line.strip(), rest, bracketed is not None, span[1], span[2] or "")
