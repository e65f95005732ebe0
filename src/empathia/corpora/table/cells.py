"""What the cells of a table mean: numbers, labels, votes, affect, split."""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Container, Sequence

from empathia.corpora._tables import PARTS
from empathia.corpora.table.rows import Row, as_text
from empathia.labels.spelling import composed
from empathia.tables.cells import missing, seconds
from empathia.tables.cells import number as to_number

MEDIA = ("audio", "video")
_NAN = re.compile(r"\bnan\b")  # how Python writes a missing number
_LONGEST = 100_000
Span = tuple[float | None, float | None]
Vad = tuple[float, float, float]


def number(row: Row, name: str) -> float | None:
    """One of our columns as a number; None where it is empty.

    Raises:
        CorpusError: It is no finite number.
    """
    return finite(row, name, row.value(name))


def time(row: Row, name: str) -> float | None:
    """One of our columns in s, as h:mm:ss or in the unit of its name; None where it is empty.

    Raises:
        CorpusError: It is no time.
    """
    source, text = row.sources.get(name), row.get(name)
    try:
        return None if source is None else seconds(text, source.scale)
    except ValueError:
        if text.isdecimal():
            return float(text)  # seconds since 1970, say
        raise row.wrong(f"{name} '{text}' is no time") from None


def finite(row: Row, name: str, cell: object) -> float | None:
    """Any cell as a number; None where it is empty or missing.

    Raises:
        CorpusError: It is no finite number.
    """
    text = as_text(cell)
    if missing(text):
        return None
    try:
        return to_number(text, comma=row.comma)
    except ValueError:
        raise row.wrong(f"{name} '{text}' is no number") from None


def labels(row: Row, known: Container[str] = ()) -> tuple[str, ...]:
    """The gold labels: one, several parted by ";", or a list (as JSON or Python write it).

    Args:
        row: The row.
        known: Labels that are meant although they look like a missing one ("None").

    Raises:
        CorpusError: A list does not parse or holds something else than labels.
    """
    source = row.sources.get("label")
    if source is not None and (whole := composed(as_text(row.cells.get(source.column)))) in known:
        return (whole,)
    listed = _listed(row, "label")
    if listed is None:
        return _several(row, "label", known)
    named = _labels(listed)
    if named is None:
        raise row.wrong("label is no list of labels")
    return named


def votes(row: Row, known: Container[str] = ()) -> tuple[tuple[str, ...], ...]:
    """Each rater's labels: labels parted by ";", or a list of labels or of lists of labels.

    Args:
        row: The row.
        known: As for :func:`labels`.

    Raises:
        CorpusError: A list does not parse or holds something else.
    """
    listed = _listed(row, "votes")
    if listed is None:
        return tuple((x,) for x in _several(row, "votes", known))
    raters = [_labels([r] if isinstance(r, str) else r) for r in listed if r is not None]
    told = tuple(r for r in raters if r is not None)
    if len(told) < len(raters):
        raise row.wrong("votes: no list of labels or of lists of labels")
    return told


def _labels(listed: object) -> tuple[str, ...] | None:
    """A list of texts, without what is missing in it; None where it is something else."""
    if not isinstance(listed, list):
        return None
    there = [x for x in listed if as_text(x).strip()]
    if not all(isinstance(x, str) for x in there):
        return None
    return tuple(map(composed, there))


def _listed(row: Row, name: str) -> list[object] | None:
    """A cell that holds a list; None where it holds plain text or nothing."""
    cell = row.value(name)
    if isinstance(cell, list):
        return cell
    text = row.get(name)
    if not text.startswith("["):
        return None
    listed = parsed(text)
    if not isinstance(listed, list):
        raise row.wrong(f"{name}: no list of labels or of lists of labels")
    return listed


def parsed(text: str) -> object:
    """What a text holds that JSON or Python wrote; itself where it is neither."""
    for read, written in ((json.loads, text), (_python, text), (_python, _NAN.sub("None", text))):
        try:
            return read(written)
        except (ValueError, SyntaxError, MemoryError, RecursionError):
            continue
    return text


def _python(text: str) -> object:
    """A literal as Python writes it, of a length that its parser can bear.

    Raises:
        ValueError: It is too long, or more than a literal.
        SyntaxError: It does not parse.
        MemoryError: It is nested too deeply.
        RecursionError: It is nested too deeply.
    """
    if len(text) > _LONGEST:
        raise ValueError(len(text))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a backslash, which may well stand in a name
        return ast.literal_eval(text)


def _several(row: Row, name: str, known: Container[str] = ()) -> tuple[str, ...]:
    """The names in a cell, parted by ";"."""
    source = row.sources.get(name)
    if source is None:
        return ()
    cell = row.get(name) if source.pattern else as_text(row.cells.get(source.column))
    there = [composed(x) for x in cell.split(";")]
    return tuple(x for x in there if x and (x in known or not source.nothing(x)))


def clips(row: Row) -> tuple[str, ...]:
    """Which media hold the utterance alone, as the column says.

    Raises:
        CorpusError: It names something else than "audio" and "video".
    """
    listed = _listed(row, "clips")
    named = _several(row, "clips") if listed is None else tuple(map(str, listed))
    if not set(named) <= set(MEDIA):
        raise row.wrong(f"clips are {', '.join(named)}, expected audio or video")
    return named


def span(row: Row) -> Span:
    """Start and end in s, or None and None; the end is start and duration where no column says it.

    Raises:
        CorpusError: Only one is there, or they are in the wrong order.
    """
    start, end = time(row, "start"), time(row, "end")
    if "end" not in row.sources and start is not None:
        length = time(row, "duration")
        end = None if length is None else round(start + length, 6)
    if start is None and end is None:
        return None, None
    if start is None or end is None or not 0 <= start <= end:
        raise row.wrong(f"expected 0 <= start <= end, found {start} and {end}")
    return start, end


def affect(row: Row, scale: tuple[float, float]) -> Vad | None:
    """Valence, arousal, dominance in [-1, 1]; None where one is missing or off the scale."""
    known = [x for n in ("valence", "arousal", "dominance") if (x := number(row, n)) is not None]
    low, high = scale
    # Off the scale lies a rating that was skipped and averaged in as 0.
    if len(known) < 3 or not all(low <= x <= high for x in known):
        return None
    v, a, d = ((2 * x - (low + high)) / (high - low) for x in known)
    return v, a, d


def split(rows: Sequence[Row]) -> str | None:
    """The part that a whole dialogue is in.

    Raises:
        CorpusError: It is no part that we know, or not the same for all rows.
    """
    first = None
    for row in rows:
        said = row.get("split")
        part = PARTS.get(said.lower())
        if said and part is None:
            raise row.wrong(f"split '{said}' is none of {', '.join(PARTS)}")
        if row is not rows[0] and part != first:
            raise row.wrong(f"the dialogue is in {first or 'no part'} and in {part or 'no part'}")
        first = part
    return first
