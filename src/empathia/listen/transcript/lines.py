"""Transcripts as plain lines of ``Name: words``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.naming import TIME
from empathia.listen.transcript.rows import Parsed, Row, stamp, worded
from empathia.listen.transcript.speakers import Names, Said, doubtful, somebody_else
from empathia.tables import at_lines, lines_of

_SPAN = rf"({TIME})(?:\s*(?:-->|->|→|-|–)\s*({TIME}))?"
_SECONDS = r"(\d+\.\d+)\s?s?\s*(?:-->|->|→|-|–)\s*(\d+\.\d+)\s?s?"
_BARE = re.compile(rf"\s*{_SPAN}\s+(?:[\-–]\s+)?(?=\S)")
_BRACKETED = re.compile(rf"\s*[\[(]\s*(?:{_SPAN}|{_SECONDS})\s*[\])][\s\-–]*(?=\S)")
_NUMBER = re.compile(r"\s*(\d{1,6})[.)]?\s+(?=\S)")
_NUMBERED = 0.8  # of the lines that must be counted for their numbers to be no words


class _Line(NamedTuple):
    """A line of a txt; a bare time at its start counts only before a name."""

    line: str
    rest: str
    bracketed: bool = False
    start: str = ""
    end: str = ""


class _Marks(NamedTuple):
    """Lines, by number, of which the notes speak."""

    guessed: list[int]
    doubts: list[int]
    above: list[int]


def read(text: str, path: Path) -> Parsed:
    """Rows of ``Name: words``; a line may begin with a time (``[0:12]``, ``0:12 - 0:15``).

    A line without a name goes on with the turn before it; before the first name, and in a file
    without names, each line is a turn of nobody. Numbers of lines are no words, and a block of
    ``Date: Monday`` above the talk is none of it.
    """
    lines = [_lead(line) for line in _unnumbered(lines_of(text))]
    names = Names(lead.rest for lead in lines)
    split = [names.split(lead.rest) for lead in lines]
    known = list(dict.fromkeys(s.name for s in split if s.name is not None))
    marks = _Marks([], [], _above(lines, split))
    rows: list[Row] = []
    turns: list[list[str]] = []
    named = False
    for number, (lead, said) in enumerate(zip(lines, split, strict=True), start=1):
        name, words = said.name, said.words
        if (not words and name is None) or number in marks.above:
            continue
        if name is None and said.change:
            name = somebody_else(rows[-1].speaker if rows else None, known)
            marks.guessed.append(number)
        if name is None:
            words = lead.rest if lead.bracketed else lead.line
            marks.doubts.extend([number] if known and names.doubted(lead.rest) else [])
        if name is None and named:
            turns[-1].append(words)
            continue
        named = name is not None
        timed = lead.bracketed or named
        start = stamp(lead.start or said.time or "", path, number) if timed else None
        end = stamp(lead.end, path, number) if timed else None
        rows.append(Row(number, name, None, start, end))
        turns.append([words])
    return Parsed(worded(rows, turns), _notes(marks))


def _notes(marks: _Marks) -> tuple[str, ...]:
    notes = []
    if marks.above:
        notes.append(f"left out above the talk: {at_lines(marks.above)}")
    if marks.guessed:
        notes.append(f"'>>' says that another one speaks, not who ({at_lines(marks.guessed)})")
    if marks.doubts:
        notes.append(doubtful(marks.doubts))
    return tuple(notes)


def _unnumbered(lines: Sequence[str]) -> list[str]:
    """Lines without the numbers that count them."""
    full = [x for x in lines if x.strip()]
    counted = [int(m[1]) for x in full if (m := _NUMBER.match(x)) is not None]
    rising = sum(b == a + 1 for a, b in pairwise(counted))
    if len(counted) < 3 or rising < len(counted) - 1 or len(counted) < _NUMBERED * len(full):
        return list(lines)
    return [_NUMBER.sub("", x, count=1) for x in lines]


def _above(lines: Sequence[_Line], split: Sequence[Said]) -> list[int]:
    """Numbers of the lines of a block above the talk, whose "names" never come back."""
    block = 0
    while block < len(lines) and lines[block].line:
        block += 1
    counts = Counter(s.name for s in split if s.name is not None)
    heads = [s.name for s in split[:block]]
    once = all(name is not None and counts[name] == 1 for name in heads)
    talk = [s.name for s in split[block:] if s.name is not None]
    if block < 2 or not once or len(talk) < 3 or max(Counter(talk).values()) < 2:
        return []
    return list(range(1, block + 1))


def _lead(line: str) -> _Line:
    bracketed = _BRACKETED.match(line)
    span = bracketed or _BARE.match(line)
    if span is None:
        return _Line(line.strip(), line.strip())
    rest = line[span.end() :].strip()
    times = [g for g in span.groups() if g] + [""]
    return _Line(line.strip(), rest, bracketed is not None, times[0], times[1])


FORMAT = Format(
    name="lines",
    title="lines of 'Name: words'",
    suffixes=(".txt", ".text", ".md"),
    told="what nothing else looks like; a line may begin with a time",
    left="numbers of lines; a block like 'Date: Monday' above the talk",
    example="Ann: I passed the exam.\nBen: That is wonderful!\n",
    looks=lambda head: False,
    read=read,
)
