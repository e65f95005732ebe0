"""Emotion from the voice of one utterance: a linear head over a speech encoder's layers.

Learnt from acted English, German and Korean, each clip as it is and in worse copies of it
(the option ``copies``). Two temperatures are kept. The one for unseen *speakers* of the training
corpora is fitted on speakers that the heads did not know; the one for unseen *recordings* on
corpora that they did not know, worse copies and excerpts of .5 to 2 s included, and it falls with
the seconds of speech. ``read`` uses the second: a user's recording is no training corpus, and
there the voice is right less often than its first calibration says.

Labels that not all corpora have (fear, disgust, surprise) cannot be tested on a corpus left out.
For recordings of an unknown kind they share a stated probability in the mean
(``share_of_rare``); the labels that all corpora have are equally likely beforehand.

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
from empathia.training import keeping
from empathia.training.model import Model
from empathia.training.options import check_feature
from empathia.training.problem import Problem

NAME = "voice"
OPTIONS: Mapping[str, Plain] = {
    "feature": "speech",  # pooled layers of a speech encoder
    "copies": "",  # feature that holds worse copies of each clip to learn from; "" for none
    "columns": ("mean1", "mean2", "mean3", "mean4"),  # blocks of both that are read
    "l2": 1000.0,  # strength of the penalty on the head's squared weights, summed over clips
    "share_of_rare": 0.1,  # of unseen corpora's answers, for labels that not all corpora have
    "right_when_sure": 0.5,  # share of right answers on unseen corpora, where it doesn't abstain
}
NOTES = (
    "Learnt from acted speech in English, German and Korean, recorded in studios: other "
    "languages and spontaneous speech are further away still. Bad microphones, rooms and codecs "
    "are known from made copies alone.",
    "On a corpus that it did not learn from it is right far less often than on new speakers of "
    "its own corpora (its run tells by how much; chance is .25 for four classes), and hardly above "
    "chance where the language is far from its own. Its confidence in `read` is fitted there, and "
    "it counts little beside the words.",
    "Fear, disgust and surprise are known from RAVDESS alone: elsewhere nobody can say when it is "
    "right about them, and together they get a tenth of its probability.",
    "Layers and penalty were chosen by learning from one of these corpora and judging another: "
    "figures on unseen corpora flatter by a point or two. `benchmarks/voice.py` measures them, and "
    "what rooms, noise, codecs and shortness cost.",
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
    if problem.options.text("copies"):
        check_feature(problem, NAME, option="copies")
    with needs("train", f"recogniser '{NAME}'"):
        from empathia.emotion.voice.fitting import train
    return train(problem)


def load(folder: Path, threads: int | None = None) -> Model:
    """The recogniser that was kept in a folder.

    Raises:
        WeightsError: It is missing or damaged.
    """
    from empathia.emotion.voice import read

    settings = keeping.read(folder)
    return read.load(folder).recogniser(replace(settings.about, history=False))
