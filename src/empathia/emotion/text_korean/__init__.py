"""Emotion from Korean words: hashed runs of syllables and a linear head.

Light on purpose: no encoder, no morphological analyser, nothing to pull. It
knows what words occur, not what they mean together; where a Korean encoder is at
hand, tune it (``recogniser = "encoder"``, ``encoder = "klue/roberta-base"``). It
abstains as :mod:`empathia.emotion.text` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from empathia.errors import needs
from empathia.files import Plain
from empathia.training import keeping
from empathia.training.model import Model
from empathia.training.options import check_words
from empathia.training.problem import Problem

NAME = "text_korean"
PARTIAL = True  # learns from targets of which a part is known
OPTIONS: Mapping[str, Plain] = {
    "dropout": 0.3,  # share of a text's columns that is left out in training
    "coverage": 0.95,  # share of comments on which it is to commit itself
}
NOTES = (
    "For Korean sentences; it abstains on other languages and where it is unsure. It reads one "
    "utterance at a time, without what was said before.",
    "It knows words and endings, not what they mean together: negation, irony and rare words "
    "are read badly.",
    "Learnt from 5,000 online comments, in written Internet language, and 1,100 plain sentences "
    "that were written for it: spoken Korean differs. A comment has 2.8 of the seven labels in the "
    "mean; the label that is given is one of several, and a confidence estimates its share among "
    "them, not how often it is right.",
    "It judges each label against how often comments have it, as if all were equally frequent; "
    "comments of its corpus are judged by their frequencies.",
    "It estimates what a reader would take the words to express, not what a person feels. Not "
    "for decisions about people: hiring, policing, insurance, diagnosis.",
)


def learn(problem: Problem) -> Model:
    """Fit the head; folds pick the epoch and calibrate.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        ConfigError: Words are no modality, or an option cannot be.
        TrainingError: Nothing is labelled.
    """
    check_words(problem, NAME)
    with needs("train", f"recogniser '{NAME}'"):
        from empathia.emotion.text_korean.fitting import train
    return train(problem)


def load(folder: Path, threads: int | None = None) -> Model:
    """The recogniser that was kept in a folder.

    Raises:
        WeightsError: It is missing or damaged.
    """
    from empathia.emotion.text_korean import read

    settings = keeping.read(folder)
    head = read.load(folder)
    return head.recogniser(replace(settings.about, history=False))
