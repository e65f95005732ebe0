"""Timelines of our own: their JSON, and the data in their HTML page."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.rows import Parsed, Row, clean, clean_name
from empathia.tables import fault, json_document
from empathia.types import Word

_PAGE = re.compile(
    r"\s*(?:(?><!--.*?-->)\s*)*+<(?:!doctype\s+html|html|head|body)\b", re.I | re.DOTALL
)
_DATA = re.compile(r'<script type="application/json" id="data">([^<]*)</script>')
_JSON = re.compile(r'\s*\{\s*"schema_version"\s*:')
_MAJOR = "1"


def read(text: str, path: Path) -> Parsed:
    """Rows of a timeline, as exact as they were written.

    Raises:
        TextError: It is another web page, of another version, or a turn lacks something.
    """
    line = 1
    if _PAGE.match(text.lstrip("\ufeff")) is not None:
        data = _DATA.search(text)
        if data is None:
            raise fault(
                path,
                None,
                "this is a web page, expected a transcript",
                "Save what was said as text, or download the transcript itself",
            )
        line = text.count("\n", 0, data.start()) + 1
        text = data[1]
    document = json_document(text, path)
    version = document.get("schema_version") if isinstance(document, Mapping) else None
    turns = document.get("turns") if isinstance(document, Mapping) else None
    if not isinstance(version, str) or version.partition(".")[0] != _MAJOR:
        raise fault(
            path,
            line,
            f"expected a timeline of version {_MAJOR}, found {version!r}",
            "Write it again with this version",
        )
    if not isinstance(turns, list):
        raise fault(path, line, "the timeline has no list 'turns'", "Check that it is whole")
    return Parsed([_row(t, path, n) for n, t in enumerate(turns, start=1)])


def _row(turn: object, path: Path, number: int) -> Row:
    try:
        return _turn(turn, number)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise fault(
            path,
            None,
            f"turn {number} of the timeline does not fit its schema",
            "docs/json.md says what each part must be",
        ) from None


def _turn(turn: object, number: int) -> Row:
    if not isinstance(turn, Mapping):
        raise TypeError(turn)
    start, end = _time(turn["start"]), _time(turn["end"])
    text = clean(turn["text"] or "")
    words = tuple(w for w in map(_word, turn["words"]) if w is not None)
    return Row(number, clean_name(turn["speaker"]), text, start, end, words=words)


def _time(value: object) -> float | None:
    """A time in s that is none, or finite and not negative."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(value)
    if not 0 <= value < math.inf:
        raise ValueError(value)
    return float(value)


def _word(word: Mapping[str, object]) -> Word | None:
    """A word; the blank that some recognisers put before it stays."""
    start, end, said = _time(word["start"]), _time(word["end"]), word["text"]
    plain = clean(said) if isinstance(said, str) else None
    if plain is None or start is None or end is None or end < start:
        return None
    sure = _time(word["probability"])
    blank = " " if isinstance(said, str) and said[:1].isspace() else ""
    return Word(f"{blank}{plain}", start, end, math.nan if sure is None else sure)


FORMAT = Format(
    name="timeline",
    title="a timeline of Empathia (JSON or HTML page)",
    suffixes=(".json", ".html", ".htm"),
    told="JSON that begins with schema_version, or a web page that holds it; other pages are "
    "refused",
    left="emotions, cues, prosody, replies and notes: what was said is read",
    example='{"schema_version": "1.0", "turns": [\n'
    '  {"speaker": "Ann", "text": "I passed the exam.", "start": 0.5, "end": 2, "words": []},\n'
    '  {"speaker": "Ben", "text": "That is wonderful!", "start": 2.5, "end": 4, "words": []}\n]}\n',
    looks=lambda head: bool(_JSON.match(head) or _PAGE.match(head)),
    read=read,
)
