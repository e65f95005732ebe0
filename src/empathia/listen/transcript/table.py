"""Transcripts as tables: csv and its kin, JSON lines, spreadsheets."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from empathia import tables
from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.moments import Sent, calendar, moments
from empathia.listen.transcript.rows import Parsed, Row, clean, clean_name
from empathia.listen.transcript.speakers import Names
from empathia.tables import Record, Table, at_lines, fault
from empathia.tables.cells import missing, seconds, unit

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "speaker": (
        *("speaker", "name", "speakername", "speakerid", "speakeridx", "speakerlabel", "who"),
        *("tier", "participant", "role", "author", "sender", "username", "user"),
        *("sendername", "fromname", "displayname", "agent"),
        *("sprecher", "sprecherin", "locuteur", "hablante", "화자"),
    ),
    "text": (
        *("text", "utterance", "words", "transcript", "transcription", "sentence", "annotation"),
        *("content", "message", "texte", "texto", "발화", "문장"),
    ),
    "start": (
        *("start", "starttime", "starts", "begin", "from", "onset", "begintime", "tstart"),
        *("beginn", "anfang", "anfangszeit", "startzeit", "début", "debut", "inicio", "시작"),
        *("time", "timestamp", "zeit", "시간"),
    ),
    "end": (
        *("end", "endtime", "ends", "stop", "to", "offset", "stoptime", "tend"),
        *("ende", "endzeit", "fin", "끝", "종료"),
    ),
    "duration": ("duration", "dur", "durationtime", "dauer", "durée", "duración"),
    "dialogue": (
        *("dialogue", "dialogueid", "dialog", "dialogid"),
        *("conversation", "conversationid", "convid"),
    ),
}
"""What columns may be called, best first, in lower case without blanks and underscores."""

_TIMELIKE = re.compile(r"\s*(?:start|begin|end|stop|onset|offset|time|duration|dur)(?![a-z])", re.I)
_TIMED = ("start", "end", "duration")
_LOOSE = (
    "time",
    "timestamp",
    "zeit",
    "시간",
)  # names that also stand for other things than a start
_TIMES = "Write times as seconds or h:mm:ss.ms, or leave the cell empty"
_OURS = ("index", "id", "speaker", "start", "end", "text")


_Clock = Callable[[Record], float | None]


class _Column(NamedTuple):
    key: str
    scale: float | None = None  # seconds a unit; None where the header does not tell


def _column(name: str) -> tuple[str, _Column]:
    """What a column is called without its unit, and the column."""
    stem, scale = unit(name)
    return re.sub(r"[\s_\-.]", "", stem.strip().lower()), _Column(name, scale)


def columns(names: Sequence[str]) -> dict[str, _Column]:
    """Which of the given names plays which part."""
    plain: dict[str, _Column] = {}
    for name in names:
        plain.setdefault(*_column(name))
    parts: dict[str, _Column] = {}
    for part, aliases in COLUMNS.items():
        known = [plain[a] for a in aliases if a in plain]
        if known:
            parts[part] = known[0]
    offset = "end" in parts and parts["end"] is plain.get("offset")
    if offset and "duration" in parts and "start" not in parts:
        parts["start"] = parts.pop("end")  # where it begins in a recording, as NeMo says
    return parts


def worth(names: Sequence[str]) -> int:
    """How many of the names play a part in a transcript."""
    return len(columns(names))


def read_csv(text: str, path: Path) -> Parsed:
    """Rows of a table with a header, which tells the delimiter.

    Raises:
        TextError: A column is missing, a row does not fit the header, or a time is none.
    """
    return rows_of(tables.delimited(text, path, worth), path)


def rows_of(table: Table, path: Path, *, literal: bool = False) -> Parsed:
    """The rows of a table, whatever it was stored in.

    Args:
        table: What it holds.
        path: Its file, for messages.
        literal: Whether words like "nan" and "None" are words; in a csv of ours they are.

    Raises:
        TextError: It has no words, or a cell is no time or no text.
    """
    used = columns(table.header)
    if "text" not in used:
        listed = ", ".join(f"'{n}'" for n in table.header[:20]) or "nothing"
        raise fault(
            path,
            table.line if table.unit == "line" else None,
            f"expected a column 'text', and 'speaker' beside it, found {listed}",
            "Name the columns in the first line: speaker, text and, where known, start and end",
        )
    sent = _sent(table, used)
    clocks = {} if sent else _clocks(table, used, path)
    ours = table.header[: len(_OURS)] == _OURS
    literal = literal or ours
    empty: list[int] = []
    rows = []
    for place, record in enumerate(table.records):
        said = _words(record, used["text"], path)
        if said is not None and not literal and said.strip() and missing(said):
            empty.append(record.line)
            said = None
        times = {part: clock(record) for part, clock in clocks.items()}
        start, end, length = (times.get(p) for p in _TIMED)
        if end is None and start is not None and length is not None:
            end = round(start + length, 6)
        if sent is not None:
            start = end = sent.seconds[place]
        name = _words(record, used.get("speaker"), path) or ""
        named = clean_name("" if not literal and missing(name) else name)
        dialogue = clean(_words(record, used.get("dialogue"), path) or "")
        rows.append(Row(record.line, named, clean(said or ""), start, end, dialogue))
    notes = [*_notes(table, used, empty), *_untimed(table, used, clocks, sent)]
    return Parsed(rows if ours else _named(rows), tuple(notes), not ours and _bare(table, used))


def _sent(table: Table, used: Mapping[str, _Column]) -> Sent | None:
    """When the messages of a table were sent, where that is all that it says of times."""
    start = used.get("start")
    if {"end", "duration"} & used.keys() or (start and _column(start.key)[0] not in _LOOSE):
        return None
    called: dict[str, str] = {}
    for name in table.header:
        called.setdefault(_column(name)[0], name)
    return moments(table, called)


def _named(rows: list[Row]) -> list[Row]:
    """Rows with the names that all their words begin with, where nothing else names anybody."""
    worded = [r.text for r in rows if r.text is not None]
    if len(worded) < 2 or any(r.speaker is not None for r in rows):
        return rows
    names = Names(worded)
    said = [names.split(r.text or "") for r in rows]
    if any(s.name is None for s, r in zip(said, rows, strict=True) if r.text is not None):
        return rows
    parted = zip(rows, said, strict=True)
    return [r._replace(speaker=s.name, text=clean(s.words)) for r, s in parted]


def _notes(table: Table, used: Mapping[str, _Column], empty: Sequence[int]) -> tuple[str, ...]:
    notes = list(table.notes)
    doubled = [c.key for c in used.values() if c.key in table.doubled]
    if doubled:
        notes.append(f"there are two columns '{doubled[0]}'; the first was read")
    if table.short:
        notes.append(f"rows with fewer cells than the header ({at_lines(table.short)})")
    if empty:
        notes.append(f"cells like 'nan' or 'null' are no words ({at_lines(empty)})")
    return tuple(notes)


def _untimed(
    table: Table, used: Mapping[str, _Column], clocks: Mapping[str, _Clock], sent: Sent | None
) -> list[str]:
    """What is to be said of times: from when they count, or what looks like one and is none."""
    if sent is not None:
        return [f"times count from {sent.first} on"]
    others = {c.key for p, c in used.items() if p in clocks or p not in _TIMED}
    timelike = [n for n in table.header if _TIMELIKE.match(n) and n not in others]
    if not timelike or "start" in clocks:
        return []
    listed = ", ".join(f"'{n}'" for n in timelike)
    return [f"no times are read from {listed}: expected 'start' and 'end' in s or ms"]


def _bare(table: Table, used: Mapping[str, _Column]) -> bool:
    """Whether all times are whole numbers and no header tells their unit."""
    parts = [used[p] for p in _TIMED if p in used]
    cells = [str(r.cells[c.key]).strip() for c in parts for r in table.records if c.key in r.cells]
    whole = [c for c in cells if c.removesuffix(".0").isdecimal()]
    return bool(whole) and all(c.scale is None for c in parts) and len(whole) == len(cells)


def _words(record: Record, column: _Column | None, path: Path) -> str | None:
    value = None if column is None else record.cells.get(column.key)
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (int, float)):
        return str(value)
    raise fault(
        path,
        record.line,
        f"expected words in '{column.key if column else ''}', found a {type(value).__name__}",
        "Give plain text",
    )


def _clocks(table: Table, used: Mapping[str, _Column], path: Path) -> dict[str, _Clock]:
    """What reads the times of each part, in s; calendar times count from the earliest one."""
    parts = {p: used[p] for p in _TIMED if p in used}
    loose = [p for p, c in parts.items() if _column(c.key)[0] in _LOOSE]
    if any(not _all_times(table, parts[p]) for p in loose):
        del parts["start"]  # a "time" that is none: the hour of a message, say
    dated = [parts[p].key for p in ("start", "end") if p in parts]
    dates = [d for r in table.records for k in dated if (d := calendar(r.cells.get(k))) is not None]
    zero = min(dates, default=None)

    def clock(column: _Column) -> _Clock:
        return lambda record: _time(record, column, path, zero)

    return {part: clock(column) for part, column in parts.items()}


def _all_times(table: Table, column: _Column) -> bool:
    try:
        for record in table.records:
            _seconds(record.cells.get(column.key), column, 0.0)
    except ValueError:
        return False
    return True


def _seconds(value: object, column: _Column, zero: float | None) -> float | None:
    if value is None:
        return None
    date = calendar(value)
    if date is not None and zero is not None:
        return round(date - zero, 6)
    if isinstance(value, bool):
        raise ValueError(value)
    return seconds(str(value), column.scale or 1.0)


def _time(record: Record, column: _Column, path: Path, zero: float | None) -> float | None:
    value = record.cells.get(column.key)
    try:
        return _seconds(value, column, zero)
    except ValueError:
        raise fault(
            path,
            record.line,
            f"expected a time in '{column.key}', found {ascii(value)[:40]}",
            _TIMES,
        ) from None


def _looks(head: str) -> bool:
    """Whether one of the first lines names columns, words among them."""
    lines = head.splitlines()[:10]
    named = [columns([c.strip(' "') for c in re.split(r"[,;\t|]", x)]) for x in lines]
    return any("text" in parts and len(parts) > 1 for parts in named)


TABLE = Format(
    name="table",
    title="a table",
    suffixes=(".csv", ".tsv", ".psv"),
    told="a first line that names columns, one of them the words; also as Markdown draws them; "
    "a row of messages has a moment, from a column of days and times or one of each",
    left="columns other than speaker, text, start, end, duration and dialogue; empty rows",
    example="speaker,text,start,end\nAnn,I passed the exam.,0.5,2\nBen,That is wonderful!,2.5,4\n",
    looks=_looks,
    read=read_csv,
)


def read_spreadsheet(text: str, path: Path) -> Parsed:
    """Rows of the first sheet that is not empty; the file holds no text.

    Raises:
        TextError: It is damaged or has no words.
        MissingExtra: python-calamine is not installed.
    """
    return rows_of(tables.spreadsheet(path, worth), path)


SPREADSHEET = Format(
    name="spreadsheet",
    title="a spreadsheet",
    suffixes=tables.SPREADSHEETS,
    told="the ending of its name",
    left="sheets after the first; columns as in a table; needs the extra excel",
    example="",
    looks=lambda head: False,
    read=read_spreadsheet,
)
