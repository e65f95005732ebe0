"""What each picture of an evaluation shows, in words: its text for those who do not see it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from empathia.evaluate import Evaluation
from empathia.evaluate.confidence import COVERAGES
from empathia.evaluate.judged import SILENCES


def support(e: Evaluation) -> NDArray[np.int64]:
    """Gold items of each label over all seeds; several answers may stand in one row."""
    if e.exclusive:
        return np.asarray(e.confusion.sum(1))
    return np.array([c.support * len(e.seeds) for c in e.classes])


def of_confusion(e: Evaluation) -> str:
    """How much of each label is recognised, and what it is taken for."""
    shares = e.confusion / np.maximum(support(e), 1)[:, None]
    parts = []
    names = [*e.labels, *SILENCES]
    for i, label in enumerate(e.labels):
        others = shares[i].copy()
        others[i] = -1
        worst = int(others.argmax())
        if e.classes[i].support and others[worst] > 0:
            parts.append(
                f"{label} {100 * shares[i, i]:.0f} % (most often taken for "
                f"{names[worst]}, {100 * others[worst]:.0f} %)"
            )
        elif e.classes[i].support:
            parts.append(f"{label} {100 * shares[i, i]:.0f} %")
    return "Heat map of the confusion matrix. Share recognised: " + "; ".join(parts) + "."


def of_classes(e: Evaluation) -> str:
    """F1 of each label."""
    return "Bars of F1: " + ", ".join(f"{c.label} {100 * c.f1.value:.1f}" for c in e.classes) + "."


def of_slices(e: Evaluation) -> str:
    """The main measure of each slice."""
    scores = [
        f"{s.slice.replace('=', ' ')} {100 * s.value:.1f}" for s in e.slices if s.metric == e.main
    ]
    return f"{e.main.replace('_', ' ')} of slices: " + ", ".join(scores) + "."


def of_reliability(e: Evaluation) -> str:
    """Calibration error before and after scaling."""
    after = (
        ""
        if e.after is None
        else (f", after temperature scaling {100 * e.measure('ece_scaled').value:.1f} %")
    )
    return (
        f"Confidence against the share of right answers. Expected calibration error "
        f"{100 * e.measure('ece').value:.1f} %{after}."
    )


def of_risk(e: Evaluation) -> str:
    """Risk at four coverages."""
    mean = np.zeros(len(COVERAGES)) if e.risk is None else e.risk.mean(0)
    return (
        "Risk against coverage. "
        + ", ".join(
            f"{100 * mean[int(c * 100) - 1]:.1f} % wrong when {int(c * 100)} % are answered"
            for c in (0.25, 0.5, 0.75, 1)
        )
        + "."
    )
