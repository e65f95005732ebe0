"""Real reactions of the training part, of which one is given as an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from empathia.reaction._spans import Spans
from empathia.reaction._told import Asked, Foretold
from empathia.training.problem import Exchange
from empathia.types import FloatArray

_KEPT = "bank"


@dataclass(frozen=True, slots=True)
class Bank:
    """Reactions by number.

    Args:
        emotions: (reactions, labels), NaN where one has no label; (reactions, 0) without labels.
        spans: Their frames.
    """

    emotions: FloatArray
    spans: Spans

    @classmethod
    def of(cls, asked: Asked, exchanges: Sequence[Exchange]) -> Self:
        """The reactions of exchanges that hold anything of what is asked for."""
        unknown = (np.nan,) * (0 if asked.labels is None else len(asked.labels))
        emotions = [unknown if e.emotion is None or not unknown else e.emotion for e in exchanges]
        each = {}
        for name, form in asked.forms.items():
            empty = np.zeros((0, form.columns), np.float32)
            there = (e.reaction.features.get(name) for e in exchanges)
            each[name] = [empty if f is None else f.values for f in there]
        return cls(np.array(emotions, np.float32), Spans.of(asked, each))

    def __getitem__(self, number: int) -> Foretold:
        emotion = self.emotions[number]
        known = len(emotion) > 0 and not np.isnan(emotion).any()
        return Foretold(emotion.tolist() if known else None, self.spans[number])

    def arrays(self) -> dict[str, NDArray[Any]]:
        """By name; :meth:`restored` gives the bank back."""
        return {f"{_KEPT}.emotions": self.emotions, **self.spans.arrays(_KEPT)}

    @classmethod
    def restored(cls, asked: Asked, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Of what :meth:`arrays` gave."""
        return cls(arrays[f"{_KEPT}.emotions"], Spans.restored(asked, arrays, _KEPT))


def useful(asked: Asked, exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Those whose reaction holds all of what is asked for, else those that hold anything of it."""

    def held(e: Exchange) -> int:
        return sum(n in e.reaction.features for n in asked.forms) + (
            asked.labels is not None and e.emotion is not None
        )

    most = max((held(e) for e in exchanges), default=0)
    return [e for e in exchanges if held(e) == most]
