"""The majority baseline: what can be scored without listening."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from empathia.bench.results import Results
from empathia.evaluate.figures import figures
from empathia.evaluate.judged import Judged
from empathia.metrics.counts import tally


def baselines(
    results: Results, judged: Judged, names: Iterable[str]
) -> dict[str, dict[str, float]]:
    """Measures of saying each fold's most frequent training label; {} where counts are not known.

    Only exclusive labels have one; ``run.json`` says the counts ("train_counts") of each fold.
    """
    if not results.exclusive:
        return {}
    labels = results.labels
    labelled, sums = judged.gold.any(1), []
    for place, seed in enumerate(results.seeds):
        predicted = np.zeros_like(judged.gold)
        for number, fold in enumerate(results.folds):
            here = (judged.seed == place) & (judged.fold == number)
            if not here.any():
                continue
            counts = results.run.fold(seed, fold).train_counts
            often = [counts.get(x, 0) for x in labels]
            if not any(often):
                return {}
            predicted[here, int(np.argmax(often))] = True
        here = labelled & (judged.seed == place)
        sums.append(tally(judged.gold[here], predicted[here]).sum(0))
    measured = figures(np.array(sums), len(labels), names)
    return {"majority": {name: float(v.mean()) for name, v in measured.items()}}
