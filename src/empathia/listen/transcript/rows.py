"""What every transcript format is read into: rows, times and names; and its errors."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from empathia.errors import TranscriptError
from empathia.media import shown

SPEAKER = "Speaker"
"""Who speaks where nobody is named."""

_CLOCK = re.compile(r"(?:(\d+):)?(\d{1,3}):(\d{1,2}(?:[.,]\d+)?)", re.ASCII)
_SECONDS = re.compile(r"\d+(?:[.,]\d*)?(?:[eE][+-]?\d+)?", re.ASCII)
_LONGEST = 1e7  # s; a later time is a mistake
_NOTHING = frozenset({"", "-", "–", "na", "n/a", "nan", "none", "null"})
_NAME = re.compile(r"([^\W_][^:：\t\"?!;,<>]{0,39}?)\s*([:：])(.*)", re.DOTALL)
_STRIP = dict.fromkeys((*range(9), *range(14, 28), *range(127, 133), *range(134, 160)))


class Row(NamedTuple):
    """One turn as the file gives it; None where the file says nothing.

    Args:
        line: Line of the file that it starts on, from 1.
        speaker: Who speaks.
        text: The words.
        start: Start in s.
        end: End in s.
        dialogue: Which dialogue it belongs to.
    """

    line: int
    speaker: str | None
    text: str | None
    start: float | None = None
    end: float | None = None
    dialogue: str | None = None


class Parsed(NamedTuple):
    """The rows of a file and what the user should know about them."""

    rows: list[Row]
    notes: tuple[str, ...] = ()


def fault(path: Path, line: int | None, problem: str, remedy: str) -> TranscriptError:
    """An error that names the file and, where there is one, the line (from 1)."""
    where = shown(path) if line is None else f"{shown(path)}, line {line}"
    return TranscriptError(f"{where}: {problem}", remedy)


def lines_of(text: str) -> list[str]:
    """The lines of a file, whatever ends them, without a byte order mark."""
    return re.split(r"\r\n|\r|\n", text.lstrip("\ufeff"))


def clean(text: str) -> str | None:
    """Words on one line without control characters; None where nothing is left.

    Lone surrogates, which JSON can smuggle in, become the replacement character.
    """
    text = " ".join(text.translate(_STRIP).split())
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text or None


def clean_name(name: str) -> str | None:
    """A speaker's name, composed, so that one person is not two."""
    words = clean(name)
    return None if words is None else unicodedata.normalize("NFC", words)


def parse_time(text: str, scale: float = 1.0) -> float | None:
    """Seconds from ``12.5``, ``12,5``, ``1:02.5``, ``0:16:16,059``; None where it is empty.

    Args:
        text: What the file says.
        scale: Seconds a unit, for plain numbers (.001 for milliseconds).

    Raises:
        ValueError: It is no time.
    """
    text = text.strip()
    if text.lower() in _NOTHING:
        return None
    clock = _CLOCK.fullmatch(text)
    if clock is not None:
        hours, minutes, seconds = (float((g or "0").replace(",", ".")) for g in clock.groups())
        return _bounded(hours * 3600 + minutes * 60 + seconds, text)
    bare = text.removesuffix("s").rstrip()
    if _SECONDS.fullmatch(bare) is None or not math.isfinite(float(bare.replace(",", "."))):
        raise ValueError(text)
    return _bounded(float(bare.replace(",", ".")) * scale, text)


def stamp(text: str, path: Path, number: int) -> float | None:
    """:func:`parse_time` of a time on line ``number`` of a file.

    Raises:
        TranscriptError: It is no time.
    """
    try:
        return parse_time(text)
    except ValueError:
        raise fault(
            path, number, f"expected a time, found {ascii(text)[:40]}", "Write times as hh:mm:ss,ms"
        ) from None


def _bounded(seconds: float, text: str) -> float:
    if not seconds < _LONGEST:
        raise ValueError(text)
    return seconds


def _candidate(line: str) -> tuple[str, bool, str] | None:
    parts = _NAME.match(line)
    if parts is None or len(parts[1].split()) > 4:
        return None
    spaced = parts[2] != ":" or not parts[3].strip() or parts[3][0].isspace()
    return parts[1].strip(), spaced, parts[3].strip()


class Names:
    """Tells ``Name: words`` from words that hold a colon, from all lines of a file.

    A single word or capitalised words before a colon and a blank are a name;
    anything else ("I told him: go") only where it comes back on another line.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        candidates = (_candidate(line) for line in lines)
        self._counts = Counter(c[0] for c in candidates if c is not None)

    def split(self, line: str) -> tuple[str | None, str]:
        """The name, or None, and the words of one line."""
        candidate = _candidate(line)
        if candidate is None:
            return None, line
        name, spaced, words = candidate
        parts = name.split()
        plausible = spaced and (len(parts) == 1 or not any(p[0].islower() for p in parts))
        if plausible or (self._counts[name] > 1 and not words.startswith(("/", "\\"))):
            return name, words
        return None, line


def at_lines(lines: Iterable[int]) -> str:
    """``line 3`` or ``lines 3, 9 and 12 more`` for a note."""
    numbers = list(lines)
    head = ", ".join(str(n) for n in numbers[:5])
    rest = f" and {len(numbers) - 5} more" if len(numbers) > 5 else ""
    return f"line{'s' if len(numbers) > 1 else ''} {head}{rest}"
