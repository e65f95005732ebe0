"""Features of dialogues as tables, scaled by what the training part shows; missing is NaN."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from empathia.training.columns import Columns
from empathia.training.problem import Conversation, Part
from empathia.training.rows import Table


@dataclass(frozen=True, slots=True)
class Prepared:
    """A dialogue as numbers.

    Args:
        samples: Its utterances in time order, at least one.
        values: Modality to (utterances, columns), NaN where a number is missing.
        target: (utterances, labels), NaN in the rows of utterances without a target.
    """

    samples: Conversation
    values: Mapping[str, Table]
    target: NDArray[np.float64]

    def judged(self) -> NDArray[np.bool_]:
        """(utterances,) whether there is anything to judge it by."""
        known = [~np.isnan(v).all(1) for v in self.values.values()]
        return np.asarray(np.any(known, 0), bool)

    def labelled(self) -> NDArray[np.bool_]:
        """(utterances,) whether it has a target and anything to judge it by."""
        return self.judged() & ~np.isnan(self.target[:, 0])


def prepare(
    dialogues: Iterable[Conversation], columns: Columns, labels: int, part: Part | None = None
) -> list[Prepared]:
    """Dialogues as tables, empty ones left out; without a part there are no targets."""
    targets = {} if part is None else part.targets
    unknown = (np.nan,) * labels
    return [
        Prepared(d, columns(d), np.array([targets.get(s.id, unknown) for s in d], np.float64))
        for d in dialogues
        if d
    ]
