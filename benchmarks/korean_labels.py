"""Do the labels of the Korean corpus fit what models of other corpora hear in it?

    empathia train runs/abroad-documented.toml --data DATA
    python benchmarks/korean_labels.py out/abroad-documented

Reads the answers of the fold that left the Korean corpus out, prints what was said of each label
as the release has it, and the mean recall under every exchange of the four labels, best first.
"""

from __future__ import annotations

import sys
from itertools import permutations
from pathlib import Path

import numpy as np
from pyarrow import parquet


def main() -> None:
    files = sorted(Path(sys.argv[1]).glob("seed-*/korean_emotional/predictions.parquet"))
    rows = [r for f in files for r in parquet.read_table(f).to_pylist() if r["part"] == "test"]
    labels = [k.removeprefix("score:") for k in rows[0] if k.startswith("score:")]
    counts = np.array(
        [[sum(r["gold"] == g and r["said"] == s for r in rows) for s in labels] for g in labels]
    )
    print(f"said of {len(rows)} answers ({len(files)} seeds), one row a gold label")
    print(f"{'':>10}" + "".join(f"{x:>10}" for x in labels))
    for label, row in zip(labels, counts, strict=True):
        print(f"{label:>10}" + "".join(f"{n:>10}" for n in row))
    recall = counts / counts.sum(1, keepdims=True)
    orders = {
        p: 100 * recall[range(len(labels)), p].mean() for p in permutations(range(len(labels)))
    }
    for order, value in sorted(orders.items(), key=lambda x: -x[1])[:3]:
        print(
            f"{value:5.1f}  "
            + ", ".join(f"{g} is {labels[i]}" for g, i in zip(labels, order, strict=True))
        )
    print(f"{orders[tuple(range(len(labels)))]:5.1f}  as released")


if __name__ == "__main__":
    main()
