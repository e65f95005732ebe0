"""Transcripts as JSON lines: a turn a line, or a dialogue a line."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from empathia import tables
from empathia.listen.transcript import asr, objects, table
from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.rows import Parsed


def read(text: str, path: Path) -> Parsed:
    """Rows of one JSON object a line, or of a list of them, with a csv's columns as keys.

    Where these hold no words but lists of turns, as for the training of chat models, each object
    is a dialogue.

    Raises:
        TextError: A line is no JSON object, or no object has words.
    """
    held = tables.json_records(text, path)
    used = table.columns(held.header)
    untimed = "text" not in used or "start" not in used
    keys = held.header if untimed else (used["text"].key,)
    if any(_holds_objects(r.cells.get(k)) for r in held.records for k in keys):
        return asr.rows_of([r.cells for r in held.records], path)
    kept = tuple(r for r in held.records if not objects.unsaid(r.cells))
    left = len(held.records) - len(kept)
    parsed = table.rows_of(dataclasses.replace(held, records=kept), path)
    notes = (f"entries that nobody says left out: {left}",) if left else ()
    return parsed._replace(notes=(*parsed.notes, *notes))


def _holds_objects(value: object) -> bool:
    return isinstance(value, list) and any(isinstance(x, dict) for x in value)


FORMAT = Format(
    name="jsonl",
    title="JSON lines",
    suffixes=(".jsonl", ".ndjson"),
    told="a JSON object a line: a turn, or a dialogue as a list of turns (messages, conversations)",
    left="keys other than speaker, text, start, end, duration and dialogue",
    example='{"speaker": "Ann", "text": "I passed the exam.", "start": 0.5, "end": 2}\n'
    '{"speaker": "Ben", "text": "That is wonderful!", "start": 2.5, "end": 4}\n',
    looks=asr.json_lines,
    read=read,
)
