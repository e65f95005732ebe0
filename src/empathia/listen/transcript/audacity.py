"""Transcripts as label tracks of Audacity: start, end and label, parted by tabs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.rows import Parsed, Row, clean, stamp
from empathia.listen.transcript.speakers import Names, doubtful
from empathia.tables import fault, lines_of

_TIME = r"(\d+(?:[.,]\d*)?)"
_LABEL = re.compile(rf"{_TIME}\t{_TIME}(?:\t(.*))?", re.ASCII)
_NUMBERED = re.compile(r"[^\W\d_]+[\s_\-]*\d+")
_FREQUENCIES = re.compile(r"\\\t.*")  # of the label on the line before


class _Mark(NamedTuple):
    line: int
    start: str
    end: str
    label: str


def read(text: str, path: Path) -> Parsed:
    """Rows of a label track: a turn a label, ``Name: words`` where labels name people.

    Raises:
        TextError: A line is no label.
    """
    labels: list[_Mark] = []
    for number, line in enumerate(lines_of(text), start=1):
        parted = _LABEL.fullmatch(line)
        if parted is not None:
            labels.append(_Mark(number, parted[1], parted[2], parted[3] or ""))
        elif line.strip() and not _FREQUENCIES.fullmatch(line):
            raise fault(
                path,
                number,
                f"expected start, end and label parted by tabs, found {ascii(line)[:40]}",
                "Export the labels again",
            )
    if _are_speakers([mark.label.strip() for mark in labels]):
        labels = [mark._replace(label=f"{mark.label.strip()}:") for mark in labels]
    names = Names(mark.label for mark in labels)
    rows = []
    doubts = []
    for number, start, end, label in labels:
        said = names.split(label)
        if said.name is None and names.doubted(label):
            doubts.append(number)
        span = stamp(start, path, number), stamp(end, path, number)
        rows.append(Row(number, said.name, clean(said.words), *span))
    named = any(r.speaker for r in rows)
    whole = all(t.isdecimal() for mark in labels for t in (mark.start, mark.end))
    return Parsed(rows, (doubtful(doubts),) if named and doubts else (), whole)


def _are_speakers(labels: Sequence[str]) -> bool:
    """Whether labels are numbered speakers that come back, as diarisation writes them."""
    numbered = all(map(_NUMBERED.fullmatch, labels))
    return numbered and len(set(labels)) < len(labels)


def _looks(head: str) -> bool:
    lines = [x for x in re.split(r"\r\n|\r|\n", head)[:40] if x.strip()]
    labels = [x for x in lines if not _FREQUENCIES.fullmatch(x)]
    return bool(labels) and all(_LABEL.fullmatch(x) for x in labels)


FORMAT = Format(
    name="audacity",
    title="a label track of Audacity",
    suffixes=(),
    told="lines of start, end and label parted by tabs, without a header; labels that are numbered "
    "speakers are turns without words",
    left="bounds of frequency, on lines that begin with a backslash",
    example="0.500000\t2.000000\tAnn: I passed the exam.\n"
    "2.500000\t4.000000\tBen: That is wonderful!\n",
    looks=_looks,
    read=read,
)
