"""Acoustic baselines: a forest, a support vector machine, penalised logistic regression.

They see one row an utterance: features over time become mean and standard
deviation of each column. The penalty (or the size of the forest's leaves) is
chosen on validation, where the probabilities are calibrated as well; the record
says how much each group of columns matters.

Logistic regression over all layers of a frozen speech encoder is the baseline that
every recogniser of voices has to beat.
"""

from __future__ import annotations

from collections.abc import Mapping

from empathia.errors import ConfigError, needs
from empathia.files import Plain
from empathia.training.model import Model
from empathia.training.options import check_modality
from empathia.training.problem import Problem

NAME = "acoustic"
KINDS = ("forest", "svm", "logistic")
OPTIONS: Mapping[str, Plain] = {
    "kind": "logistic",  # or "forest" (100 trees), "svm" (radial basis)
    "modality": "voice",  # whose features are read
    "columns": (),  # only those whose names begin so; [] for all
    "penalties": (0.0003, 0.003, 0.03, 0.3),  # C of logistic and svm that validation chooses from
    "leaves": (1, 3, 10),  # least utterances in a leaf of the forest that it chooses from
    "balance": "weights",  # all labels count the same, or "none"
    "repeats": 5,  # shufflings of a group of columns for its importance; 0 for no importances
}


def learn(problem: Problem) -> Model:
    """Fit one model a setting and keep the one that is best on validation.

    Raises:
        MissingExtra: The extra ``train`` is not installed.
        ConfigError: The modality is not among those of the run, labels are not exclusive, or an
            option cannot be.
        TrainingError: No training utterance has the features and a label, or nothing validates
            where there are several settings.
    """
    kind = problem.options.text("kind")
    if kind not in KINDS:
        raise ConfigError(f"'model.kind' cannot be '{kind}'", f"Say one of {', '.join(KINDS)}")
    check_modality(problem, NAME)
    with needs("train", f"recogniser '{NAME}'"):
        from empathia.emotion.acoustic.fitting import train
    return train(problem)
