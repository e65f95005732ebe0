"""What the JSON of a timeline looks like (``timeline.schema.json`` says the same with ranges)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

from empathia.files import Plain


class WordJson(TypedDict):
    """A word with its times (s)."""

    text: str
    start: float
    end: float
    probability: float | None


class MeasureJson(TypedDict):
    """One measure of prosody; None where it is missing."""

    value: float | None
    unit: str | None


class ProsodyJson(TypedDict):
    """Measures by name."""

    extractor: str
    measures: dict[str, MeasureJson]


class CuesJson(TypedDict):
    """How a turn sounded, in words."""

    levels: dict[str, str]
    description: str
    impression: str
    reference: str


class RunnerUpJson(TypedDict):
    """The second most likely label."""

    label: str
    score: float


class EmotionJson(TypedDict):
    """What one source takes a turn to express."""

    source: str
    label_set: str
    label: str | None
    confidence: float | None
    runner_up: RunnerUpJson | None
    scores: dict[str, float]
    exclusive: bool
    vad: list[float] | None
    abstained: str | None


class ExemplarJson(TypedDict):
    """An answer that somebody gave in a situation like this one."""

    id: str
    bank: str
    context: str
    reply: str
    emotion: str | None
    similarity: float


class ElementJson(TypedDict):
    """How much of an element of empathy a reply has."""

    level: int
    scores: list[float]
    evidence: list[list[int]]


class EmpathyJson(TypedDict):
    """What judges take a reply to be."""

    elements: dict[str, ElementJson]
    sentiment: float | None


class ReplyJson(TypedDict):
    """An answer to a turn."""

    to: str
    text: str
    source: str
    note: str | None
    exemplars: list[ExemplarJson]
    why: str | None
    empathy: EmpathyJson | None


class SeenJson(TypedDict):
    """What was seen of the speaker in a turn."""

    person: str | None
    share: float | None
    cues: CuesJson | None
    absent: str | None
    moment: float | None
    landmarks: list[list[float]] | None


class MessageJson(TypedDict):
    """A message of a chat."""

    role: str
    content: str


class PartJson(TypedDict):
    """A part that was left out, and the label without it."""

    kind: str
    text: str
    change: float
    without: float


class ReasonJson(TypedDict):
    """What a source was asked about a turn, and what its label hangs on."""

    label: str | None
    confidence: float | None
    prompt: list[MessageJson]
    cues: dict[str, str]
    parts: list[PartJson]
    note: str | None


class TurnJson(TypedDict):
    """A turn and all that was heard in it."""

    id: str
    index: int
    speaker: str
    start: float | None
    end: float | None
    text: str | None
    words: list[WordJson]
    prosody: ProsodyJson | None
    cues: CuesJson | None
    emotions: dict[str, EmotionJson]
    emotion: EmotionJson | None
    reply: ReplyJson | None
    language: str | None
    speaker_confidence: float | None
    overlap: float | None
    seen: SeenJson | None
    why: dict[str, ReasonJson] | None


class SpeakerNumberJson(TypedDict):
    """How many people speak; probabilities by number."""

    number: int
    how: str
    probabilities: dict[str, float]


class TimelineJson(TypedDict):
    """A timeline; ``timeline.schema.json`` says the same with ranges."""

    schema_version: str
    source: str
    duration: float | None
    language: str | None
    has_audio: bool
    speakers: list[str]
    label_sets: dict[str, list[str]]
    notes: list[str]
    turns: list[TurnJson]
    speaker_number: SpeakerNumberJson | None
    provenance: Mapping[str, Plain]
