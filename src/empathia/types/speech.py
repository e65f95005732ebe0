"""What is said and by whom: sound, words, utterances, dialogues."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from empathia.errors import InputError
from empathia.labels import LabelSet

FloatArray = NDArray[np.float32]

_UNSPACED = frozenset({"zh", "yue", "ja", "th", "lo", "my", "km", "bo"})
"""Languages that are written without spaces between words."""


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


def spaced(before: str, after: str, language: str | None = None) -> bool:
    """Whether a space stands between two words of this language (ISO 639-1).

    Where none does, Latin words ("machine learning") keep theirs. A word may bring its own.
    """
    if before[-1:].isspace() or after[:1].isspace():
        return False
    latin = before[-1:].isascii() and before[-1:].isalnum() and after[:1].isascii()
    return language not in _UNSPACED or (latin and after[:1].isalnum())


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
        language: ISO 639-1 code of the words, or None where it is not known.
        speaker_confidence: That it is this speaker, in [0, 1]; 0 where it is too short to tell;
            None where nobody had to be told apart.
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
    language: str | None = None
    speaker_confidence: float | None = None

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
