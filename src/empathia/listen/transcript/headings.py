"""Transcripts whose speakers, or times, stand on a line of their own, words below.

So write Otter, Rev, Teams, Zoom, Meet, Trint, Slack, Discord and Telegram, and so come copies of
what a video site shows. How the lines are set decides which of them are headings.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from empathia.listen.transcript import dates, naming
from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.naming import TIME
from empathia.listen.transcript.rows import Parsed, Row, clean_name, stamp, undirected, worded
from empathia.listen.transcript.speakers import Names
from empathia.tables import at_lines, lines_of

_CLOCK = r"\d{1,2}:\d{2}(?::\d{2})?\s?[AaPp]\.?[Mm]\.?"
_DAY = rf"(?:{dates.DATE}|Today|Yesterday|Heute|Gestern)(?:\s+(?:at|um))?,?\s+{dates.TIME}"
_WHEN = (
    rf"(?:(?P<day>{_DAY})|(?P<clock>{_CLOCK})"
    rf"|(?P<start>{TIME})(?:\s*(?:-->|[-–])\s*(?P<end>{TIME}))?)"
)
_AFTER = re.compile(
    r"(?P<open>\[)?(?P<name>[^\[\]]+?)\]?"
    r"(?P<gap>\s*[,|]\s*|\s+[—–-]\s*|\s{2,}|\t\s*|:?\s*(?=[\[(])|\s)"
    rf"(?P<bracket>[\[(])?{_WHEN}[\])]?\s*:?"
)
_BEFORE = re.compile(rf"[\[(]?{_WHEN}[\])]?[\s\-–]+(?P<name>[^\d:\s][^:]*?):?")
_BOLD = re.compile(r"^(\*{1,3}|_{2,3})(.{1,80}?)\1")
_ALONE = re.compile(rf"[\[(]?{_WHEN}[\])]?")
_LEADING = re.compile(rf"[\[(]?{TIME}\b")
_SPOKEN = re.compile(
    r".{0,60}?\b(?:\d+ (?:hours?|minutes?|seconds?|Stunden?|Minuten?|Sekunden?),?\s*)+",
    re.IGNORECASE,
)
_TRAILER = re.compile(
    r"transcri(?:bed|pt|ption)\b.*\b(?:by|with|from)\b.*|.{1,60} stopped transcription|.*https?://\S*(?:otter|rev|trint)\S*",
    re.IGNORECASE,
)
_EARLY, _LATE = 6, 40  # lines within which the first heading stands; a sure one of several
_LONGEST = 120  # characters of a heading
_SURE = ("wide", "bracket", "bar", "dash", "day")  # no sentence ends so


class _Heading(NamedTuple):
    style: str  # how time and name are set
    name: str = ""
    start: str = ""
    end: str = ""
    moment: dates.Moment | None = None


class _Lines(NamedTuple):
    """A file's lines without invisible marks, and the headings among them by place."""

    plain: list[str]
    headings: dict[int, _Heading]


def _heading(line: str) -> _Heading | None:
    """Speaker and time of a line that holds nothing else, or a time alone."""
    plain = _BOLD.sub(r"\2", line.strip())
    if not plain or len(plain) > _LONGEST:
        return None
    if (alone := _ALONE.fullmatch(plain)) is not None:
        return _timed("time", "", alone)
    after = _AFTER.fullmatch(plain)
    if after is not None:
        name = after["name"].strip().rstrip(":").strip()
        style = _style(after)
        known = naming.person_like(name) if style in {"single", "comma"} else _named(name)
        return _timed(style, name, after) if known else None
    before = _BEFORE.fullmatch(plain)
    if before is not None and naming.person_like(before["name"].strip()):
        return _timed("before", before["name"].strip(), before)
    return None


def _named(name: str) -> bool:
    """Whether a name is one where its setting says already that the line is a heading."""
    phone = name.startswith("+") and name[1:2].isdigit()
    sentence = name.endswith(("?", "!", "…", ":")) or ":" in name
    return phone or (naming.name_like(name) and naming.has_letters(name) and not sentence)


def _style(match: re.Match[str]) -> str:
    gap = match["gap"].strip()
    if match["day"]:
        return "day"
    if match["bracket"] or match["open"]:
        return "bracket"
    if gap in {"|", ","}:
        return "bar" if gap == "|" else "comma"
    if gap:
        return "dash"
    return "single" if match["gap"] == " " else "wide"


def _timed(style: str, name: str, match: re.Match[str]) -> _Heading:
    if match["day"] or match["clock"]:
        day = re.match(dates.DATE, match["day"] or "")
        time = re.search(rf"{dates.TIME}$", match["day"] or match["clock"])
        moment = dates.Moment(day[0] if day else "", time[0] if time else "")
        return _Heading(style, name, moment=moment)
    return _Heading(style, name, match["start"], match["end"] or "")


def _bare(lines: Sequence[str]) -> dict[int, _Heading]:
    """Names without a time, where every paragraph begins with one and goes on with words."""
    first = [i for i, x in enumerate(lines) if x.strip() and (i == 0 or not lines[i - 1].strip())]
    counts = Counter(lines[i].strip().rstrip(":") for i in first)

    def known(name: str) -> bool:
        again = naming.person_like(name) and counts[name] > 1
        return naming.machine(name) or again or (name.isupper() and naming.person_like(name))

    headed = {i: _Heading("name", n) for i in first if known(n := lines[i].strip().rstrip(":"))}
    followed = sum(i + 1 < len(lines) and bool(lines[i + 1].strip()) for i in headed)
    most = len(headed) > 1 and len(headed) >= 0.8 * len(first)
    return headed if most and followed == len(headed) else {}


def _lines(text: str) -> _Lines:
    """The headings of a file: those set in the way that most of them are."""
    lines = [
        undirected(x).replace("\u202f", " ").replace("\xa0", " ").rstrip() for x in lines_of(text)
    ]
    every = {i: h for i, x in enumerate(lines) if (h := _heading(x)) is not None}
    counts = Counter(h.style for h in every.values())
    for style, _ in counts.most_common():
        chosen = {i: h for i, h in every.items() if h.style == style}
        if _serves(style, chosen, lines):
            return _Lines(lines, chosen)
    return _Lines(lines, _bare(lines))


def _serves(style: str, headings: dict[int, _Heading], lines: Sequence[str]) -> bool:
    """Whether lines set in one style are headings of a transcript."""
    full = [i for i, x in enumerate(lines) if x.strip()]
    rank = {place: number for number, place in enumerate(full)}
    places = list(headings)
    early = _LATE if style in _SURE and len(places) > 1 else _EARLY
    if rank[places[0]] >= early or len(places) == len(full):
        return False
    followed = sum(rank[i] + 1 < len(full) and full[rank[i] + 1] not in headings for i in places)
    named = sum(bool(re.match(r"[^\s:：][^:：]{0,40}[:：]\s", lines[i])) for i in full)
    # "Ann: words" in most lines: a line that ends in a time is one of them.
    if followed < 0.8 * len(places) or (style != "time" and named > len(places)):
        return False
    if len(places) == 1:
        return style in _SURE and rank[places[0]] == 0 and not named
    if style == "before":
        return sum(bool(_LEADING.match(lines[i].strip())) for i in full) == len(places)
    if style == "single":
        apart = sum(i == 0 or not lines[i - 1].strip() for i in places)
        return len({h.name for h in headings.values()}) < len(places) or apart >= 0.8 * len(places)
    return style != "time" or len(places) >= 0.15 * len(full)


class _Turn(NamedTuple):
    line: int
    name: str | None
    heading: _Heading
    words: list[str]


def read(text: str, path: Path) -> Parsed:
    """Rows of blocks: a line with speaker and time, then what is said.

    Under a time alone a line may begin with a name; a name alone may stand above the time. Times
    of day count from the first one; such turns have a moment, no length.

    Raises:
        TextError: A time is none.
    """
    lines = _lines(text)
    last = _last(lines.plain)
    turns, early = _turns(lines, last)
    times = [[stamp(x, path, t.line) for x in (t.heading.start, t.heading.end)] for t in turns]
    rows = [Row(t.line, t.name, None, a, b) for t, (a, b) in zip(turns, times, strict=True)]
    notes = [f"left out above the first speaker: {at_lines(early)}"] if early else []
    if any(x.strip() for x in lines.plain[last:]):
        notes.append(f"left out at the end: {at_lines([last + 1])}")
    rows = worded(rows, [t.words for t in turns])
    return Parsed(_at_moments(rows, [t.heading.moment for t in turns]), tuple(notes))


def _turns(lines: _Lines, last: int) -> tuple[list[_Turn], list[int]]:
    """The turns, and the lines above the first one, from 1."""
    above = _names_above(lines)
    names = Names(x for i, x in enumerate(lines.plain) if i not in lines.headings)
    split = _times_alone(lines) and not above
    turns: list[_Turn] = []
    early: list[int] = []
    for place, line in enumerate(lines.plain[:last]):
        heading = lines.headings.get(place)
        if place in above.values() or not line.strip():
            continue
        if heading is not None:
            name = heading.name or (lines.plain[above[place]] if place in above else "")
            turns.append(_Turn(place + 1, clean_name(name), heading, []))
        elif _SPOKEN.fullmatch(line):
            continue
        elif not turns:
            early.append(place + 1)
        elif split and (said := names.split(line)).name is not None:
            if turns[-1].words:
                turns.append(_Turn(place + 1, None, _Heading("name"), []))
            turns[-1].words.append(said.words)
            turns[-1] = turns[-1]._replace(name=said.name)
        else:
            turns[-1].words.append(line)
    return turns, early


def _times_alone(lines: _Lines) -> bool:
    """Whether times stand alone, so that speakers are named elsewhere."""
    return any(h.style == "time" for h in lines.headings.values())


def _names_above(lines: _Lines) -> dict[int, int]:
    """Places of names that stand alone above a time that stands alone, by the time's place."""
    above: dict[int, int] = {}
    for place in lines.headings if _times_alone(lines) else ():
        back = place - 1
        while back >= 0 and (not lines.plain[back].strip() or _SPOKEN.fullmatch(lines.plain[back])):
            back -= 1
        name = lines.plain[back].strip() if back >= 0 else ""
        if back not in lines.headings and (naming.person_like(name) or naming.handle(name)):
            above[place] = back
    # Without a name above the first one, what stands above the others is what was said.
    first = next(iter(lines.headings), 0)
    return above if len(above) >= 0.8 * len(lines.headings) and first in above else {}


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


FORMAT = Format(
    name="headings",
    title="blocks under a speaker and a time (Otter, Rev, Teams, Zoom, Slack, Discord)",
    suffixes=(),
    told="lines that hold a name and a time, or one of them alone, and nothing else; words below",
    left="what stands above the first speaker; the tool's own remark at the end",
    example="Ann Lee  0:03\nI passed the exam.\n\nBen  0:09\nThat is wonderful!\n",
    looks=lambda head: bool(_lines(head).headings),
    read=read,
)
