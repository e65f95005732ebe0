"""Transcripts as plain lines of ``Name: words``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.rows import SPEAKER, Parsed, Row, stamp, worded
from empathia.listen.transcript.speakers import TIME, Names, doubtful, somebody_else
from empathia.tables import at_lines, lines_of

_SPAN = rf"({TIME})(?:\s*(?:-->|->|→|-|–)\s*({TIME}))?"
_BARE = re.compile(rf"\s*{_SPAN}\s+(?:[\-–]\s+)?(?=\S)")
_BRACKETED = re.compile(rf"\s*[\[(]\s*{_SPAN}\s*[\])][\s\-–]*(?=\S)")


def read(text: str, path: Path) -> Parsed:
    """Rows of ``Name: words``; a line may begin with a time (``[0:12]``, ``0:12 - 0:15``).

    A line without a name goes on with the turn before it; before the first
    name, and in a file without names, each line is a turn of "Speaker".
    """
    lines = [_lead(line) for line in lines_of(text)]
    names = Names(lead.rest for lead in lines)
    split = [names.split(lead.rest) for lead in lines]
    known = list(dict.fromkeys(s.name for s in split if s.name is not None))
    rows: list[Row] = []
    turns: list[list[str]] = []
    named = False
    guessed: list[int] = []
    doubts: list[int] = []
    for number, (lead, said) in enumerate(zip(lines, split, strict=True), start=1):
        name, words = said.name, said.words
        if not words and name is None:
            continue
        if name is None and said.change:
            name = somebody_else(rows[-1].speaker if rows else None, known)
            guessed.append(number)
        if name is None:
            words = lead.rest if lead.bracketed else lead.line
            doubts += [number] if known and names.doubted(lead.rest) else []
        if name is None and named:
            turns[-1].append(words)
            continue
        named = name is not None
        timed = lead.bracketed or named
        start = stamp(lead.start or said.time or "", path, number) if timed else None
        end = stamp(lead.end, path, number) if timed else None
        rows.append(Row(number, name or SPEAKER, None, start, end))
        turns.append([words])
    return Parsed(worded(rows, turns), _notes(guessed, doubts))


def _notes(guessed: list[int], doubts: list[int]) -> tuple[str, ...]:
    notes = []
    if guessed:
        notes.append(f"'>>' says that another one speaks, not who ({at_lines(guessed)})")
    if doubts:
        notes.append(doubtful(doubts))
    return tuple(notes)


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


FORMAT = Format(
    name="lines",
    title="lines of 'Name: words'",
    suffixes=(".txt", ".text", ".md"),
    told="what nothing else looks like; a line may begin with a time",
    left="nothing; a line without a name goes on with the turn before it",
    example="Ann: I passed the exam.\nBen: That is wonderful!\n",
    looks=lambda head: False,
    read=read,
)
