"""Floor: what is usual in a scenario, by the gender of who spoke; it looks at nothing said.

Where scenes are acted over and over, as in IEMOCAP, this alone tells half of the emotions.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from empathia.files import Plain
from empathia.reaction import _groups
from empathia.reaction._told import Foreteller
from empathia.training.problem import ReactionProblem

OPTIONS: Mapping[str, Plain] = {
    "groups": ("scenario", "gender"),  # groupings of the stimulus; one that is not known is ""
}


def learn(problem: ReactionProblem) -> Foreteller:
    """Average what is learnt from, group by group; a new group gets the average of all."""
    return _groups.learn(problem, "prior", problem.options.words("groups"))


def load(folder: Path, threads: int | None = None) -> Foreteller:
    """Of a kept folder."""
    return _groups.load(folder)
