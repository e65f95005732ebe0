"""Transcripts as one JSON document: speech recognisers, captions, chats, lists of objects."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from empathia.listen.transcript import objects, places, segments, table, timeline
from empathia.listen.transcript.formats import Format
from empathia.listen.transcript.objects import Object
from empathia.listen.transcript.places import Listed
from empathia.listen.transcript.rows import Parsed, Row, clean
from empathia.listen.transcript.spoken import Spoken, placed
from empathia.tables import Record, Table, fault, json_document
from empathia.types import spaced

_CODES = {"chinese": "zh", "japanese": "ja"}  # names that stand in place of a code
_SINGLE = ("words", "word_segments")  # "items" may be turns
_CLOCKS = {"start", "end", "duration"}


def read(text: str, path: Path) -> Parsed:
    """Rows of the objects in the document that say something.

    Raises:
        TextError: It is no JSON, or nothing in it says anything.
    """
    return rows_of(json_document(text, path), path)


def rows_of(document: object, path: Path) -> Parsed:
    """Rows of what a JSON document holds.

    Raises:
        TextError: Nothing in it says anything.
    """
    place, left = places.listed(document)
    if place is None:
        return Parsed([_whole(document, path)])
    language = str(document.get("language") if isinstance(document, Mapping) else None).lower()
    between = " " * spaced("", "", _CODES.get(language, language))
    if place.key in _SINGLE or all(map(objects.is_word, place.objects)):
        scale = 0.001 if segments.in_milliseconds(place.objects) else 1.0
        return Parsed(segments.turns(place.objects, scale, between, None), left)
    place, notes = _said(_labelled(place, document))
    parsed = _messages(place, path) or _segments(place, path, between)
    rows = parsed.rows
    if isinstance(document, Mapping) and not any(r.words for r in rows):
        rows = _with_words_beside(rows, objects.words_of(document))
    return Parsed(rows, (*left, *notes, *parsed.notes), parsed.bare)


def _said(place: Listed) -> tuple[Listed, tuple[str, ...]]:
    """The place without what nobody says: orders to a model, news of a chat, empty captions."""
    said, left = [], 0
    for n, x in enumerate(place.objects):
        unsaid = objects.unsaid(x)
        left += unsaid
        if not unsaid and (place.key != "events" or (objects.text_of(x) or "").strip()):
            said.append(n)
    notes = [f"entries that nobody says left out: {left}"] if left else []
    kept = place.kept(said)
    if any("sender_name" in x and "timestamp_ms" in x for x in kept.objects):
        whole = [objects.mended(x) for x in kept.objects]
        notes += ["letters of Facebook's export mended"] if whole != kept.objects else []
        kept = kept._replace(objects=whole)
    return kept, tuple(notes)


def _labelled(place: Listed, document: object) -> Listed:
    """The place with the speakers that a recogniser tells apart from the words.

    Watson lists them by the times of words; Google says all words once more, with speakers.
    """
    labels = document.get("speaker_labels") if isinstance(document, Mapping) else None
    held = [objects.words_of(x) for x in place.objects]
    if isinstance(labels, list):
        timed = [x for x in labels if isinstance(x, Mapping) and "from" in x]
        who = {str(x["from"]): x.get("speaker") for x in timed}
        named = [[{**w, "speaker": who.get(str(w.get("start")))} for w in own] for own in held]
        whole = [{**x, "words": own} for x, own in zip(place.objects, named, strict=True)]
        return place._replace(objects=list[Object](whole))
    before = [w.get("word") for own in held[:-1] for w in own]
    last = [w.get("word") for w in held[-1]] if before else []
    again = bool(before) and before in (last[: len(before)], last[-len(before) :])
    if again and all(objects.speaker_of(w) is not None for w in held[-1]):
        return place.kept([len(held) - 1])._replace(objects=[{"words": held[-1]}])
    return place


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
    kept = zip(place.objects, moments, place.dialogues, strict=True)
    held = [(x, m, d) for x, m, d in kept if objects.text_of(x)]
    records = [
        {
            **{"speaker": objects.sender_of(x), "text": objects.text_of(x)},
            **{"start": m, "end": m, "dialogue": d},
        }
        for x, m, d in held
    ]
    notes = [f"times count from {min(m for m in moments if m)} on"]
    if len(held) < len(moments):
        notes.append(f"wordless messages left out: {len(moments) - len(held)}")
    parsed = _table_of(records, path, literal=True)
    return parsed._replace(notes=(*parsed.notes, *notes))


def _segments(place: Listed, path: Path, between: str) -> Parsed:
    """Rows of segments, with their words."""
    held = [objects.words_of(x) for x in place.objects]
    words = [w for own in held for w in own]
    scale = 0.001 if segments.in_milliseconds(words) or _assembly(place) else 1.0
    records = [_flat(x, scale) for x in place.objects]
    if any(place.dialogues):
        records = [{**r, "dialogue": d} for r, d in zip(records, place.dialogues, strict=True)]
    parsed = _table_of(records, path, literal=place.key in places.KNOWN)
    rows: list[Row] = []
    for row, own, channel in zip(parsed.rows, held, place.channels, strict=True):
        speaker = row.speaker or (f"Channel {channel}" if channel else None)
        if row.start is None and own:
            turns = segments.turns(own, scale, between, speaker)
            rows += [t._replace(dialogue=row.dialogue) for t in turns]
        else:
            named = row._replace(speaker=speaker)
            rows += segments.with_words(named, own, scale, between)
    if any(place.channels):
        rows.sort(key=lambda r: r.start or 0.0)
    return Parsed(rows, parsed.notes, parsed.bare and scale == 1.0)


def _table_of(records: Sequence[Mapping[str, object]], path: Path, *, literal: bool) -> Parsed:
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


def json_lines(head: str) -> bool:
    """Whether the first line is an object, or may be one that is longer than the head."""
    first, _, rest = head.strip().partition("\n")
    return first.startswith("{") and (not rest or first.rstrip().endswith("}"))


def _looks(head: str) -> bool:
    start = head.strip()
    lines = "\n" in start and json_lines(start)
    begins = re.match(r"\{\s*(?:\"|\}|$)|\[\s*(?:\{|\]|\[\s*\"|$)", start) is not None
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
