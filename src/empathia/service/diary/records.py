"""What a diary holds: entries before and after they are kept, feelings, recordings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from empathia.config.rules import Rule, one_of
from empathia.errors import UsageError
from empathia.replies.rules.tone import tone_of
from empathia.types.shapes import TimelineJson, TurnJson
from empathia.types.wire import from_json

Kind = Literal["voice", "text"]
TYPES: Mapping[str, str] = {
    "audio/wav": "wav",
    "audio/webm": "webm",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/flac": "flac",
}
"""Types of audio that can be kept, and how files of them end."""
LARGEST_AUDIO = 64 << 20
"""Bytes of a recording."""
LARGEST_TIMELINE = 8 << 20
"""Bytes of a timeline's JSON."""
WORDS, SUMMARY = 200_000, 2_000
"""Characters of an entry's words, and of its summary."""
SURE = 0.6
"""Share from which on a feeling is named, or several hard ones are called hard."""
_EDITED = "the words were edited: those that were heard are deleted"
_REASON, _LABELS = 500, 64  # characters, and labels
_CODE = re.compile("[a-z]{2,3}")
_KIND = one_of("voice", "text")
_TYPE = one_of(*TYPES)
_LANGUAGE = Rule("two or three small letters, or None", lambda v: _CODE.fullmatch(v) is not None)


@dataclass(frozen=True, slots=True)
class Feeling:
    """What an entry was taken to feel like: shares by label, or why there are none.

    Args:
        shares: Label to its share, which sum to 1.
        abstained: Why nothing is said.

    Raises:
        UsageError: There are both, neither, or shares that do not sum to 1.
    """

    shares: Mapping[str, float] = field(default_factory=dict)
    abstained: str | None = None

    def __post_init__(self) -> None:
        if bool(self.shares) == bool(self.abstained):
            raise UsageError(
                "expected shares of emotions or a reason why there are none, and not both",
                "Give one of the two",
            )
        names = all(0 < len(x) <= _LABELS for x in self.shares) and len(self.shares) <= _LABELS
        sound = all(0 <= share <= 1 for share in self.shares.values())
        total = sum(self.shares.values()) if sound else 0.0
        if self.shares and not (names and abs(total - 1) <= 1e-3):
            raise UsageError(
                f"{len(self.shares)} shares that sum to {total:.3f}, expected at most {_LABELS} "
                "between 0 and 1 that sum to 1",
                "Normalise them, and name the labels shortly",
            )
        for label in self.shares:
            check_text("label", label, _LABELS)
        check_text("reason", self.abstained or "", _REASON)


@dataclass(frozen=True, slots=True)
class Recording:
    """Audio of an entry.

    Args:
        type: Of :data:`TYPES`.
        content: The file's bytes.

    Raises:
        UsageError: It is of another type, empty or too large.
    """

    type: str
    content: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _TYPE.check("type of audio", self.type)
        if not 0 < len(self.content) <= LARGEST_AUDIO:
            raise UsageError(
                f"{len(self.content):,} bytes of audio, expected 1 to {LARGEST_AUDIO:,}",
                "Cut the recording",
            )


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry that is to be kept.

    Args:
        kind: "voice" or "text".
        words: What was said or written; "" where nothing was heard.
        feeling: What it was taken to feel like.
        summary: One or two sentences to the writer, or "".
        language: Of the words, "ko", or None where it is not known.
        when: See :func:`empathia.service.diary.days.place`.
        bookmark: Whether it is marked.
        timeline: What was heard, or None.
        audio: The recording, where the account keeps them.

    Raises:
        UsageError: Something cannot be: shares of emotion where nothing was said, a written entry
            without words, a text that is too long.
        InputError: The timeline is none.
    """

    kind: Kind
    words: str
    feeling: Feeling
    summary: str = ""
    language: str | None = None
    when: datetime | date | None = None
    bookmark: bool = False
    timeline: TimelineJson | None = field(default=None, repr=False)
    audio: Recording | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _KIND.check("kind", self.kind)
        if self.language is not None:
            _LANGUAGE.check("language", self.language)
        check_text("words", self.words, WORDS)
        check_text("summary", self.summary, SUMMARY)
        if self.timeline is not None:
            from_json(self.timeline)
            packed(self.timeline)
        check_said(self.kind, self.words, self.feeling, heard=turns(self.timeline) > 0)


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as it is kept; its timeline and audio are asked for apart.

    Args:
        id: By chance.
        moment: In UTC.
        day: On which it was written, as the account's clocks told then.
        zone: Of these clocks.
        kind: "voice" or "text".
        language: Of the words, or None.
        words: As they were heard or written, or edited since.
        summary: Or "".
        feeling: Shares of emotions, or why there are none.
        bookmark: Whether it is marked.
        has_timeline: Whether what was heard is kept.
        audio: Type of the audio that is kept, or None.
        label: What the feeling is named, by :func:`named`; found when it is read, not kept.
    """

    id: str
    moment: datetime
    day: date
    zone: str
    kind: Kind
    language: str | None
    words: str
    summary: str
    feeling: Feeling
    bookmark: bool
    has_timeline: bool
    audio: str | None
    label: str | None = None


def tones(shares: Mapping[str, float]) -> dict[str, float]:
    """Shares by one of seven broad tones (:data:`empathia.labels.EKMAN7`); others are left out."""
    summed: dict[str, float] = {}
    for label, share in shares.items():
        if (tone := tone_of(label)) is not None:
            summed[tone] = summed.get(tone, 0.0) + share
    return summed


def named(shares: Mapping[str, float]) -> str | None:
    """The tone that an entry, a day, a month or a year is called by; None where none is sure."""
    felt = tones(shares)
    first = max(felt, key=lambda tone: felt[tone], default=None)
    return first if first is not None and felt[first] >= SURE else None


def packed(value: object) -> str:
    """JSON without spaces.

    Raises:
        UsageError: It holds what JSON cannot, or is too long.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        size = len(text.encode())
    except (ValueError, TypeError, RecursionError) as error:
        raise UsageError(f"expected what JSON can hold ({error})", "Mend the timeline") from None
    if size > LARGEST_TIMELINE:
        raise UsageError(
            f"a timeline of {size:,} bytes, expected at most {LARGEST_TIMELINE:,}",
            "Leave landmarks out, or split the recording",
        )
    return text


def unworded(timeline: TimelineJson) -> TimelineJson:
    """What was heard but for its words and what may quote them: times, voice and feelings."""
    notes = [*dict.fromkeys([*timeline["notes"], _EDITED])]
    plain: list[TurnJson] = [
        {**turn, "text": None, "words": [], "reply": None, "why": None}
        for turn in timeline["turns"]
    ]
    return {**timeline, "notes": notes, "turns": plain}


def turns(timeline: TimelineJson | None) -> int:
    """How many turns were heard."""
    return 0 if timeline is None else len(timeline["turns"])


def check_said(kind: str, words: str, feeling: Feeling, *, heard: bool) -> None:
    """Refuse feelings of silence, and written entries of nothing.

    Raises:
        UsageError: It is one of these.
    """
    if words.strip():
        return
    if kind == "text":
        raise UsageError("a written entry without words", "Write something, or delete it")
    if feeling.shares and not heard:
        raise UsageError(
            "shares of emotions of a recording in which nothing was heard: silence has none",
            "Say why nothing is felt, in 'abstained'",
        )


def check_text(name: str, text: str, longest: int) -> None:
    """Refuse what is too long or no Unicode.

    Raises:
        UsageError: It is one of these.
    """
    if len(text) > longest:
        raise UsageError(
            f"{name} of {len(text):,} characters, expected at most {longest:,}", "Shorten it"
        )
    try:
        text.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{name} with half a character, expected Unicode", "Mend it") from None
