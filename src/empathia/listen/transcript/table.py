"""Transcripts as tables: csv (and tab or semicolon separated) and JSON lines."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from empathia.listen.transcript.rows import (
    Parsed,
    Row,
    clean,
    clean_name,
    fault,
    lines_of,
    parse_time,
)

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "speaker": ("speaker", "name", "speakername", "speakerid", "speakeridx", "who"),
    "text": ("text", "utterance", "words", "transcript", "transcription", "sentence"),
    "start": ("start", "starttime", "starts", "begin", "from", "onset"),
    "end": ("end", "endtime", "ends", "stop", "to", "offset"),
    "dialogue": (
        "dialogue",
        "dialogueid",
        "dialog",
        "dialogid",
        "conversation",
        "conversationid",
        "convid",
    ),
}
"""What columns may be called, best first, in lower case without blanks and underscores."""

_TIMES = "Write times as seconds or h:mm:ss.ms, or leave the cell empty"
_NEEDED = ("speaker", "text")


class _Column(NamedTuple):
    key: str
    scale: float


def _columns(names: Sequence[str]) -> dict[str, _Column]:
    """Which of the given names plays which part."""
    plain: dict[str, _Column] = {}
    for name in names:
        unit = re.search(r"[(\[]\s*ms\s*[)\]]|_ms$|millisec", name, re.IGNORECASE)
        key = re.sub(r"[(\[].*?[)\]]|_ms$|_s$|[\s_\-.]", "", name.strip().lower())
        plain.setdefault(key, _Column(name, 0.001 if unit else 1.0))
    columns: dict[str, _Column] = {}
    for part, aliases in COLUMNS.items():
        known = [plain[a] for a in aliases if a in plain]
        if known:
            columns[part] = known[0]
    return columns


def _require(columns: Mapping[str, _Column], names: Sequence[str], path: Path, line: int) -> None:
    missing = [part for part in _NEEDED if part not in columns]
    if missing:
        listed = ", ".join(f"'{n}'" for n in names[:20]) or "nothing"
        raise fault(
            path,
            line,
            f"expected columns {' and '.join(repr(m) for m in missing)}, found {listed}",
            "Name the columns in the first line: speaker, text and, where known, start and end",
        )


def _time(value: object, column: _Column, path: Path, line: int) -> float | None:
    if value is None:
        return None
    try:
        if isinstance(value, bool):
            raise ValueError(value)
        return parse_time(str(value), column.scale)
    except ValueError:
        raise fault(
            path, line, f"expected a time in '{column.key}', found {ascii(value)[:40]}", _TIMES
        ) from None


def _row(cells: Mapping[str, object], columns: Mapping[str, _Column], path: Path, line: int) -> Row:
    def words(part: str) -> str | None:
        value = cells.get(columns[part].key) if part in columns else None
        if value is None or isinstance(value, str):
            return value
        if isinstance(value, (int, float)):
            return str(value)
        raise fault(
            path,
            line,
            f"expected words in '{columns[part].key}', found a {type(value).__name__}",
            "Give plain text",
        )

    def time(part: str) -> float | None:
        column = columns.get(part)
        return None if column is None else _time(cells.get(column.key), column, path, line)

    return Row(
        line,
        clean_name(words("speaker") or ""),
        clean(words("text") or ""),
        time("start"),
        time("end"),
        clean(words("dialogue") or ""),
    )


def _first_line(text: str) -> tuple[str, int]:
    """The header without Excel's ``sep=;`` and empty lines, and how many lines those are."""
    skipped = re.match(r"\ufeff?(?:sep=.\r?\n)?(?:[ \t]*\r?\n)*", text, re.IGNORECASE)
    assert skipped is not None  # every part is optional
    return text[skipped.end() :], text.count("\n", 0, skipped.end())


def _delimiter(text: str) -> str:
    """The delimiter whose header names most of the columns that are looked for."""
    head = re.split(r"\r\n|\r|\n", text, maxsplit=1)[0]

    def worth(delimiter: str) -> tuple[int, int]:
        names = head.replace('"', "").split(delimiter)
        return len(_columns(names)), len(names)

    return max(",\t;|", key=worth)


def _records(text: str, delimiter: str, quoting: Literal[0, 3]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=delimiter,
        strict=True,
        quoting=quoting,
        skipinitialspace=True,
    )
    line = 1
    for cells in reader:
        if any(c.strip() for c in cells):
            yield line, cells
        line = reader.line_num + 1


def _split(text: str, delimiter: str, path: Path, skipped: int) -> list[tuple[int, list[str]]]:
    """All records; a file whose quotes do not pair is read without quoting if that fits."""
    try:
        return list(_records(text, delimiter, csv.QUOTE_MINIMAL))
    except csv.Error as error:
        reason = str(error)
    try:
        bare = list(_records(text, delimiter, csv.QUOTE_NONE))
    except csv.Error:
        bare = []
    if bare and all(len(cells) == len(bare[0][1]) for _, cells in bare):
        return bare
    line = _line_of_fault(text, delimiter)
    if "limit" in reason:
        size = csv.field_size_limit()
        raise fault(
            path,
            line + skipped,
            f"a cell of more than {size} characters",
            "Check that its quotation marks pair, or split it",
        )
    raise fault(
        path,
        line + skipped,
        f"quotation marks do not pair ({reason})",
        'Write a quotation mark inside a quoted cell twice ("")',
    )


def _line_of_fault(text: str, delimiter: str) -> int:
    line = 0
    try:
        for line, _ in _records(text, delimiter, csv.QUOTE_MINIMAL):  # noqa: B007
            pass
    except csv.Error:
        pass
    return line + 1


def read_csv(text: str, path: Path) -> Parsed:
    """Rows of a table with a header, which tells the delimiter.

    Raises:
        TranscriptError: A column is missing, a row does not fit the header, or a time is none.
    """
    text, skipped = _first_line(text)
    delimiter = _delimiter(text)
    records = _split(text, delimiter, path, skipped)
    header, first = (records[0][1], records[0][0]) if records else ([], 1)
    names = [n.strip().lstrip("\ufeff") for n in header]
    columns = _columns(names)
    _require(columns, names, path, first + skipped)
    rows = []
    for line, cells in records[1:]:
        if any(c.strip() for c in cells[len(names) :]):
            raise fault(
                path,
                line + skipped,
                f"{len(cells)} cells under {len(names)} columns",
                f"Put text that holds '{delimiter}' in quotation marks",
            )
        rows.append(_row(dict(zip(names, cells, strict=False)), columns, path, line + skipped))
    return Parsed(rows)


def read_jsonl(text: str, path: Path) -> Parsed:
    """Rows of one JSON object a line, with the keys that a csv has as columns.

    Raises:
        TranscriptError: A line is no JSON object, or no object has words or speakers.
    """
    objects = []
    for number, line in enumerate(lines_of(text), start=1):
        if line.strip():
            objects.append((number, _object(line, path, number)))
    names = list(dict.fromkeys(key for _, o in objects for key in o))
    columns = _columns(names)
    _require(columns, names, path, objects[0][0] if objects else 1)
    return Parsed([_row(o, columns, path, number) for number, o in objects])


def _object(line: str, path: Path, number: int) -> dict[str, object]:
    try:
        value = json.loads(line, parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise fault(
            path,
            number,
            f"expected a JSON object, found something else ({reason})",
            "Write one JSON object a line",
        ) from None
    if not isinstance(value, dict):
        raise fault(
            path,
            number,
            f"expected a JSON object, found a {type(value).__name__}",
            "Write one JSON object a line",
        )
    return value
