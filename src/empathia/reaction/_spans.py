"""Frames of many reactions behind each other, by feature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from empathia.reaction._told import Asked
from empathia.types import FloatArray


@dataclass(frozen=True, slots=True)
class Spans:
    """Frames by number.

    Args:
        values: By feature, all frames behind each other, (frames, columns).
        ends: By feature, (number,) where the frames of each end.
    """

    values: Mapping[str, FloatArray]
    ends: Mapping[str, NDArray[np.int64]]

    @classmethod
    def of(cls, asked: Asked, each: Mapping[str, Sequence[FloatArray]]) -> Self:
        """Of (frames, columns) for each number, by feature."""
        values, ends = {}, {}
        for name, form in asked.forms.items():
            empty = np.zeros((0, form.columns), np.float32)
            values[name] = np.concatenate([empty, *each[name]]).astype(np.float32)
            ends[name] = np.cumsum([len(x) for x in each[name]], dtype=np.int64)
        return cls(values, ends)

    def __getitem__(self, number: int) -> dict[str, FloatArray]:
        """(frames, columns) by feature; what has no frame is absent."""
        spans = {
            n: (int(e[number - 1]) if number else 0, int(e[number])) for n, e in self.ends.items()
        }
        return {n: self.values[n][i:j] for n, (i, j) in spans.items() if j > i}

    def arrays(self, of: str) -> dict[str, NDArray[Any]]:
        """By name; :meth:`restored` gives them back."""
        kept: dict[str, NDArray[Any]] = {}
        for name in self.values:
            kept[f"{of}.values/{name}"] = self.values[name]
            kept[f"{of}.ends/{name}"] = self.ends[name]
        return kept

    @classmethod
    def restored(cls, asked: Asked, arrays: Mapping[str, NDArray[Any]], of: str) -> Self:
        """Of what :meth:`arrays` gave."""
        values = {n: arrays[f"{of}.values/{n}"] for n in asked.forms}
        return cls(values, {n: arrays[f"{of}.ends/{n}"] for n in asked.forms})
