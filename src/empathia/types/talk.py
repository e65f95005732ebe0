"""A conversation as it was heard: turns, replies, the timeline."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from empathia.errors import LabelError, UsageError
from empathia.files import Plain
from empathia.types.felt import ELEMENTS, LEVELS, Emotion, Empathy
from empathia.types.heard import Cues, Features
from empathia.types.seen import Seen
from empathia.types.speech import FloatArray, Utterance, Word

Tell = Callable[[str], None] | None
"""Hears the pieces of a text as it is written, where somebody wants to."""
ROLES = ("system", "user", "assistant")
PARTS = ("words", "voice", "face", "soft", "past")
"""Kinds of what a language model is asked about: the turn, by its words, cues and features that are
no text, and what was said before."""
_CLEAR, _FALLS = 0.2, 0.02  # nats and probability that a label loses without what counts for it


@dataclass(frozen=True, slots=True)
class Exemplar:
    """An answer that somebody gave in a situation like this one.

    Args:
        id: In its bank.
        bank: Its name.
        context: What was said before it, a line a turn.
        reply: The answer, as it was given.
        emotion: What the situation was labelled with, or None.
        similarity: Of the situations, at most 1: the cosine of their vectors, or the share of
            words that they have in common.
    """

    id: str
    bank: str
    context: str
    reply: str
    emotion: str | None
    similarity: float


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to an utterance.

    Args:
        to: Id of the utterance that it answers.
        text: The words.
        source: Which generator made it.
        note: Why it is not what was asked for (the rules' reply in place of a model's), or None.
        exemplars: What it is made of or guided by, the nearest first.
        why: Why it is this one, in words, or None.
        empathy: What judges take it to be, or None where they were not asked.
    """

    to: str
    text: str
    source: str
    note: str | None = None
    exemplars: tuple[Exemplar, ...] = ()
    why: str | None = None
    empathy: Empathy | None = None


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted of a reply.

    Args:
        empathy: Element of :data:`~empathia.types.felt.ELEMENTS` to the level that it should
            have, from 0 (none) to 2 (strong); what is not named is free.
        sentiment: How good its words should be, from -1 to 1; None leaves it free.
        candidates: How many different answers to choose from, at least 1.
        told: What tools told for it, each in words; only language models use it.

    Raises:
        UsageError: One of these cannot be.
    """

    empathy: Mapping[str, int] = field(default_factory=dict)
    sentiment: float | None = None
    candidates: int = 1
    told: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for element, level in self.empathy.items():
            if element not in ELEMENTS or level not in range(len(LEVELS)):
                raise UsageError(
                    f"a reply cannot have '{element}={level}'",
                    f"Elements are {', '.join(ELEMENTS)}; levels 0, 1, 2 ({', '.join(LEVELS)})",
                )
        if self.sentiment is not None and not -1 <= self.sentiment <= 1:
            raise UsageError(f"a reply cannot have the sentiment {self.sentiment}", "From -1 to 1")
        if self.candidates < 1:
            raise UsageError(
                f"replies cannot be chosen from {self.candidates}", "Give 1 candidate or more"
            )


ANY = Wish()
"""Whatever comes."""


@dataclass(frozen=True, slots=True)
class Tool:
    """What a language model may call before it answers.

    Args:
        name: Letters, digits, ``_`` and ``-``.
        description: What it does, and when to use it.
        parameters: JSON schema of its arguments.
    """

    name: str
    description: str
    parameters: Mapping[str, Plain]


@dataclass(frozen=True, slots=True)
class Call:
    """A tool that a language model wants to use before it answers.

    Args:
        id: Of this call.
        name: The tool's.
        arguments: A JSON object.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Turn:
    """An utterance and all that Empathia heard in it.

    Args:
        utterance: Who, when, what.
        words: Words with times; () where they are not known.
        prosody: The eight measures, or None.
        cues: How it sounded in words, or None.
        emotions: What each source says, by source.
        emotion: What all sources together say.
        reply: An empathic answer, or None.
        seen: What was seen of the speaker; None where there was no picture to look at.
        why: Why sources say so, by source, of those that can tell; None where it was not asked.
    """

    utterance: Utterance
    words: tuple[Word, ...] = ()
    prosody: Features | None = None
    cues: Cues | None = None
    emotions: Mapping[str, Emotion] = field(default_factory=dict)
    emotion: Emotion | None = None
    reply: Reply | None = None
    seen: Seen | None = None
    why: Mapping[str, Reason] | None = None


def overlaps(turns: Sequence[Turn]) -> list[float | None]:
    """Seconds of each turn in which the turn of another speaker goes on, to the millisecond.

    Args:
        turns: In any order.

    Returns:
        None for turns without times.
    """
    shared: dict[int, list[tuple[float, float]]] = {}
    going: list[tuple[float, int]] = []  # end and number of turns that may not be over
    times = ((t.utterance.start, t.utterance.end, i) for i, t in enumerate(turns))
    for start, end, i in sorted((a, b, i) for a, b, i in times if a is not None and b is not None):
        shared[i] = []
        going = [(until, j) for until, j in going if until > start]
        for until, j in going:
            if turns[j].utterance.speaker != turns[i].utterance.speaker:
                shared[i].append((start, min(until, end)))
                shared[j].append((start, min(until, end)))
        going.append((end, i))
    return [round(_covered(shared[i]), 3) if i in shared else None for i in range(len(turns))]


def _covered(spans: Sequence[tuple[float, float]]) -> float:
    """Seconds that these cover together."""
    covered = reached = 0.0
    for start, end in sorted(spans):
        covered += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return covered


@dataclass(frozen=True, slots=True)
class SpeakerNumber:
    """How many people speak.

    Args:
        number: How many it is taken for, at least 1.
        how: "estimated" from the voices, "given" by the user, or told by the "channels".
        probabilities: Of each number by the voices alone, in [0, 1], summing to 1, also where the
            number was given; {} where there was nothing to tell apart.
    """

    number: int
    how: str
    probabilities: Mapping[int, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Timeline:
    """A recording as it was heard.

    Args:
        source: What was read (a path as the user gave it).
        turns: In time order.
        speakers: Names in order of first appearance.
        duration: Length of the recording in s, or None for a transcript without times.
        language: ISO 639-1 code or None where it is not known.
        has_audio: Whether there was sound to listen to.
        waveform: (n,) peak amplitudes in [0, 1], evenly spaced over the recording; () without.
        notes: Honest remarks for the user ("words not available: ...").
        provenance: Versions, weights with licences, options: what is needed to repeat this.
        speaker_number: How many people speak and how sure that is; None for a transcript.
    """

    source: str
    turns: tuple[Turn, ...]
    speakers: tuple[str, ...]
    duration: float | None = None
    language: str | None = None
    has_audio: bool = False
    waveform: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()
    provenance: Mapping[str, Plain] = field(default_factory=dict)
    speaker_number: SpeakerNumber | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat.

    Args:
        role: "system", "user" or "assistant".
        content: The words.

    Raises:
        UsageError: The role is none of the three.
    """

    role: str
    content: str

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise UsageError(
                f"a message has the role '{self.role}', expected one of {', '.join(ROLES)}",
                "Name one of these",
            )


@dataclass(frozen=True, slots=True)
class Request:
    """What a language model is asked.

    Args:
        messages: The chat so far. A model that prefills goes on with a last message of the
            assistant and answers with what follows it.
        max_tokens: Most tokens to answer with, at least 1.
        temperature: 0 takes the likeliest token each time; larger is freer.
        top_k: How many tokens each step may choose from, at least 1.
        top_p: The likeliest tokens that together have this share may be chosen, in (0, 1].
        seed: Same seed and messages, same answer (a server may not hold to it); 0 to 2^31 - 1.
        stop: Texts at which the answer ends, themselves left out.
        choices: The answer is one of these, whole; () for any. A server that cannot be told so may
            answer something else.
        soft: Features, (frames, dim) by name, that stand at the mark U+FFFC of the messages; only
            for a model that learnt to read them.

    Raises:
        UsageError: There is no message, or a number is out of its range.
    """

    messages: Sequence[Message]
    max_tokens: int = 60
    temperature: float = 0.7
    top_k: int = 40
    top_p: float = 1.0
    seed: int = 1
    stop: Sequence[str] = ()
    choices: tuple[str, ...] = ()
    soft: Mapping[str, FloatArray] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if not self.messages:
            raise UsageError("a language model is asked nothing at all", "Give it a message")
        fine = {
            "max_tokens": (self.max_tokens >= 1, "at least 1"),
            "temperature": (0 <= self.temperature < math.inf, "0 or more"),
            "top_k": (self.top_k >= 1, "at least 1"),
            "top_p": (0 < self.top_p <= 1, "above 0, at most 1"),
            "seed": (0 <= self.seed < 2**31, "0 to 2^31 - 1"),  # other engines take -1 for any
            "stop": (all(self.stop), "texts with a character each"),
        }
        for name, (it_is, expected) in fine.items():
            if not it_is:
                raise UsageError(
                    f"a language model is asked with {name} = {getattr(self, name)}, "
                    f"expected {expected}",
                    "Give it a value in that range",
                )


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what was asked about, and what a label hangs on it.

    Args:
        kind: One of :data:`PARTS`.
        text: It; "" of the past.
        change: By how many nats the label's log odds fall without it; below 0 they rise.
        without: Probability of the label without it, in [0, 1].

    Raises:
        LabelError: There is no such kind.
    """

    kind: str
    text: str
    change: float
    without: float

    def __post_init__(self) -> None:
        if self.kind not in PARTS:
            raise LabelError(
                f"'{self.kind}' is no part of what is asked about (known: {', '.join(PARTS)})",
                "Name one of these",
            )


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a language model tells a label: what it was asked, and what the label hangs on.

    Nothing of it is what a model says of itself: parts were left out, the label scored again.

    Args:
        label: The likeliest, also where the source abstained; None where its answer is none.
        confidence: Its probability; None without one.
        prompt: All that the model was asked.
        cues: How it sounds and looks in the prompt's words, "voice" and "face" where they are told.
        parts: Those that were left out, one at a time; the one that counts most is the first.
        note: Why nothing was left out, or None.
    """

    label: str | None
    confidence: float | None
    prompt: tuple[Message, ...]
    cues: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()
    note: str | None = None

    @property
    def told(self) -> tuple[Part, ...]:
        """The parts without which the label is clearly less sure."""
        sure = self.confidence or 0.0
        return tuple(p for p in self.parts if p.change >= _CLEAR and sure - p.without >= _FALLS)
