"""Floor: how somebody reacted to the stimulus of the training part that is most like this one.

Likeness is the mean squared difference of scaled columns that both have; of several draws each is
the next one. A stimulus with nothing to compare gets nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from empathia.errors import ConfigError
from empathia.files import Plain
from empathia.reaction._bank import Bank, useful
from empathia.reaction._told import Asked, Foreteller, Foretold, read_gaps, write_gaps
from empathia.training.columns import Columns
from empathia.training.problem import Conversation, ReactionProblem
from empathia.types import FloatArray

OPTIONS: Mapping[str, Plain] = {}


def learn(problem: ReactionProblem) -> Foreteller:
    """Keep stimuli and reactions.

    Raises:
        ConfigError: Stimuli have no features by which they could be compared.
    """
    asked = Asked.by(problem, "nearest")
    known = useful(asked, problem.train)
    stimuli = [e.past[-1:] for e in known]
    there = {n for (stimulus,) in stimuli for n, f in stimulus.features.items() if len(f.values)}
    shown = {m: tuple(n for n in names if n in there) for m, names in problem.modalities.items()}
    modalities = {m: names for m, names in shown.items() if names}
    if not modalities:
        raise ConfigError(
            "predictor 'nearest' compares features, and no stimulus has any",
            "Name some in [features]",
        )
    columns = Columns(modalities, stimuli, 0, past=False)
    return _predictor(asked, columns, _rows(columns, stimuli), Bank.of(asked, known))


def load(folder: Path, threads: int | None = None) -> Foreteller:
    """Of a kept folder."""
    arrays, values = read_gaps(folder)
    asked = Asked.restored(values["asked"])
    modalities = {m: tuple(names) for m, names in values["modalities"]}
    columns = Columns.restored(modalities, arrays, values["columns"])
    return _predictor(asked, columns, arrays["stimuli"], Bank.restored(asked, arrays))


def _rows(columns: Columns, stimuli: Sequence[Conversation]) -> FloatArray:
    """(stimuli, columns), NaN where a number is missing."""
    tables = columns([s for past in stimuli for s in past[-1:]])
    return np.concatenate(list(tables.values()), 1)


def _predictor(asked: Asked, columns: Columns, known: FloatArray, bank: Bank) -> Foreteller:
    filled, there = np.nan_to_num(known), (~np.isnan(known)).astype(np.float32)

    def answer(pasts: Sequence[Conversation], draws: int, _: int) -> list[list[Foretold]]:
        told = []
        for row in _rows(columns, pasts):
            shared = there @ (~np.isnan(row)).astype(np.float32)
            if not shared.any():
                told.append([Foretold(None, {})] * draws)
                continue
            gap = (there * np.where(np.isnan(row), 0, filled - np.nan_to_num(row)) ** 2).sum(1)
            with np.errstate(invalid="ignore", divide="ignore"):
                order = np.argsort(np.where(shared > 0, gap / shared, np.inf), kind="stable")
            told.append([bank[int(order[d % len(order)])] for d in range(draws)])
        return told

    def write(folder: Path) -> None:
        arrays, plain = columns.state()
        told = {
            "asked": asked.plain(),
            "modalities": list(columns.modalities.items()),
            "columns": plain,
        }
        write_gaps(folder, {**arrays, **bank.arrays(), "stimuli": known}, told)

    return Foreteller(asked, answer, write=write)
