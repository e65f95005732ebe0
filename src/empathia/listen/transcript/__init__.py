"""A transcript in, a dialogue out: csv, tsv, jsonl, txt, srt and vtt."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from empathia.errors import UsageError
from empathia.listen.transcript.encodings import read_text
from empathia.listen.transcript.plain import read_txt
from empathia.listen.transcript.rows import SPEAKER, Parsed, Row, at_lines, fault
from empathia.listen.transcript.subtitles import read_subtitles
from empathia.listen.transcript.table import read_csv, read_jsonl
from empathia.media import shown
from empathia.types import Dialogue, Utterance

READERS: Mapping[str, Callable[[str, Path], Parsed]] = {
    ".csv": read_csv,
    ".tsv": read_csv,
    ".jsonl": read_jsonl,
    ".txt": read_txt,
    ".srt": read_subtitles,
    ".vtt": read_subtitles,
}
"""Readers by suffix (lower case): what counts as a transcript."""


@dataclass(frozen=True, slots=True)
class Transcript:
    """A dialogue and what its reader had to decide.

    Args:
        dialogue: The turns in time order.
        notes: Remarks for the user: a guessed encoding, times that were left out.
    """

    dialogue: Dialogue
    notes: tuple[str, ...] = ()


def read_transcript(path: str | Path) -> Transcript:
    """Read a transcript; the suffix says which format it is in.

    An empty turn is kept with ``text=None``. Times are seconds; a turn whose
    end comes before its start loses its times, and a note says so.

    Args:
        path: csv or tsv (columns speaker, text, start, end, dialogue by name),
            jsonl (the same as keys), txt (``Name: words``), srt or vtt.

    Raises:
        UsageError: There is no such file, or its suffix is not one of these.
        TranscriptError: The file cannot be read as what its suffix says.
    """
    path = Path(path)
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UsageError(
            f"{shown(path)} is no transcript (expected {', '.join(READERS)})",
            "Give a file with one of these suffixes",
        )
    decoded = read_text(path)
    parsed = reader(decoded.text, path)
    if not parsed.rows:
        raise fault(path, None, "no turns found", "Give a transcript with at least one turn")
    notes = [*([decoded.note] if decoded.note else []), *parsed.notes]
    rows = _in_time_order(_timed(parsed.rows, notes), notes)
    _remark(rows, notes)
    utterances = tuple(
        Utterance(id, index, row.speaker or SPEAKER, row.text, row.start, row.end)
        for index, (row, id) in enumerate(zip(rows, _ids(rows), strict=True))
    )
    return Transcript(Dialogue(path.stem, utterances), tuple(notes))


def _timed(rows: list[Row], notes: list[str]) -> list[Row]:
    """Rows whose times are both there and in order, or both absent."""
    reversed_ = [
        r.line for r in rows if r.start is not None and r.end is not None and r.end < r.start
    ]
    endless = any(r.start is not None and r.end is None for r in rows)
    startless = [r.line for r in rows if r.start is None and r.end is not None]
    if reversed_:
        notes.append(f"times left out where the end comes before the start ({at_lines(reversed_)})")
    if startless:
        notes.append(f"ends without a start left out ({at_lines(startless)})")
    dropped = {*reversed_, *startless}
    rows = [r._replace(start=None, end=None) if r.line in dropped else r for r in rows]
    rows = _one_clock(rows, notes)
    if endless and any(r.start is not None for r in rows):
        notes.append("turns without an end are taken to end where the next one begins")
        rows = _ended(rows)
    return rows


def _ended(rows: list[Row]) -> list[Row]:
    """Give turns that only start the next later start as their end, the last one no length."""
    starts = sorted({r.start for r in rows if r.start is not None})
    after = dict(pairwise(starts))
    return [
        r._replace(end=after.get(r.start, r.start)) if r.start is not None and r.end is None else r
        for r in rows
    ]


def _one_clock(rows: list[Row], notes: list[str]) -> list[Row]:
    """Leave times out where several dialogues in one file do not share a clock."""
    spans: dict[str | None, tuple[float, float]] = {}
    for row in rows:
        if row.start is not None:
            low, high = spans.get(row.dialogue, (row.start, row.start))
            end = row.start if row.end is None else row.end
            spans[row.dialogue] = min(low, row.start), max(high, end)
    dialogues = len({r.dialogue for r in rows})
    if dialogues > 1:
        notes.append(
            f"the file holds {dialogues} dialogues, read as one in the file's order; "
            "split it to read each on its own"
        )
    if all(a[1] <= b[0] for a, b in pairwise(spans.values())):
        return rows
    notes.append("times left out: the dialogues in the file do not follow each other on one clock")
    return [r._replace(start=None, end=None) for r in rows]


def _in_time_order(rows: list[Row], notes: list[str]) -> list[Row]:
    """Rows by start; one without times stays behind the row that it follows."""
    last = 0.0
    keys = []
    for row in rows:
        last = last if row.start is None else row.start
        keys.append(last)
    order = sorted(range(len(rows)), key=keys.__getitem__)
    if order == list(range(len(rows))):
        return rows
    notes.append("turns were put in the order of their starts")
    return [rows[i] for i in order]


def _remark(rows: list[Row], notes: list[str]) -> None:
    silent = sorted(r.line for r in rows if r.text is None)
    if silent:
        notes.append(f"no words in {len(silent)} of {len(rows)} turns ({at_lines(silent)})")
    nameless = sorted(r.line for r in rows if r.speaker is None)
    if nameless:
        notes.append(f"turns without a speaker are given to '{SPEAKER}' ({at_lines(nameless)})")
    timed = sum(r.start is not None for r in rows)
    if 0 < timed < len(rows):
        notes.append(f"{len(rows) - timed} of {len(rows)} turns have no times")


def _ids(rows: list[Row]) -> list[str]:
    """``t1`` ... or, where the file names dialogues, ``dialogue:1`` ... within each."""
    counts: dict[str, int] = {}
    ids = []
    for number, row in enumerate(rows, start=1):
        if row.dialogue is None:
            ids.append(f"t{number}")
            continue
        counts[row.dialogue] = counts.get(row.dialogue, 0) + 1
        ids.append(f"{row.dialogue}:{counts[row.dialogue]}")
    return ids
