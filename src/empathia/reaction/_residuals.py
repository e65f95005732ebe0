"""How far truths were off from what was foretold: what makes several draws plausible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from empathia.reaction._told import Asked
from empathia.types import FloatArray

_MOST = 256  # that are kept


@dataclass(frozen=True, slots=True)
class Residuals:
    """Truths less what was foretold of them.

    Args:
        values: By feature, all frames behind each other, (frames, columns); NaN where not known.
        ends: By feature, (pairs,) where the frames of each end.
    """

    values: Mapping[str, FloatArray]
    ends: Mapping[str, NDArray[np.int64]]

    @classmethod
    def of(cls, asked: Asked, each: Mapping[str, Sequence[FloatArray]]) -> Self:
        """Of (frames, columns) for each pair, by feature; of many, some evenly spread ones."""
        values, ends = {}, {}
        for name, form in asked.forms.items():
            step = max(1, len(each[name]) // _MOST)
            some = list(each[name][::step])
            empty = np.zeros((0, form.columns), np.float32)
            values[name] = np.concatenate([empty, *some]).astype(np.float32)
            ends[name] = np.cumsum([len(x) for x in some], dtype=np.int64)
        return cls(values, ends)

    def drawn(self, chance: np.random.Generator) -> dict[str, FloatArray]:
        """Those of one pair, drawn by lot; nothing where there are none."""
        pairs = min((len(e) for e in self.ends.values()), default=0)
        if not pairs:
            return {}
        number = int(chance.integers(pairs))
        spans = {
            n: (int(e[number - 1]) if number else 0, int(e[number])) for n, e in self.ends.items()
        }
        return {n: self.values[n][i:j] for n, (i, j) in spans.items() if j > i}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """By name; :meth:`restored` gives them back."""
        kept: dict[str, NDArray[Any]] = {}
        for name in self.values:
            kept[f"off.values/{name}"] = self.values[name]
            kept[f"off.ends/{name}"] = self.ends[name]
        return kept

    @classmethod
    def restored(cls, asked: Asked, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Of what :meth:`arrays` gave."""
        values = {n: arrays[f"off.values/{n}"] for n in asked.forms}
        return cls(values, {n: arrays[f"off.ends/{n}"] for n in asked.forms})
