"""Records of a table in whatever file it comes: csv and its kin, JSON, Excel, Parquet."""

from __future__ import annotations

import csv
import dataclasses
import datetime
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

from empathia.errors import needs
from empathia.tables.text import LIMIT, at_lines, fault, lines_of, read_text

SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".ods")
SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", *SPREADSHEETS)
"""What :func:`read` takes."""

_MARKS = ",\t;|"
_UNPACKED = 8  # times the largest text: most that a workbook may unpack to
_TITLES = 10  # lines above a header that may be a title

Worth = Callable[[Sequence[str]], int]
"""How many columns among these names are looked for."""


class Record(NamedTuple):
    """One row.

    Args:
        line: Where it starts: the line of a text file, else the row, from 1.
        cells: By column; a cell that the row lacks is None.
    """

    line: int
    cells: Mapping[str, object]


@dataclasses.dataclass(frozen=True, slots=True)
class Table:
    """A table as its file holds it.

    Args:
        header: Names of the columns, each once.
        records: Rows in which something stands.
        line: Line of the header, from 1.
        notes: What was mended, for the user.
        comma: Whether a comma may be the decimal mark, as it parts no cells.
        doubled: Names that two columns have; the second is called ``name.2``.
        short: Lines of rows that have fewer cells than the header.
        unit: What ``line`` counts: "line" or "row".
    """

    header: tuple[str, ...]
    records: tuple[Record, ...]
    line: int = 1
    notes: tuple[str, ...] = ()
    comma: bool = False
    doubled: tuple[str, ...] = ()
    short: tuple[int, ...] = ()
    unit: str = "line"


def read(path: Path, worth: Worth) -> Table:
    """Read a table; its suffix says how it is stored.

    Args:
        path: One of :data:`SUFFIXES`.
        worth: Tells the header and the delimiter: those that name most of what is looked for.

    Raises:
        TextError: It cannot be read; names file and line.
        MissingExtra: It is Excel or Parquet, and what reads that is not installed.
    """
    suffix = path.suffix.lower()
    if suffix in SPREADSHEETS:
        return spreadsheet(path, worth)
    if suffix == ".parquet":
        return _parquet(path)
    decoded = read_text(path, large=True)  # a corpus with its numbers
    lines = suffix in {".jsonl", ".ndjson"}
    table = json_records(decoded.text, path) if lines else delimited(decoded.text, path, worth)
    notes = ((decoded.note,) if decoded.note else ()) + table.notes
    return dataclasses.replace(table, notes=notes)


def delimited(text: str, path: Path, worth: Worth) -> Table:
    """A table whose cells are parted by commas, semicolons, tabs or bars.

    Raises:
        TextError: Quotation marks do not pair, or a row has more cells than the header.
    """
    text, skipped = _start(text)
    mark = _mark(text, worth)
    records = [
        (n + skipped, cells)
        for n, cells in _split(text, mark, path, skipped)
        if mark != "|" or not _is_rule(cells)
    ]
    return _table(records, path, worth, mark)


def _is_rule(cells: Sequence[str]) -> bool:
    """Whether this is the line of dashes that Markdown puts under a header."""
    return all(re.fullmatch(r":?-{2,}:?", c) for c in map(str.strip, cells) if c)


def _table(
    records: Sequence[tuple[int, Sequence[object]]], path: Path, worth: Worth, mark: str = ""
) -> Table:
    """Rows of cells under the header that stands among them."""
    top, notes = _header(records, worth)
    line, cells = records[top] if records else (1, [])
    body = records[top + 1 :]
    names, doubled = _names([str(c if c is not None else "") for c in cells], body)
    short = []
    rows = []
    for at, row in body:
        extra = [c for c in row[len(names) :] if c is not None and str(c).strip()]
        if extra:
            raise fault(
                path,
                at,
                f"{len(row)} cells under {len(names)} columns",
                f"Put text that holds '{mark}' in quotation marks" if mark else "Name each column",
            )
        if len(row) < len(names):
            short.append(at)
        filled = [*row, *[None] * (len(names) - len(row))]
        rows.append(Record(at, {n: c for n, c in zip(names, filled, strict=False) if n}))
    header = tuple(n for n in names if n)
    comma = bool(mark) and mark != ","
    return Table(header, tuple(rows), line, notes, comma, doubled, tuple(short))


def _header(
    records: Sequence[tuple[int, Sequence[object]]], worth: Worth
) -> tuple[int, tuple[str, ...]]:
    """Place of the header: the first record, or the first below a title that names a column."""
    for place, (_, cells) in enumerate(records[:_TITLES]):
        if worth([str(c).strip() for c in cells if c is not None]):
            above = [n for n, row in records[:place] if _filled(row) < _filled(cells)]
            if len(above) < place:  # no title: the header names nothing that is looked for
                return 0, ()
            return place, ((f"left out above the header: {at_lines(above)}",) if above else ())
    return 0, ()


def _filled(cells: Sequence[object]) -> int:
    return sum(c is not None and str(c).strip() != "" for c in cells)


def _names(
    cells: Sequence[str], body: Sequence[tuple[int, Sequence[object]]]
) -> tuple[list[str], tuple[str, ...]]:
    """A name for each column; "" for one without a name in which nothing stands."""
    names: list[str] = []
    doubled: list[str] = []
    for place, cell in enumerate(cells):
        name = cell.strip().lstrip("\ufeff").strip()
        if not name:
            used = any(place < len(r) and str(r[place] or "").strip() for _, r in body)
            name = f"column {place + 1}" if used else ""
        elif name in names:
            doubled.append(name)
            name = f"{name}.{1 + doubled.count(name)}"
        names.append(name)
    return names, tuple(dict.fromkeys(doubled))


def _start(text: str) -> tuple[str, int]:
    """The table without Excel's ``sep=;`` and empty lines before it, and how many those are."""
    skipped = re.match(r"\ufeff?(?:[ \t]*\r?\n)*(?:sep=.\r?\n)?(?:[ \t]*\r?\n)*", text, re.I)
    assert skipped is not None  # every part is optional
    return text[skipped.end() :], text.count("\n", 0, skipped.end())


def _mark(text: str, worth: Worth) -> str:
    """The delimiter whose header names most of the columns that are looked for."""
    heads = re.split(r"\r\n|\r|\n", text[: 2**16], maxsplit=_TITLES)[:_TITLES]
    for head in heads:
        plain = head.replace('"', "")
        if any(worth(plain.split(mark)) for mark in _MARKS):
            return max(_MARKS, key=lambda m: (worth(plain.split(m)), len(plain.split(m))))
    return max(_MARKS, key=heads[0].count)


def _cells(
    text: str, mark: str, quoting: Literal[0, 3] = csv.QUOTE_MINIMAL, escape: str | None = None
) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(
        io.StringIO(text, newline=""),
        delimiter=mark,
        strict=True,
        quoting=quoting,
        escapechar=escape,
        # Where a blank stands before opening quotation marks, it is no part of the cell.
        skipinitialspace=re.search(rf'{re.escape(mark)} +"(?!")', text) is not None,
    )
    line = 1
    for cells in reader:
        if any(c.strip() for c in cells):
            yield line, cells
        line = reader.line_num + 1


def _split(text: str, mark: str, path: Path, skipped: int) -> list[tuple[int, list[str]]]:
    """All records; a file whose quotes do not pair is read without quoting if that fits."""
    try:
        return list(_cells(text, mark))
    except csv.Error as error:
        reason = str(error)
    try:
        # Blanks behind closing quotation marks, as where lines are padded, are no part of a cell.
        blank = " " if mark == "\t" else " \t"
        padded = rf'"[{blank}]+(?={re.escape(mark)}|[\r\n]|$)'
        return list(_cells(re.sub(padded, '"', text), mark))
    except csv.Error:
        pass
    # Quotation marks behind backslashes, as whisper.cpp writes them; else without quoting.
    tries: tuple[tuple[Literal[0, 3], str | None], ...] = (
        (csv.QUOTE_MINIMAL, "\\"),
        (csv.QUOTE_NONE, None),
    )
    for quoting, escape in tries:
        try:
            bare = list(_cells(text, mark, quoting, escape))
        except csv.Error:
            continue
        if bare and all(len(cells) == len(bare[0][1]) for _, cells in bare):
            return bare
    line = _line_of_fault(text, mark) + skipped
    if "limit" in reason:
        raise fault(
            path,
            line,
            f"a cell of more than {csv.field_size_limit()} characters",
            "Check that its quotation marks pair, or split it",
        )
    raise fault(
        path,
        line,
        f"quotation marks do not pair ({reason})",
        'Write a quotation mark inside a quoted cell twice ("")',
    )


def _line_of_fault(text: str, mark: str) -> int:
    line = 0
    try:
        for line, _ in _cells(text, mark):  # noqa: B007
            pass
    except csv.Error:
        pass
    return line + 1


def json_records(text: str, path: Path) -> Table:
    """A table of one JSON object a line, or of one JSON list of objects.

    Raises:
        TextError: A line is no JSON object.
    """
    records = list(_listed(text, path) if text.lstrip("\ufeff \t\r\n")[:1] == "[" else ())
    if not records:
        lines = enumerate(lines_of(text), start=1)
        records = [Record(n, _object(x, path, n)) for n, x in lines if x.strip()]
    header = tuple(dict.fromkeys(key for r in records for key in r.cells))
    line = records[0].line if records else 1
    return Table(header, tuple(records), line)


def json_document(text: str, path: Path) -> object:
    """The one JSON value that a file holds; NaN and Infinity become None.

    Raises:
        TextError: It is no JSON.
    """
    try:
        return json.loads(text.lstrip("\ufeff"), parse_constant=lambda _: None)
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else None
        reason = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        problem = f"expected JSON, found something else ({reason})"
        raise fault(path, line, problem, "Check that the file is whole") from None


def _listed(text: str, path: Path) -> Iterator[Record]:
    try:
        listed = json.loads(text.lstrip("\ufeff"), parse_constant=lambda _: None)
    except (ValueError, RecursionError):
        return  # told by the line that does not parse
    for number, value in enumerate(listed, start=1):
        if not isinstance(value, dict):
            raise fault(
                path,
                None,
                f"entry {number} of the list: expected a JSON object, found a "
                f"{type(value).__name__}",
                "Write a list of objects",
            )
        yield Record(number, value)


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


def spreadsheet(path: Path, worth: Worth) -> Table:
    """The first sheet of an Excel or OpenDocument file that has a table.

    Raises:
        TextError: It is damaged, protected, or holds no table.
        MissingExtra: python-calamine is not installed.
    """
    with needs("excel", "Reading spreadsheets"):
        from python_calamine import CalamineError, CalamineWorkbook
    _check_unpacked(path)
    try:
        with path.open("rb") as file:
            book = CalamineWorkbook.from_filelike(file)
        sheets = [
            (name, book.get_sheet_by_name(name).to_python(skip_empty_area=False))
            for name in book.sheet_names
        ]
    except (CalamineError, OSError, ValueError) as error:
        raise fault(
            path, None, f"is no readable spreadsheet ({error})", "Save it again, or as csv"
        ) from error
    full = [(name, rows) for name, rows in sheets if any(map(_filled, rows))]
    if not full:
        raise fault(path, None, "the spreadsheet is empty", "Give one with a table")
    rows = [
        (n, [_plain(c) for c in row]) for n, row in enumerate(full[0][1], start=1) if _filled(row)
    ]
    table = _table(rows, path, worth)
    left = [name for name, _ in full[1:]]
    notes = (f"sheet '{full[0][0]}' was read, not {', '.join(left)}",) if left else ()
    return dataclasses.replace(table, notes=table.notes + notes, unit="row")


def _check_unpacked(path: Path) -> None:
    """Refuse what would fill the memory once it is unpacked."""
    try:
        with zipfile.ZipFile(path) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except Exception:  # no zip file, or a damaged one: its reader says so
        return
    if size > _UNPACKED * LIMIT:
        most = f"at most {_UNPACKED * LIMIT // 2**20} MB"
        raise fault(
            path, None, f"{size / 2**20:.0f} MB when it is unpacked, expected {most}", "Split it"
        )


def _plain(cell: object) -> object:
    """A cell of a spreadsheet as text or a number; times of day and spans in s."""
    if isinstance(cell, datetime.time):
        return (cell.hour * 60 + cell.minute) * 60 + cell.second + cell.microsecond / 1e6
    if isinstance(cell, datetime.timedelta):
        return cell.total_seconds()
    if isinstance(cell, datetime.date):
        return cell.isoformat()
    return cell if cell != "" else None


def _parquet(path: Path) -> Table:
    with needs("train", "reading Parquet"):
        from pyarrow import ArrowException, parquet
    try:
        with path.open("rb") as file:  # a name is taken for a URL, and has to be UTF-8
            table = parquet.ParquetFile(file).read()
    except (OSError, ArrowException) as error:
        raise fault(path, None, f"is no readable Parquet ({error})", "Write it again") from error
    rows: Iterable[dict[str, object]] = table.to_pylist()
    records = tuple(Record(n, cells) for n, cells in enumerate(rows, start=1))
    return Table(tuple(table.column_names), records, unit="row")
