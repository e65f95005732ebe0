"""Floor: a real reaction of the training part, drawn by lot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from empathia.files import Plain
from empathia.reaction._bank import Bank, useful
from empathia.reaction._told import Asked, Foreteller, Foretold, each, read_gaps, write_gaps
from empathia.training.problem import Conversation, ReactionProblem

OPTIONS: Mapping[str, Plain] = {}


def learn(problem: ReactionProblem) -> Foreteller:
    """Keep the reactions."""
    asked = Asked.by(problem, "random")
    return _predictor(asked, Bank.of(asked, useful(asked, problem.train)))


def load(folder: Path, threads: int | None = None) -> Foreteller:
    """Of a kept folder."""
    arrays, values = read_gaps(folder)
    asked = Asked.restored(values["asked"])
    return _predictor(asked, Bank.restored(asked, arrays))


def _predictor(asked: Asked, bank: Bank) -> Foreteller:
    def one(_: Conversation, chance: np.random.Generator) -> Foretold:
        return bank[int(chance.integers(len(bank.emotions)))]

    def write(folder: Path) -> None:
        write_gaps(folder, bank.arrays(), {"asked": asked.plain()})

    return Foreteller(asked, each(one), write=write)
