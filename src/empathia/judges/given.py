"""Replies out of files, each with what it answers: tables, and timelines with their replies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from empathia import tables
from empathia.errors import TextError, UsageError
from empathia.files import shown
from empathia.tables.cells import missing
from empathia.types.wire import from_json

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "context": ("context", "post", "seeker_post", "prompt", "question", "input", "before"),
    "reply": ("reply", "response", "answer", "response_post", "output", "text"),
    "id": ("id", "utterance", "key"),
    "reference": ("reference", "gold", "target", "true", "human"),
    "dialogue": ("dialogue", "dialogue_id", "conversation", "conv_id"),
    "exemplars": ("exemplars",),
    "emotion": ("emotion", "emotion_label", "feeling"),
}
"""Ours, and what others call it, best first; all but the reply may be missing."""


@dataclass(frozen=True, slots=True)
class Given:
    """A reply that was given.

    Args:
        id: Of the file, or the number of its row.
        context: What it answers; "" where that is not known.
        reply: The words.
        reference: What somebody answered; "" where that is not known.
        dialogue: The talk that it is of; "" where that is not known.
        exemplars: What it is made of or guided by, parted by ``|``.
        emotion: What the talk is labelled with; "" where that is not known.
    """

    id: str
    context: str
    reply: str
    reference: str = ""
    dialogue: str = ""
    exemplars: str = ""
    emotion: str = ""


def read(path: Path, columns: Mapping[str, str] | None = None) -> tuple[list[Given], list[str]]:
    """The replies of a file.

    Args:
        path: A table (csv, tsv, jsonl, a spreadsheet, Parquet), or the JSON of a timeline.
        columns: Ours to the file's, where it calls them otherwise.

    Returns:
        The replies, at least one; and remarks for the user.

    Raises:
        UsageError: There is no such file, or one of the columns that are named.
        TextError: It cannot be read, or holds no reply.
    """
    if strange := sorted(set(columns or {}) - set(COLUMNS)):
        raise UsageError(
            f"'{strange[0]}' is none of our columns ({', '.join(COLUMNS)})", "Map one of these"
        )
    if path.suffix.lower() == ".json":
        found, notes = _timeline(path)
    elif path.suffix.lower() in tables.SUFFIXES:
        found, notes = _table(path, columns or {})
    else:
        raise UsageError(
            f"{shown(path)} is neither a table ({', '.join(tables.SUFFIXES)}) nor a timeline "
            "(.json)",
            "Give one of these",
        )
    if not found:
        raise TextError(f"{shown(path)}: there is no reply in it", "Give a file with replies")
    return found, notes


def _timeline(path: Path) -> tuple[list[Given], list[str]]:
    plain = tables.json_document(tables.read_text(path, large=True).text, path)
    turns = from_json(cast(Any, plain)).turns
    answered = [(t.utterance, t.reply) for t in turns if t.reply is not None]
    found = [Given(r.to, u.text or "", r.text) for u, r in answered if not missing(r.text)]
    return found, []


def _table(path: Path, columns: Mapping[str, str]) -> tuple[list[Given], list[str]]:
    named = {name.lower() for names in COLUMNS.values() for name in names} | set(columns.values())
    table = tables.read(path, lambda header: sum(h in named or h.lower() in named for h in header))
    places = {ours: _place(ours, table.header, columns, path) for ours in COLUMNS}
    notes, found, empty = list(table.notes), [], []
    for number, record in enumerate(table.records, start=1):
        cells = {k: _text(record.cells.get(p)) if p else "" for k, p in places.items()}
        if cells["reply"]:
            found.append(Given(**{**cells, "id": cells["id"] or str(number)}))
        else:
            empty.append(record.line)
    if empty:
        notes.append(f"left out, as there is no reply: {_at(empty, table.unit)}")
    if places["context"] is None:
        notes.append("there is no column of what is answered; replies are judged without")
    elif bare := sum(not g.context for g in found):
        notes.append(f"{bare} of {len(found)} replies are judged without what they answer")
    return found, notes


def _at(lines: Sequence[int], unit: str) -> str:
    return tables.at_lines(lines).replace("line", unit, 1)


def _text(cell: object) -> str:
    text = "" if cell is None else str(cell).strip()
    return "" if missing(text) else text


def _place(ours: str, header: Sequence[str], columns: Mapping[str, str], path: Path) -> str | None:
    """The column of the file that is one of ours, or None for one that may be missing."""
    has = f"{shown(path)} has the columns {', '.join(header) or 'none'}"
    if ours in columns:
        if columns[ours] not in header:
            raise UsageError(f"{has}, not '{columns[ours]}'", f"Map {ours} to one of these")
        return columns[ours]
    lower = {h.lower(): h for h in reversed(header)}
    place = next((lower[name] for name in COLUMNS[ours] if name in lower), None)
    if place is None and ours == "reply":
        raise UsageError(
            f"{has}: which are the replies?", "Say so: --map reply=COLUMN,context=COLUMN"
        )
    return place
