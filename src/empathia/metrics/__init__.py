"""How good a recogniser is: one file a metric, numpy only.

Each metric states its formula, its paper, its range and what it does at the edges, has an example
that the tests run, and a plain second implementation there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from empathia.metrics.accuracy import accuracy, jaccard
from empathia.metrics.calibration import expected_calibration_error
from empathia.metrics.f1 import macro_f1, micro_f1, weighted_f1
from empathia.metrics.precision import macro_precision, weighted_precision
from empathia.metrics.recall import macro_recall, unweighted_average_recall, weighted_recall

METRICS: Mapping[str, Callable[..., float]] = {
    "accuracy": accuracy,
    "ece": expected_calibration_error,
    "jaccard": jaccard,
    "macro_f1": macro_f1,
    "macro_precision": macro_precision,
    "macro_recall": macro_recall,
    "micro_f1": micro_f1,
    "uar": unweighted_average_recall,
    "weighted_f1": weighted_f1,
    "weighted_precision": weighted_precision,
    "weighted_recall": weighted_recall,
}
