"""What is measured: features, cues in words, and what a recogniser is given."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from empathia.errors import InputError
from empathia.types.speech import FloatArray


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
        reference: What the levels are relative to: "corpus", "speaker so far", "adapted" or
            "calm recording".
    """

    levels: Mapping[str, str]
    description: str
    impression: str
    reference: str


@dataclass(frozen=True, slots=True)
class Sample:
    """What a recogniser is given for one utterance: no gold label, past only.

    Args:
        id, text, speaker, gender, index, groups: As in :class:`Utterance`.
        language: ISO 639-1 code, or None where it is not known.
        features: Features by extractor; an absent modality is absent.
        cues: What a reading tells of how it sounds and looks, "voice" and "face"; absent where it
            tells nothing.
    """

    id: str
    text: str | None = None
    language: str | None = None
    features: Mapping[str, Features] = field(default_factory=dict)
    speaker: str | None = None
    gender: str | None = None
    index: int = 0
    groups: Mapping[str, str] = field(default_factory=dict, hash=False)
    cues: Mapping[str, Cues] = field(default_factory=dict, hash=False)
