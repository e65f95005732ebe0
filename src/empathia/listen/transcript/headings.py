"""Transcripts whose speakers stand with a time on a line of their own, words below.

So write Otter, Rev, Teams, Zoom, Trint, Slack, Discord and Telegram.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from empathia.listen.transcript import dates
from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.rows import Parsed, Row, clean_name, stamp, undirected, worded
from empathia.listen.transcript.speakers import TIME, handle, person_like
from empathia.tables import at_lines, lines_of

_CLOCK = r"\d{1,2}:\d{2}\s?[AaPp]\.?[Mm]\.?"
_DAY = rf"(?:{dates.DATE}|Today|Yesterday|Heute|Gestern)(?:\s+(?:at|um))?,?\s+{dates.TIME}"
_AFTER = re.compile(
    rf"\[?(?P<name>[^\[\]]+?)\]?(?:\s*[,|]|\s+[—–-])?\s*[\[(]?"
    rf"(?:(?P<day>{_DAY})|(?P<clock>{_CLOCK})|(?P<start>{TIME})(?:\s*(?:-->|[-–])\s*(?P<end>{TIME}))?)"
    r"[\])]?\s*:?"
)
_BEFORE = re.compile(
    rf"[\[(]?(?P<start>{TIME})(?:\s*(?:-->|[-–])\s*(?P<end>{TIME}))?[\])]?\s+(?P<name>[^\d:\s][^:]*?):?"
)
_TRAILER = re.compile(
    r"transcri(?:bed|pt|ption)\b.*\b(?:by|with|from)\b.*|.*https?://\S*(?:otter|rev|trint)\S*",
    re.IGNORECASE,
)
_LONGEST = 120  # characters of a heading
_EARLY = 5  # lines that may stand above the first heading


class _Heading(NamedTuple):
    name: str
    start: str = ""
    end: str = ""
    moment: dates.Moment | None = None


def _heading(line: str) -> _Heading | None:
    """The speaker and time of a line that holds nothing else."""
    plain = undirected(line).replace("\u202f", " ").replace("\xa0", " ").strip()
    if len(plain) > _LONGEST:
        return None
    after = _AFTER.fullmatch(plain)
    if after is not None and _name(after["name"], plain):
        if after["day"] or after["clock"]:
            day = re.match(dates.DATE, after["day"] or "")
            time = re.search(rf"{dates.TIME}$", after["day"] or after["clock"])
            moment = dates.Moment(day[0] if day else "", time[0] if time else "")
            return _Heading(after["name"].strip(), moment=moment)
        return _Heading(after["name"].strip(), after["start"], after["end"] or "")
    before = _BEFORE.fullmatch(plain)
    if before is not None and person_like(before["name"].strip()):
        return _Heading(before["name"].strip(), before["start"], before["end"] or "")
    return None


def _name(name: str, line: str) -> bool:
    """Whether a name is one; a bracket, two blanks or a bar before the time makes it sure."""
    sure = re.search(r"\s{2,}\S+(?:\s?[AaPp][Mm])?$|[\[(|—–\t]", line) is not None
    name = name.strip()
    return person_like(name) or (sure is not None and handle(name))


def read(text: str, path: Path) -> Parsed:
    """Rows of blocks: a line with speaker and time, then what is said.

    Times of day count from the first one; such turns have a moment, no length.

    Raises:
        TextError: A time is none.
    """
    rows: list[Row] = []
    turns: list[list[str]] = []
    moments: list[dates.Moment | None] = []
    above: list[int] = []
    lines = lines_of(text)
    last = _last(lines)
    for number, line in enumerate(lines[:last], start=1):
        heading = _heading(line)
        if heading is not None:
            start = stamp(heading.start, path, number)
            end = stamp(heading.end, path, number)
            rows.append(Row(number, clean_name(heading.name), None, start, end))
            moments.append(heading.moment)
            turns.append([])
        elif rows:
            turns[-1].append(line)
        elif line.strip():
            above.append(number)
    notes = [f"left out above the first speaker: {at_lines(above)}"] if above else []
    if any(x.strip() for x in lines[last:]):
        notes.append(f"left out at the end: {at_lines([last + 1])}")
    return Parsed(_at_moments(worded(rows, turns), moments), tuple(notes))


def _last(lines: Sequence[str]) -> int:
    """How many lines there are without a remark of the tool at the end."""
    end = len(lines)
    while end and not lines[end - 1].strip():
        end -= 1
    return end - 1 if end and _TRAILER.fullmatch(lines[end - 1].strip()) else end


def _at_moments(rows: list[Row], moments: Sequence[dates.Moment | None]) -> list[Row]:
    known = [m for m in moments if m is not None]
    if not known or len(known) < len(rows):
        return rows
    if any(not m.date for m in known):
        known = [m._replace(date="") for m in known]
    try:
        times = [max(0.0, t) for t in dates.offsets(known)]
    except ValueError:
        return rows
    return [r._replace(start=t, end=t) for r, t in zip(rows, times, strict=True)]


def _looks(head: str) -> bool:
    lines = [x for x in head.splitlines() if x.strip()]
    places = [i for i, x in enumerate(lines) if _heading(x) is not None]
    if not places or places[0] > _EARLY or len(places) == len(lines):
        return False
    followed = sum(i + 1 < len(lines) and i + 1 not in places for i in places)
    return followed >= 0.8 * len(places)


FORMAT = Format(
    name="headings",
    title="blocks under a speaker and a time (Otter, Rev, Teams, Zoom, Slack, Discord)",
    suffixes=(),
    told="lines that hold a name and a time and nothing else, words below them",
    left="what stands above the first speaker; the tool's own remark at the end",
    example="Ann Lee  0:03\nI passed the exam.\n\nBen  0:09\nThat is wonderful!\n",
    looks=_looks,
    read=read,
)
