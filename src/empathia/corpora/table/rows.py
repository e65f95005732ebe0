"""Rows of anybody's csv, tsv, jsonl or Parquet, each cell under the name that we use for it."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from empathia.corpora._tables import lines
from empathia.errors import CorpusError, needs
from empathia.labels.spelling import composed

SUFFIXES = (".csv", ".tsv", ".jsonl", ".parquet")
COLUMNS = (
    "utterance",
    "dialogue",
    "speaker",
    "gender",
    "text",
    "start",
    "end",
    "duration",
    "audio",
    "video",
    "clips",
    "label",
    "votes",
    "valence",
    "arousal",
    "dominance",
    "split",
)
# "none" in lower case may well be a label: of no feeling.
_MISSING = frozenset(
    ("nan", "NaN", "NAN", "null", "Null", "NULL", "N/A", "n/a", "#N/A", "<NA>", "None")
)
GROUP = "group:"  # columns that begin so are groupings without being asked for
_IDS = ("utterance", "dialogue", "speaker")


class Source(NamedTuple):
    """Where a value comes from: a whole column, or what a pattern matches in it."""

    column: str
    pattern: re.Pattern[str] | None = None

    def read(self, cells: Mapping[str, object]) -> object:
        """The cell; with a pattern what its groups match, joined, or None where it fits nowhere.

        A word for what is missing is None as well.
        """
        value = cells[self.column]
        if missing(value):
            return None
        if self.pattern is None:
            return value
        match = self.pattern.search(as_text(value))
        return "".join(g or "" for g in match.groups()) if match else None


@dataclass(frozen=True, slots=True)
class Table:
    """A file, and where in it our columns and the groupings are.

    Args:
        file: The file.
        header: Its columns.
        sources: Our column to where it comes from; what the file lacks is absent.
        groups: Grouping to where it comes from.
        rows: All rows.
    """

    file: Path
    header: tuple[str, ...]
    sources: Mapping[str, Source]
    groups: Mapping[str, Source]
    rows: tuple[Row, ...]


class Row(NamedTuple):
    """One row; ``place`` names it in messages ("line 3")."""

    file: Path
    place: str
    number: int  # from 1, without the header
    cells: Mapping[str, object]
    sources: Mapping[str, Source]

    def value(self, name: str) -> object:
        """One of our cells as the file holds it; None where there is none."""
        source = self.sources.get(name)
        return None if source is None else source.read(self.cells)

    def get(self, name: str) -> str:
        """One of our cells as stripped text; "" where it is empty or absent."""
        return as_text(self.value(name)).strip()

    def name(self, name: str) -> str:
        """One of our cells that names something: one name in two Unicode forms is one."""
        return composed(self.get(name))

    def wrong(self, problem: str) -> CorpusError:
        """An error that names file and row."""
        return CorpusError(f"{self.file}, {self.place}: {problem}", f"Mend the {self.place}")


def missing(cell: object) -> bool:
    """Whether a text is only a word that programs write for nothing."""
    return isinstance(cell, str) and cell.strip() in _MISSING


def as_text(cell: object) -> str:
    """A cell as a csv would hold it; nothing and NaN are ""."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return ""
    if isinstance(cell, list | dict):
        return json.dumps(cell, ensure_ascii=False)
    if isinstance(cell, float) and cell.is_integer():  # Parquet keeps numbers with gaps as floats
        return str(int(cell))
    return str(cell)


def read(
    path: Path, file: str | None, mapping: Mapping[str, str], groups: Mapping[str, str]
) -> Table:
    """Read a table whole: (rows, columns) of text.

    Args:
        path: The file or the folder that it lies in.
        file: Its name, where ``path`` is a folder with several tables.
        mapping: Our column to theirs, or to ``column:pattern``.
        groups: Grouping to column, or to ``column:pattern``.

    Raises:
        CorpusError: The file cannot be read, or a column is not there.
    """
    chosen = _file(path, file)
    header, records = _READERS[chosen.suffix.lower()](chosen)
    sources = _sources(chosen, header, mapping)
    groupings = {h[len(GROUP) :]: Source(h) for h in header if h.startswith(GROUP)}
    groupings |= {k: _source(chosen, header, v, f"group '{k}'") for k, v in groups.items()}
    rows = tuple(
        Row(chosen, place, number, cells, sources)
        for number, (place, cells) in enumerate(records, start=1)
    )
    if not rows:
        raise CorpusError(f"{chosen} has no rows", "Give it one row an utterance")
    return Table(chosen, tuple(header), sources, groupings, rows)


def _file(path: Path, file: str | None) -> Path:
    if path.is_dir() and file is None:
        files = sorted(f for f in path.iterdir() if f.suffix.lower() in SUFFIXES)
        if len(files) != 1:
            raise CorpusError(
                f"'{path}' holds {len(files)} tables ({', '.join(SUFFIXES)}), expected one",
                "Name the file",
            )
        return files[0]
    chosen = path / file if file is not None and path.is_dir() else path
    if not chosen.is_file():
        raise CorpusError(f"there is no file '{chosen}'", "Name a table, or the folder of one")
    if chosen.suffix.lower() not in SUFFIXES:
        raise CorpusError(f"'{chosen}' is none of {', '.join(SUFFIXES)}", "Save it as one of these")
    return chosen


def _sources(file: Path, header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, Source]:
    strange = [ours for ours in mapping if ours not in COLUMNS]
    if strange:
        raise CorpusError(
            f"map names '{strange[0]}', which is no column of ours",
            f"Known are {', '.join(COLUMNS)}",
        )
    sources = {k: _source(file, header, v, f"our '{k}'") for k, v in mapping.items()}
    for ours in COLUMNS:
        theirs = None if ours in sources else _alike(file, header, ours)
        if theirs is not None:
            sources[ours] = Source(theirs)
    if not sources:
        raise CorpusError(
            f"{file} has no column that we know (has: {', '.join(header)})",
            "Map our columns to the file's: --map text=THEIRS,label=THEIRS, in a run file "
            "map = {text = 'THEIRS', label = 'THEIRS'}",
        )
    return sources


def _alike(file: Path, header: Sequence[str], ours: str) -> str | None:
    """The file's column of our name: the exact one, else ``<ours>_id``, else in other case."""
    names = (ours, f"{ours}_id") if ours in _IDS else (ours,)
    exact = [n for n in names if n in header]
    alike = exact[:1] or [h for n in names for h in header if h.lower() == n]
    if len(alike) > 1:
        raise CorpusError(
            f"{file} has the columns {' and '.join(alike)}, both like our '{ours}'",
            f"Say which: map = {{{ours} = '{alike[0]}'}}",
        )
    return alike[0] if alike else None


def _source(file: Path, header: Sequence[str], given: str, what: str) -> Source:
    column, colon, pattern = given.partition(":")
    if given in header:
        return Source(given)
    if column not in header:
        raise CorpusError(
            f"{file} has no column '{column}' for {what} (has: {', '.join(header)})",
            "Name one of its columns",
        )
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise CorpusError(
            f"the pattern '{pattern}' for {what} does not parse ({error})",
            "Mend the regular expression",
        ) from error
    if not colon or not compiled.groups:
        raise CorpusError(
            f"the pattern '{pattern}' for {what} has no group",
            "Put what is wanted into parentheses",
        )
    return Source(column, compiled)


_Cells = Mapping[str, object]
_Contents = tuple[Sequence[str], Iterator[tuple[str, _Cells]]]  # header; place and cells


def _delimited(file: Path) -> _Contents:
    # Spreadsheets write csv with semicolons where the comma is the decimal mark.
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(
            f"'{file}' is no readable text in UTF-8 ({error})", "Save it as UTF-8"
        ) from error
    marks = "\t" if file.suffix.lower() == ".tsv" else ",;\t"
    mark = max(marks, key=text.partition("\n")[0].count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=mark, strict=True)
    header = list(reader.fieldnames or ())
    doubled = sorted({h for h in header if header.count(h) > 1})
    if not header or doubled:
        what = f"twice the column '{doubled[0]}'" if doubled else "no header"
        raise CorpusError(f"{file}, line 1: {what}", "Name each column once in the first line")
    return header, _records(file, reader, len(header))


def _records(file: Path, reader: csv.DictReader[str], size: int) -> Iterator[tuple[str, _Cells]]:
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise CorpusError(
                f"{file}, line {reader.line_num}: does not parse ({error})", "Mend the line"
            ) from error
        # csv fills short lines up with None and keeps what is too long under the key None.
        if None in cells or None in cells.values():
            raise CorpusError(
                f"{file}, line {reader.line_num}: expected {size} cells", "Mend the line"
            )
        yield f"line {reader.line_num}", cells


def _json_lines(file: Path) -> _Contents:
    records = []
    header: dict[str, None] = {}  # in order of first appearance
    for number, line in lines(file):
        if not line.strip():
            continue
        try:
            cells = json.loads(line)
        except ValueError as error:
            raise CorpusError(
                f"{file}, line {number}: does not parse ({error})", "Mend the line"
            ) from error
        if not isinstance(cells, dict):
            raise CorpusError(
                f"{file}, line {number}: expected an object, found {type(cells).__name__}",
                "Mend the line",
            )
        header.update(dict.fromkeys(cells))
        records.append((f"line {number}", cells))
    empty = dict.fromkeys(header)
    return tuple(header), ((place, empty | cells) for place, cells in records)


def _parquet(file: Path) -> _Contents:
    with needs("train", "reading Parquet"):
        from pyarrow import ArrowException, parquet
    try:
        table = parquet.ParquetFile(file).read()
    except (OSError, ArrowException) as error:
        raise CorpusError(f"{file} is no readable Parquet ({error})", "Write it again") from error
    rows = enumerate(table.to_pylist(), start=1)
    return table.column_names, ((f"row {number}", cells) for number, cells in rows)


_READERS = {
    ".csv": _delimited,
    ".tsv": _delimited,
    ".jsonl": _json_lines,
    ".parquet": _parquet,
}
