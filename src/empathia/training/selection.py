"""The validation metric that a run file selects by."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from empathia.config import TrainingPart
from empathia.errors import TrainingError
from empathia.metrics.calibration import fit_temperature
from empathia.metrics.scores import Array, probabilities, quality
from empathia.training.problem import Problem


def selected(problem: Problem, measures: Mapping[str, float]) -> float:
    """The validation metric that the run file selects by.

    Raises:
        TrainingError: It is none of those that were measured.
    """
    name = problem.training.select
    if name not in measures:
        raise TrainingError(
            f"validation gives no '{name}' (gives: {', '.join(measures)})",
            "Name one of these as training.select",
        )
    return measures[name]


def selected_at_best_temperature(problem: Problem, logits: Array, gold: Array) -> float:
    """The metric that selects, at the best temperature: else modest models would win.

    Args:
        problem: Names it.
        logits: (items, labels) of validation items.
        gold: (items, labels) targets in [0, 1].
    """
    p = probabilities(logits / fit_temperature(logits, gold, exclusive=True), exclusive=True)
    return selected(problem, quality(p, gold, exclusive=True))


FIT = "fit"
"""Of what is no emotion: minus the mean squared error of features, scaled by their spread."""


def of_emotions(training: TrainingPart) -> TrainingPart:
    """How recognisers learn in a run that selects by :data:`FIT`: by the likelihood."""
    if training.select != FIT:
        return training
    return dataclasses.replace(training, select="likelihood")
