"""Anybody's corpus as one csv: a row an utterance.

| column | what | when it is absent or empty |
|---|---|---|
| utterance | id, unique in the file | error |
| dialogue | id of the conversation | each utterance is its own |
| speaker | who speaks | "unknown" |
| gender | F, female, M, male; anything else is not known | not known |
| text | the words | not known |
| start, end | seconds | not known; without them rows stay in the order of the file |
| audio | path, from the csv's folder | none |
| label | one label, or several parted by ";" | no gold label |
| votes | a JSON list with each rater's label or list of labels, or labels parted by ";" | none |
| valence, arousal, dominance | numbers on ``scale`` | not known, as outside of it |
| split | train, valid or test, the same for a whole dialogue | none |

``columns`` says which of the file's columns is which of ours, as in
``{"utterance": "utterance_id", "label": "label6"}``; a column that is not
mapped is looked for under our name. Rows of a dialogue are put in order of
their start where all have one. Ready-made numbers come from :func:`features`,
joined by utterance id. Encodings: UTF-8, with or without a byte order mark.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from empathia.corpora import CorpusInfo
from empathia.errors import CorpusError
from empathia.labels import LabelSet
from empathia.types import Dialogue, Features, Utterance

INFO = CorpusInfo(
    name="table",
    licence="that of the data you bring",
    noncommercial=True,  # not known, so the careful answer
    citation="none",
    page="none",
    language="und",
)
COLUMNS = (
    "utterance", "dialogue", "speaker", "gender", "text", "start", "end", "audio", "label",
    "votes", "valence", "arousal", "dominance", "split",
)  # fmt: skip
SPLITS = ("train", "valid", "test")
_GENDERS = {"f": "female", "female": "female", "m": "male", "male": "male"}
_T = TypeVar("_T")


class _Row(NamedTuple):
    """One line of the file; ``get`` gives a cell of ours, stripped, or ""."""

    line: int
    cells: Mapping[str, str]
    columns: Mapping[str, str]

    def get(self, name: str) -> str:
        return (self.cells.get(self.columns.get(name, name)) or "").strip()


def load(
    path: Path,
    columns: Mapping[str, str] | None = None,
    *,
    labels: LabelSet | None = None,
    scale: tuple[float, float] = (-1.0, 1.0),
    language: str | None = None,
    name: str = "table",
) -> tuple[Dialogue, ...]:
    """Read a csv.

    Args:
        path: The file, or a folder that holds one csv.
        columns: Our column to the file's column.
        labels: The set of the gold labels; None takes those that occur, sorted.
        scale: Lowest and highest value of valence, arousal and dominance.
        language: ISO 639-1 code.
        name: Name of the corpus in the dialogues.

    Raises:
        CorpusError: The file cannot be read, or a line of it; names file and line.
    """
    file, rows = _rows(path, columns)
    groups: dict[str, list[_Row]] = {}
    seen: dict[str, int] = {}
    for row in rows:
        key = row.get("utterance")
        if not key or key in seen:
            found = f"'{key}' again, first on line {seen[key]}" if key else "none"
            raise _wrong(file, row, f"expected an utterance id of its own, found {found}")
        seen[key] = row.line
        groups.setdefault(row.get("dialogue") or key, []).append(row)
    gold = {row.get("utterance"): _several(row.get("label")) for row in rows}
    if labels is None and any(gold.values()):
        labels = LabelSet(name, tuple(sorted({x for g in gold.values() for x in g})))
    for row in rows:
        strange = [x for x in gold[row.get("utterance")] if labels is not None and x not in labels]
        if strange and labels is not None:
            raise _wrong(file, row, f"label '{strange[0]}' is not in '{labels.name}'")
    return tuple(
        Dialogue(
            key, _utterances(file, group, gold, scale), name, _split(file, group), language, labels
        )
        for key, group in groups.items()
    )


def features(
    path: Path,
    names: Sequence[str],
    columns: Mapping[str, str] | None = None,
    *,
    extractor: str = "table",
    units: Sequence[str] = (),
) -> dict[str, Features]:
    """Ready-made numbers by utterance id, each of shape (1, len(names)).

    Args:
        path: As for :func:`load`.
        names: Columns of numbers; an empty cell is NaN.
        columns: As for :func:`load`.
        extractor: What the features are to be called ("prosody").
        units: One a column, or none.

    Raises:
        CorpusError: A column is missing or a cell is no number.
    """
    file, rows = _rows(path, columns)
    found = {}
    for row in rows:
        lacking = [n for n in names if row.columns.get(n, n) not in row.cells]
        if lacking:
            raise CorpusError(
                f"{file} has no column '{lacking[0]}'", "Map it with the argument columns"
            )
        values = [_number(file, row, n) for n in names]
        numbers = [[math.nan if v is None else v for v in values]]
        key = row.get("utterance")
        found[key] = Features(
            key, extractor, np.array(numbers, np.float32), tuple(names), tuple(units)
        )
    return found


def _rows(path: Path, columns: Mapping[str, str] | None) -> tuple[Path, list[_Row]]:
    file = _file(path)
    mapped = dict(columns or {})
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            header = list(reader.fieldnames or ())
            rows = [_Row(reader.line_num, cells, mapped) for cells in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{file} is no readable csv in UTF-8 ({error})", "Mend it") from error
    absent = [f"'{theirs}'" for theirs in mapped.values() if theirs not in header]
    if absent or mapped.get("utterance", "utterance") not in header:
        what = ", ".join(absent) or "'utterance'"
        raise CorpusError(
            f"{file} has no column {what} (has: {', '.join(header)})",
            "Map our columns to the file's with the argument columns",
        )
    for row in rows:
        # csv files short lines up with None and keeps what is too long under the key None.
        if None in row.cells or None in row.cells.values():
            raise _wrong(file, row, f"expected {len(header)} cells")
    return file, rows


def _file(path: Path) -> Path:
    if not path.is_dir():
        return path
    files = sorted(path.glob("*.csv"))
    if len(files) != 1:
        raise CorpusError(f"'{path}' holds {len(files)} csv files, expected one", "Name the file")
    return files[0]


def _utterances(
    file: Path,
    rows: Sequence[_Row],
    gold: Mapping[str, tuple[str, ...]],
    scale: tuple[float, float],
) -> tuple[Utterance, ...]:
    starts = [_number(file, row, "start") for row in rows]
    order = list(range(len(rows)))
    known = [s for s in starts if s is not None]
    if len(known) == len(rows):
        order.sort(key=lambda i: known[i])
    return tuple(
        _utterance(file, rows[i], index, gold[rows[i].get("utterance")], scale)
        for index, i in enumerate(order)
    )


def _utterance(
    file: Path, row: _Row, index: int, gold: tuple[str, ...], scale: tuple[float, float]
) -> Utterance:
    start, end = _number(file, row, "start"), _number(file, row, "end")
    if (start is None) != (end is None) or (start is not None and not 0 <= start <= (end or 0)):
        raise _wrong(file, row, f"expected 0 <= start <= end, found {start} and {end}")
    audio = row.get("audio")
    return Utterance(
        row.get("utterance"),
        index,
        row.get("speaker") or "unknown",
        row.get("text") or None,
        start,
        end,
        audio=file.parent / audio if audio else None,
        gender=_GENDERS.get(row.get("gender").lower()),
        gold=gold,
        votes=_votes(file, row),
        vad=_vad(file, row, scale),
    )


def _number(file: Path, row: _Row, name: str) -> float | None:
    text = row.get(name)
    if not text:
        return None
    value = _parsed(float, text)
    if value is None or not math.isfinite(value):
        raise _wrong(file, row, f"{name} '{text}' is no number")
    return value


def _parsed(parse: Callable[[str], _T], text: str) -> _T | None:
    try:
        return parse(text)
    except ValueError:
        return None


def _several(text: str) -> tuple[str, ...]:
    return tuple(x.strip() for x in text.split(";") if x.strip())


def _votes(file: Path, row: _Row) -> tuple[tuple[str, ...], ...]:
    text = row.get("votes")
    if not text.startswith("["):
        return tuple((x,) for x in _several(text))
    found = _parsed(json.loads, text)
    raters = [[r] if isinstance(r, str) else r for r in found] if found is not None else [None]
    votes = [tuple(r) for r in raters if isinstance(r, list) and all(isinstance(x, str) for x in r)]
    if len(votes) != len(raters):
        raise _wrong(file, row, "votes are no JSON list of labels or of lists of labels")
    return tuple(votes)


def _vad(file: Path, row: _Row, scale: tuple[float, float]) -> tuple[float, float, float] | None:
    raw = [_number(file, row, n) for n in ("valence", "arousal", "dominance")]
    known = [x for x in raw if x is not None]
    if len(known) < 3:
        return None
    low, high = scale
    if not all(low <= x <= high for x in known):
        return None  # a rating that was skipped and averaged in as 0
    v, a, d = (2 * (x - low) / (high - low) - 1 for x in known)
    return v, a, d


def _split(file: Path, rows: Sequence[_Row]) -> str | None:
    first = rows[0].get("split")
    for row in rows:
        split = row.get("split")
        if split and split not in SPLITS:
            raise _wrong(file, row, f"split '{split}' is none of {', '.join(SPLITS)}")
        if split != first:
            raise _wrong(file, row, f"the dialogue is in '{first}' and in '{split}'")
    return first or None


def _wrong(file: Path, row: _Row, problem: str) -> CorpusError:
    return CorpusError(f"{file}, line {row.line}: {problem}", "Mend the line")
