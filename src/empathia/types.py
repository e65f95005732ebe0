"""The values that travel between stages: frozen, validated, free of torch.

Times are seconds from the start of the recording, scores lie in [0, 1],
audio is mono float32 in [-1, 1]. What is not known is None or absent, never 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from empathia.errors import InputError, LabelError
from empathia.labels import LabelSet

FloatArray = NDArray[np.float32]


def _check_span(what: str, start: float | None, end: float | None) -> None:
    if (start is None) != (end is None):
        raise InputError(f"{what} has only one of start and end", "Give both times or none")
    if start is None or end is None:
        return
    if not (math.isfinite(start) and math.isfinite(end) and 0 <= start <= end):
        raise InputError(
            f"{what} goes from {start} to {end} s, expected 0 <= start <= end",
            "Mend the times or leave them out",
        )


@dataclass(frozen=True, slots=True, eq=False)
class Audio:
    """A stretch of mono sound.

    Args:
        samples: Float32 in [-1, 1], shape (n,).
        rate: Samples a second (Hz).
    """

    samples: FloatArray
    rate: int

    def __post_init__(self) -> None:
        if self.samples.ndim != 1 or self.rate <= 0:
            raise InputError(
                f"expected mono samples at a positive rate, found shape "
                f"{self.samples.shape} at {self.rate} Hz",
                "Mix the channels down first",
            )

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its times (s) and the recogniser's probability for it."""

    text: str
    start: float
    end: float
    probability: float

    def __post_init__(self) -> None:
        _check_span(f"word '{self.text}'", self.start, self.end)


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one speaker says before somebody else does.

    Args:
        id: Unique within its dialogue's corpus or recording.
        index: Position in time order, from 0.
        speaker: Who speaks.
        text: The words, or None where they are not known.
        start, end: In s, or None.
        audio, video: Recordings that hold it.
        gender: "female", "male" or None where it is not known.
        gold: Labels that people gave it (one for single-label corpora).
        votes: Each rater's labels.
        vad: Gold valence, arousal, dominance, each in [-1, 1].
        groups: What else it belongs to, by name: "session", "scenario", any grouping by which
            a protocol may hold data out.
        clips: Which of "audio" and "video" hold it alone; times are not theirs (:meth:`place`).
    """

    id: str
    index: int
    speaker: str
    text: str | None = None
    start: float | None = None
    end: float | None = None
    audio: Path | None = None
    video: Path | None = None
    gender: str | None = None
    gold: tuple[str, ...] = ()
    votes: tuple[tuple[str, ...], ...] = ()
    vad: tuple[float, float, float] | None = None
    groups: Mapping[str, str] = field(default_factory=dict, hash=False)
    clips: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check_span(f"utterance '{self.id}'", self.start, self.end)
        if self.index < 0:
            raise InputError(f"utterance '{self.id}' has index {self.index}", "Count from 0")

    @property
    def duration(self) -> float | None:
        """Length in seconds, or None where times are not known."""
        return None if self.start is None or self.end is None else self.end - self.start

    def place(self, medium: str) -> tuple[float, float] | None:
        """Where it lies in its "audio" or "video" (s); None where it is the whole file."""
        if self.start is None or self.end is None or medium in self.clips:
            return None
        return self.start, self.end


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Utterances in time order.

    Args:
        id: Unique within the corpus.
        utterances: In time order; ``utterances[i].index == i``.
        corpus: Name of the corpus, or "" for a user's recording.
        split: "train", "valid", "test" or None.
        language: ISO 639-1 code or None where it is not known.
        labels: The set that gold labels belong to, or None.
    """

    id: str
    utterances: tuple[Utterance, ...]
    corpus: str = ""
    split: str | None = None
    language: str | None = None
    labels: LabelSet | None = None

    def __post_init__(self) -> None:
        order = [u.index for u in self.utterances]
        if order != list(range(len(order))):
            raise InputError(
                f"dialogue '{self.id}' has utterances in the order {order[:10]}",
                "Number them from 0 in time order",
            )

    def upto(self, index: int) -> tuple[Utterance, ...]:
        """The past of utterance ``index``, without itself: all that a causal model may see."""
        return self.utterances[:index]


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Numbers that describe one utterance.

    Args:
        utterance: Id of the utterance.
        extractor: Name of the plug-in that made them.
        values: Float32, shape (frames, dim); NaN marks a missing measure.
        names, units: One a column, or () where columns have none.
        rate: Frames a second (Hz), or None for one row an utterance.
    """

    utterance: str
    extractor: str
    values: FloatArray
    names: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    rate: float | None = None

    def __post_init__(self) -> None:
        if self.values.ndim != 2:
            raise InputError(
                f"features '{self.extractor}' have shape {self.values.shape}",
                "Expected (frames, dim)",
            )
        if self.names and len(self.names) != self.values.shape[1]:
            raise InputError(
                f"features '{self.extractor}' have {self.values.shape[1]} columns and "
                f"{len(self.names)} names",
                "Name every column or none",
            )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Features):
            return NotImplemented
        return self._key() == other._key() and np.array_equal(
            self.values, other.values, equal_nan=True
        )

    def __hash__(self) -> int:
        return hash(self._key())

    def _key(self) -> tuple[object, ...]:
        return self.utterance, self.extractor, self.names, self.units, self.rate

    def measure(self, name: str) -> float | None:
        """One named column of a one-row feature; None where it is missing."""
        value = float(self.values[0, self.names.index(name)])
        return None if math.isnan(value) else value


@dataclass(frozen=True, slots=True)
class Cues:
    """How an utterance sounded, in words.

    Args:
        levels: Measure to level name, for measures that could be judged.
        description: What was measured ("low volume, steady pitch, slow").
        impression: A hedged sentence on how it may come across; "" if nothing can be said.
        reference: What the levels are relative to: "corpus", "speaker so far" or "adapted".
    """

    levels: Mapping[str, str]
    description: str
    impression: str
    reference: str


@dataclass(frozen=True, slots=True)
class Emotion:
    """What one source takes the emotion of an utterance to be.

    Args:
        source: Who says so: "text", "voice", "fusion", a plug-in's name.
        labels: The label set.
        scores: One a label in [0, 1]; () where the source abstained without looking.
        exclusive: Scores sum to 1 (one emotion), else they are independent.
        vad: Valence, arousal, dominance in [-1, 1], or None.
        abstained: Why the source does not commit itself, or None.
    """

    source: str
    labels: LabelSet
    scores: tuple[float, ...] = ()
    exclusive: bool = True
    vad: tuple[float, float, float] | None = None
    abstained: str | None = None

    def __post_init__(self) -> None:
        if not self.scores:
            if self.abstained is None:
                raise LabelError(
                    f"'{self.source}' gave neither scores nor a reason to abstain",
                    "Give one of the two",
                )
            return
        if len(self.scores) != len(self.labels):
            raise LabelError(
                f"'{self.source}' gave {len(self.scores)} scores for "
                f"{len(self.labels)} labels of '{self.labels.name}'",
                "Give one score a label",
            )
        if not all(0 <= s <= 1 for s in self.scores):
            raise LabelError(f"'{self.source}' gave scores outside [0, 1]", "Normalise them")
        if self.exclusive and abs(sum(self.scores) - 1) > 1e-3:
            raise LabelError(
                f"exclusive scores of '{self.source}' sum to {sum(self.scores):.4f}",
                "Normalise them to 1",
            )

    def _ranked(self) -> list[tuple[float, str]]:
        return sorted(zip(self.scores, self.labels, strict=True), key=lambda x: -x[0])

    @property
    def label(self) -> str | None:
        """The most likely label; None where the source abstained."""
        return None if self.abstained is not None or not self.scores else self._ranked()[0][1]

    @property
    def confidence(self) -> float | None:
        """Score of the most likely label, also where the source abstained after looking."""
        return self._ranked()[0][0] if self.scores else None

    @property
    def runner_up(self) -> tuple[str, float] | None:
        """The second most likely label and its score."""
        if len(self.scores) < 2:
            return None
        score, label = self._ranked()[1]
        return label, score

    def score(self, label: str) -> float:
        """Score of one label; 0 where nothing was scored is an error, not a number.

        Raises:
            LabelError: The label is unknown or the source gave no scores.
        """
        if not self.scores:
            raise LabelError(f"'{self.source}' gave no scores", "Look at 'abstained' first")
        return self.scores[self.labels.index(label)]


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to an utterance.

    Args:
        to: Id of the utterance that it answers.
        text: The words.
        source: Which generator made it.
        note: Why it is not what was asked for (a floor reply in place of a model's), or None.
    """

    to: str
    text: str
    source: str
    note: str | None = None


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
    """

    utterance: Utterance
    words: tuple[Word, ...] = ()
    prosody: Features | None = None
    cues: Cues | None = None
    emotions: Mapping[str, Emotion] = field(default_factory=dict)
    emotion: Emotion | None = None
    reply: Reply | None = None


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
    """

    source: str
    turns: tuple[Turn, ...]
    speakers: tuple[str, ...]
    duration: float | None = None
    language: str | None = None
    has_audio: bool = False
    waveform: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """What a recogniser is given for one utterance: no gold label, past only.

    Args:
        id, text, speaker, gender, index, groups: As in :class:`Utterance`.
        language: ISO 639-1 code, or None where it is not known.
        features: Features by extractor; an absent modality is absent.
        history: Texts of the past utterances with their speakers, oldest first.
    """

    id: str
    text: str | None = None
    language: str | None = None
    features: Mapping[str, Features] = field(default_factory=dict)
    history: Sequence[tuple[str, str]] = ()
    speaker: str | None = None
    gender: str | None = None
    index: int = 0
    groups: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Score:
    """A measured number, its 95 % interval where known, on n items of a slice of the data."""

    metric: str
    value: float
    low: float | None = None
    high: float | None = None
    n: int = 0
    slice: str = "all"
