"""Emotion from the speaker's face in a turn.

Untrained, it reads what the shipped expression net and the muscles say, calibrated by hand
(:mod:`empathia.emotion.face.read`) and fitted to no faces with labels; the net, which is others',
learnt from such. ``learn`` fits a linear head on what the face did over an utterance (mean, spread
and highest of each column), for corpora with videos.

It abstains without a face, where it is seen too seldom, and where the head is turned away. It
tells what a face shows, not what a person feels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from empathia.emotion.face import read
from empathia.errors import needs
from empathia.files import Plain
from empathia.labels import EKMAN7
from empathia.training import keeping
from empathia.training.model import Model
from empathia.training.options import check_feature
from empathia.training.problem import Problem
from empathia.types import About

NAME = "face"
OPTIONS: Mapping[str, Plain] = {
    "feature": "face",  # what the face did, picture by picture
    "penalties": (0.0003, 0.003, 0.03, 0.3),  # C of the head that validation chooses from
    "balance": "weights",  # all labels count the same, or "none"
}
ABOUT = About(
    NAME,
    EKMAN7,
    licence="MIT and Apache-2.0",
    features=("face",),
    prior=(1 / len(EKMAN7),) * len(EKMAN7),
    worth=0.6,
)
"""Untrained: labels are taken for as frequent; what it is worth is a guess on the low side."""


def learn(problem: Problem) -> Model:
    """Fit a head on summaries of the features; validation picks its penalty and calibrates.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        ConfigError: The feature is not among those of the run, or labels are not exclusive.
        TrainingError: No training utterance has the feature and a label, or nothing validates
            where there are several penalties.
    """
    check_feature(problem, NAME)
    with needs("train", f"recogniser '{NAME}'"):
        from empathia.emotion.face.fitting import train
    return train(problem)


def load(folder: Path | None, threads: int | None = None) -> Model:
    """The recogniser that was kept in a folder, or the untrained one.

    Raises:
        WeightsError: It is missing or damaged.
    """
    if folder is None:
        return Model(ABOUT, read.answer, cannot=read.unfit)
    from empathia.emotion.face.head import Head

    return Head.load(folder).recogniser(replace(keeping.read(folder).about, history=False))
