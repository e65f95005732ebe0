"""Floor: the emotion of the reaction by the words of the stimulus, which are weighed one by one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from empathia.config import Options
from empathia.files import Plain
from empathia.reaction import ahead
from empathia.reaction._told import Foreteller
from empathia.training.problem import ReactionProblem

OPTIONS: Mapping[str, Plain] = {
    "past": 0,  # turns before the stimulus that are read, too
}


def learn(problem: ReactionProblem) -> Foreteller:
    """Teach it; see :mod:`empathia.reaction.ahead`."""
    how: dict[str, Plain] = {
        "learner": "tfidf",
        "options": {"past": problem.options.count("past")},
    }
    return ahead.taught(problem, "tfidf", Options(how))


def load(folder: Path, threads: int | None = None) -> Foreteller:
    """Of a kept folder."""
    return ahead.load(folder, threads)
