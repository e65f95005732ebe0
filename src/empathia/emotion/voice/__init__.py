"""Emotion from the voice of one utterance: a linear head over a speech encoder's layers.

Learnt from acted English, German and Korean. Two temperatures are kept. The
one for unseen *speakers* of the training corpora is fitted on speakers that the
heads did not know; the one for unseen *recordings* on corpora that they did not
know. ``read`` uses the second: a user's recording is no training corpus, and
there the voice is right less often than its first calibration says.

It abstains on silence, under .3 s of speech, and where it is too unsure: half of
the answers that it does give were right on corpora that it had not learnt from
(the kept values hold the confidence that this takes, the card what it leaves).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from empathia.errors import needs
from empathia.files import Plain
from empathia.training import model
from empathia.training.model import Model
from empathia.training.options import check_feature
from empathia.training.problem import Problem

NAME = "voice"
OPTIONS: Mapping[str, Plain] = {
    "feature": "speech",  # pooled layers of a speech encoder
    "columns": ("mean2", "mean3"),  # blocks of it that are read
    "l2": 1000.0,  # strength of the penalty on the head's squared weights, summed over items
    "right_when_sure": 0.5,  # share of right answers on unseen corpora, where it doesn't abstain
}
NOTES = (
    "Learnt from acted speech in English, German and Korean, recorded in studios: other "
    "languages, spontaneous speech and bad microphones are further away still.",
    "On a corpus that it did not learn from it is right far less often than on new speakers of "
    "its own corpora (its run tells by how much; chance is .25 for four classes), and hardly above "
    "chance where the language is far from its own. Its confidence in `read` is fitted there, and "
    "it counts little beside the words.",
    "Fear, disgust and surprise are known from RAVDESS alone.",
    "Layers and penalty were chosen, out of a dozen variants, by learning from one of these "
    "corpora and judging another: figures on unseen corpora flatter by a point or two. The "
    "calibration of a corpus left out, by the others alone, is worse than that of all together "
    "(`benchmarks/voice.py`).",
    "It estimates what an actor meant to express, not what a person feels. Not for decisions "
    "about people: hiring, policing, insurance, diagnosis.",
)


def learn(problem: Problem) -> Model:
    """Fit the head; validation picks the epoch, folds of speakers and corpora calibrate.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        ConfigError: The feature is not among those of the run, or labels are not exclusive.
        TrainingError: No training utterance has the feature and a label.
    """
    check_feature(problem, NAME)
    with needs("train", f"recogniser '{NAME}'"):
        from empathia.emotion.voice.fitting import train
    return train(problem)


def load(folder: Path, threads: int | None = None) -> Model:
    """The recogniser that was kept in a folder.

    Raises:
        WeightsError: It is missing or damaged.
    """
    from empathia.emotion.voice import read

    settings = model.read(folder)
    return read.load(folder).recogniser(replace(settings.about, history=False))
