"""Scales of features: mean and deviation of each column, and whose they are.

What a normaliser learnt lies in :class:`Fixed` or :class:`Running`, which have a plain form
so that a model can be kept together with them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self, TypedDict, final

import numpy as np
from numpy.typing import NDArray

from empathia.types import FloatArray, Sample

Array = NDArray[np.float64]
Conversation = Sequence[Sample]

ENOUGH = 5
"""Clips of a group or speaker before it has a scale of its own; the train mean's weight."""
_CONSTANT = 1e-7  # of the mean: less is rounding of 32 bits


class ScaleJson(TypedDict):
    """A scale; None where a number is NaN."""

    mean: list[float | None]
    deviation: list[float | None]


@final
class FixedJson(TypedDict):
    """Scales of everybody and by gender."""

    overall: ScaleJson
    genders: dict[str, ScaleJson]


@final
class RunningJson(TypedDict):
    """Where a running mean starts, and one deviation."""

    start: list[float | None]
    deviation: list[float | None]


@dataclass(frozen=True, slots=True)
class Scale:
    """Mean and deviation of each column, shape (dim,); NaN where there was no value."""

    mean: Array
    deviation: Array

    @classmethod
    def of(cls, values: Sequence[Array | FloatArray], epsilon: float = 0.0) -> Self:
        """Over the rows of all ``values``, shapes (rows, dim), in two passes."""
        count = np.sum([np.sum(~np.isnan(v), axis=0) for v in values], axis=0)
        with np.errstate(invalid="ignore"):
            mean = np.sum([np.nansum(v, axis=0, dtype=float) for v in values], axis=0) / count
            spread = np.sum([np.nansum((v - mean) ** 2, axis=0) for v in values], axis=0) / count
        deviation = np.sqrt(spread)
        constant = deviation <= _CONSTANT * np.abs(mean)
        return cls(mean, np.where(constant, 0.0, deviation + epsilon))

    def or_else(self, other: Scale) -> Scale:
        """This one, and the other one for columns that had no value."""
        unknown = np.isnan(self.mean)
        return Scale(
            np.where(unknown, other.mean, self.mean),
            np.where(unknown, other.deviation, self.deviation),
        )

    def __call__(self, values: Array) -> Array:
        """Values on this scale: constant columns 0, missing ones NaN."""
        from_mean = values - self.mean
        constant = self.deviation == 0
        scaled: Array = from_mean / np.where(constant, 1.0, self.deviation)
        return np.where(constant & ~np.isnan(values), 0.0, scaled)

    def plain(self) -> ScaleJson:
        """For JSON; :meth:`restored` gives the same scale back."""
        return {"mean": _plain(self.mean), "deviation": _plain(self.deviation)}

    @classmethod
    def restored(cls, plain: ScaleJson) -> Self:
        """Of what :meth:`plain` gave."""
        return cls(_array(plain["mean"]), _array(plain["deviation"]))


@dataclass(frozen=True, slots=True)
class Fixed:
    """The scale of a sample's gender, else that of all train speech."""

    overall: Scale
    genders: Mapping[str, Scale]

    def __call__(self, dialogues: Sequence[Conversation]) -> Callable[[Sample], Scale]:
        """Who else speaks does not matter."""
        return lambda sample: self.genders.get(sample.gender or "", self.overall)

    def plain(self) -> FixedJson:
        """For JSON."""
        genders = {gender: scale.plain() for gender, scale in self.genders.items()}
        return {"overall": self.overall.plain(), "genders": genders}


@dataclass(frozen=True, slots=True)
class Running:
    """The mean of what a speaker said before, drawn to ``start``, and one deviation."""

    feature: str
    start: Array
    deviation: Array

    def __call__(self, dialogues: Sequence[Conversation]) -> Callable[[Sample], Scale]:
        """Looks at the past of each utterance in its dialogue."""
        means = past_means(dialogues, self.feature, self.start)
        return lambda sample: Scale(means[sample.id], self.deviation)

    def plain(self) -> RunningJson:
        """For JSON."""
        return {"start": _plain(self.start), "deviation": _plain(self.deviation)}


def restored(feature: str, plain: FixedJson | RunningJson | None) -> Fixed | Running | None:
    """What ``plain()`` of one of the above gave; None stays None."""
    if plain is None:
        return None
    if "start" in plain:
        return Running(feature, _array(plain["start"]), _array(plain["deviation"]))
    genders = {gender: Scale.restored(x) for gender, x in plain["genders"].items()}
    return Fixed(Scale.restored(plain["overall"]), genders)


def _plain(values: Array) -> list[float | None]:
    return [None if np.isnan(x) else float(x) for x in values]


def _array(values: Sequence[float | None]) -> Array:
    return np.array([np.nan if x is None else x for x in values], np.float64)


def past_means(
    dialogues: Sequence[Conversation], feature: str, start: Array
) -> Mapping[str, Array]:
    """For each utterance the mean of what its speaker said before, drawn to ``start``.

    Args:
        dialogues: In time order.
        feature: Its name.
        start: (columns,) in the feature's units; counts as some utterances more.

    Returns:
        Utterance id to (columns,).
    """
    means: dict[str, Array] = {}
    for dialogue in dialogues:
        total: dict[str, Array] = defaultdict(lambda: ENOUGH * start)
        count: dict[str, Array] = defaultdict(lambda: np.full(len(start), float(ENOUGH)))
        for s in (s for s in dialogue if feature in s.features):
            if s.speaker is None:  # nobody knows whose past it would be
                means[s.id] = start
                continue
            means[s.id] = total[s.speaker] / count[s.speaker]
            mean = Scale.of([s.features[feature].values]).mean
            total[s.speaker] = total[s.speaker] + np.nan_to_num(mean)
            count[s.speaker] = count[s.speaker] + ~np.isnan(mean)
    return means
