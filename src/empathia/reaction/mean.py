"""Floor: the mean of all reactions that were learnt from, whatever was said."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from empathia.files import Plain
from empathia.reaction import _groups
from empathia.reaction._told import Foreteller
from empathia.training.problem import ReactionProblem

OPTIONS: Mapping[str, Plain] = {}


def learn(problem: ReactionProblem) -> Foreteller:
    """Average what is learnt from."""
    return _groups.learn(problem, "mean", ())


def load(folder: Path, threads: int | None = None) -> Foreteller:
    """Of a kept folder."""
    return _groups.load(folder)
