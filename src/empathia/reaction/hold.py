"""Floor: the listener stays as they last were.

The last frame of a feature in the listener's own last turn, and the emotion that was recognised
there. Of a listener who has done nothing yet it foretells nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from empathia.files import Plain
from empathia.reaction._told import (
    Asked,
    Foreteller,
    Foretold,
    kept,
    own_turns,
    recognised,
    unlearnt,
)
from empathia.training.problem import Conversation, ReactionProblem
from empathia.types import FloatArray

OPTIONS: Mapping[str, Plain] = {}


def learn(problem: ReactionProblem) -> Foreteller:
    """There is nothing to learn but what is asked for."""
    return _predictor(Asked.by(problem, "hold"))


def load(folder: Path, threads: int | None = None) -> Foreteller:
    """Of a kept folder."""
    return _predictor(kept(folder))


def _predictor(asked: Asked) -> Foreteller:
    def one(past: Conversation, _: np.random.Generator) -> Foretold:
        mine, scores = own_turns(past), None
        if asked.labels is not None:
            known = (recognised(s, asked.labels) for s in mine)
            scores = next((r for r in known if r is not None), None)
        values: dict[str, FloatArray] = {}
        for name, form in asked.forms.items():
            seen = (s.features[name].values for s in mine if name in s.features)
            poses = (v[np.isfinite(v).any(1)][-1:] for v in seen)
            if (pose := next((p for p in poses if len(p)), None)) is not None:
                values[name] = np.repeat(pose, form.frames_after(name, past[-1]), 0)
        return Foretold(scores, values)

    return unlearnt(asked, one)
