"""Rows of anybody's table, each cell under the name that we use for it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from empathia import tables
from empathia.corpora import note, warn
from empathia.errors import CorpusError, told_as
from empathia.labels.spelling import composed
from empathia.tables.cells import missing, unit

COLUMNS = (
    "utterance",
    "dialogue",
    "speaker",
    "gender",
    "text",
    "start",
    "end",
    "audio",
    "video",
    "clips",
    "label",
    "votes",
    "valence",
    "arousal",
    "dominance",
    "split",
    "duration",
)
_WRITTEN = COLUMNS[:-1]  # how :mod:`empathia.corpora.table.write` begins
GROUP = "group:"  # columns that begin so are groupings without being asked for
_IDS = ("utterance", "dialogue", "speaker")
_TIMES = ("start", "end", "duration")


class Source(NamedTuple):
    """Where a value comes from: a whole column, or what a pattern matches in it."""

    column: str
    pattern: re.Pattern[str] | None = None
    literal: bool = False  # a word for nothing ("nan") is a word

    @property
    def scale(self) -> float:
        """Of times: seconds a unit, as the column's name tells it."""
        return unit(self.column)[1] or 1.0

    def read(self, cells: Mapping[str, object]) -> object:
        """The cell; with a pattern what its groups match, joined, or None where it fits nowhere.

        A word for nothing is None as well.
        """
        value = cells.get(self.column)
        if self.nothing(value):
            return None
        if self.pattern is None:
            return value
        match = self.pattern.search(as_text(value))
        return "".join(g or "" for g in match.groups()) if match else None

    def nothing(self, cell: object) -> bool:
        """Whether a text only says that there is nothing."""
        return isinstance(cell, str) and not self.literal and missing(cell)


@dataclass(frozen=True, slots=True)
class Table:
    """A file, and where in it our columns and the groupings are.

    Args:
        file: The file.
        header: Its columns.
        sources: Our column to where it comes from; what the file lacks is absent.
        groups: Grouping to where it comes from.
        rows: All rows.
        notes: What was mended in reading it.
    """

    file: Path
    header: tuple[str, ...]
    sources: Mapping[str, Source]
    groups: Mapping[str, Source]
    rows: tuple[Row, ...]
    notes: tuple[str, ...]


class Row(NamedTuple):
    """One row; ``place`` names it in messages ("line 3")."""

    file: Path
    place: str
    number: int  # from 1, without the header
    cells: Mapping[str, object]
    sources: Mapping[str, Source]
    comma: bool  # whether a comma may be the decimal mark

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
    named = [*mapping.values(), *groups.values()]
    theirs = {x.lower() for given in named for x in (given, given.partition(":")[0])}
    with told_as(CorpusError):
        held = tables.read(chosen, lambda names: sum(_of_use(n, theirs) for n in names))
    sources = _sources(chosen, held.header, mapping)
    groupings = {h[len(GROUP) :]: Source(h) for h in held.header if h.startswith(GROUP)}
    groupings |= {k: _source(chosen, held.header, v, f"group '{k}'") for k, v in groups.items()}
    if held.header[: len(_WRITTEN)] == _WRITTEN:
        sources = {ours: s._replace(literal=True) for ours, s in sources.items()}
        groupings = {group: s._replace(literal=True) for group, s in groupings.items()}
    _once(chosen, held, [*sources.values(), *groupings.values()])
    rows = tuple(
        Row(chosen, f"{held.unit} {record.line}", number, record.cells, sources, held.comma)
        for number, record in enumerate(held.records, start=1)
    )
    if not rows:
        raise CorpusError(f"{chosen} has no rows", "Give it one row an utterance")
    return Table(chosen, held.header, sources, groupings, rows, _notes(held))


def tell(table: Table, labels: Container[str] = ()) -> None:
    """Say what was mended, and which cells hold only a word for nothing.

    Args:
        table: What was read.
        labels: Words that are labels, whatever they look like.
    """
    for remark in table.notes:
        note(f"{table.file}: {remark}")
    for ours, source in table.sources.items():
        words = [(r.place, as_text(r.cells.get(source.column)).strip()) for r in table.rows]
        gold = ours in {"label", "votes"}
        parts = [(p, y.strip()) for p, x in words for y in (x.split(";") if gold else [x])]
        kept = labels if gold else ()
        told = [(p, x) for p, x in parts if x and source.nothing(x) and x not in kept]
        places, what = [p for p, _ in told], ", ".join(sorted({x for _, x in told}))
        warn(f"{table.file}: column '{source.column}' says {what}, which is nothing", places)


def _of_use(name: str, theirs: set[str]) -> bool:
    """Whether a name in a header is one that we look for."""
    name = name.strip()
    ours = {*COLUMNS, *(f"{x}_id" for x in _IDS)}
    plain = name.lower()
    return plain in theirs | ours or _untimed(name) in _TIMES or name.startswith(GROUP)


def _once(file: Path, held: tables.Table, used: Sequence[Source]) -> None:
    """Refuse to choose between two columns of one name."""
    doubled = [s.column for s in used if s.column in held.doubled]
    if doubled:
        raise CorpusError(
            f"{file}, {held.unit} {held.line}: twice the column '{doubled[0]}'",
            "Name each column once in the first line",
        )


def _notes(held: tables.Table) -> tuple[str, ...]:
    if not held.short:
        return held.notes
    return *held.notes, f"rows with fewer cells than the header ({tables.at_lines(held.short)})"


def _file(path: Path, file: str | None) -> Path:
    if path.is_dir() and file is None:
        files = sorted(f for f in path.iterdir() if f.suffix.lower() in tables.SUFFIXES)
        if len(files) != 1:
            raise CorpusError(
                f"'{path}' holds {len(files)} tables ({', '.join(tables.SUFFIXES)}), expected one",
                "Name the file",
            )
        return files[0]
    chosen = path / file if file is not None and path.is_dir() else path
    if not chosen.is_file():
        raise CorpusError(f"there is no file '{chosen}'", "Name a table, or the folder of one")
    if chosen.suffix.lower() not in tables.SUFFIXES:
        raise CorpusError(
            f"'{chosen}' is none of {', '.join(tables.SUFFIXES)}", "Save it as one of these"
        )
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
        unused = ours == "duration" and ("end" in sources or "start" not in sources)
        theirs = None if ours in sources or unused else _alike(file, header, ours)
        if theirs is not None:
            sources[ours] = Source(theirs)
    start = sources.get("start")
    placed = "start" in mapping or bool({"end", "duration"} & set(sources))
    if start is not None and not placed and start.column.lower() != "start":
        del sources["start"]  # a measure: "start_ms" beside nothing that ends
    if not sources:
        raise CorpusError(
            f"{file} has no column that we know (has: {', '.join(header)})",
            "Map our columns to the file's: --map text=THEIRS,label=THEIRS, in a run file "
            "map = {text = 'THEIRS', label = 'THEIRS'}",
        )
    return sources


def _alike(file: Path, header: Sequence[str], ours: str) -> str | None:
    """The file's column of our name: the exact one, else ``<ours>_id``, else in other case.

    Times may have their unit behind them.
    """
    names = (ours, f"{ours}_id") if ours in _IDS else (ours,)
    exact = [n for n in names if n in header]
    alike = exact[:1] or [h for n in names for h in header if h.lower() == n]
    if not alike and ours in _TIMES:
        alike = [h for h in header if _untimed(h) == ours]
    if len(alike) > 1:
        raise CorpusError(
            f"{file} has the columns {' and '.join(alike)}, both like our '{ours}'",
            f"Say which: map = {{{ours} = '{alike[0]}'}}",
        )
    return alike[0] if alike else None


def _untimed(name: str) -> str:
    return unit(name)[0].strip().lower()


def _called(header: Sequence[str], name: str) -> str | None:
    """The column of a name, in another case where that is only one."""
    alike = [h for h in header if h == name] or [h for h in header if h.lower() == name.lower()]
    return alike[0] if len(alike) == 1 else None


def _source(file: Path, header: Sequence[str], given: str, what: str) -> Source:
    if given in header:
        return Source(given)
    name, colon, pattern = given.partition(":")
    column = _called(header, name)
    if column is None:
        raise CorpusError(
            f"{file} has no column '{name}' for {what} (has: {', '.join(header)})",
            "Name one of its columns",
        )
    if not colon:
        return Source(column)
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise CorpusError(
            f"the pattern '{pattern}' for {what} does not parse ({error})",
            "Mend the regular expression",
        ) from error
    if not compiled.groups:
        raise CorpusError(
            f"the pattern '{pattern}' for {what} has no group",
            "Put what is wanted into parentheses",
        )
    return Source(column, compiled)
