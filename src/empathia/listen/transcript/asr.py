"""Transcripts as one JSON document: speech recognisers, captions, chats, lists of objects."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from empathia.listen.transcript import objects, segments, table, timeline
from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.objects import Listed, Object
from empathia.listen.transcript.rows import Parsed, Row, clean
from empathia.listen.transcript.spoken import Spoken, placed
from empathia.tables import Record, Table, fault, json_document

_UNSPACED = frozenset({"zh", "yue", "ja", "th", "lo", "my", "km", "bo", "chinese", "japanese"})
_CLOCKS = {"start", "end", "duration"}
_UNSAID = ("system", "developer", "tool", "function", "service")


def read(text: str, path: Path) -> Parsed:
    """Rows of the objects in the document that say something.

    Raises:
        TextError: It is no JSON, or nothing in it says anything.
    """
    document = json_document(text, path)
    place = objects.listed(document)
    if place is None:
        return Parsed([_whole(document, path)])
    language = document.get("language") if isinstance(document, Mapping) else None
    between = "" if str(language).lower() in _UNSPACED else " "
    if place.key in objects.WORDS or all(map(objects.is_word, place.objects)):
        scale = 0.001 if segments.in_milliseconds(place.objects) else 1.0
        return Parsed(segments.turns(place.objects, scale, between, None))
    place, notes = _said(place)
    parsed = _messages(place, path) or _segments(place, path, between)
    rows = parsed.rows
    if isinstance(document, Mapping) and not any(r.words for r in rows):
        rows = _with_words_beside(rows, segments.words_of(document))
    return Parsed(rows, (*notes, *parsed.notes), parsed.bare)


def _said(place: Listed) -> tuple[Listed, tuple[str, ...]]:
    """The place without what nobody says: orders to a model, news of a chat, empty captions."""
    said, left = [], 0
    for n, x in enumerate(place.objects):
        unsaid = x.get("role") in _UNSAID or x.get("type") in _UNSAID
        left += unsaid
        if not unsaid and (place.key != "events" or (objects.text_of(x) or "").strip()):
            said.append(n)
    notes = (f"entries that nobody says left out: {left}",) if left else ()
    kept = place._replace(
        objects=[place.objects[n] for n in said], channels=[place.channels[n] for n in said]
    )
    return kept, notes


def _with_words_beside(rows: list[Row], words: Sequence[Object]) -> list[Row]:
    """Segments with the words that OpenAI lists beside them."""
    starts = [r.start for r in rows if r.start is not None]
    if not words or len(starts) < len(rows) or starts != sorted(starts):
        return rows
    said = [w for turn in segments.turns(words, 1.0, " ", None) for w in turn.words]
    return placed(rows, [Spoken(1, None, w) for w in said])[0]


def _whole(document: object, path: Path) -> Row:
    """The only turn of a document that holds nothing but words."""
    text = objects.text_of(document) if isinstance(document, Mapping) else None
    if text is not None and text.strip():
        return Row(1, None, clean(text))
    what = f"a {type(document).__name__}"
    if isinstance(document, Mapping):
        keys = ", ".join(f"'{clean(str(k))}'" for k in list(document)[:8])
        what = f"an object with {keys}" if keys else "an empty object"
    raise fault(
        path,
        None,
        f"expected a list of objects with words in 'text', found {what}",
        "Give the JSON of a speech recogniser, or a list of objects with speaker, text, start "
        "and end",
    )


def _messages(place: Listed, path: Path) -> Parsed | None:
    """Rows of messages, which have a moment and no length; None where they are none."""
    moments = [objects.sent(x) for x in place.objects]
    if not any(moments) or any("end" in _flat(x, 1.0) for x in place.objects):
        return None
    held = [(x, m) for x, m in zip(place.objects, moments, strict=True) if objects.text_of(x)]
    records = [
        {"speaker": objects.sender_of(x), "text": objects.text_of(x), "start": m, "end": m}
        for x, m in held
    ]
    notes = [f"times count from {min(m for m in moments if m)} on"]
    if len(held) < len(moments):
        notes.append(f"wordless messages left out: {len(moments) - len(held)}")
    parsed = _rows(records, path, literal=True)
    return parsed._replace(notes=(*parsed.notes, *notes))


def _segments(place: Listed, path: Path, between: str) -> Parsed:
    """Rows of segments, with their words."""
    words = [w for x in place.objects for w in segments.words_of(x)]
    scale = 0.001 if segments.in_milliseconds(words) or _assembly(place) else 1.0
    records = [_flat(x, scale) for x in place.objects]
    parsed = _rows(records, path, literal=place.key in objects.KNOWN)
    rows: list[Row] = []
    for row, x, channel in zip(parsed.rows, place.objects, place.channels, strict=True):
        speaker = row.speaker or (f"Channel {channel}" if channel else None)
        apart = row.start is None and segments.words_of(x)
        if apart:
            rows += segments.turns(segments.words_of(x), scale, between, speaker)
        else:
            named = row._replace(speaker=speaker)
            rows += segments.with_words(named, x, scale, between)
    if any(place.channels):
        rows.sort(key=lambda r: r.start or 0.0)
    return Parsed(rows, parsed.notes, parsed.bare and scale == 1.0)


def _rows(records: Sequence[Mapping[str, object]], path: Path, *, literal: bool) -> Parsed:
    header = tuple(dict.fromkeys(k for r in records for k in r))
    entries = tuple(Record(n, r) for n, r in enumerate(records, start=1))
    return table.rows_of(Table(header, entries), path, literal=literal)


def _assembly(place: Listed) -> bool:
    """Whether these are AssemblyAI's utterances, which count milliseconds."""
    times = [x.get(k) for x in place.objects for k in ("start", "end")]
    return place.key == "utterances" and place.depth == 1 and all(type(t) is int for t in times)


def _flat(value: Object, scale: float) -> dict[str, object]:
    """An object as a row of a table: speaker, text, and its times in s."""
    plain = {k: v for k, v in value.items() if isinstance(v, (str, int, float))}
    if isinstance(plain.get("from"), str):
        del plain["from"]  # a sender, no start
    times = objects.times_of(value)
    if times:
        used = table.columns(list(plain))
        others = {used[p].key for p in _CLOCKS & used.keys()}
        plain = {k: v for k, v in plain.items() if k not in others}
    flat: dict[str, object] = {**plain, **times}
    if scale != 1.0:
        used = table.columns(list(flat))
        for key in (used[p].key for p in _CLOCKS & used.keys()):
            number = flat[key]
            if isinstance(number, (int, float)) and not isinstance(number, bool):
                flat[key] = round(number * scale, 6)
    flat["text"] = objects.text_of(value)
    name = objects.sender_of(value)
    if "offsets" in value and name is not None:  # whisper.cpp numbers people, "?" is nobody
        name = f"Speaker {name}" if name.isdecimal() else ""
    if name is not None:
        flat["speaker"] = name
    return flat


def _looks(head: str) -> bool:
    start = head.strip()
    lines = "\n" in start and table.JSON_LINES.looks(start)
    begins = re.match(r"\{\s*(?:\"|\}|$)|\[\s*(?:\{|\]|$)", start) is not None
    return begins and not lines and not timeline.FORMAT.looks(start)


FORMAT = Format(
    name="json",
    title="JSON of a speech recogniser, a chat or a list",
    suffixes=(".json",),
    told="a JSON object or list; in it the list whose objects have words: segments of Whisper, "
    "WhisperX, faster-whisper or OpenAI, whisper.cpp's transcription, utterances of AssemblyAI, "
    "Deepgram and Gladia, results of Google, AWS, Azure, Rev, Speechmatics, ElevenLabs and Vosk, "
    "YouTube's events, messages of Telegram, Discord, Slack or a chat model",
    left="all that is not speaker, text, times or words; messages have a moment, no length; words "
    "without times go on with the word before",
    example='{"segments": [\n'
    '  {"start": 0.5, "end": 2.0, "text": " I passed the exam.", "speaker": "Ann"},\n'
    '  {"start": 2.5, "end": 4.0, "text": " That is wonderful!", "speaker": "Ben"}\n]}\n',
    looks=_looks,
    read=read,
)
