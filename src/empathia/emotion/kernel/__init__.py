"""Kernel ridge regression on several views of each utterance: the stronger voice model.

The features of the modality are views of the utterance (the speech as it is and
at other speeds: "speech", "speeds:0.9", "speeds:1.1"). All are scaled
alike, each of a training utterance is an example of its own, and the answers to
the views of a test utterance are averaged.
Regression on one-hot labels with a radial kernel (Saunders, Gammerman and Vovk,
ICML 1998) does on frozen layers of a speech encoder what an SVM does, has one
solution, which is found in seconds, and takes soft targets as they are.

Validation chooses the penalty and calibrates; there is nothing random in it. With
``refit`` it is then solved once more with the validation part among the examples.
That second model answers, so it has learnt from more than the training part when
it is tested, which the record says ("refit"); to the validation part itself the
first one answers, who has not heard it. A comparison with recognisers that learn
from the training part alone wants it off.
"""

from __future__ import annotations

from collections.abc import Mapping

from empathia.files import Plain
from empathia.training.model import Model
from empathia.training.options import check_modality
from empathia.training.problem import Problem

NAME = "kernel"
OPTIONS: Mapping[str, Plain] = {
    "modality": "voice",  # whose features are read
    "columns": (),  # only those whose names begin so; [] for all
    "views": True,  # features are views, which have like columns; else they are joined
    "width": 0.3,  # kernel exp(-width * mean squared distance a column); 0 for a linear one
    "penalties": (0.1, 0.3, 1.0),  # strengths that validation chooses from
    "refit": False,  # True: when all is chosen, learn from the validation part as well
    "balance": "weights",  # all labels count the same, or "none"
}


def learn(problem: Problem) -> Model:
    """Solve for each penalty and keep the one that is best on validation.

    Raises:
        ConfigError: The modality is not among those of the run, labels are not exclusive, or an
            option cannot be.
        TrainingError: No training utterance has the features and a label, nothing validates
            where there are several penalties, or there are more rows than memory serves for.
    """
    check_modality(problem, NAME)
    from empathia.emotion.kernel.fitting import train

    return train(problem)
