"""Subtitles of Aegisub (Advanced SubStation Alpha), which name who speaks."""

from __future__ import annotations

import re
from pathlib import Path

from empathia.listen.transcript import table
from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.rows import Parsed
from empathia.tables import Record, Table, fault, lines_of

_MARKS = re.compile(r"\{[^}]*\}")
_BREAK = re.compile(r"\\[Nnh]")
_EVENTS = re.compile(r"^\[Events\]\s*$", re.MULTILINE | re.IGNORECASE)


def read(text: str, path: Path) -> Parsed:
    """Rows of the dialogue lines.

    Raises:
        TextError: No line says what the columns are, or a time is none.
    """
    fields: list[str] = []
    records = []
    for number, line in enumerate(lines_of(text), start=1):
        kind, _, rest = line.partition(":")
        if kind == "Format":
            fields = [f.strip().lower() for f in rest.split(",")]
        elif kind == "Dialogue" and "text" in fields:
            cells = dict(zip(fields, rest.split(",", len(fields) - 1), strict=False))
            said = _BREAK.sub(" ", _MARKS.sub("", cells.get("text", "")))
            speaker = cells.get("name") or cells.get("actor")
            kept = {"start": cells.get("start"), "end": cells.get("end")}
            records.append(Record(number, {"speaker": speaker, "text": said, **kept}))
    if not records:
        raise fault(path, None, "expected lines that begin with 'Dialogue:'", "Save it as srt")
    header = ("speaker", "text", "start", "end")
    return table.rows_of(Table(header, tuple(records)), path, literal=True)


FORMAT = Format(
    name="ass",
    title="subtitles of Aegisub (ass, ssa)",
    suffixes=(".ass", ".ssa"),
    told="a section [Events]; the field Name is the speaker",
    left="comments, styles and effects",
    example="[Events]\nFormat: Layer, Start, End, Name, Text\n"
    "Dialogue: 0,0:00:00.50,0:00:02.00,Ann,I passed {\\i1}the exam{\\i0}.\n"
    "Dialogue: 0,0:00:02.50,0:00:04.00,Ben,That is\\Nwonderful!\n",
    looks=lambda head: _EVENTS.search(head) is not None,
    read=read,
)
