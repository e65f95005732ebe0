"""Did MOSI's ready features know the training labels?

    python benchmarks/mosi_leak.py DATA

Logistic regression on each set of ready features: accuracy on training videos that were held out
(five folds of videos) beside accuracy on the test. Honest features score alike on both.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from empathia.corpora import mosi


def main() -> None:
    folder = Path(sys.argv[1]) / "mosi"
    dialogues, ready = mosi.load(folder), mosi.ready(folder)
    rows = [(u.id, u.gold[0], d.split, d.id) for d in dialogues for u in d.utterances]
    train = np.array([split == "train" for _, _, split, _ in rows])
    gold = np.array([label for _, label, _, _ in rows])
    video = np.array([v for *_, v in rows])
    print(f"{'features':<12}{'held-out training videos':>26}{'test':>8}")
    for name, values in ready.items():
        x = np.nan_to_num(np.stack([values[i].values[0] for i, *_ in rows]))
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=2000))
        folds = GroupKFold(5)
        held = cross_val_score(model, x[train], gold[train], groups=video[train], cv=folds).mean()
        test = model.fit(x[train], gold[train]).score(x[~train], gold[~train])
        print(f"{name:<12}{100 * held:>25.1f}%{100 * test:>7.1f}%")


if __name__ == "__main__":
    main()
