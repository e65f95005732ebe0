"""Tables of messages: when each was sent, from a day and a time of day or from one of both."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import NamedTuple

from empathia.listen.transcript import dates, objects
from empathia.tables import Table

_SENT = ("timestamp", "datetime", "date", "time", "sentat", "sentdate", "createdat", "created")
_BOTH = re.compile(rf"({dates.DATE})[,\s]+({dates.TIME})")
_MIDNIGHT = re.compile(r"[T ]00:00:00$")  # behind a day of a spreadsheet


class Sent(NamedTuple):
    """When messages were sent.

    Args:
        seconds: Of each record, counted from the earliest; None where the cell is empty.
        first: The earliest, as the file writes it.
    """

    seconds: list[float | None]
    first: str


def moments(table: Table, called: Mapping[str, str]) -> Sent | None:
    """When the messages of a table were sent; None where no column says so.

    Args:
        table: What the file holds.
        called: Its columns by what they are called in lower case without blanks.
    """
    if "date" in called and "time" in called:
        days, hours = (_cells(table, called[k]) for k in ("date", "time"))
        pairs = zip(days, hours, strict=True)
        cells = [f"{_MIDNIGHT.sub('', a)} {_hour(b)}" if a and b else "" for a, b in pairs]
        if (sent := _counted(cells)) is not None:
            return sent
    tried = (_counted(_cells(table, called[k])) for k in _SENT if k in called)
    return next((sent for sent in tried if sent is not None), None)


def calendar(value: object) -> float | None:
    """Seconds since 1970 of a calendar time as ISO 8601 writes it; None of anything else."""
    if not isinstance(value, str) or not objects.DATED.match(value.strip()):
        return None
    try:
        date = datetime.datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return (date if date.tzinfo else date.replace(tzinfo=datetime.UTC)).timestamp()


def _cells(table: Table, key: str) -> list[str]:
    cells = [r.cells.get(key) for r in table.records]
    return ["" if c is None else str(c).strip() for c in cells]


def _hour(text: str) -> str:
    """A time of day; a spreadsheet gives it in s."""
    if re.fullmatch(r"\d{1,5}\.\d+", text, re.ASCII) is None:
        return text
    seconds = float(text)
    return f"{seconds // 3600:02.0f}:{seconds // 60 % 60:02.0f}:{seconds % 60:02.0f}"


def _counted(cells: list[str]) -> Sent | None:
    filled = [c for c in cells if c]
    exact = [calendar(objects.sent({"date": c})) for c in filled]
    if not filled:
        return None
    if all(t is not None for t in exact):
        seconds = [t for t in exact if t is not None]
    else:
        parted = [_BOTH.fullmatch(c) for c in filled]
        known = [dates.Moment(m[1], m[2]) for m in parted if m is not None]
        if len(known) < len(filled):
            return None
        try:
            seconds = dates.offsets(known)
        except ValueError:
            return None
    zero = min(seconds)
    left = iter(seconds)
    counted = [round(next(left) - zero, 3) if c else None for c in cells]
    return Sent(counted, filled[seconds.index(zero)])
