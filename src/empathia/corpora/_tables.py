"""Reading text tables strictly: UTF-8, every row whole, errors that name file and line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from empathia.errors import CorpusError


def lines(path: Path) -> Iterator[tuple[int, str]]:
    """Numbered lines (from 1) without their ends; only line feeds divide lines.

    Raises:
        CorpusError: The file is missing or not UTF-8.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as e:
        raise CorpusError(
            f"'{path}' cannot be read ({e.strerror})", "Unpack the official release there"
        ) from e
    except UnicodeDecodeError as e:
        raise CorpusError(f"'{path}' is not UTF-8 ({e})", "Convert it to UTF-8") from e
    for number, line in enumerate(text.split("\n"), start=1):
        yield number, line.rstrip("\r")


def rows(path: Path, columns: Sequence[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a csv with a header, each with the number of its last line.

    Args:
        path: The csv.
        columns: Columns that must be there.

    Raises:
        CorpusError: The file cannot be read, lacks a column, or a row has too few or too many.
    """
    reader = csv.DictReader(_feed(path), strict=True)
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


def _feed(path: Path) -> Iterator[str]:
    return (line + "\n" for _, line in lines(path))
