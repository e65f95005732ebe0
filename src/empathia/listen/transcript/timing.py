"""When turns are: units, missing ends, one clock, order; and what had to be left out."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from empathia.listen.transcript.rows import Parsed, Row
from empathia.tables import at_lines, fault

_SLOW, _CALM, _FAST = 0.05, 0.3, 12.0  # words a second: nobody's, somebody's at least, at most
_LETTERS = 6  # a word, where words are not parted by blanks
_SLACK = 1.0  # s that a turn may end behind the recording without a remark


def timed(parsed: Parsed, path: Path, duration: float | None, notes: list[str]) -> list[Row]:
    """Rows in time order whose times are in s, and both there and in order, or both absent.

    Args:
        parsed: What the file says.
        path: The file, for the message.
        duration: Length of the recording in s that the transcript belongs to, or None.
        notes: Gets what was decided.

    Raises:
        TextError: The times cannot be those of the recording.
    """
    rows = _in_seconds(parsed, duration, notes)
    rows = _ordered(rows, notes, duration)
    if duration is not None:
        _check_end(rows, path, duration, notes)
    return _in_time_order(rows, notes)


def _in_seconds(parsed: Parsed, duration: float | None, notes: list[str]) -> list[Row]:
    """Times of which nothing tells the unit are milliseconds where nothing else can be."""
    rows = parsed.rows
    last = max((t for r in rows for t in (r.start, r.end) if t is not None), default=0.0)
    if not parsed.bare or not last:
        return rows
    paces = sorted(p for r in rows if (p := _pace(r)) is not None)
    middle = paces[len(paces) // 2] if paces else 0.001
    thousandth = _CALM < 1000 * middle < _FAST
    if duration is None:
        thousandth = thousandth and bool(paces) and middle < _SLOW
        why = "as seconds nobody would speak so slowly"
    else:
        fits = last / 1000 <= 1.1 * duration + _SLACK
        thousandth = thousandth and fits and last > 2 * duration + _SLACK
        why = "as seconds they lie behind the recording's end"
    if not thousandth:
        if duration is None and paces and middle < _SLOW:
            notes.append(
                "times are read as seconds, though nobody speaks so slowly: name their unit in the "
                "header (start_ms), or write seconds"
            )
        return rows
    notes.append(f"times are taken for milliseconds: {why}")
    return [
        r._replace(
            start=None if r.start is None else r.start / 1000,
            end=None if r.end is None else r.end / 1000,
            words=tuple(replace(w, start=w.start / 1000, end=w.end / 1000) for w in r.words),
        )
        for r in rows
    ]


def _pace(row: Row) -> float | None:
    """Words a second."""
    if row.start is None or row.end is None or row.end <= row.start or row.text is None:
        return None
    words = max(len(row.text.split()), len(row.text) / _LETTERS)
    return words / (row.end - row.start)


def _check_end(rows: list[Row], path: Path, duration: float, notes: list[str]) -> None:
    starts = [r.start for r in rows if r.start is not None]
    late = [r.line for r in rows if r.start is not None and r.start >= duration]
    if len(late) > len(starts) / 2:
        raise fault(
            path,
            late[0],
            f"{len(late)} of {len(starts)} turns start behind the end of the recording "
            f"({duration:.1f} s)",
            "Give the transcript of this recording, its times in seconds, hh:mm:ss or "
            "milliseconds that the header names",
        )
    if late:
        notes.append(f"{_turns(len(late))} of the transcript start after the recording's end")
    over = [
        r.line
        for r in rows
        if r.start is not None and r.end is not None and r.start < duration < r.end - _SLACK
    ]
    if over:
        notes.append(f"{_turns(len(over))} end after the recording's end ({at_lines(over)})")


def _turns(count: int) -> str:
    return f"{count} turn{'s' if count != 1 else ''}"


def _ordered(rows: list[Row], notes: list[str], duration: float | None) -> list[Row]:
    """Rows whose times are both there and in order, or both absent."""
    reversed_ = [
        r.line for r in rows if r.start is not None and r.end is not None and r.end < r.start
    ]
    endless = any(r.start is not None and r.end is None for r in rows)
    startless = [r.line for r in rows if r.start is None and r.end is not None]
    if reversed_:
        notes.append(f"times left out where the end comes before the start ({at_lines(reversed_)})")
    if startless:
        notes.append(f"ends without a start left out ({at_lines(startless)})")
    dropped = {*reversed_, *startless}
    rows = [r._replace(start=None, end=None) if r.line in dropped else r for r in rows]
    rows = _one_clock(rows, notes)
    if endless and any(r.start is not None for r in rows):
        notes.append("turns without an end are taken to end where the next one begins")
        rows = _ended(rows, duration)
    return rows


def _ended(rows: list[Row], duration: float | None) -> list[Row]:
    """Give turns that only start the next later start as their end.

    The last one ends with the recording; where that is not known it has no length.
    """
    starts = sorted({r.start for r in rows if r.start is not None})
    after = dict(pairwise(starts))
    if duration is not None:
        after[starts[-1]] = max(starts[-1], duration)
    return [
        r._replace(end=after.get(r.start, r.start)) if r.start is not None and r.end is None else r
        for r in rows
    ]


def _one_clock(rows: list[Row], notes: list[str]) -> list[Row]:
    """Leave times out where several dialogues in one file do not share a clock."""
    spans: dict[str | None, tuple[float, float]] = {}
    for row in rows:
        if row.start is not None:
            low, high = spans.get(row.dialogue, (row.start, row.start))
            end = row.start if row.end is None else row.end
            spans[row.dialogue] = min(low, row.start), max(high, end)
    dialogues = len({r.dialogue for r in rows})
    if dialogues > 1:
        notes.append(
            f"the file holds {dialogues} dialogues, read as one in the file's order; "
            "split it to read each on its own"
        )
    if all(a[1] <= b[0] for a, b in pairwise(spans.values())):
        return rows
    notes.append("times left out: the dialogues in the file do not follow each other on one clock")
    return [r._replace(start=None, end=None) for r in rows]


def _in_time_order(rows: list[Row], notes: list[str]) -> list[Row]:
    """Rows by start; one without times stays behind the row that it follows."""
    last = 0.0
    keys = []
    for row in rows:
        last = last if row.start is None else row.start
        keys.append(last)
    order = sorted(range(len(rows)), key=keys.__getitem__)
    if order == list(range(len(rows))):
        return rows
    notes.append("turns were put in the order of their starts")
    return [rows[i] for i in order]
