"""What single cells of a table say: nothing, a number, a time."""

from __future__ import annotations

import math
import re

MISSING = frozenset(
    {
        *("nan", "NaN", "NAN", "NA", "N/A", "n/a", "#N/A", "<NA>", "null", "NULL", "Null", "None"),
        *("#NAME?", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NULL!"),
    }
)
"""What programs write where they have nothing, or where Excel took words for a formula."""

_SCALES = (  # seconds a unit
    (0.001, re.compile(r"ms|msec|millisec(?:ond)?s?", re.IGNORECASE)),
    (1e-6, re.compile(r"[uµμ]s|usec|microsec(?:ond)?s?", re.IGNORECASE)),
    (60.0, re.compile(r"min|mins|minutes?", re.IGNORECASE)),
    (3600.0, re.compile(r"h|hrs?|hours?", re.IGNORECASE)),
)
_UNIT = re.compile(
    r"(?:[(\[]\s*(?P<a>[^)\]]*?)\s*[)\]]|\s+-\s+(?P<b>\S+)|[_\s](?P<c>ms|msec|us|usec|s|secs?|seconds?|min|mins|minutes?)"
    r"|(?<=[a-z])(?P<d>Ms))\s*$"
)
COUNTS = re.compile(r"(?:frame|sample|tick|char|character|token|word|byte|line)s?\W*$", re.I)
"""What ends the name of a column that counts something else than time."""

_NAME = 100  # characters of a column's name that may hold a unit
_CLOCK = re.compile(r"(?:(\d+)\s*:\s*)?(\d{1,3})\s*:\s*(\d{1,2}(?:[.,]\d+)?)", re.ASCII)
_DAYS = re.compile(r"(\d+)\s*days?,?\s+(\S.*)", re.ASCII)
_SECONDS = re.compile(r"(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_LONGEST = 1e7  # s; a later time is a mistake
_NO_TIME = frozenset({"", "-", "–", "na", "n/a", "nan", "none", "null", "nat"})


def missing(text: str) -> bool:
    """Whether a cell says nothing: empty, or a program's word for nothing (``nan``, ``#N/A``)."""
    plain = text.strip()
    return not plain or plain in MISSING


def number(text: str, *, comma: bool = False) -> float:
    """A finite number.

    Args:
        text: What the cell says.
        comma: Whether a comma may be the decimal mark.

    Raises:
        ValueError: It is none.
    """
    plain = text.strip()
    if comma and plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    value = float(plain)
    if not math.isfinite(value) or "_" in plain:
        raise ValueError(text)
    return value


def seconds(text: str, scale: float = 1.0) -> float | None:
    """Seconds from ``12.5``, ``12,5``, ``1:02.5``, ``0:16:16,059``, ``0 days 00:00:02``.

    Args:
        text: What the cell says.
        scale: Seconds a unit, for plain numbers (.001 for milliseconds).

    Returns:
        None where it is empty or a word for nothing.

    Raises:
        ValueError: It is no time.
    """
    text = text.strip()
    if text.lower() in _NO_TIME:
        return None
    days = _DAYS.fullmatch(text)
    if days is not None:
        within = seconds(days[2])
        return _bounded(86400.0 * int(days[1]) + (within or 0.0), text)
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        hours, minutes, rest = (float((g or "0").replace(",", ".")) for g in clock.groups())
        return _bounded(hours * 3600 + minutes * 60 + rest, text)
    bare = text.removesuffix("s").rstrip()
    if _SECONDS.fullmatch(bare) is None or not math.isfinite(float(bare.replace(",", "."))):
        raise ValueError(text)
    value = float(bare.replace(",", "."))
    return _bounded(value if scale == 1.0 else round(value * scale, 6), text)


def _bounded(value: float, text: str) -> float:
    if not value < _LONGEST:
        raise ValueError(text)
    return value


def unit(name: str) -> tuple[str, float | None]:
    """A column's name without the unit of time that it tells, and seconds a unit.

    Args:
        name: As in ``start_ms``, ``Start [s]``, ``End Time - ss.msec``.

    Returns:
        None for the second where the name tells no unit.
    """
    told = _UNIT.search(name) if len(name) < _NAME and not COUNTS.search(name) else None
    if told is None:
        return name, None
    said = next(g for g in told.groups() if g is not None)
    scale = next((s for s, names in _SCALES if names.fullmatch(said)), 1.0 if said else None)
    return name[: told.start()], scale
