"""What the most likely label is worth, whatever kind of targets a run learnt from.

    python benchmarks/likeliest.py out/iemocap6 out/iemocap6-votes out/iemocap6-multi

`empathia evaluate` measures a run of several labels by its labels' thresholds. To hold it against
a run of one label, this takes each answer's highest score and compares it with the single gold
label: weighted and macro F1, mean over seeds, each seed beside it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from pyarrow import parquet

from empathia.metrics import METRICS


def main() -> None:
    for folder in map(Path, sys.argv[1:]):
        found = {"weighted_f1": [], "macro_f1": []}
        for seed in sorted(folder.glob("seed-*")):
            files = sorted(seed.glob("*/predictions.parquet"))
            rows = [r for f in files for r in parquet.read_table(f).to_pylist()]
            rows = [r for r in rows if r["part"] == "test" and r["gold"] is not None]
            labels = [k.removeprefix("score:") for k in rows[0] if k.startswith("score:")]
            gold, said = (
                np.array([[r[what] == x for x in labels] for r in rows])
                for what in ("gold", "said")
            )
            for name, values in found.items():
                values.append(100 * METRICS[name](gold, said))
        cells = "; ".join(
            f"{n} {np.mean(v):.1f} ({' '.join(f'{x:.1f}' for x in v)})" for n, v in found.items()
        )
        print(f"{folder.name}: {cells}, {len(rows)} utterances")


if __name__ == "__main__":
    main()
