"""Dates and times of day as chats write them, in s from the first message."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

DATE = (
    r"(?:\d{4}\s?년\s?\d{1,2}\s?월\s?\d{1,2}\s?일"
    r"|\d{4}[./-]\s?\d{1,2}[./-]\s?\d{1,2}\.?"
    r"|\d{1,2}[./-]\s?\d{1,2}[./-]\s?(?:\d{4}|\d{2})\.?"
    r"|\d{1,2}\.?[-\s][A-Z][a-zä]{2,8}\.?,?[-\s]\d{2,4}|[A-Z][a-zä]{2,8}\.? \d{1,2},? \d{4})"
)
"""A day, in digits or with a month's short English name."""
TIME = (
    r"(?:(?:오전|오후|上午|下午|午前|午後|AM|PM)\s?)?\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:\.\d+)?)?"
    r"(?:\s?(?:[AaPp]\.?\s?[Mm]\b\.?|[مص]\b))?"
)
"""A time of day, by 12 or 24 hours."""

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_GERMAN = {"mär": "mar", "mai": "may", "okt": "oct", "dez": "dec"}
_LATE = re.compile(r"오후|下午|午後|م|p\.?\s?m", re.IGNORECASE)
_EARLY = re.compile(r"오전|上午|午前|ص|a\.?\s?m", re.IGNORECASE)

Order = tuple[int, int, int]  # places of year, month and day


class Moment(NamedTuple):
    """A day ("" where only the time is known) and a time as a message has them."""

    date: str
    time: str


def offsets(moments: Sequence[Moment]) -> list[float]:
    """Seconds of each moment after the first.

    Where days may be read in two orders (1/2/2024), the one in which time does not run back is
    taken, else the day comes first.

    Raises:
        ValueError: A day or time cannot be.
    """
    best = min(_orders(moments), key=lambda order: _backwards(moments, order))
    seconds = [_seconds(m, best) for m in moments]
    seconds = _over_midnight(seconds) if not moments[0].date else seconds
    return [round(s - seconds[0], 3) for s in seconds]


def two_orders(moments: Sequence[Moment]) -> bool:
    """Whether nothing tells if the day or the month comes first, and it matters."""
    orders = _orders(moments)
    same = all(m.date == moments[0].date for m in moments)
    return len(orders) > 1 and not same and len({_backwards(moments, o) for o in orders}) == 1


def _orders(moments: Sequence[Moment]) -> list[Order]:
    """Orders of year, month and day in which all days can be, the likeliest first."""
    if any(re.match(r"\d{4}", m.date) for m in moments):
        return [(0, 1, 2)]
    twelve = any(_LATE.search(m.time) or _EARLY.search(m.time) for m in moments)
    slashes = any("/" in m.date for m in moments)
    orders: list[Order] = [(2, 1, 0), (2, 0, 1)]
    if twelve and slashes:  # as in the United States
        orders.reverse()
    fitting = [o for o in orders if all(_day(m.date, o) is not None for m in moments)]
    return fitting or orders


def _backwards(moments: Sequence[Moment], order: Order) -> int:
    try:
        seconds = [_seconds(m, order) for m in moments]
    except ValueError:
        return len(moments)
    return sum(b < a for a, b in pairwise(seconds))


def _day(date: str, order: Order) -> datetime.date | None:
    if not date:
        return datetime.date(2000, 1, 1)
    letters = re.sub(r"[^a-zä]", "", date.lower())[:3]
    spelt = _GERMAN.get(letters, letters)
    named = [1 + i for i, short in enumerate(_MONTHS.split()) if short == spelt]
    numbers = [int(n) for n in re.findall(r"\d+", date)]
    if named and len(numbers) == 2:
        numbers = [numbers[0], named[0], numbers[1]]  # day, month, year in either language
        order = (2, 1, 0)
    if len(numbers) != 3:
        return None
    year, month, day = (numbers[place] for place in order)
    try:
        return datetime.date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None


def _seconds(moment: Moment, order: Order) -> float:
    day = _day(moment.date, order)
    parts = [float(n) for n in re.findall(r"\d+", moment.time)][:3]
    if day is None or len(parts) < 2:
        raise ValueError(f"{moment.date} {moment.time}".strip())
    hours, minutes, seconds = [*parts, 0.0][:3]
    if _LATE.search(moment.time):
        hours = hours % 12 + 12
    elif _EARLY.search(moment.time):
        hours %= 12
    if hours > 24 or minutes > 59 or seconds > 60:
        raise ValueError(moment.time)
    return day.toordinal() * 86400.0 + hours * 3600 + minutes * 60 + seconds


def _over_midnight(seconds: Sequence[float]) -> list[float]:
    """Times without days, where a large step back means the next day."""
    days = 0
    moved = [seconds[0]]
    for before, now in pairwise(seconds):
        days += before - now > 43200
        moved.append(now + 86400.0 * days)
    return moved
