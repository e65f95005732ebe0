"""How good a recogniser is: one file a metric, numpy only.

Each metric states its formula, its range and what it does at the edges, and has
a plain second implementation in the tests.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from empathia.metrics.calibration import expected_calibration_error
from empathia.metrics.counts import of_labels
from empathia.metrics.f1 import macro_f1, weighted_f1
from empathia.metrics.recall import unweighted_average_recall

METRICS: Mapping[str, Callable[..., float]] = {
    "accuracy": of_labels("accuracy"),
    "ece": expected_calibration_error,
    "jaccard": of_labels("jaccard"),
    "macro_f1": macro_f1,
    "macro_precision": of_labels("macro_precision"),
    "macro_recall": of_labels("macro_recall"),
    "micro_f1": of_labels("micro_f1"),
    "uar": unweighted_average_recall,
    "weighted_f1": weighted_f1,
    "weighted_precision": of_labels("weighted_precision"),
    "weighted_recall": of_labels("weighted_recall"),
}
