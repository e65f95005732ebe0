"""Real reactions of the training part, of which one is given as an answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from empathia.reaction._told import Asked, Foretold
from empathia.training.problem import Exchange
from empathia.types import FloatArray


@dataclass(frozen=True, slots=True)
class Bank:
    """Reactions by number.

    Args:
        emotions: (reactions, labels), NaN where one has no label; (reactions, 0) without labels.
        values: By feature, all frames behind each other, (frames, dim).
        ends: By feature, (reactions,) where the frames of each end.
    """

    emotions: FloatArray
    values: Mapping[str, FloatArray]
    ends: Mapping[str, NDArray[np.int64]]

    @classmethod
    def of(cls, asked: Asked, exchanges: Sequence[Exchange]) -> Self:
        """The reactions of exchanges that hold anything of what is asked for."""
        unknown = (np.nan,) * (0 if asked.labels is None else len(asked.labels))
        emotions = [unknown if e.emotion is None or not unknown else e.emotion for e in exchanges]
        values, ends = {}, {}
        for name, form in asked.forms.items():
            empty = np.zeros((0, form.columns), np.float32)
            each = [
                e.reaction.features[name].values if name in e.reaction.features else empty
                for e in exchanges
            ]
            values[name] = np.concatenate(each)
            ends[name] = np.cumsum([len(v) for v in each], dtype=np.int64)
        return cls(np.array(emotions, np.float32), values, ends)

    def __getitem__(self, number: int) -> Foretold:
        emotion = self.emotions[number]
        known = len(emotion) > 0 and not np.isnan(emotion).any()
        values = {}
        for name, ends in self.ends.items():
            start = int(ends[number - 1]) if number else 0
            if int(ends[number]) > start:
                values[name] = self.values[name][start : int(ends[number])]
        return Foretold(emotion.tolist() if known else None, values)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """By name; :meth:`restored` gives the bank back."""
        arrays: dict[str, NDArray[Any]] = {"bank.emotions": self.emotions}
        for name in self.values:
            arrays[f"bank.values/{name}"] = self.values[name]
            arrays[f"bank.ends/{name}"] = self.ends[name]
        return arrays

    @classmethod
    def restored(cls, asked: Asked, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Of what :meth:`arrays` gave."""
        values = {n: arrays[f"bank.values/{n}"] for n in asked.forms}
        ends = {n: arrays[f"bank.ends/{n}"] for n in asked.forms}
        return cls(arrays["bank.emotions"], values, ends)


def useful(asked: Asked, exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Those whose reaction holds all of what is asked for, else those that hold anything of it."""

    def held(e: Exchange) -> int:
        return sum(n in e.reaction.features for n in asked.forms) + (
            asked.labels is not None and e.emotion is not None
        )

    most = max((held(e) for e in exchanges), default=0)
    return [e for e in exchanges if held(e) == most]
