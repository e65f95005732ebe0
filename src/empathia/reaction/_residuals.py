"""How far truths were off from what was foretold: what makes several draws plausible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from empathia.reaction._spans import Spans
from empathia.reaction._told import Asked
from empathia.types import FloatArray

_MOST = 256  # that are kept
_KEPT = "off"


@dataclass(frozen=True, slots=True)
class Residuals:
    """Truths less what was foretold of them.

    Args:
        spans: Of some pairs; NaN where not known.
    """

    spans: Spans

    @classmethod
    def of(cls, asked: Asked, each: Mapping[str, Sequence[FloatArray]]) -> Self:
        """Of (frames, columns) for each pair, by feature; of many, some evenly spread ones."""
        some = {n: x[:: max(1, len(x) // _MOST)] for n, x in each.items()}
        return cls(Spans.of(asked, some))

    def drawn(self, chance: np.random.Generator) -> dict[str, FloatArray]:
        """Those of one pair, drawn by lot; nothing where there are none."""
        pairs = min((len(e) for e in self.spans.ends.values()), default=0)
        return self.spans[int(chance.integers(pairs))] if pairs else {}

    def arrays(self) -> dict[str, NDArray[Any]]:
        """By name; :meth:`restored` gives them back."""
        return self.spans.arrays(_KEPT)

    @classmethod
    def restored(cls, asked: Asked, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Of what :meth:`arrays` gave."""
        return cls(Spans.restored(asked, arrays, _KEPT))
