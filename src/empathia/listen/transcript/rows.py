"""What every transcript format is read into: rows and notes."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from empathia.tables import fault
from empathia.tables.cells import seconds
from empathia.types import Word

SPEAKER = "Speaker"
"""Who speaks where nobody is named."""

_STRIP = dict.fromkeys((*range(9), *range(14, 28), *range(127, 133), *range(134, 160)))
_BIDI = dict.fromkeys((0x200E, 0x200F, 0x061C, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))


class Row(NamedTuple):
    """One turn as the file gives it; None where the file says nothing.

    Args:
        line: Line of the file that it starts on, from 1.
        speaker: Who speaks.
        text: The words.
        start: Start in s.
        end: End in s.
        dialogue: Which dialogue it belongs to.
        words: Words with times in s, where the file has them.
    """

    line: int
    speaker: str | None
    text: str | None
    start: float | None = None
    end: float | None = None
    dialogue: str | None = None
    words: tuple[Word, ...] = ()


class Parsed(NamedTuple):
    """The rows of a file and what the user should know about them.

    Args:
        rows: In the order of the file.
        notes: What was decided or left out.
        bare: Whether times are whole numbers of which the file does not tell the unit.
    """

    rows: list[Row]
    notes: tuple[str, ...] = ()
    bare: bool = False


def clean(text: str) -> str | None:
    """Words on one line without control characters; None where nothing is left.

    Lone surrogates, which JSON can smuggle in, become the replacement character.
    """
    text = " ".join(text.translate(_STRIP).split())
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text or None


def clean_name(name: str) -> str | None:
    """A speaker's name, composed and without marks of direction, so that one person is not two."""
    words = clean(name.translate(_BIDI))
    return None if words is None else unicodedata.normalize("NFC", words)


def worded(rows: Sequence[Row], said: Sequence[Sequence[str]]) -> list[Row]:
    """Rows with their words, which came in several lines."""
    return [r._replace(text=clean(" ".join(x))) for r, x in zip(rows, said, strict=True)]


def undirected(text: str) -> str:
    """A line without the invisible marks that say which way it is written."""
    return text.translate(_BIDI)


def stamp(text: str, path: Path, number: int) -> float | None:
    """A time on line ``number`` of a file, in s; None where it is empty.

    Raises:
        TextError: It is no time.
    """
    try:
        return seconds(text)
    except ValueError:
        raise fault(
            path, number, f"expected a time, found {ascii(text)[:40]}", "Write times as hh:mm:ss,ms"
        ) from None
