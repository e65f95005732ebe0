"""Floor: the listener does what the speaker did; the emotion is that recognised in the stimulus.

In the validation table of the REACT challenge, copying the speaker's face is more appropriate
than every learned model: a predictor that is not better than this has learnt nothing of use.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from empathia.files import Plain
from empathia.reaction._told import Asked, Foreteller, Foretold, kept, recognised, unlearnt
from empathia.training.problem import Conversation, ReactionProblem

OPTIONS: Mapping[str, Plain] = {}


def learn(problem: ReactionProblem) -> Foreteller:
    """There is nothing to learn but what is asked for."""
    return _predictor(Asked.by(problem, "mirror"))


def load(folder: Path, threads: int | None = None) -> Foreteller:
    """Of a kept folder."""
    return _predictor(kept(folder))


def _predictor(asked: Asked) -> Foreteller:
    def one(past: Conversation, _: np.random.Generator) -> Foretold:
        stimulus = past[-1]
        scores = None if asked.labels is None else recognised(stimulus, asked.labels)
        there = {n: stimulus.features[n].values for n in asked.forms if n in stimulus.features}
        return Foretold(scores, {n: v for n, v in there.items() if np.isfinite(v).any()})

    return unlearnt(asked, one)
