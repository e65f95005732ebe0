"""Weighted words and logistic regression: what words alone give without any encoder.

Two fields of TF-IDF columns: the utterance, and the turns before it, whose words
are marked as the same speaker's or another's. ``?`` and ``!`` are words (on MELD
worth 9 points). The penalty and the temperature are chosen on validation. It
sees the past alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from empathia.errors import needs
from empathia.files import Plain
from empathia.training.model import Model
from empathia.training.options import check_words
from empathia.training.problem import Problem

NAME = "tfidf"
OPTIONS: Mapping[str, Plain] = {
    "past": 5,  # turns before the utterance that are read as a second field; 0 for none
    "past_weight": 1.0,  # length of the second field's vector; the utterance's is 1
    "words": 2,  # longest run of words that is a column
    "characters": 0,  # longest run of characters inside words that is a column, 0 for none
    "rarest": 1,  # training utterances that a column must occur in
    "penalties": (1.0, 3.0, 10.0),  # inverse strengths (C) that validation chooses from
    "balance": "weights",  # all labels count the same, or "none"
}


def learn(problem: Problem) -> Model:
    """Fit one model a penalty and keep the one that is best on validation.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        ConfigError: Words are no modality, or an option cannot be.
        TrainingError: No training utterance has words and a label, or nothing validates where
            there are several penalties.
    """
    check_words(problem, NAME)
    with needs("train", f"recogniser '{NAME}'"):
        from empathia.emotion.tfidf.fitting import train
    return train(problem)


def load(folder: Path, threads: int | None = None) -> Model:
    """The recogniser that was kept in a folder; it reads with numpy alone.

    Raises:
        WeightsError: It is missing or damaged.
    """
    from empathia.emotion.tfidf import read

    return read.load(folder)
