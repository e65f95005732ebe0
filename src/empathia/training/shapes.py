"""Which columns the features have that a predictor learnt from, and which of a talk fit them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from empathia.training.problem import Conversation, Exchange
from empathia.types import Features, Sample


@dataclass(frozen=True, slots=True)
class Shape:
    """The columns of a feature.

    Args:
        number: Of columns.
        names: One a column, () where they have none; None where that is not known.
    """

    number: int
    names: tuple[str, ...] | None = None

    @classmethod
    def of(cls, feature: Features) -> Shape:
        """Of a feature, (frames, columns)."""
        return cls(feature.values.shape[1], feature.names)

    def fits(self, other: Shape) -> bool:
        """Whether columns are the same, as far as both are known."""
        unknown = self.names is None or other.names is None
        return self.number == other.number and (unknown or self.names == other.names)

    def unlike(self, other: Shape) -> tuple[str, str]:
        """This and another that does not fit, in words, by what tells them apart."""
        count = f"{self.number} column{'s' * (self.number != 1)}"
        if self.number != other.number:
            return count, f"{other.number}"
        both = zip_longest(self.names or (), other.names or (), fillvalue="")
        mine, theirs = next((_called(a), _called(b)) for a, b in both if a != b)
        return f"{count} ({mine})", f"others ({theirs})"


def _called(name: str) -> str:
    return f"such as '{name}'" if name else "without names"


def shapes(exchanges: Iterable[Exchange]) -> dict[str, Shape]:
    """By feature, the columns of what is read and foretold in exchanges."""
    known: dict[str, Shape] = {}
    for e in exchanges:
        for sample in (*e.past, e.reaction):
            for name, feature in sample.features.items():
                known.setdefault(name, Shape.of(feature))
    return known


def misfits(known: Mapping[str, Shape], samples: Iterable[Sample]) -> dict[str, Shape]:
    """Features of samples whose columns are not the known ones, with the first such columns."""
    odd: dict[str, Shape] = {}
    for sample in samples:
        for name in _strange(known, sample):
            odd.setdefault(name, Shape.of(sample.features[name]))
    return odd


def fitting(known: Mapping[str, Shape], pasts: Sequence[Conversation]) -> list[Conversation]:
    """Pasts without features whose columns are not the known ones; a sample stays one object."""
    made: dict[int, Sample] = {}
    for sample in (s for past in pasts for s in past):
        if id(sample) not in made:
            out = _strange(known, sample)
            kept = {n: f for n, f in sample.features.items() if n not in out}
            made[id(sample)] = dataclasses.replace(sample, features=kept) if out else sample
    return [tuple(made[id(s)] for s in past) for past in pasts]


def _strange(known: Mapping[str, Shape], sample: Sample) -> set[str]:
    return {n for n, f in sample.features.items() if n in known and not known[n].fits(Shape.of(f))}
