"""JSON that other programs wrote: the objects in it that say something, and who, what, when."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

Object = Mapping[str, object]

KNOWN = (
    *("segments", "utterances", "audio_segments", "recognizedPhrases", "transcription"),
    *("monologues", "turns", "chunks", "events"),
    *("paragraphs", "messages", "conversation", "dialogue", "dialog"),
)
"""What lists of turns are called, best first."""
WORDS = ("words", "word_segments", "items")
"""What lists of single words are called."""
MARKS = ("punctuation", "punct")
"""What types of punctuation are called that stands as a word of its own."""
SINGLE = ("word", "pronunciation", "spacing", *MARKS)
"""What types of single words are called."""

_WHOLE = ("transcripts", "combinedRecognizedPhrases")  # all words once more, without times
_READINGS = ("alternatives", "nBest")
_DEPTH = 8
_TEXTS = (
    *("text", "content", "transcript", "display", "sentence", "utterance", "body", "message"),
    *("segs", "elements"),
    *("punctuated_word", "word"),
)
_PARTS = ("text", "utf8", "content", "value")
_SPEAKERS = ("speaker", "speaker_name", "speakerName", "speaker_label", "speaker_id", "speakerTag")
_SENDERS = ("user_profile", "from", "author", "sender", "user", "username", "name", "role")
_NAMES = ("nickname", "display_name", "global_name", "real_name", "name", "username", "id")
_SENT = ("date", "timestamp", "ts", "created_at", "sent_at", "time", "date_unixtime")
_DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
_UNIX = re.compile(r"1\d{9}(?:\.\d+)?|1\d{12}", re.ASCII)


class Listed(NamedTuple):
    """Objects that say something, from one place of a document.

    Args:
        key: What their list is called, "" where the document is the list.
        objects: In the order of the document.
        depth: How many objects and lists they lie in.
        channels: Of each object, which of several channels it lies in, from 1; 0 without any.
    """

    key: str
    objects: list[Object]
    depth: int
    channels: list[int]


def listed(document: object) -> Listed | None:
    """The objects that say something: the best known name, else the fewest objects around it."""
    places: dict[tuple[str, ...], Listed] = {}
    for path, object_, channel in _walk(document, (), 0):
        key = next((p for p in reversed(path) if p not in {*_READINGS, "[]"}), "")
        place = places.setdefault(path, Listed(key, [], len(path), []))
        place.objects.append(object_)
        place.channels.append(channel)
    return min(places.values(), key=_rank, default=None)


def _rank(place: Listed) -> tuple[int, int]:
    if place.key in WORDS or place.key in _WHOLE:
        return len(KNOWN) + 1 + (place.key in _WHOLE), place.depth
    known = KNOWN.index(place.key) if place.key in KNOWN else len(KNOWN)
    return known, place.depth


def _walk(
    value: object, path: tuple[str, ...], channel: int
) -> Iterator[tuple[tuple[str, ...], Object, int]]:
    """Objects in lists, with the names on the way to them."""
    if len(path) > _DEPTH:
        return
    if isinstance(value, Mapping):
        for key, inner in value.items():
            below = _first(value, inner) if key in _READINGS else inner
            yield from _walk(below, (*path, str(key)), channel)
        return
    if not isinstance(value, list):
        return
    inside = [x for x in value if isinstance(x, Mapping)]
    if any(text_of(x) is not None for x in inside):
        yield from ((path, x, channel) for x in inside)
        return
    for number, x in enumerate(value, start=1):
        apart = path[-1:] == ("channels",) and len(value) > 1
        yield from _walk(x, (*path, "[]"), number if apart else channel)


def _first(value: Object, readings: object) -> object:
    """The best of several readings, with the times and the speaker that stand beside them."""
    if not isinstance(readings, list) or not readings or not isinstance(readings[0], Mapping):
        return readings
    return [{**{k: v for k, v in value.items() if not isinstance(v, list)}, **readings[0]}]


def text_of(value: Object) -> str | None:
    """What an object says; None where it has no place for words."""
    for key in _TEXTS:
        text = _joined(value.get(key), "" if key in {"segs", "elements"} else None)
        if text is not None:
            return text
    return None


def _joined(value: object, between: str | None = None) -> str | None:
    """Words that may come in parts: ``["so ", {"type": "bold", "text": "good"}]``."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return next(
            (t for k in (*_PARTS, "parts") if (t := _joined(value.get(k))) is not None), None
        )
    if not isinstance(value, list):
        return None
    parts = [t for x in value if (t := _joined(x)) is not None]
    if between is None:
        between = "" if any(isinstance(x, str) for x in value) else " "
    return between.join(parts) if parts or not value else None


def is_word(value: Object) -> bool:
    """Whether an object is a single word or mark."""
    return value.get("type") in SINGLE or ("word" in value and "words" not in value)


def speaker_of(value: Object) -> str | None:
    """Who speaks, where a recogniser says so; numbers become ``Speaker 0``."""
    return next((n for k in _SPEAKERS if (n := _name(value.get(k))) is not None), None)


def sender_of(value: Object) -> str | None:
    """Who speaks or sent a message."""
    return speaker_of(value) or next(
        (n for k in _SENDERS if (n := _name(value.get(k))) is not None), None
    )


def _name(value: object) -> str | None:
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, Mapping):
        return next((n for k in _NAMES if (n := _name(value.get(k))) is not None), None)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return f"Speaker {value:g}"
    return None


def sent(value: Object) -> str | None:
    """When a message was sent, as ISO 8601 writes it; None where it is no message."""
    for key in _SENT:
        text = str(value.get(key)).strip()
        if _DATE.match(text):
            return text
        if _UNIX.fullmatch(text):
            seconds = float(text) / (1000 if len(text) == 13 and "." not in text else 1)
            return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat()
    return None


def times_of(value: Object) -> dict[str, object]:
    """Columns of times, for what keeps them elsewhere than in ``start`` and ``end``."""
    offsets = value.get("offsets")
    if isinstance(offsets, Mapping):  # whisper.cpp
        return {"start (ms)": offsets.get("from"), "end (ms)": offsets.get("to")}
    pair = value.get("timestamp")
    if isinstance(pair, Sequence) and not isinstance(pair, str) and len(pair) == 2:
        return {"start": pair[0], "end": pair[1]}  # transformers
    ticks, length = value.get("offsetInTicks"), value.get("durationInTicks")
    if isinstance(ticks, (int, float)) and isinstance(length, (int, float)):  # Azure
        return {"start (ms)": ticks / 1e4, "duration (ms)": length / 1e4}
    if "tStartMs" in value:  # YouTube
        return {"start (ms)": value["tStartMs"], "duration (ms)": value.get("dDurationMs")}
    return {}
