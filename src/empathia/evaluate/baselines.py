"""What can be scored without listening: the majority of the training part, and chance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from empathia.bench.results import Results
from empathia.evaluate.figures import figures
from empathia.evaluate.judged import Judged
from empathia.metrics.counts import tally


def floors(results: Results, judged: Judged, names: Iterable[str]) -> dict[str, dict[str, float]]:
    """Measures of saying each fold's most frequent training label; {} where counts are not known.

    Only exclusive labels have one; ``run.json`` says the counts ("train_counts") of the run or
    of each fold.
    """
    if not results.exclusive:
        return {}
    k = len(results.labels)
    labelled, sums = judged.gold.any(1), []
    for place, seed in enumerate(results.seeds):
        said = np.zeros_like(judged.gold)
        for number, fold in enumerate(results.folds):
            often = _counts(results.run, seed, fold)
            if not any(often.get(x, 0) for x in results.labels):
                return {}
            most = max(range(k), key=lambda i, n=often: n.get(results.labels[i], 0))  # type: ignore[misc]
            said[judged.fold == number, most] = True
        here = labelled & (judged.seed == place)
        sums.append(tally(judged.gold[here], said[here]).sum(0))
    found = figures(np.array(sums), k, names)
    return {"majority": {name: float(v.mean()) for name, v in found.items()}}


def _counts(run: Mapping[str, Any], seed: int, fold: str) -> Mapping[str, int]:
    for entry in run["folds"]:
        if entry["name"] == fold and entry.get("seed", seed) == seed and "train_counts" in entry:
            return dict(entry["train_counts"])
    return dict(run.get("train_counts", {}))
