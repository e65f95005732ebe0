"""JSON that other programs wrote: the objects in it that say something, and who, what, when."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence

Object = Mapping[str, object]

MARKS = ("punctuation", "punct")
"""What types of punctuation are called that stands as a word of its own."""
SINGLE = ("word", "pronunciation", "spacing", *MARKS)
"""What types of single words are called."""

_TEXTS = (
    *("text", "content", "transcript", "display", "sentence", "utterance", "body", "message"),
    *("segs", "elements"),
    *("punctuated_word", "word"),
)
_UNSAID = ("system", "developer", "tool", "function", "service")
_SLACK = ("channel_", "group_", "pinned_", "reminder_", "bot_add", "bot_remove", "huddle_")
_DISCORD = (
    *("RecipientAdd", "RecipientRemove", "Call", "ChannelNameChange", "ChannelIconChange"),
    *("ChannelPinnedMessage", "GuildMemberJoin", "ThreadCreated", "UserPremiumGuildSubscription"),
)
_PARTS = ("text", "utf8", "content", "value")
_SPEAKERS = (
    *("speaker", "speaker_name", "speakerName", "speaker_label", "speaker_id", "speakerTag"),
    *("speakerLabel", "speakerId", "sender_name", "senderName"),
)
_SENDERS = ("user_profile", "from", "author", "sender", "user", "username", "name", "role")
_NAMES = ("nickname", "display_name", "global_name", "real_name", "name", "username", "role", "id")
_SENT = (
    *("date", "timestamp", "ts", "created_at", "sent_at", "time", "date_unixtime"),
    *("timestamp_ms", "create_time"),
)
DATED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
"""How calendar times begin in ISO 8601."""
_UNIX = re.compile(r"1\d{9}(?:\.\d+)?|1\d{12}", re.ASCII)


def text_of(value: Object) -> str | None:
    """What an object says; None where it has no place for words."""
    for key in _TEXTS:
        if key in value:
            text = _joined(value[key], "" if key in {"segs", "elements"} else None)
            if text is not None:
                return text
    shared = value.get("value") if isinstance(value.get("from"), str) else None  # ShareGPT
    return shared if isinstance(shared, str) else None


def words_of(value: Object) -> list[Object]:
    """The words of a segment that has any."""
    held = value.get("words") or value.get("elements")
    words = [w for w in held if isinstance(w, Mapping)] if isinstance(held, list) else []
    if words and "offsetMilliseconds" in words[0]:  # Azure
        return [{**w, **_in_seconds(w)} for w in words]
    other = value.get("timestamps") or value.get("result")
    if words or not isinstance(other, list):
        return words
    triples = [w for w in other if isinstance(w, list) and len(w) == 3]  # Watson
    vosk: list[Object] = [w for w in other if isinstance(w, Mapping) and "word" in w]
    return vosk or [dict(zip(("word", "start", "end"), w, strict=True)) for w in triples]


def _in_seconds(word: Object) -> dict[str, object]:
    start, length = word.get("offsetMilliseconds"), word.get("durationMilliseconds")
    if not isinstance(start, (int, float)) or not isinstance(length, (int, float)):
        return {}
    return {"start": start / 1000, "end": (start + length) / 1000}


def unsaid(value: Object) -> bool:
    """Whether nobody says it: orders to a model, news of a chat."""
    author = value.get("author")
    roles = [value.get(k) for k in ("role", "type", "from")]
    roles += [author.get("role")] if isinstance(author, Mapping) else []
    if any(r in _UNSAID for r in roles):
        return True
    if isinstance(author, Mapping) and value.get("type") in _DISCORD:
        return True
    return str(value.get("subtype") or "").startswith(_SLACK)


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
        (n for k in _SENDERS if (n := _name(value.get(k))) is not None),
        str(value["event"]) if value.get("event") in ("user", "bot") else None,  # Rasa
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
        if DATED.match(text):
            return text
        if _UNIX.fullmatch(text):
            seconds = float(text) / (1000 if len(text) == 13 and "." not in text else 1)
            return datetime.datetime.fromtimestamp(seconds, datetime.UTC).isoformat()
    return None


def mended(value: Object) -> Object:
    """A message of Facebook, which writes each byte of UTF-8 as a letter of its own."""
    letters = {k: v for k, v in value.items() if isinstance(v, str) and not v.isascii()}
    try:
        return {**value, **{k: v.encode("latin-1").decode("utf-8") for k, v in letters.items()}}
    except UnicodeError:
        return value


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
    if "offsetMilliseconds" in value:  # Azure
        length = value.get("durationMilliseconds")
        return {"start (ms)": value["offsetMilliseconds"], "duration (ms)": length}
    if "tStartMs" in value:  # YouTube
        return {"start (ms)": value["tStartMs"], "duration (ms)": value.get("dDurationMs")}
    return {}
