"""Reading text tables strictly: every row whole, errors that name file and line.

And what tables of several corpora name alike: parts, genders, measures of prosody.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from empathia.errors import CorpusError

PARTS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("valid", "val", "validation", "dev", "devel", "development"), "valid"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}
"""What the parts of a split are called, in lower case."""
GENDERS = {"f": "female", "female": "female", "m": "male", "male": "male"}
# The eight measures of the extractor "prosody", with their units.
PROSODY = {
    "duration": "s",
    "avg_intensity": "dB",
    "intensity_variation": "dB",
    "avg_pitch": "Hz",
    "pitch_std": "Hz",
    "pitch_range": "Hz",
    "articulation_rate": "1/s",
    "mean_hnr": "dB",
}


def lines(path: Path, fallback: str | None = None) -> Iterator[tuple[int, str]]:
    """Numbered lines (from 1) without their ends; only line feeds divide lines.

    Args:
        path: The file, in UTF-8.
        fallback: Encoding of copies that are not in UTF-8, or None where there are none.

    Raises:
        CorpusError: The file is missing or in another encoding.
    """
    try:
        text = _decoded(path.read_bytes(), fallback)
    except OSError as e:
        raise CorpusError(
            f"'{path}' cannot be read ({e.strerror})", "Unpack the official release there"
        ) from e
    except UnicodeDecodeError as e:
        known = f" and not {fallback}" if fallback else ""
        raise CorpusError(f"'{path}' is not UTF-8{known} ({e})", "Convert it to UTF-8") from e
    for number, line in enumerate(text.split("\n"), start=1):
        yield number, line.rstrip("\r")


def rows(
    path: Path, columns: Sequence[str], fallback: str | None = None
) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a csv with a header, each with the number of its last line.

    Args:
        path: The csv.
        columns: Columns that must be there.
        fallback: As for :func:`lines`.

    Raises:
        CorpusError: The file cannot be read, lacks a column, or a row has too few or too many.
    """
    reader = csv.DictReader((line + "\n" for _, line in lines(path, fallback)), strict=True)
    lacking = [c for c in columns if c not in (reader.fieldnames or ())]
    if lacking:
        raise CorpusError(f"{path}:1 lacks {', '.join(lacking)}", "Use the official file")
    try:
        for row in reader:
            if None in row or None in row.values():
                raise CorpusError(
                    f"{path}:{reader.line_num} has not {len(reader.fieldnames or ())} fields",
                    "Mend the row",
                )
            yield reader.line_num, row
    except csv.Error as e:
        raise CorpusError(f"{path}:{reader.line_num} does not parse ({e})", "Mend the row") from e


def number(place: str, name: str, cell: str) -> float:
    """A cell as a finite number.

    Args:
        place: File and line, for the message.
        name: What the cell holds, for the message.
        cell: Its text.

    Raises:
        CorpusError: It is no finite number.
    """
    try:
        value = float(cell)
    except ValueError:
        value = float("nan")
    if not abs(value) < float("inf"):
        raise CorpusError(f"{place}: {name} '{cell}' is no number", "Mend the row")
    return value


def _decoded(data: bytes, fallback: str | None) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        if fallback is None:
            raise
        return data.decode(fallback)
