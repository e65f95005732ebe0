"""The baseline of baselines: how often each label occurs in training, whatever is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from empathia.errors import TrainingError
from empathia.files import Plain
from empathia.training.keeping import read, read_arrays, write_arrays
from empathia.training.model import Model, about
from empathia.training.problem import Conversation, Problem, Scores, target_array

NAME = "majority"
OPTIONS: Mapping[str, Plain] = {}


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


def learn(problem: Problem) -> Model:
    """Class shares of the training part as the scores of every utterance."""
    share = shares(problem)

    def write(folder: Path) -> None:
        write_arrays(folder, {"shares": np.array(share)}, {})

    record = {"shares": dict(zip(problem.labels, share, strict=True))}
    return Model(about(problem, NAME, features=False), _always(share), record, write)


def load(folder: Path, threads: int | None = None) -> Model:
    """The recogniser that was kept in a folder.

    Raises:
        WeightsError: It is missing or damaged.
    """
    arrays, _ = read_arrays(folder)
    return Model(read(folder).about, _always(tuple(arrays["shares"].tolist())))


def _always(share: tuple[float, ...]) -> Callable[[Sequence[Conversation]], Scores]:
    return lambda dialogues: {s.id: share for d in dialogues for s in d}
