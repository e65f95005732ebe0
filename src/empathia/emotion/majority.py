"""The floor of floors: how often each label occurs in training, whatever is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from empathia.config import Scalar
from empathia.emotion import _kept
from empathia.errors import TrainingError
from empathia.training.problem import Answers, Conversation, Problem, Scores, target_array

NAME = "majority"
NEEDS: tuple[str, ...] = ()
READS_FEATURES = False
OPTIONS: Mapping[str, Scalar] = {}


def shares(problem: Problem) -> tuple[float, ...]:
    """Mean target of the training part, one number a label.

    Raises:
        TrainingError: Nothing is labelled there.
    """
    known = problem.train.labelled()
    if not known:
        raise TrainingError("the training part has no label", "Check [data] of the run file")
    target = target_array(known, problem.train, len(problem.labels))
    return tuple(float(x) for x in np.mean(target, axis=0))


def learn(problem: Problem) -> Answers:
    """Class shares of the training part as the scores of every utterance."""
    share = shares(problem)

    def save(folder: Path) -> None:
        _kept.save(folder, {"shares": np.array(share)}, {})

    record = {"shares": dict(zip(problem.labels, share, strict=True))}
    return Answers(_always(share), record=record, save=save)


def load(folder: Path, threads: int | None = None) -> _kept.KeptRecogniser:
    """The recogniser that was kept in a folder.

    Raises:
        WeightsError: It is missing or damaged.
    """
    arrays, _ = _kept.load(folder)
    return _kept.KeptRecogniser.of(folder, lambda k: _always(tuple(arrays["shares"].tolist())))


def _always(share: tuple[float, ...]) -> Callable[[Sequence[Conversation]], Scores]:
    return lambda dialogues: {s.id: share for d in dialogues for s in d}
