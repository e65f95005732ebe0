"""A transcript in, a dialogue out, whatever wrote it: tables, lines, chats, subtitles, tiers.

    bytes -> text -> format -> rows -> times -> turns

Each format is a file with a ``FORMAT``; ``docs/formats.md`` is made from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from empathia.errors import TranscriptError, told_as
from empathia.listen.transcript import catalogue
from empathia.listen.transcript.catalogue import SUFFIXES, names
from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.rows import SPEAKER, Row
from empathia.listen.transcript.timing import timed
from empathia.tables import at_lines, fault
from empathia.types import Dialogue, Utterance, Word

__all__ = ["SUFFIXES", "Format", "Transcript", "names", "read_transcript"]


@dataclass(frozen=True, slots=True)
class Transcript:
    """A dialogue and what its reader had to decide.

    Args:
        dialogue: The turns in time order.
        notes: Remarks for the user: what the file was taken for, a guessed encoding, times that
            were left out.
        words: Words with times (s) by utterance id, where the file has them.
        format: Name of the format that it was read as.
    """

    dialogue: Dialogue
    notes: tuple[str, ...] = ()
    words: Mapping[str, tuple[Word, ...]] = field(default_factory=dict)
    format: str = ""


def read_transcript(
    path: str | Path, format: str | None = None, duration: float | None = None
) -> Transcript:
    """Read a transcript; what stands in it, and its suffix, say which format it is in.

    An empty turn is kept with ``text=None``. Times are seconds; a turn whose
    end comes before its start loses its times, and a note says so.

    Args:
        path: The file; ``docs/formats.md`` lists what is read.
        format: Name of the format, where it is not to be told from the file.
        duration: Length in s of the recording that it belongs to, which tells milliseconds.

    Raises:
        UsageError: There is no such file or format, or nothing tells what it is.
        TranscriptError: The file cannot be read as what it is taken for.
        MissingExtra: It is a spreadsheet, and python-calamine is not installed.
    """
    path = Path(path)
    with told_as(TranscriptError):
        chosen, parsed, notes = catalogue.parse(path, format)
        if not parsed.rows:
            raise fault(path, None, "no turns found", "Give a transcript with at least one turn")
        rows = timed(parsed, path, duration, notes)
    _remark(rows, notes)
    utterances = tuple(
        Utterance(id, index, row.speaker or SPEAKER, row.text, row.start, row.end)
        for index, (row, id) in enumerate(zip(rows, _ids(rows), strict=True))
    )
    words = {u.id: r.words for u, r in zip(utterances, rows, strict=True) if r.words}
    return Transcript(Dialogue(path.stem, utterances), tuple(notes), words, chosen.name)


def _remark(rows: list[Row], notes: list[str]) -> None:
    silent = sorted(r.line for r in rows if r.text is None)
    if silent:
        notes.append(f"no words in {len(silent)} of {len(rows)} turns ({at_lines(silent)})")
    nameless = sorted(r.line for r in rows if r.speaker is None)
    if len(nameless) == len(rows):
        notes.append(f"nobody is named in it: all turns are given to '{SPEAKER}'")
    elif nameless:
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
